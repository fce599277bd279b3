"""Drawn portraits as a labelled image set, to train a network without any photograph."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.images.archives import Rows
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from data.synthetic.drawing import draw_portraits
from data.synthetic.people import person_numbers, with_people
from data.synthetic.planted_axes import KnownAxes
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

# Added to the caller's seed: training faces are never the faces that are sampled later.
_FACE_SEEDS = 2**41
_PEOPLE_SEEDS = 2**42
# Portraits are drawn many at a time, in the neighbourhood of the one that is asked for.
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class PortraitArchive:
    """An `ImageArchive` of portraits that are drawn when they are read, each a lossless BMP file.

    Attributes
    ----------
    factors : callable, first number and count to the factors of these portraits, float array (count, 20)
    resolution : int, pixels per side
    numbers : int array, of the portraits in the archive
    """

    factors: Callable[[int, int], NDArray[np.floating]]
    resolution: int
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
            self._drawn.clear()
            self._drawn[block] = draw_portraits(self.factors(block * _BLOCK, _BLOCK), self.resolution)
        buffer = io.BytesIO()
        Image.fromarray(self._drawn[block][place]).save(buffer, "BMP")
        return buffer.getvalue()

    def reading_order(self, rows: Rows) -> list[int]:
        return sorted((int(row) for row in rows), key=lambda row: self.numbers[row])

    def select(self, rows: Rows) -> PortraitArchive:
        return replace(self, numbers=self.numbers[np.asarray(rows, dtype=np.intp)], _drawn={})


def draw_labelled_portraits(known: KnownAxes, count: int, seed: int = 0, n_people: int = 0) -> LabelledImages:
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
    n_people : int
        0 for portraits that each show somebody else. Else the portraits show so many people in turn, and a
        categorical label "Person" says whom; see `data.synthetic.people`.
    """
    if count < 1:
        raise UserError(f"`count` must be at least 1. Got {count}.")

    def factors(start: int, rows: int) -> NDArray[np.float64]:
        drawn = known.factors(portrait_latents(known, seed, start, rows))
        return with_people(drawn, people, start) if n_people else drawn

    people = known.factors(portrait_latents(known, seed + _PEOPLE_SEEDS, 0, max(n_people, 1)))
    labels = known.labels_of_factors(factors(0, count))
    names, kinds, units = known.names, known.kinds, known.units
    if n_people:
        names, kinds, units = (*names, "Person"), (*kinds, "categorical"), (*units, "")
        labels = np.column_stack([labels, person_numbers(count, n_people)]).astype(np.float32)
    archive = PortraitArchive(factors, known.resolution, np.arange(count))
    return LabelledImages(
        names=names,
        kinds=kinds,
        units=units,
        labels=labels,
        files=archive.names,
        archive=archive,
        identity=np.full(count, UNKNOWN_IDENTITY, dtype=np.int32),
        partition=np.full(count, UNKNOWN_PARTITION, dtype=np.uint8),
        image_size=(known.resolution, known.resolution),
        categories={"Person": tuple(f"person {number}" for number in range(n_people))} if n_people else {},
    )


def portrait_latents(known: KnownAxes, seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Return the latents of the drawn faces `start` to `start + count`, shape (count, D)."""
    return draw_latents(start, count, known.latent_dim, space="normal", seed=seed + _FACE_SEEDS)
