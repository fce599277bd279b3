"""Training of attribute networks: exact resume, a planted attribute."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.networks.attribute_cnn import AttributeCnnConfig, read_faces
from models.training.classifier import ClassifierTrainer, ClassifierTraining
from models.weights.weight_file import network_arrays
from tlgan.errors import UserError
from tlgan.regression.held_out_scores import area_under_curve

NAN = float("nan")


SMALL = AttributeCnnConfig(8, 3, widths=(6,), depths=(1,), dropout=0.2)


BINARY = np.array([True, True, False])


TRAINING = ClassifierTraining(epochs=8, batch=16, learning_rate=0.02, shift=1, erase=0.25, weight_decay=0.05)


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


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training to its end, a checkpoint from its middle, and the losses after it."""
    faces, labels = planted_faces()
    trainer = ClassifierTrainer(SMALL, TRAINING, BINARY, len(faces))
    checkpoint = tmp_path_factory.mktemp("classifier") / "middle.checkpoint.h5"
    losses = []
    while trainer.step < trainer.n_steps:
        if trainer.step == trainer.n_steps - 5:
            trainer.save(checkpoint)
        losses.append(trainer.train_step(faces, labels))
    return trainer, checkpoint, losses


@pytest.mark.network
def test_planted_attributes_are_learned_on_faces_never_seen(trained):
    trainer, _, losses = trained
    assert len(losses) == trainer.n_steps == 8 * (128 // 16)
    assert np.mean(losses[-8:]) < 0.7 * np.mean(losses[:8])
    faces, labels = planted_faces(200, seed=9)
    outputs = ops.convert_to_numpy(read_faces(trainer.network, faces)[0])
    for column in (0, 1):
        known = ~np.isnan(labels[:, column])
        assert area_under_curve(outputs[known, column], labels[known, column] > 0.5)[0] > 0.8
    known = ~np.isnan(labels[:, 2])
    assert np.corrcoef(outputs[known, 2], labels[known, 2])[0, 1] > 0.8


@pytest.mark.network
def test_a_training_that_is_over_changes_nothing(trained):
    trainer, _, _ = trained
    before = network_arrays(trainer.network)
    assert trainer.train_step(*planted_faces()) is None
    for name, values in network_arrays(trainer.network).items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.network
def test_a_resumed_training_ends_where_the_uninterrupted_one_did(trained):
    trainer, checkpoint, losses = trained
    faces, labels = planted_faces()
    resumed = ClassifierTrainer(SMALL, TRAINING, BINARY, len(faces))
    resumed.restore(checkpoint)
    assert resumed.step == resumed.n_steps - 5
    again = [resumed.train_step(faces, labels) for _ in range(5)]
    np.testing.assert_allclose(again, losses[-5:], rtol=1e-4)
    wanted = network_arrays(trainer.network)
    for name, values in network_arrays(resumed.network).items():
        np.testing.assert_allclose(values, wanted[name], rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.network
@pytest.mark.parametrize(
    ("config", "training", "n_images", "differs"),
    [
        (AttributeCnnConfig(8, 2, widths=(6,), depths=(1,)), TRAINING, 128, "config"),
        (SMALL, ClassifierTraining(batch=16, seed=2), 128, "training"),
        (SMALL, TRAINING, 127, "n_images"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(trained, config, training, n_images, differs):
    _, checkpoint, _ = trained
    other = ClassifierTrainer(config, training, BINARY[: config.outputs], n_images)
    with pytest.raises(UserError, match=f"of another training .*{differs}"):
        other.restore(checkpoint)


@pytest.mark.network
def test_learning_rate_rises_and_falls_and_decay_takes_kernels_alone():
    """Without a known label every gradient is zero: what moves is what the weight decay takes."""
    training = ClassifierTraining(epochs=5, batch=16, learning_rate=0.01, weight_decay=0.5)
    trainer = ClassifierTrainer(SMALL, training, BINARY, 128)
    assert trainer.n_steps == 40
    before = network_arrays(trainer.network)
    rates = []
    for _ in range(trainer.n_steps):
        rates.append(trainer._learning_rate())
        trainer.step += 1
    np.testing.assert_allclose(rates[:3], [0.005, 0.01, 0.01])
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] < 1e-4
    trainer.step = 2
    faces = planted_faces()[0]
    assert trainer.train_step(faces, np.full((128, 3), NAN, "float32")) == 0
    for name, values in network_arrays(trainer.network).items():
        if name.endswith("kernel"):
            np.testing.assert_allclose(values, before[name] * (1 - 0.01 * 0.5), rtol=1e-4, err_msg=name)
        elif not name.endswith(("moving_mean", "moving_variance")):
            np.testing.assert_array_equal(values, before[name], err_msg=name)


@pytest.mark.network
def test_more_faces_in_a_step_than_there_are_is_refused():
    with pytest.raises(
        UserError, match=r"`batch` must be at most the number of training faces \(9\)\. Got 16"
    ):
        ClassifierTrainer(SMALL, TRAINING, BINARY, 9)
