"""Drawn portraits as a labelled image set, to train a network without any photograph."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.images.archives import Rows
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from data.synthetic.planted_axes import KnownAxes
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

# Added to the caller's seed: training faces are never the faces that are sampled later.
_FACE_SEEDS = 2**41
# Portraits are drawn many at a time, in the neighbourhood of the one that is asked for.
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class PortraitArchive:
    """An `ImageArchive` of portraits that are drawn when they are read, each a lossless BMP file."""

    known: KnownAxes
    seed: int
    numbers: NDArray[np.int64]
    _drawn: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{number:06d}.bmp" for number in self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, row: int) -> bytes:
        block, place = divmod(int(self.numbers[row]), _BLOCK)
        if block not in self._drawn:
            latents = portrait_latents(self.known, self.seed, block * _BLOCK, _BLOCK)
            self._drawn.clear()
            self._drawn[block] = self.known.generate(latents)
        buffer = io.BytesIO()
        Image.fromarray(self._drawn[block][place]).save(buffer, "BMP")
        return buffer.getvalue()

    def reading_order(self, rows: Rows) -> list[int]:
        return sorted((int(row) for row in rows), key=lambda row: self.numbers[row])

    def select(self, rows: Rows) -> PortraitArchive:
        return replace(self, numbers=self.numbers[np.asarray(rows, dtype=np.intp)], _drawn={})


def draw_labelled_portraits(known: KnownAxes, count: int, seed: int = 0) -> LabelledImages:
    """Draw a set of portraits with their true labels.

    Portrait i is the same whatever the count. The latents are none that `draw_latents` gives for the
    seed itself.

    Parameters
    ----------
    known : KnownAxes
        The names, kinds and units of the labels are its own.
    count : int
        At least 1.
    seed : int
    """
    if count < 1:
        raise UserError(f"`count` must be at least 1. Got {count}.")
    archive = PortraitArchive(known, seed, np.arange(count))
    return LabelledImages(
        names=known.names,
        kinds=known.kinds,
        units=known.units,
        labels=known.labels(portrait_latents(known, seed, 0, count)),
        files=archive.names,
        archive=archive,
        identity=np.full(count, UNKNOWN_IDENTITY, dtype=np.int32),
        partition=np.full(count, UNKNOWN_PARTITION, dtype=np.uint8),
        image_size=(known.resolution, known.resolution),
    )


def portrait_latents(known: KnownAxes, seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Return the latents of the drawn faces `start` to `start + count`, shape (count, D)."""
    return draw_latents(start, count, known.latent_dim, space="normal", seed=seed + _FACE_SEEDS)
