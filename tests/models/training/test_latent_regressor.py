"""Training of the latent regressor: it learns a bent function, and a resumed training is the same training."""

from __future__ import annotations

import numpy as np
import pytest

from models.kinds.latent_regressor import RegressorOptions
from models.training.latent_regressor import LabelledLatents, LatentRegressorTrainer
from models.training.trainer import TEST, TRAIN, VALIDATION

pytestmark = pytest.mark.network

OPTIONS = RegressorOptions(
    widths=(32,), members=2, epochs=6, batch=64, dropout=0.0, weight_decay=0.0, learning_rate=2e-2
)


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    latents = random.standard_normal((1200, 4)).astype("float32")
    bent = np.abs(latents[:, 0])
    targets = np.stack([(bent - bent.mean()) / bent.std(), latents[:, 1] > 0], axis=1).astype("float32")
    targets[::7, 0] = np.nan
    split = np.full(1200, TRAIN, np.uint8)
    split[1000:1100], split[1100:] = VALIDATION, TEST
    return LabelledLatents(latents, targets, np.array([False, True]), split)


def train(trainer):
    while trainer.train_step() is not None:
        pass


def test_training_learns_what_no_straight_line_can(rows):
    trainer = LatentRegressorTrainer(OPTIONS, rows)
    before = trainer.measure()["validation_loss"]
    train(trainer)
    assert trainer.finished
    assert trainer.measure()["validation_loss"] < 0.35 * before


def test_resumed_training_equals_uninterrupted(rows, tmp_path):
    whole = LatentRegressorTrainer(OPTIONS, rows)
    train(whole)
    first = LatentRegressorTrainer(OPTIONS, rows)
    for _ in range(3):
        first.train_step()
    first.save(tmp_path / "state.h5")
    second = LatentRegressorTrainer(OPTIONS, rows)
    second.restore(tmp_path / "state.h5")
    assert second.progress == 3
    train(second)
    for (ours, _), (theirs, _) in zip(second.layers(), whole.layers(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)
