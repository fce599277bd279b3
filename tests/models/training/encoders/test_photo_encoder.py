"""Training of a photo encoder: it learns, resumes exactly, and its file names its generator."""

from __future__ import annotations

from dataclasses import replace as replace_field

import numpy as np
import pytest
from msgspec.structs import replace

from models.kinds.photo_encoder import PhotoEncoderOptions
from models.loaders.encoder import load_encoder
from models.training.encoders.photo_encoder import PhotoEncoderTrainer
from models.training.trainer import TEST, TRAIN, VALIDATION, TrainingImages
from models.weights.weight_file import network_arrays, write_weights
from tests.models.inversion.toys import some_latents, write_toy_generator
from tlgan.errors import UserError

pytestmark = pytest.mark.network
PHOTOGRAPHS = 48


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A generator, options, and its own pictures as photographs."""
    path = tmp_path_factory.mktemp("weights") / "toy.generator.h5"
    generator = write_toy_generator(path)
    options = PhotoEncoderOptions(
        generator=str(path), features="", widths=(8, 12), steps=40, batch=16, learning_rate=5e-3
    )
    return generator, options, images_of(generator(some_latents(generator, PHOTOGRAPHS)))


def images_of(photographs, split=None):
    n = len(photographs)
    if split is None:
        split = np.array([TRAIN] * (n - 16) + [VALIDATION] * 8 + [TEST] * 8)
    return TrainingImages("faces.h5", photographs, np.zeros((n, 1), "f4"), split, ["A"], ["binary"], [""])


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    """A training to its end, a checkpoint from its middle, and the losses."""
    _, options, images = toy
    trainer = PhotoEncoderTrainer(options, "toy", images)
    checkpoint, figures = tmp_path_factory.mktemp("encoder") / "middle.checkpoint.h5", []
    while not trainer.finished:
        if trainer.progress == trainer.total - 5:
            trainer.save(checkpoint)
        figures.append(trainer.train_step())
    return trainer, checkpoint, figures


def test_latents_are_learned(trained):
    _, _, figures = trained
    latents = [one["latents"] for one in figures]
    assert np.mean(latents[-5:]) < 0.6 * np.mean(latents[:5])
    assert set(figures[0]) == {"loss", "latents", "pixels", "features"}


def test_a_resumed_training_ends_where_the_uninterrupted_one_did(toy, trained):
    _, options, images = toy
    trainer, checkpoint, figures = trained
    resumed = PhotoEncoderTrainer(options, "toy", images)
    resumed.restore(checkpoint)
    again = [resumed.train_step()["loss"] for _ in range(5)]
    np.testing.assert_allclose(again, [one["loss"] for one in figures[-5:]], rtol=1e-3)
    assert trainer.train_step() is None


def test_a_checkpoint_of_another_training_is_refused(toy, trained):
    _, options, images = toy
    other = PhotoEncoderTrainer(replace(options, seed=2), "toy", images)
    with pytest.raises(UserError, match="of another training"):
        other.restore(trained[1])


def test_published_encoder_is_one_of_its_generator_alone(toy, trained, tmp_path):
    generator, _, images = toy
    (network,), metrics = trained[0].publish()
    path = tmp_path / f"toy.{network.role}.h5"
    write_weights(path, network.kind, network.config, network.arrays, network.metadata, dtype="float32")
    encoder = load_encoder(path, generator)
    latents = encoder(images.images[-8:])
    np.testing.assert_allclose(np.linalg.norm(latents, axis=1), np.sqrt(6), rtol=1e-4)
    assert metrics["generator_sha256"] == encoder.generator_sha256 == generator.sha256
    assert 5 < metrics["means"]["psnr"] < 60
    assert set(network.arrays) == set(network_arrays(trained[0].network))


def test_without_gradients_it_learns_from_drawn_pictures(toy, monkeypatch):
    generator, options, images = toy
    foreign = replace_field(generator, draw_tensors=None)
    monkeypatch.setattr("models.training.encoders.photo_encoder.load_generator", lambda name: foreign)
    trainer = PhotoEncoderTrainer(replace(options, steps=60), "toy", images)
    figures = [trainer.train_step() for _ in range(60)]
    assert set(figures[0]) == {"loss", "latents"}
    assert np.mean([one["loss"] for one in figures[-5:]]) < 0.6 * np.mean(
        [one["loss"] for one in figures[:5]]
    )
    assert trainer.measure()["psnr"] > 5
    assert trainer.preview().shape == (16, 8, 8, 3)
    assert trainer.publish()[1]["generator_sha256"] == generator.sha256


def test_preview_and_figures_are_of_the_validation_part(trained):
    trainer = trained[0]
    assert trainer.preview().shape == (16, 8, 8, 3)  # eight photographs, and what is drawn of each
    assert trainer.watched in trainer.measure()


@pytest.mark.parametrize(
    ("changed", "photographs", "message"),
    [
        ({}, np.zeros((40, 16, 16, 3), "uint8"), "must hold faces of the 8 pixels of `generator`. Got 16"),
        ({"batch": 40}, None, "must hold at least 40 faces to train on"),
        ({"generator": "nobody"}, None, "`generator` must be a file or one of"),
        ({"features": "nobody"}, None, "`labeller` must be a file or one of"),
    ],
)
def test_what_does_not_fit_is_refused(toy, changed, photographs, message):
    _, options, images = toy
    given = images if photographs is None else images_of(photographs)
    with pytest.raises(UserError, match=message):
        PhotoEncoderTrainer(replace(options, **changed), "toy", given)
