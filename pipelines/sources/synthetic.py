"""The built-in portraits with known axes: their generator, their known factors as labels, portraits to train on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.recipe.load import Recipe
from pipelines.sources.source import ImagelessLabeller
from pipelines.workflow.step import fingerprint_of
from tlgan.errors import UserError

if TYPE_CHECKING:
    from data.images.labelled_images import LabelledImages
    from data.synthetic.planted_axes import KnownAxes
    from models.protocols import Generator

KNOWN_AXES = "known-axes"
# In titles, files and fingerprints, which must not change with the spelling in recipes.
KNOWN_FACTORS = "known-axes-oracle"
# Every name in a recipe that means this labeller: today's and the old one.
KNOWN_FACTORS_SPELLINGS = {"known-axes-factors": KNOWN_FACTORS, "known-axes-oracle": KNOWN_FACTORS}
PORTRAITS_VERSION = 1  # raised when the same parameters draw or label other portraits


@dataclass(frozen=True, eq=False)
class KnownFactorsLabeller(ImagelessLabeller):
    """A labeller that returns the true scores of the portraits plus chosen noise; it reads latents, not images.

    Attributes
    ----------
    known : KnownAxes
    noise : float
        Standard deviation of the noise, in standard deviations of a factor.
    seed : int
        Of the noise.
    """

    known: KnownAxes
    noise: float
    seed: int

    @property
    def name(self) -> str:
        return KNOWN_FACTORS

    @property
    def names(self) -> tuple[str, ...]:
        return self.known.names

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.known.kinds

    @property
    def units(self) -> tuple[str, ...]:
        pairs = zip(self.kinds, self.known.units, strict=True)
        return tuple("logit" if kind == "binary" else unit for kind, unit in pairs)

    def score_rows(self, images: Any, latents: np.ndarray, start: int) -> NDArray[np.float32]:
        """Score rows from number `start` on by their latents; see `models.protocols.Labeller`."""
        return self.known.noisy_scores(latents, self.noise, self.seed, start)


def planted_axes_of(recipe: Recipe) -> KnownAxes:
    """The known axes of a recipe."""
    from data.synthetic.planted_axes import plant_axes

    options = recipe.known_axes
    return plant_axes(
        options.latent_dim,
        nonlinearity=options.nonlinearity,
        resolution=options.resolution,
        seed=options.seed,
    )


def portrait_generator(recipe: Recipe, fingerprint: str) -> Generator:
    """The generator that draws portraits."""
    from models.loaders.generator import LoadedGenerator

    known = planted_axes_of(recipe)
    return LoadedGenerator(
        name=KNOWN_AXES,
        latent_dim=known.latent_dim,
        latent_space="normal",
        resolution=known.resolution,
        sha256=fingerprint,
        draw=known.generate,
    )


def drawn_portraits(recipe: Recipe) -> LabelledImages:
    """Labelled portraits to train on."""
    from data.synthetic.image_set import draw_labelled_portraits

    if recipe.data.resolution != recipe.known_axes.resolution:
        raise UserError(
            f"`data.resolution` must be that of the portraits, `known_axes.resolution` "
            f"({recipe.known_axes.resolution}). Got {recipe.data.resolution}. Set both alike."
        )
    options = recipe.data
    return draw_labelled_portraits(planted_axes_of(recipe), options.count, options.seed, options.people)


def portraits_fingerprint(recipe: Recipe, **more: Any) -> str:
    """Fingerprint of the portraits, and of what else is asked of them."""
    options = recipe.known_axes
    drawn = {name: getattr(options, name) for name in ("latent_dim", "nonlinearity", "resolution", "seed")}
    return fingerprint_of({"portraits": PORTRAITS_VERSION} | drawn | more)
