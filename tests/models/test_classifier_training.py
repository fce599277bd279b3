"""Training of attribute networks: masked losses, augmentation, exact resume, a planted attribute."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.attribute_cnn import AttributeCnnConfig, read_faces
from models.classifier_training import ClassifierTrainer, ClassifierTraining, augment, masked_loss
from models.weights import network_arrays
from tlgan.errors import UserError
from tlgan.scores import area_under_curve

NAN = float("nan")
PLAIN = ClassifierTraining(shift=0, jitter=0.0)
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


@pytest.mark.network
def test_masked_loss_is_the_mean_over_known_labels():
    outputs = np.float32([[2.0, -1.0, 3.0], [0.5, 4.0, -2.0]])
    labels = np.float32([[1, NAN, 2.5], [0, NAN, NAN]])
    entropies = [np.log1p(np.exp(-2.0)), np.log1p(np.exp(0.5))]
    wanted = (sum(entropies) + 0.5**2) / 3
    loss = masked_loss(outputs, ops.convert_to_tensor(labels), np.float32([1, 1, 0]))
    assert float(loss) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.network
def test_masked_loss_of_no_label_is_zero_and_of_large_logits_finite():
    unknown = ops.convert_to_tensor(np.full((2, 1), NAN, "float32"))
    assert float(masked_loss(np.ones((2, 1), "float32"), unknown, np.float32([1]))) == 0
    known = ops.convert_to_tensor(np.float32([[0.0], [1.0]]))
    assert float(masked_loss(np.float32([[300], [300]]), known, np.float32([1]))) == pytest.approx(150)


def test_augment_without_options_mirrors_and_scales_alone():
    faces, _ = planted_faces(40)
    drawn = augment(faces, PLAIN, np.random.default_rng(0))
    plain = faces / 127.5 - 1
    kept = [np.allclose(one, other, atol=1e-6) for one, other in zip(drawn, plain, strict=True)]
    turned = [np.allclose(one, other[:, ::-1], atol=1e-6) for one, other in zip(drawn, plain, strict=True)]
    assert all(a or b for a, b in zip(kept, turned, strict=True))
    assert 8 < sum(kept) < 32
    np.testing.assert_allclose(
        augment(faces, PLAIN, np.random.default_rng(0), mirror=False), plain, atol=1e-6
    )


def test_augment_shifts_by_whole_pixels_within_its_reach():
    faces, _ = planted_faces(60)
    shifted = augment(faces, ClassifierTraining(shift=2, jitter=0.0), np.random.default_rng(1), mirror=False)
    padded = np.pad(faces / 127.5 - 1, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    places = set()
    for face, wide in zip(shifted, padded, strict=True):
        fits = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if np.allclose(face, wide[down : down + 8, right : right + 8], atol=1e-6)
        ]
        assert fits
        places.add(fits[0])
    assert len(places) > 12


def test_augment_blanks_a_square_and_keeps_contrast_within_its_reach():
    faces = np.full((30, 8, 8, 3), 200, "uint8")
    drawn = augment(faces, ClassifierTraining(shift=0, jitter=0.1, erase=0.25), np.random.default_rng(2))
    assert ((drawn == 0).sum(axis=(1, 2, 3)) == 2 * 2 * 3).all()
    bright = drawn.max(axis=(1, 2, 3))
    level = 200 / 127.5 - 1
    assert bright.min() >= level * 0.9 - 0.1 - 1e-6
    assert bright.max() <= level * 1.1 + 0.1 + 1e-6
    assert bright.std() > 0.02


def test_augment_depends_on_its_random_numbers_alone():
    faces, _ = planted_faces(9)
    one, same, other = (augment(faces, TRAINING, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1


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
