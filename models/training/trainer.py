"""What every training is to the loop that runs it: a state that steps, measures, saves and publishes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from models.training.checkpoint import read_checkpoint, write_checkpoint
from models.weights.feature_statistics import FeatureStatistics

TRAIN, VALIDATION, TEST = 0, 1, 2  # parts of a data set, by person


@dataclass(frozen=True)
class TrainingImages:
    """Labelled images in three parts that share no person.

    Attributes
    ----------
    source : str, the file they are in, for messages
    images : uint8 array-like, shape (n, R, R, 3)
    labels : float32 array-like, shape (n, K); NaN = unknown
    split : uint8 array, shape (n,), TRAIN, VALIDATION or TEST
    names, kinds, units : sequences of str, one entry per label
    mirror : bool, whether a mirrored image has the same labels
    known_people : bool, whether it is known who is who, so that the parts share nobody
    """

    source: str
    images: Any
    labels: Any
    split: np.ndarray
    names: Sequence[str]
    kinds: Sequence[str]
    units: Sequence[str]
    mirror: bool = True
    known_people: bool = False

    @property
    def resolution(self) -> int:
        return int(self.images.shape[1])

    def rows(self, part: int) -> np.ndarray:
        """Numbers of the rows of a part."""
        return np.flatnonzero(self.split == part)


@dataclass(frozen=True)
class PublishedNetwork:
    """One weight file that a training writes.

    Attributes
    ----------
    role : str, middle part of the file's name
    kind : str, what `read_weights` returns as `kind`
    config : frozen dataclass, shape of the network
    arrays : mapping of str to array, its numbers
    metadata : mapping, facts that tools read
    statistics : FeatureStatistics or None, of a labeller's features on photographs, to lie beside the file
    hash_of : str, role of another file of this training whose SHA-256 the metadata is to name, as
        `<role>_sha256`; empty for none
    own_card : bool, whether it has a model card for people beside it, as the first of a training always has
    """

    role: str
    kind: str
    config: Any
    arrays: Mapping[str, np.ndarray]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    statistics: FeatureStatistics | None = None
    hash_of: str = ""
    own_card: bool = False


class Trainer(ABC):
    """State of one training: networks, optimisers, a counter of what is done.

    Every random choice of a step is keyed by the seed and the counter, so a training resumed from a
    checkpoint takes the steps that an uninterrupted one would have taken.

    A subclass is built from its kind's options, the network's name in the recipe, and the images to
    train on; whatever does not fit together raises `UserError` there.

    Attributes
    ----------
    checkpoint_kind : str, class-wide: what its checkpoints are called
    unit : str, class-wide: what `progress` counts, "images" or "steps"
    remedy : str, class-wide: what to do where a loss is not finite
    watched : str: the figure of `measure`, lower is better, by which the state to publish is chosen; empty for
        the last state
    progress : int, units done
    notes : list of str, what a person should know of the images and options; the loop prints it
    """

    checkpoint_kind: ClassVar[str]
    unit: ClassVar[str]
    remedy: ClassVar[str]
    watched: str = ""

    def __init__(self) -> None:
        self.progress = 0
        self.notes: list[str] = []

    @property
    @abstractmethod
    def total(self) -> int:
        """Units of the whole training."""

    def begin(self) -> None:  # noqa: B027 (most kinds have nothing to prepare)
        """Prepare a training that starts anew, for instance from other weights; not called on resuming."""

    @abstractmethod
    def train_step(self) -> Mapping[str, float] | None:
        """One update; returns losses by name and advances `progress`, or None when the training is over."""

    @abstractmethod
    def variables(self) -> dict[str, Any]:
        """Every Keras variable that a checkpoint holds, by a stable name."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """What must be equal to continue a checkpoint, JSON-able."""

    @abstractmethod
    def publish(self) -> tuple[Sequence[PublishedNetwork], dict[str, Any]]:
        """The weight files as the training stands, and figures on held-out images for the model card."""

    def preview(self) -> np.ndarray | None:
        """Pictures that show how the training stands, uint8 (n, r, r, 3); None where it has none."""
        return None

    def measure(self) -> dict[str, float]:
        """Figures on the images of the validation part, to follow a training by."""
        return {}

    @property
    def finished(self) -> bool:
        """Whether the training is over."""
        return self.progress >= self.total

    def save(self, path: Path) -> None:
        """Write a checkpoint that `restore` continues exactly; it appears complete or not at all."""
        write_checkpoint(path, self.checkpoint_kind, self.identity(), self.progress, self.variables())

    def restore(self, path: Path) -> None:
        """Continue from a checkpoint of the same networks and data; `UserError` where it is not one."""
        self.progress = read_checkpoint(path, self.checkpoint_kind, self.identity(), self.variables())
