"""The labelled image set that every reader returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.images.archives import ImageArchive

KINDS = ("binary", "continuous", "categorical")
TRAIN, VALIDATION, TEST, UNKNOWN_PARTITION = 0, 1, 2, 255
UNKNOWN_IDENTITY = -1

Crop = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images that stay on disk, with their labels in memory; row i is the same image everywhere.

    Attributes
    ----------
    names : tuple of str, length K
        The label names, in column order.
    kinds : tuple of str, length K
        "binary", "continuous" or "categorical".
    units : tuple of str, length K
        The unit of a continuous label ("years"), "" where there is none.
    labels : float32 array, shape (N, K)
        0 or 1 for binary, the value for continuous, the category's number for categorical labels;
        NaN = unknown.
    files : tuple of str, length N
        File names, sorted.
    archive : ImageArchive
        The image bytes, in the same order as `files`.
    identity : int32 array, shape (N,)
        A number per person, -1 = unknown.
    partition : uint8 array, shape (N,)
        0 train, 1 validation, 2 test, 255 unknown.
    default_crop : (left, top, width, height) or None
        The crop this set is usually read with, in pixels; None is the largest centred square.
    image_size : (width, height) or None
        The size every image must have, where the set promises one.
    repeat_edge : bool
        Whether a crop may reach outside the images, whose edges repeat there.
    categories : mapping of str to tuple of str
        For each categorical label, what its numbers 0, 1, ... stand for.
    skipped : mapping of str to tuple of str
        Reason to the names of the files that are no rows for that reason.
    table_rows_without_image : int
        Rows of the label table whose image is not in the set.
    missing_images : tuple of str
        What the first of these rows name.
    notes : tuple of str
        What the reader assumed and may be wrong about, a sentence each.
    inputs : tuple of Path
        Every file and folder that was read, so that a change of the set can be noticed.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    labels: NDArray[np.float32]
    files: tuple[str, ...]
    archive: ImageArchive
    identity: NDArray[np.int32]
    partition: NDArray[np.uint8]
    default_crop: Crop | None = None
    image_size: tuple[int, int] | None = None
    repeat_edge: bool = False
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    table_rows_without_image: int = 0
    missing_images: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        rows, columns = len(self.files), len(self.names)
        for name, got, want in (
            ("labels", self.labels.shape, (rows, columns)),
            ("kinds", (len(self.kinds),), (columns,)),
            ("units", (len(self.units),), (columns,)),
            ("identity", self.identity.shape, (rows,)),
            ("partition", self.partition.shape, (rows,)),
            ("archive", (len(self.archive),), (rows,)),
        ):
            if got != want:
                raise ValueError(f"`{name}` must have shape {want}. Got {got}.")

    def __len__(self) -> int:
        return len(self.files)

    def read(self, row: int) -> bytes:
        """Return the undecoded bytes of one image file; OSError where the disk does not give them."""
        return self.archive.read(row)

    def select(self, rows: Sequence[int] | NDArray[np.integer]) -> LabelledImages:
        """Return the set of these rows, in this order.

        Parameters
        ----------
        rows : int array, shape (n,)
        """
        chosen = np.asarray(rows, dtype=np.intp)
        return replace(
            self,
            labels=self.labels[chosen],
            files=tuple(self.files[row] for row in chosen),
            archive=self.archive.select(chosen),
            identity=self.identity[chosen],
            partition=self.partition[chosen],
        )
