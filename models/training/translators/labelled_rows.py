"""Which images a network that changes pictures is trained on, by their labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.networks.translators.conditions import Condition, condition_of_labels
from models.training.trainer import TRAIN, TrainingImages
from tlgan.errors import UserError


def label_column(images: TrainingImages, name: str) -> int:
    """Column of an attribute in the labels.

    Raises
    ------
    UserError
        Where there is none of that name.
    """
    if name not in images.names:
        known = ", ".join(images.names)
        raise UserError(f"{images.source}: must have labels of {name}. Got {known}. Name one of these.")
    return list(images.names).index(name)


def conditions_of(
    images: TrainingImages, names: Sequence[str], quantiles: NDArray[np.floating]
) -> tuple[Condition, ...]:
    """The conditions of attributes, levels from the labels of the training images; see `condition_of_labels`."""
    labels, rows = np.asarray(images.labels), images.rows(TRAIN)
    columns = [label_column(images, name) for name in names]
    return tuple(
        condition_of_labels(
            images.names[column], images.kinds[column], images.units[column], labels[rows, column], quantiles
        )
        for column in columns
    )


def labelled_rows(images: TrainingImages, part: int, columns: Sequence[int]) -> NDArray[np.intp]:
    """Rows of a part that have a label in each of the columns."""
    rows = images.rows(part)
    return rows[np.isfinite(np.asarray(images.labels)[rows][:, list(columns)]).all(axis=1)]


def shuffled_rows(count: int, batch: int, step: int, seed: int) -> NDArray[np.intp]:
    """Numbers of the rows of a step: every pass over `count` rows is in an order of its own.

    A pass ends with the last full batch; with fewer rows than a batch holds, rows come again.
    """
    batches = max(1, count // batch)
    epoch, place = divmod(step, batches)
    order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(count)
    return np.resize(order, max(batch, count))[place * batch : (place + 1) * batch]


def balanced_rows(groups: Sequence[NDArray[np.intp]], batch: int, step: int, seed: int) -> NDArray[np.intp]:
    """Rows of a step with as many of each group, give or take one: those of a small group come again sooner.

    Parameters
    ----------
    groups : row numbers of each group, none empty; at most `batch` groups
    """
    ends = np.linspace(0, batch, len(groups) + 1).round().astype(int)
    return np.concatenate(
        [
            rows[shuffled_rows(len(rows), count, step, seed + number)]
            for number, (rows, count) in enumerate(zip(groups, np.diff(ends), strict=True))
        ]
    )


def mirror_half(faces: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Images of which half, chosen at random, are mirrored."""
    mirrored = random.random(len(faces)) < 0.5
    return np.where(mirrored[:, None, None, None], faces[:, :, ::-1], faces)
