"""Training of the GAN: losses against formulas on a linear discriminator, exact resume."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops
from msgspec.structs import replace

from models.kinds.progressive_gan import Phase
from models.training.gan import progressive_gan
from models.training.gan.adversarial_step import StepVariant, compile_adversarial_step
from models.training.gan.feature_matching import FeatureMatching
from models.training.gan.progressive_gan import ProgressiveGanTrainer
from models.weights.weight_file import network_arrays
from tests.models.training.gan.small_trainings import (
    OPTIONS,
    frozen_network,
    photographs,
    trainer_of,
    training_images,
)
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def test_checkpoints_of_earlier_versions_stay_valid():
    """What identifies a training is written in checkpoints that took hours."""
    assert trainer_of().identity() == {
        "config": {
            "resolution": 8,
            "latent_dim": 4,
            "maps": (4, 4),
            "channels": 3,
            "bias_per_pixel": False,
            "normalize_latents": True,
            "pixel_norm": True,
            "pixel_norm_epsilon": 1e-8,
            "smooth_before_activation": True,
        },
        "seed": 1,
        "loss": "logistic-r1",
    }


class Linear(keras.layers.Layer):
    """Scores Σ w · x + 1: its gradient with respect to every picture is w."""

    def __init__(self, size: int):
        super().__init__()
        self.kernel = self.add_weight(shape=(8, 8, 3), initializer="zeros", name="kernel")
        self.kernel.assign(np.random.default_rng(5).normal(0, 0.2, (8, 8, 3)).astype("float32"))
        self.size = size
        self.built = True

    def call(self, images, fade=None):
        kernel = self.kernel[: self.size, : self.size]
        return ops.sum(images * kernel, axis=(1, 2, 3)) + 1.0


def softplus(values):
    return np.logaddexp(0, values)


@pytest.mark.parametrize(
    ("loss", "size", "fade", "penalized"),
    [("logistic-r1", 8, 0.25, False), ("logistic-r1", 4, 1.0, True), ("wgan-gp", 8, 1.0, True)],
)
def test_losses_of_a_step_are_the_formulas(loss, size, fade, penalized):
    options = replace(OPTIONS, loss=loss, penalty=0.6, penalty_interval=3)
    generator = trainer_of(options).generator
    networks = {"generator": generator, "discriminator": Linear(size)}
    kernel = np.array(networks["discriminator"].kernel)[:size, :size]
    random = np.random.default_rng(6)
    real = random.uniform(-1, 1, (5, size, size, 3)).astype("float32")
    latents = random.standard_normal((5, 4)).astype("float32")
    fake = ops.convert_to_numpy(generator(latents, resolution=size, fade=np.float32(fade)))
    mixes = random.random((5, 1, 1, 1)).astype("float32")
    optimizers = {role: keras.optimizers.Adam(1e-3) for role in networks}
    step = compile_adversarial_step(
        networks, optimizers, options, 8, StepVariant(size, fade < 1, penalized, False)
    )
    arrays = (real, latents, np.float32(fade), mixes, np.zeros((2, 5, 7), "float32"))
    drawn, judged, *means = (float(figure) for figure in step(*map(ops.convert_to_tensor, arrays)))
    if fade < 1:  # photographs fade as pictures do
        small = real.reshape(5, size // 2, 2, size // 2, 2, 3).mean(axis=(2, 4))
        real = small.repeat(2, axis=1).repeat(2, axis=2) * (1 - fade) + real * fade
    real_scores, fake_scores = ((images * kernel).sum(axis=(1, 2, 3)) + 1 for images in (real, fake))
    square = np.square(kernel).sum()
    if loss == "wgan-gp":
        wanted = fake_scores.mean() - real_scores.mean() + 0.001 * np.square(real_scores).mean()
        wanted += 0.6 * (np.sqrt(square) - 1) ** 2
        assert drawn == pytest.approx(float(-fake_scores.mean()), rel=1e-4)
    else:
        wanted = softplus(fake_scores).mean() + softplus(-real_scores).mean()
        if penalized:  # gamma / 2 |∇|², for every third step, gamma smaller with the pixels
            wanted += 3 * 0.6 * (size / 8) ** 2 / 2 * square
        assert drawn == pytest.approx(float(softplus(-fake_scores).mean()), rel=1e-4)
    np.testing.assert_allclose(
        [judged, *means], [wanted, real_scores.mean(), fake_scores.mean()], rtol=1e-4, atol=1e-5
    )


# Fading all the way: few steps to compile.
SHORT = replace(OPTIONS, schedule=(Phase(8, 64, 0, 8),), penalty_interval=1, learning_rate=0.005)


def arrays_of(trainer):
    return {
        f"{owner}/{name}": values
        for owner in ("generator", "discriminator", "average")
        for name, values in network_arrays(getattr(trainer, owner)).items()
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training to its end with a checkpoint from amid its fade-in, and the arrays after one step."""
    trainer = trainer_of(SHORT)
    checkpoint = tmp_path_factory.mktemp("gan") / "middle.checkpoint.h5"
    history, states = [], [arrays_of(trainer)]
    while not trainer.finished:
        if trainer.progress == 32:
            trainer.save(checkpoint)
        history.append(trainer.train_step())
        if len(states) == 1:
            states.append(arrays_of(trainer))
    return trainer, checkpoint, history, states


