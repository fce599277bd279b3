"""Work on blocks of rows, described so that this process or any other that has the weights can do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pipelines.execution.failed_rows import finite_scores, locating_rows
from pipelines.recipe.load import Recipe
from pipelines.sources.source import Source

if TYPE_CHECKING:
    from models.protocols import Generator, Images, Labeller

Transform = Callable[[Any], Any]

BATCHES = 8  # in a block
MOST_BYTES = 2**26  # of the pictures in a block


@dataclass(frozen=True)
class BlockJob:
    """The transforms that every block goes through, one after the other, and the networks that they need.

    Attributes
    ----------
    sources : tuple of Source
        Generators and labellers.
    build : callable
        Takes the opened sources, returns the transforms; each takes what the one before it returned.
    """

    sources: tuple[Source, ...]
    build: Callable[..., Sequence[Transform]]

    def transforms(self) -> Sequence[Transform]:
        """Open the sources and return the transforms in order."""
        return self.build(*(source.open() for source in self.sources))


@dataclass(frozen=True, eq=False)
class Block:
    """Rows `start` to `start + count` of a sample, with the columns computed so far.

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
    """Return the number of rows that are computed and written together.

    A few whole batches of the generator: where it is slow, little is lost when the work is cut off, and where
    pictures are large, they fit into memory. The recipe's `ray.rows` is used instead on a cluster.

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


def drawing_latents(generator: Source, seed: int) -> BlockJob:
    """Describe the drawing of each block's latents."""
    return BlockJob((generator,), partial(_drawing_latents, seed))


def drawing(generator: Source, seed: int) -> BlockJob:
    """Describe the drawing of each block's latents and images."""
    return BlockJob((generator,), partial(_drawing, seed))


def labelling(labellers: Sequence[Source]) -> BlockJob:
    """Describe the scoring of blocks with latents and images; they become blocks with scores alone."""
    return BlockJob(tuple(labellers), _labelling)


def drawing_and_labelling(generator: Source, seed: int, labellers: Sequence[Source]) -> BlockJob:
    """Describe drawing and scoring in one pass; images are dropped, and blocks have scores alone in the end."""
    return BlockJob((generator, *labellers), partial(_drawing_and_labelling, seed))


def _drawing_latents(seed: int, generator: Generator) -> tuple[Transform, ...]:
    from tlgan.latents.sampling import draw_latents  # brings SciPy, which `status` does without

    dimension, space = generator.latent_dim, generator.latent_space

    def draw(block: Block) -> Block:
        return replace(
            block, latents=draw_latents(block.start, block.count, dimension, space=space, seed=seed)
        )

    return (draw,)


def _drawing(seed: int, generator: Generator) -> tuple[Transform, ...]:
    def draw_images(block: Block) -> Block:
        assert block.latents is not None  # the transform before this one drew them
        with locating_rows(block.latents, block.start):
            return replace(block, images=generator(block.latents))

    return (*_drawing_latents(seed, generator), draw_images)


def _labelling(*labellers: Labeller) -> tuple[Transform, ...]:
    def score(block: Block) -> Block:
        assert block.latents is not None
        images = cast("Images", block.images)  # None only where no labeller reads images
        with locating_rows(block.latents, block.start):
            scores = tuple(
                finite_scores(labeller, labeller.score_rows(images, block.latents, block.start))
                for labeller in labellers
            )
        return Block(block.start, block.count, scores=scores)

    return (score,)


def _drawing_and_labelling(seed: int, generator: Generator, *labellers: Labeller) -> tuple[Transform, ...]:
    return (*_drawing(seed, generator), *_labelling(*labellers))
