"""Start from weights: the same pictures and scores first, widened, grown, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from keras import ops
from msgspec.structs import replace

from models.kinds.progressive_gan import Phase
from models.training.gan import progressive_gan
from models.weights.weight_file import network_arrays, write_weights
from tests.models.training.gan.small_trainings import OPTIONS, frozen_network, photographs, trainer_of
from tlgan.errors import UserError

pytestmark = pytest.mark.network


@pytest.fixture
def narrow_file(tmp_path):
    trainer = trainer_of(replace(OPTIONS, seed=9))
    path = tmp_path / "narrow.generator.h5"
    write_weights(path, "generator", trainer.config, network_arrays(trainer.generator), dtype="float32")
    return path, trainer


@pytest.mark.parametrize("maps", [(4, 4), (8, 4)])
def test_a_training_started_from_weights_draws_their_pictures_first(narrow_file, maps):
    path, source = narrow_file
    options = replace(
        OPTIONS,
        maps=maps,
        start=str(path),
        start_noise=0.0,
        warmup_images=20,
        schedule=(Phase(8, 0, 60, 10),),
    )
    trainer = trainer_of(options)
    trainer.begin()
    latents = np.random.default_rng(1).standard_normal((6, 4)).astype("float32")
    wanted = ops.convert_to_numpy(source.generator(latents))
    np.testing.assert_allclose(ops.convert_to_numpy(trainer.average(latents)), wanted, rtol=1e-3, atol=1e-4)
    # The discriminator warms up first; then the generator moves.
    assert "generator" not in trainer.train_step()
    trainer.train_step()
    np.testing.assert_allclose(ops.convert_to_numpy(trainer.generator(latents)), wanted, rtol=1e-3, atol=1e-4)
    assert "generator" in trainer.train_step()
    assert np.abs(ops.convert_to_numpy(trainer.generator(latents)) - wanted).max() > 1e-4


def test_weights_that_do_not_fit_are_one_line_errors(narrow_file):
    with pytest.raises(UserError, match=r"`maps` must be whole multiples .* Got \[6, 4\]"):
        trainer_of(replace(OPTIONS, start=str(narrow_file[0]), maps=(6, 4))).begin()


def test_a_start_takes_the_discriminator_beside_the_generator(narrow_file):
    path, source = narrow_file
    beside = path.with_name("narrow.discriminator.h5")
    write_weights(
        beside, "discriminator", source.config, network_arrays(source.discriminator), dtype="float32"
    )
    trainer = trainer_of(replace(OPTIONS, start=str(path)))
    trainer.begin()
    assert trainer.notes[-1] == f"The discriminator starts from {beside}."
    for name, values in network_arrays(source.discriminator).items():
        np.testing.assert_array_equal(network_arrays(trainer.discriminator)[name], values)


def test_a_higher_resolution_starts_with_the_pictures_and_scores_of_the_lower(narrow_file):
    path, source = narrow_file
    beside = path.with_name("narrow.discriminator.h5")
    arrays = network_arrays(source.discriminator)
    write_weights(beside, "discriminator", source.config, arrays, dtype="float32")
    options = replace(OPTIONS, start=str(path), maps=(4, 4, 3), schedule=(Phase(16, 40, 40, 10),))
    trainer = trainer_of(options, photographs(resolution=16))
    trainer.begin()
    latents = np.random.default_rng(1).standard_normal((8, 4)).astype("float32")
    low = ops.convert_to_numpy(source.generator(latents))
    high = trainer.generator(latents, fade=np.float32(0))
    np.testing.assert_allclose(high, low.repeat(2, axis=1).repeat(2, axis=2), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(
        trainer.discriminator(high, fade=np.float32(0)), source.discriminator(low), rtol=1e-3, atol=1e-4
    )


@pytest.fixture
def projected_options(narrow_file, monkeypatch):
    """Options of a training with a projected discriminator that starts from the narrow generator."""
    backbone = frozen_network()
    monkeypatch.setattr(progressive_gan, "load_backbone", lambda precision: backbone)
    return replace(OPTIONS, start=str(narrow_file[0]), discriminator="projected", projected_resolution=32)


def test_a_start_takes_the_projected_discriminator_of_the_state_beside_the_generator(projected_options):
    source = trainer_of(replace(projected_options, start="", seed=5))
    source.train_step()
    beside = Path(projected_options.start).with_name("narrow.checkpoint.h5")
    source.save(beside)
    trainer = trainer_of(projected_options)
    before = network_arrays(trainer.projected)
    trainer.begin()
    assert trainer.notes[-1] == f"The projected discriminator starts from {beside}."
    after = network_arrays(trainer.projected)
    for name, values in network_arrays(source.projected).items():
        np.testing.assert_array_equal(after[name], values)
    assert any((after[name] != before[name]).any() for name in before)
    assert trainer.progress == 0


def test_a_state_beside_without_a_projected_discriminator_changes_nothing(projected_options):
    path = Path(projected_options.start)
    trainer_of(replace(OPTIONS, start="")).save(path.with_name("narrow.checkpoint.h5"))
    trainer = trainer_of(projected_options)
    before = network_arrays(trainer.projected)
    trainer.begin()
    assert not any("projected" in note for note in trainer.notes)
    for name, values in before.items():
        np.testing.assert_array_equal(network_arrays(trainer.projected)[name], values)


def test_a_damaged_state_beside_is_a_one_line_error(projected_options):
    beside = Path(projected_options.start).with_name("narrow.checkpoint.h5")
    beside.write_bytes(b"no state")
    with pytest.raises(UserError, match=r"narrow\.checkpoint\.h5: .*Take it away to start without it\.$"):
        trainer_of(projected_options).begin()
