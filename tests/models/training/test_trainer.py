"""The contract of a training: what every trainer has, on one that counts."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models.training.trainer import TEST, TRAIN, VALIDATION, PublishedNetwork, Trainer, TrainingImages
from tlgan.errors import UserError


class Variable:
    """As a Keras variable, without Keras."""

    def __init__(self, value: float) -> None:
        self.value, self.shape, self.dtype = np.float32([value]), (1,), "float32"

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.value

    def numpy(self) -> np.ndarray:
        return self.value

    def assign(self, value) -> None:
        self.value = np.asarray(value, "float32")


class CountingTrainer(Trainer):
    checkpoint_kind, unit, remedy = "counting", "steps", "Count slower."

    def __init__(self, total: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.last, self.seed, self.count = total, seed, Variable(0.0)

    @property
    def total(self) -> int:
        return self.last

    def train_step(self):
        if self.finished:
            return None
        self.progress += 1
        self.count.assign(self.count.value + self.progress)
        return {"loss": 1 / self.progress}

    def variables(self):
        return {"count": self.count}

    def identity(self):
        return {"seed": self.seed}

    def publish(self):
        return [PublishedNetwork("counter", "count", SimpleNamespace(), {})], {}


def test_trainer_starts_at_nothing_and_ends_at_its_total():
    trainer = CountingTrainer()
    assert (trainer.progress, trainer.notes, trainer.finished) == (0, [], False)
    losses = [trainer.train_step() for _ in range(4)]
    assert losses == [{"loss": 1.0}, {"loss": 0.5}, {"loss": 1 / 3}, None]
    assert trainer.finished


def test_trainer_without_pictures_or_figures_has_none():
    assert CountingTrainer().preview() is None
    assert CountingTrainer().measure() == {}


def test_trainer_must_say_what_a_training_is():
    with pytest.raises(TypeError, match="abstract"):
        Trainer()


@pytest.mark.network
def test_trainer_restored_goes_on_where_it_was_saved(tmp_path):
    trainer = CountingTrainer()
    trainer.train_step()
    trainer.train_step()
    trainer.save(tmp_path / "checkpoint.h5")
    resumed = CountingTrainer()
    resumed.restore(tmp_path / "checkpoint.h5")
    assert (resumed.progress, resumed.count.value.tolist()) == (2, [3.0])
    resumed.train_step()
    assert resumed.count.value.tolist() == [6.0]
    with pytest.raises(UserError, match=r"of another training .*seed"):
        CountingTrainer(seed=1).restore(tmp_path / "checkpoint.h5")


def test_training_images_are_in_three_parts():
    split = np.array([TRAIN, TEST, TRAIN, VALIDATION, TRAIN])
    images = TrainingImages(
        "x.h5", np.zeros((5, 8, 8, 3), "u1"), np.zeros((5, 1)), split, ["a"], ["binary"], ["logit"]
    )
    assert images.resolution == 8
    assert [images.rows(part).tolist() for part in (TRAIN, VALIDATION, TEST)] == [[0, 2, 4], [3], [1]]
    assert (images.mirror, images.known_people) == (True, False)


def test_published_networks_do_not_share_their_metadata():
    first, second = (PublishedNetwork("a", "b", None, {}) for _ in range(2))
    assert first.metadata == {}
    assert first.metadata is not second.metadata