def test_a_step_moves_both_networks_and_the_average_half_way(trained):
    _, _, history, (before, after) = trained
    assert set(history[0]) == {"discriminator", "real", "fake", "generator"}
    assert np.isfinite(list(history[0].values())).all()
    # While fade is 0 the new layers are not drawn with; everything below them moves.
    for name in ("generator/dense/kernel", "generator/to_rgb4/kernel", "discriminator/conv4/kernel"):
        assert np.abs(after[name] - before[name]).max() > 1e-4
    for name in after:
        if name.startswith("average/"):  # the share of the past halves in max(batch, images seen / 20) images
            current = after[name.replace("average/", "generator/")]
            np.testing.assert_allclose(after[name], (before[name] + current) / 2, rtol=1e-4, atol=1e-5)


def test_a_training_ends_with_its_schedule_and_then_changes_nothing(trained):
    trainer, _, history, _ = trained
    assert trainer.progress == trainer.total == 64
    assert len(history) == 8
    before = arrays_of(trainer)
    assert trainer.train_step() is None
    for name, values in arrays_of(trainer).items():
        np.testing.assert_array_equal(values, before[name])


def test_every_variable_has_moved_by_the_end(trained):
    trainer, _, _, (before, _) = trained
    still = [name for name, values in arrays_of(trainer).items() if np.array_equal(values, before[name])]
    assert still == []


