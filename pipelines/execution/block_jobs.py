"""Jobs: work on blocks of rows that this process does, or any other that has the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.recipe.load import Recipe
from pipelines.sources.labellers import read_scores
from pipelines.sources.source import Source

if TYPE_CHECKING:
    from models.protocols import Generator

Act = Callable[[Any], Any]

BATCHES = 8  # in a block
MOST_BYTES = 2**26  # of the pictures in a block


@dataclass(frozen=True)
class Job:
    """What is done to every block, one act after the other.

    Attributes
    ----------
    sources : tuple of Source, what it takes
    build : callable, gives the acts from the opened sources; each act takes what the one before it gave
    """

    sources: tuple[Source, ...]
    build: Callable[..., Sequence[Act]]

    def acts(self) -> Sequence[Act]:
        """Open the sources; the acts in order."""
        return self.build(*(source.open() for source in self.sources))


@dataclass(frozen=True, eq=False)
class Block:
    """Rows `start` to `start + count` of a sample, and what is known of them so far.

    Attributes
    ----------
    latents : float32 array, shape (count, latent_dim), or None
    images : uint8 array, shape (count, R, R, 3), or None
    scores : tuple of float32 arrays, shape (count, K), one for each labeller
    """

    start: int
    count: int
    latents: np.ndarray | None = None
    images: np.ndarray | None = None
    scores: tuple[np.ndarray, ...] = ()


def block_rows(recipe: Recipe, resolution: int, batch: int = 64) -> int:
    """Rows that are worked on and synced to the disk together.

    A few whole batches of the generator: where it is slow little is lost when the work is cut off, and where
    pictures are large they fit into memory. The recipe's `ray.rows` overrules it on a cluster.

    Parameters
    ----------
    resolution : int, pixels per side of the pictures in a block
    batch : int, rows that the generator draws at a time
    """
    if recipe.engine == "ray" and recipe.ray.rows:
        return recipe.ray.rows
    return batch * max(1, min(BATCHES, MOST_BYTES // (3 * resolution**2 * batch)))


def blocks(start: int, stop: int, rows: int) -> Iterator[Block]:
    """Blocks of `rows` rows from `start` to `stop`; the last may be shorter."""
    return (Block(first, min(rows, stop - first)) for first in range(start, stop, rows))


def drawing_latents(generator: Source, seed: int) -> Job:
    """Blocks get their latents."""
    return Job((generator,), partial(_drawing_latents, seed))


def drawing(generator: Source, seed: int) -> Job:
    """Blocks get their latents and their images."""
    return Job((generator,), partial(_drawing, seed))


def labelling(labellers: Sequence[Source]) -> Job:
    """Blocks with latents and images become blocks with scores alone."""
    return Job(tuple(labellers), _labelling)


def drawing_and_labelling(generator: Source, seed: int, labellers: Sequence[Source]) -> Job:
    """Blocks become blocks with scores alone; their images are dropped on the way."""
    return Job((generator, *labellers), partial(_drawing_and_labelling, seed))


def _drawing_latents(seed: int, generator: Generator) -> tuple[Act, ...]:
    from tlgan.latents.sampling import draw_latents  # brings SciPy, which `status` does without

    dimension, space = generator.latent_dim, generator.latent_space

    def draw(block: Block) -> Block:
        return replace(
            block, latents=draw_latents(block.start, block.count, dimension, space=space, seed=seed)
        )

    return (draw,)


def _drawing(seed: int, generator: Generator) -> tuple[Act, ...]:
    def paint(block: Block) -> Block:
        return replace(block, images=generator(block.latents))

    return (*_drawing_latents(seed, generator), paint)


def _labelling(*labellers: Any) -> tuple[Act, ...]:
    def read(block: Block) -> Block:
        known = block.images, block.latents, block.start
        return Block(block.start, block.count, scores=tuple(read_scores(each, *known) for each in labellers))

    return (read,)


def _drawing_and_labelling(seed: int, generator: Generator, *labellers: Any) -> tuple[Act, ...]:
    return (*_drawing(seed, generator), *_labelling(*labellers))
