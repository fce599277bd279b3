"""Training of attribute networks: exact resume, a planted attribute."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops
from msgspec.structs import replace

from models.kinds.attribute_cnn import AttributeCnnOptions
from models.networks.attribute_cnn import read_faces
from models.training.classifier import ClassifierTrainer, readable_columns
from models.training.trainer import TEST, TRAIN, VALIDATION, TrainingImages
from models.weights.weight_file import network_arrays
from tlgan.errors import UserError
from tlgan.regression.held_out_scores import area_under_curve

pytestmark = pytest.mark.network
NAN = float("nan")
OPTIONS = AttributeCnnOptions(
    widths=(6,),
    depths=(1,),
    dropout=0.2,
    epochs=8,
    batch=16,
    learning_rate=0.02,
    shift=1,
    erase=0.25,
    weight_decay=0.05,
)


def planted_faces(n: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise whose brightness, redness and contrast between top and bottom are the labels, some unknown."""
    random = np.random.default_rng(seed)
    bright, red, slope = random.standard_normal((3, n))
    faces = random.normal(128, 20, (n, 8, 8, 3)) + 30 * bright[:, None, None, None]
    faces[..., 0] += 40 * red[:, None, None]
    faces += slope[:, None, None, None] * np.linspace(-40, 40, 8)[:, None, None]
    labels = np.stack([bright > 0, red > 0, slope], axis=1).astype("float32")
    labels[random.random(labels.shape) < 0.1] = NAN
    return np.clip(faces, 0, 255).astype("uint8"), labels


def training_images(n=128, kinds=("binary", "binary", "continuous"), labels=None, split=None):
    """`n` faces to train on and a few of the other parts."""
    parts = planted_faces(n), planted_faces(20, seed=5)
    faces, planted = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return TrainingImages(
        source="faces.h5",
        images=faces,
        labels=planted if labels is None else labels,
        split=np.repeat([TRAIN, VALIDATION, TEST], [n, 10, 10]) if split is None else split,
        names=["Bright", "Red", "Slope"],
        kinds=kinds,
        units=["", "", "steps"],
    )


def trainer_of(options=OPTIONS, **images):
    return ClassifierTrainer(options, "planted", training_images(**images))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training to its end, a checkpoint from its middle, and the losses after it."""
    trainer = trainer_of()
    checkpoint = tmp_path_factory.mktemp("classifier") / "middle.checkpoint.h5"
    losses = []
    while not trainer.finished:
        if trainer.progress == trainer.total - 5:
            trainer.save(checkpoint)
        losses.append(trainer.train_step()["loss"])
    return trainer, checkpoint, losses


def test_planted_attributes_are_learned_on_faces_never_seen(trained):
    trainer, _, losses = trained
    assert len(losses) == trainer.total == 8 * (128 // 16)
    assert np.mean(losses[-8:]) < 0.7 * np.mean(losses[:8])
    faces, labels = planted_faces(200, seed=9)
    outputs = ops.convert_to_numpy(read_faces(trainer.network, faces)[0])
    for column in (0, 1):
        known = ~np.isnan(labels[:, column])
        assert area_under_curve(outputs[known, column], labels[known, column] > 0.5)[0] > 0.8
    known = ~np.isnan(labels[:, 2])
    assert np.corrcoef(outputs[known, 2], labels[known, 2])[0, 1] > 0.8


def test_a_training_that_is_over_changes_nothing(trained):
    trainer, _, _ = trained
    before = network_arrays(trainer.network)
    assert trainer.train_step() is None
    for name, values in network_arrays(trainer.network).items():
        np.testing.assert_array_equal(values, before[name])


def test_a_resumed_training_ends_where_the_uninterrupted_one_did(trained):
    trainer, checkpoint, losses = trained
    resumed = trainer_of()
    resumed.restore(checkpoint)
    assert resumed.progress == resumed.total - 5
    again = [resumed.train_step()["loss"] for _ in range(5)]
    np.testing.assert_allclose(again, losses[-5:], rtol=1e-4)
    wanted = network_arrays(trainer.network)
    for name, values in network_arrays(resumed.network).items():
        np.testing.assert_allclose(values, wanted[name], rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("change", "images", "differs"),
    [
        ({"widths": (8,)}, {}, "config"),
        ({"seed": 2}, {}, "training"),
        ({}, {"n": 127}, "n_images"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(trained, change, images, differs):
    _, checkpoint, _ = trained
    other = trainer_of(replace(OPTIONS, **change), **images)
    with pytest.raises(UserError, match=f"of another training .*{differs}"):
        other.restore(checkpoint)


def test_learning_rate_rises_and_falls_and_decay_takes_kernels_alone():
    """Without a known label every gradient is zero: what moves is what the weight decay takes."""
    options = replace(OPTIONS, epochs=5, learning_rate=0.01, weight_decay=0.5)
    trainer = trainer_of(options)
    assert trainer.total == 40
    before = network_arrays(trainer.network)
    rates = []
    for _ in range(trainer.total):
        rates.append(trainer._learning_rate())
        trainer.progress += 1
    np.testing.assert_allclose(rates[:3], [0.005, 0.01, 0.01])
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] < 1e-4
    trainer.progress = 2
    trainer._standard_labels[:] = NAN
    assert trainer.train_step() == {"loss": 0.0}
    for name, values in network_arrays(trainer.network).items():
        if name.endswith("kernel"):
            np.testing.assert_allclose(values, before[name] * (1 - 0.01 * 0.5), rtol=1e-4, err_msg=name)
        elif not name.endswith(("moving_mean", "moving_variance")):
            np.testing.assert_array_equal(values, before[name], err_msg=name)


def test_more_faces_in_a_step_than_there_are_is_refused():
    with pytest.raises(
        UserError, match=r"`batch` must be at most the number of training faces \(9\)\. Got 16"
    ):
        trainer_of(n=9)


def test_categorical_labels_are_left_out():
    trainer = trainer_of(kinds=("binary", "categorical", "continuous"))
    assert trainer.names == ["Bright", "Slope"]
    assert trainer.notes == ["Left out, since categorical: Red"]
    with pytest.raises(UserError, match="must have a binary or continuous label"):
        readable_columns(training_images(kinds=("categorical",) * 3))


def test_an_attribute_without_labels_is_named():
    labels = np.where([[1, 0, 1]], np.nan, np.ones((148, 3)))
    with pytest.raises(UserError, match=r"Got none of Bright\. Leave it out"):
        trainer_of(labels=labels)


def test_an_empty_part_is_refused():
    with pytest.raises(UserError, match=r"to train, calibrate and test\. Got 148, 0, 0"):
        trainer_of(split=np.zeros(148, int))