def test_a_resumed_training_ends_where_the_uninterrupted_one_did(trained):
    trainer, checkpoint, history, _ = trained
    resumed = trainer_of(SHORT)
    resumed.restore(checkpoint)
    assert resumed.progress == 32
    for wanted in history[4:]:
        assert resumed.train_step() == pytest.approx(wanted, rel=1e-3, abs=1e-4)
    assert resumed.finished
    wanted = arrays_of(trainer)
    for name, values in arrays_of(resumed).items():
        np.testing.assert_allclose(values, wanted[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_a_longer_schedule_continues_a_checkpoint_and_other_networks_do_not(trained):
    _, checkpoint, _, _ = trained
    longer = trainer_of(replace(SHORT, schedule=(*SHORT.schedule, Phase(8, 0, 500, 16))))
    longer.restore(checkpoint)
    assert longer.progress == 32
    for change, differs in (
        ({"latent_dim": 5}, "config"),
        ({"seed": 2}, "seed"),
        ({"loss": "wgan-gp"}, "loss"),
        ({"discriminator_maps": (4, 8)}, "discriminator_maps"),
    ):
        with pytest.raises(UserError, match=rf"of another training \({differs} differ\)"):
            trainer_of(replace(SHORT, **change)).restore(checkpoint)


def test_preview_shows_the_average_at_the_resolution_in_training(trained):
    trainer, _, _, _ = trained
    latents = np.random.default_rng(7).standard_normal((70, 4)).astype("float32")
    pictures = trainer.draw(latents)
    assert pictures.shape == (70, 8, 8, 3)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(trainer.draw(latents[66:]), pictures[66:])
    assert trainer_of().preview().shape == (progressive_gan.PREVIEWS, 4, 4, 3)


def test_photographs_are_shrunk_by_area_and_mirrored_by_halves():
    images = photographs(60)
    trainer = trainer_of(pictures=images)
    prepared = trainer._prepare(images, 4, np.random.default_rng(8))
    shrunk = (images / 127.5 - 1).reshape(60, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    same = np.isclose(prepared, shrunk, atol=1e-5).all(axis=(1, 2, 3))
    turned = np.isclose(prepared, shrunk[:, :, ::-1], atol=1e-5).all(axis=(1, 2, 3))
    assert (same | turned).all()
    assert 15 < same.sum() < 45
    plain = trainer_of(replace(OPTIONS, mirror=False), images)
    np.testing.assert_allclose(plain._prepare(images, 4, np.random.default_rng(8)), shrunk, atol=1e-5)


def test_learning_rates_fall_at_the_end_of_the_schedule():
    trainer = trainer_of(replace(OPTIONS, decay_images=100, learning_rate=0.01))
    rates = []
    for progress in (0, 100, 150, 199):
        trainer.progress = progress
        trainer._set_rates()
        rates.append(float(trainer.optimizers["generator"].learning_rate))
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.0005])


def test_no_image_to_train_on_is_a_one_line_error():
    with pytest.raises(UserError, match=r"must hold faces to train on\. Got none"):
        trainer_of(pictures=photographs(0))


@pytest.mark.parametrize(("discriminator", "augment"), [("projected", True), ("both", "projected")])
def test_projected_discriminators_train_through_a_frozen_network(
    monkeypatch, tmp_path, discriminator, augment
):
    backbone = frozen_network()
    frozen = backbone.get_weights()
    monkeypatch.setattr(progressive_gan, "load_backbone", lambda precision: backbone)
    options = replace(
        OPTIONS,
        discriminator=discriminator,
        projected_resolution=32,
        augment=augment,
        schedule=(Phase(8, 0, 16, 4),),
    )
    trainer = trainer_of(options)
    losses = trainer.train_step()
    assert set(losses) == {"generator", "projected", "real", "fake"} | (
        {"discriminator"} if discriminator == "both" else set()
    )
    assert np.isfinite(list(losses.values())).all()
    for before, after in zip(frozen, backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    trainer.save(tmp_path / "checkpoint.h5")
    resumed = trainer_of(options)
    resumed.restore(tmp_path / "checkpoint.h5")
    wanted = trainer.train_step()
    assert resumed.train_step() == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    networks, _ = trainer.publish()
    assert [network.role for network in networks] == list(options.roles)


def test_a_discriminator_is_published_with_the_smoothing_of_what_it_saw():
    (_, plain), _ = trainer_of().publish()
    (_, smoothed), _ = trainer_of(replace(OPTIONS, smoothing=0.5)).publish()
    assert "smoothing" not in plain.metadata
    assert smoothed.metadata["smoothing"] == 0.5


def test_pictures_are_mirrored_only_where_the_data_allow_it():
    images = training_images(photographs())
    still = ProgressiveGanTrainer(OPTIONS, "none", dataclasses.replace(images, mirror=False))
    wanted = images.images / 127.5 - 1
    np.testing.assert_allclose(still._prepare(images.images, 8, np.random.default_rng(8)), wanted, atol=1e-5)


def test_matched_features_train_and_resume(monkeypatch, tmp_path):
    def match(options, pictures):
        if not options.features:
            return {}
        described = np.asarray(pictures, "float64").mean(axis=(1, 2)) / 127.5 - 1.0
        return {"matching": FeatureMatching(lambda images: ops.mean(images, axis=(1, 2)), described, 4.0)}

    monkeypatch.setattr(progressive_gan, "match_photographs", match)
    options = replace(OPTIONS, features="mine", schedule=(Phase(8, 0, 32, 4),))
    plain = trainer_of(replace(options, features=""))
    trainer = trainer_of(options)
    assert (plain.watched, trainer.watched) == ("frechet", "frechet_judge")
    assert trainer.train_step()["generator"] > plain.train_step()["generator"]
    trainer.save(tmp_path / "checkpoint.h5")
    resumed = trainer_of(options)
    resumed.restore(tmp_path / "checkpoint.h5")
    assert resumed.train_step() == pytest.approx(trainer.train_step(), rel=1e-3, abs=1e-3)
    with pytest.raises(UserError, match="features"):
        plain.restore(tmp_path / "checkpoint.h5")
