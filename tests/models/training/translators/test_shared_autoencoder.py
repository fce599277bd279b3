from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from models.kinds.shared_autoencoder import SharedAutoencoderOptions
from models.networks.translators.conditions import Condition
from models.training.translators.shared_autoencoder import SharedAutoencoderTrainer, nearest_level
from tests.models.training.translators.drawn_faces import bright_and_dark_faces
from tlgan.errors import UserError

pytestmark = pytest.mark.network
OPTIONS = SharedAutoencoderOptions(
    domain="Bright", widths=(8, 16), code=8, decoder_widths=(12, 8), steps=100, batch=16, learning_rate=3e-3
)


def trained(steps, **changes):
    options = msgspec.structs.replace(OPTIONS, **changes)
    trainer = SharedAutoencoderTrainer(options, "deepfakes", bright_and_dark_faces())
    losses = None
    for _ in range(steps):
        losses = trainer.train_step()
    return trainer, losses


def test_each_decoder_learns_its_own_domain():
    trainer, _ = trained(100)
    assert trainer.finished
    faces = trainer.images.images[trainer.images.rows(2)]
    dark, bright = (trainer.draw(faces, number).astype(float) for number in (0, 1))
    middle = np.s_[:, 5:11, 6:10]
    assert bright[middle].mean() > dark[middle].mean() + 60  # whatever the face was
    networks, figures = trainer.publish()
    assert (networks[0].role, networks[0].kind) == ("translator", "shared_autoencoder")
    assert figures["distances"]["error"] < 0.12
    assert trainer.preview().shape == (24, 16, 16, 3)


def test_sixteen_bits_train_the_same_float32_weights():
    full, losses = trained(3)
    half, found = trained(3, precision="mixed_bfloat16")
    assert dict(found) == pytest.approx(dict(losses), rel=0.05)
    assert dict(found) != dict(losses)
    assert {str(variable.dtype) for variable in half.network.whole.variables} == {"float32"}
    assert half.identity() == full.identity()  # a checkpoint is continued in either


def test_resumed_training_takes_the_same_steps(tmp_path):
    _, losses = trained(4)
    half, _ = trained(2)
    half.save(tmp_path / "half.h5")
    resumed, _ = trained(0)
    resumed.restore(tmp_path / "half.h5")
    resumed.train_step()
    assert dict(resumed.train_step()) == pytest.approx(dict(losses), rel=1e-4)


def test_structural_similarity_can_be_the_loss():
    trainer, losses = trained(60, loss="ssim")
    first = trained(1, loss="ssim")[1]["loss"]
    assert losses["loss"] < 0.7 * first < 0.7
    assert trainer.identity()["training"]["loss"] == "ssim"
    assert "loss" not in trained(0)[0].identity()["training"]  # as checkpoints of earlier versions


def test_pictures_smaller_than_a_window_have_no_structural_similarity():
    options = msgspec.structs.replace(OPTIONS, loss="ssim", widths=(8,), decoder_widths=(8,))
    images = bright_and_dark_faces()
    small = replace(images, images=images.images[:, 4:12, 4:12])
    with pytest.raises(UserError, match='`loss` must be "absolute" for images of fewer than 11 pixels'):
        SharedAutoencoderTrainer(options, "deepfakes", small)


def test_ranges_of_a_value_and_categories_can_be_domains():
    assert len(trained(1, domain="Place", ranges=2)[0].network.decoders) == 2
    assert len(trained(1, domain="Person")[0].network.decoders) == 3


def test_a_value_belongs_to_the_nearest_level():
    domain = Condition("Light", "continuous", "", (-1.0, 0.0, 2.0))
    assert nearest_level(domain, np.array([-9, -0.6, -0.4, 0.9, 1.1])).tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"domain": "Light"}, "must have labels of Light"),
        ({"domain": "Unknown"}, "`Unknown` must have labels of two values"),
        ({"domain": "Person", "batch": 2}, r"at least the number of domains \(3\). Got 2"),
    ],
)
def test_bad_options_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        trained(0, **changes)


def test_a_domain_of_three_pictures_is_refused():
    images = bright_and_dark_faces()
    images.labels[6:, 0] = 0
    with pytest.raises(UserError, match=r"50 training images at least of each value of Bright. Got 3 of 1"):
        SharedAutoencoderTrainer(OPTIONS, "deepfakes", images)
