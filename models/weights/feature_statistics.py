"""What a labeller's features look like on the photographs it knows, to tell pictures that it reads as something else.

A labeller reads faces framed like its training photographs. Framed otherwise, they give it features that its scores do
not explain. So what is kept is not the features but what is left of them once the scores have explained their part:
other people (all men, all with glasses) change scores and features together and are near; another crop is far.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.file_hash import file_sha256

FORMAT = "tlgan.features"
MAX_BYTES = 2**22
PARTS = 32  # directions of the unexplained features that are compared
ROWS_PER_COLUMN = 5  # least photographs for each score and each direction
DIGITS = 5


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Linear parts of a labeller's features and scores that have mean 0 and deviation 1 on photographs it knows.

    Attributes
    ----------
    feature_weights : float64 array, shape (F, P)
    score_weights : float64 array, shape (K, P)
    offsets : float64 array, shape (P,)
    pictures : int
        Photographs that they were computed from.
    """

    feature_weights: NDArray[np.float64]
    score_weights: NDArray[np.float64]
    offsets: NDArray[np.float64]
    pictures: int

    def distance(self, scores: ArrayLike, features: ArrayLike) -> float:
        """How far pictures are from the photographs: length of the mean of the parts, in standard deviations.

        What so few pictures would be away by chance is taken off.

        Parameters
        ----------
        scores : float array, shape (n, K); features : float array, shape (n, F); n at least 2

        Returns
        -------
        float, 0 or more; NaN where a score is not a number
        """
        parts = (
            np.asarray(features, np.float64) @ self.feature_weights
            + np.asarray(scores, np.float64) @ self.score_weights
            + self.offsets
        )
        by_chance = parts.var(axis=0, ddof=1).sum() / len(parts)
        return float(np.sqrt(np.maximum(np.square(parts.mean(axis=0)).sum() - by_chance, 0.0)))


def fit_feature_statistics(scores: ArrayLike, features: ArrayLike) -> FeatureStatistics | None:
    """Compute the statistics from photographs that the labeller was not trained on.

    Parameters
    ----------
    scores : float array, shape (n, K)
    features : float array, shape (n, F)

    Returns
    -------
    FeatureStatistics or None
        None where the photographs are too few to tell what is usual.
    """
    given, described = np.asarray(scores, np.float64), np.asarray(features, np.float64)
    count = len(given)
    n_parts = min(PARTS, described.shape[1], count // ROWS_PER_COLUMN - given.shape[1] - 1)
    if n_parts < 1 or not (np.isfinite(given).all() and np.isfinite(described).all()):
        return None
    explaining = np.column_stack([given, np.ones(count)])
    coefficients = np.linalg.lstsq(explaining, described, rcond=None)[0]
    _, lengths, directions = np.linalg.svd(described - explaining @ coefficients, full_matrices=False)
    deviations = lengths / np.sqrt(count - explaining.shape[1])
    # What rounding alone has left deviates by nothing.
    n_parts = min(n_parts, int((deviations > 1e-6 * np.abs(described).max()).sum()))
    if n_parts < 1:
        return None
    weights = directions[:n_parts].T / deviations[:n_parts]
    explained = -coefficients @ weights
    return FeatureStatistics(weights, explained[:-1], explained[-1], count)


def statistics_path(network: Path) -> Path:
    """The path of the statistics beside a labeller's file."""
    return network.with_name(f"{network.name.removesuffix(network.suffix)}.features.json")


def write_feature_statistics(network: Path, statistics: FeatureStatistics) -> None:
    """Write the statistics beside a labeller's file, whose hash they hold."""
    content = _Content(
        format=FORMAT,
        sha256=file_sha256(network),
        pictures=statistics.pictures,
        feature_weights=_rounded(statistics.feature_weights),
        score_weights=_rounded(statistics.score_weights),
        offsets=_rounded(statistics.offsets),
    )
    with replacing(statistics_path(network)) as partial:
        partial.write_bytes(msgspec.json.encode(content) + b"\n")


def read_feature_statistics(network: Path) -> FeatureStatistics | None:
    """The statistics beside a labeller's file; None where there are none, or they are another network's.

    Raises
    ------
    UserError
        Where the file is damaged.
    """
    path = statistics_path(network)
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        return None
    with reading(path, "statistics of features", msgspec.MsgspecError, ValueError):
        content = msgspec.convert(parse_json(path.read_bytes()), _Content)
        weights, explained, offsets = (
            np.array(values, np.float64)
            for values in (content.feature_weights, content.score_weights, content.offsets)
        )
        shapes = [array.shape for array in (weights, explained, offsets)]
        if [len(shape) for shape in shapes] != [2, 2, 1] or len({shape[-1] for shape in shapes}) != 1:
            raise ValueError("its numbers have other shapes than one table of features and one of scores")
    if content.sha256 != file_sha256(network):
        return None
    return FeatureStatistics(weights, explained, offsets, content.pictures)


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    sha256: str
    pictures: int
    feature_weights: list[list[float]]
    score_weights: list[list[float]]
    offsets: list[float]


def _rounded(values: NDArray[np.float64]) -> list:
    return [_rounded(row) if row.ndim else float(f"{row:.{DIGITS}g}") for row in values]
