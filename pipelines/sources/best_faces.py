"""The discriminator beside a generator, and the best of several drawn faces by its score.

A discriminator was trained to tell drawn pictures from photographs, so it scores a torn face low. To take the best
of a few is the simplest form of discriminator rejection sampling (Azadi et al. 2019, arXiv 1810.06758). It is for
pictures that people look at; figures are measured without it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.recipe.load import Recipe
from pipelines.sources.generators import picture_source
from pipelines.sources.source import Source
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.protocols import Generator

GROUP = 4  # pictures that the discriminator compares; see `models.load_discriminator`
BEST_OF = 4  # faces from which one is chosen to be shown, where nothing else is said


def discriminator_source(recipe: Recipe, generator: Source) -> Source | None:
    """The discriminator that was trained with the generator; None where there is none."""
    from models.weights.locate import file_beside, find_weights
    from pipelines.workflow.file_hash import weights_hash

    try:
        found = find_weights(recipe.sample.generator, "discriminator")
    except UserError:
        return None
    weights = file_beside(found, "discriminator") if found == generator.weights else found  # given as a file
    if weights is None:
        return None

    def load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
        from models.loaders.discriminator import load_discriminator

        return load_discriminator(weights)

    return Source(weights.name.removesuffix(".h5"), weights_hash(weights), load, weights)


def best_rows(
    draw: Callable[[np.ndarray], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    latents: np.ndarray,
    best_of: int,
) -> NDArray[np.intp]:
    """Of every `best_of` latents in a row, the one whose picture the discriminator scores best.

    A score depends on the pictures beside it, so those of one choice are compared among themselves, and a choice
    depends on nothing but its own latents.

    Parameters
    ----------
    draw : callable, latents (n, D) to uint8 images (n, R, R, 3)
    score : callable, images to scores (n,), four at a time; see `models.load_discriminator`
    latents : float array, shape (choices · best_of, D)
    best_of : int, at least 1

    Returns
    -------
    int array, shape (choices,), row numbers

    Example
    -------
    >>> best_rows(draw, score, latents, 4)  # of 8 latents
    array([2, 5])
    """
    choices = len(latents) // best_of
    if best_of == 1:
        return np.arange(choices)
    # Groups are filled up with faces of the same choice.
    filled = np.resize(np.arange(best_of), -(-best_of // GROUP) * GROUP)
    rows = best_of * np.arange(choices)[:, None] + filled
    scores = score(draw(latents)[rows.ravel()]).reshape(rows.shape)[:, :best_of]
    return np.asarray(best_of * np.arange(choices) + scores.argmax(axis=1), np.intp)


def shown_latents(
    recipe: Recipe, generator: Generator, discriminator: Source | None, count: int, seed: int, best_of: int
) -> NDArray[np.float32]:
    """Latents of the faces to show of a seed: of each `best_of` rows of its table the best.

    Parameters
    ----------
    recipe : Recipe
    generator : Generator, the recipe's, opened
    discriminator : Source or None; without it these are the first rows
    count, seed, best_of : int

    Returns
    -------
    float32 array, shape (count, latent_dim)
    """
    from tlgan.latents.sampling import draw_latents

    best_of = best_of if discriminator else 1
    dimension, space = generator.latent_dim, generator.latent_space
    latents = draw_latents(0, count * best_of, dimension, space=space, seed=seed)
    if discriminator is None:
        return latents
    if recipe.view is not None:  # the discriminator knows whole pictures
        generator = picture_source(msgspec.structs.replace(recipe, view=None)).open()
    return latents[best_rows(generator, discriminator.open(), latents, best_of)]
