"""A generator of portraits with planted latent axes, whose directions, scores and limits are known exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from data.synthetic.drawing import draw_portraits
from data.synthetic.face_parameters import FACTORS
from data.synthetic.factors import COSINES, LABELLING, Factor
from data.synthetic.nonlinearities import (
    BENT,
    BENT_PLACES,
    NONLINEARITIES,
    SHAPES,
    Expectations,
    bend,
    expectations,
)
from tlgan.axes.names import check_choice
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

Float = NDArray[np.float64]

# Added to a caller's seed, so that noise and training faces never repeat the draws of latents.
_NOISE_SEEDS = 2**40


@dataclass(frozen=True, eq=False)
class KnownAxes:
    """A generator of portraits whose axes are known.

    For latents z ~ N(0, I) the linear factors are z @ directions.T: normal, of variance 1 each, their
    correlations the cosines of the directions. A factor is `nonlinearity` of its linear factor, or "bent":
    of another's too; the portrait shows, and the scores measure, the factor.

    Attributes
    ----------
    directions : float64 array, shape (A, D), unit rows
    names, kinds, units : tuple of str, length A
    offsets, scales : float64 array, shape (A,)
        True score = offset + scale × factor: a logit for binary, a value for continuous axes.
        Without nonlinearity, `scales` are the true slopes per unit of z and `offsets` the intercepts.
    nonlinearity : str
        One of `SHAPES`.
    resolution : int
        Side of the portraits in pixels.
    """

    directions: Float
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    offsets: Float
    scales: Float
    nonlinearity: str
    resolution: int

    @property
    def latent_dim(self) -> int:
        """D, the length of a latent."""
        return int(self.directions.shape[1])

    @property
    def cosines(self) -> Float:
        """True cosines between the axes, shape (A, A)."""
        return self.directions @ self.directions.T

    def factors(self, latents: NDArray[np.floating]) -> Float:
        """Return the factors, shape (N, A), of latents, shape (N, D)."""
        latents = np.asarray(latents)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise UserError(f"`latents` must have shape (N, {self.latent_dim}). Got {latents.shape}.")
        linear = latents.astype(np.float64) @ self.directions.T
        return bend(linear) if self.nonlinearity == BENT else NONLINEARITIES[self.nonlinearity].value(linear)

    def generate(self, latents: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Draw the portraits of latents, shape (N, D), as uint8, shape (N, resolution, resolution, 3)."""
        return draw_portraits(self.factors(latents), self.resolution)

    def scores(self, latents: NDArray[np.floating]) -> Float:
        """Return the true logits and values, shape (N, A)."""
        return self.offsets + self.scales * self.factors(latents)

    def labels(self, latents: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the true labels, shape (N, A): 0 or 1 for binary, the value for continuous axes."""
        return self.labels_of_factors(self.factors(latents))

    def labels_of_factors(self, factors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the true labels, as `labels` does, of portraits with these factors, shape (N, A)."""
        scores = self.offsets + self.scales * factors
        return np.where(self._binary, scores > 0, scores).astype(np.float32)

    def noisy_scores(
        self, latents: NDArray[np.floating], noise: float = 0.0, seed: int = 0, start: int = 0
    ) -> NDArray[np.float32]:
        """Return the true scores plus normal noise of a chosen size.

        Parameters
        ----------
        latents : float array, shape (N, D)
        noise : float
            Standard deviation of the noise, in standard deviations of a factor.
        seed : int
        start : int
            Number of the first row; the noise depends on row and seed alone, so that chunks agree.

        Returns
        -------
        float32 array, shape (N, A)
            Logits for binary, values for continuous axes.
        """
        if noise < 0:
            raise UserError(f"`noise` must be at least 0. Got {noise}.")
        draws = draw_latents(start, len(latents), len(self.names), space="normal", seed=seed + _NOISE_SEEDS)
        return (self.scores(latents) + self.scales * noise * draws).astype(np.float32)

    def base_rates(self) -> Float:
        """Return how often each binary label is 1, shape (A,); NaN for continuous axes."""
        threshold = np.where(self._binary, -self.offsets / self.scales, 0)
        if self.nonlinearity == BENT:
            grid = self._grid
            rates = (grid.values > threshold[:, None]) @ grid.weights
        else:
            rates = 1 - ndtr(NONLINEARITIES[self.nonlinearity].inverse(threshold))
        return np.where(self._binary, rates, np.nan)

    def best_accuracies(self, noise: float) -> Float:
        """Return the accuracy of the best predictor, from the latents, of the signs of noisy scores.

        Knowing the latent, nothing better can be done than to name the likelier side.

        Parameters
        ----------
        noise : float
            As in `noisy_scores`.

        Returns
        -------
        float64 array, shape (A,)
            E[max(p, 1 - p)], p the probability of a positive score; NaN for continuous axes.
        """
        if noise == 0:
            return np.where(self._binary, 1.0, np.nan)
        grid = self._grid
        margin = grid.values + (self.offsets / self.scales)[:, None]
        return np.where(self._binary, ndtr(np.abs(margin) / noise) @ grid.weights, np.nan)

    def angular_limits(self, n_samples: int, noise: float, decisions: bool = False) -> Float:
        """Return the smallest possible angle between an estimated and a true axis, shape (A,), degrees.

        The Cramér-Rao bound for an unbiased estimate of the direction, the rest of the model being
        known: each of the D - 1 components across the axis has variance 1 / (n_samples × information),
        where the information of one sample is E[g'(x)²] / noise² for scores g(x) + noise × e, and
        E[g'(x)² φ(u)² / (Φ(u) Φ(-u))] / noise², u = (g(x) - threshold) / noise, for their signs.

        Parameters
        ----------
        n_samples : int
        noise : float
            As in `noisy_scores`, above 0.
        decisions : bool
            Whether only the signs of the noisy scores are known; NaN then for continuous axes.
        """
        if n_samples < 1 or not noise > 0:
            raise UserError(f"`n_samples` and `noise` must be above 0. Got {n_samples} and {noise}.")
        grid = self._grid
        squared_slope = grid.slopes**2
        information = np.full(len(self.names), squared_slope @ grid.weights) / noise**2
        if decisions:
            u = (grid.values + (self.offsets / self.scales)[:, None]) / noise
            density = np.exp(-(u**2)) / (2 * math.pi)
            bits = density / np.maximum(ndtr(u) * ndtr(-u), 1e-300)
            information = (squared_slope * bits) @ grid.weights / noise**2
            information[~self._binary] = np.nan
        return np.degrees(np.arctan(np.sqrt((self.latent_dim - 1) / (n_samples * information))))

    @property
    def _binary(self) -> NDArray[np.bool_]:
        return np.array([kind == "binary" for kind in self.kinds])

    @property
    def _grid(self) -> Expectations:
        partners = np.roll(self.directions, -BENT_PLACES, axis=0)
        return expectations(self.nonlinearity, np.sum(self.directions * partners, axis=1))


def plant_axes(
    latent_dim: int = 64,
    cosines: Mapping[tuple[str, str], float] = COSINES,
    nonlinearity: str = "none",
    resolution: int = 64,
    seed: int = 0,
) -> KnownAxes:
    """Plant one axis per factor of the portraits, at chosen angles to each other.

    The directions are L Q: Q the first rows of a random orthogonal matrix, L the Cholesky factor of
    the matrix of cosines.

    Parameters
    ----------
    latent_dim : int
        D, at least the number of factors.
    cosines : mapping of (name, name) to float
        Pairs that are not named are orthogonal.
    nonlinearity : str
        One of `data.synthetic.nonlinearities.SHAPES`.
    resolution : int
        Side of the portraits in pixels, at least 8.
    seed : int
        Of Q.

    Raises
    ------
    UserError
        Too few dimensions, an unknown name or nonlinearity, or cosines that no set of directions has.
    """
    if latent_dim < len(FACTORS):
        raise UserError(f"`latent_dim` must be at least {len(FACTORS)}, one per factor. Got {latent_dim}.")
    if resolution < 8:
        raise UserError(f"`resolution` must be at least 8 pixels. Got {resolution}.")
    check_choice("`nonlinearity`", nonlinearity, SHAPES)
    triangle = _cholesky(cosines)
    random = np.random.default_rng(seed).standard_normal((latent_dim, len(FACTORS)))
    basis, upper = np.linalg.qr(random)
    basis *= np.sign(np.diag(upper))
    labelling = [LABELLING.get(name, Factor("continuous")) for name in FACTORS]
    return KnownAxes(
        directions=triangle @ basis.T,
        names=FACTORS,
        kinds=tuple(factor.kind for factor in labelling),
        units=tuple(factor.unit for factor in labelling),
        offsets=np.array([factor.offset for factor in labelling], dtype=np.float64),
        scales=np.array([factor.scale for factor in labelling], dtype=np.float64),
        nonlinearity=nonlinearity,
        resolution=resolution,
    )


def _cholesky(cosines: Mapping[tuple[str, str], float]) -> Float:
    gram = np.eye(len(FACTORS))
    for pair, cosine in cosines.items():
        unknown = [name for name in pair if name not in FACTORS]
        if unknown or pair[0] == pair[1]:
            raise UserError(f"`cosines` must name pairs of {', '.join(FACTORS)}. Got {pair}.")
        first, second = (FACTORS.index(name) for name in pair)
        gram[first, second] = gram[second, first] = cosine
    if np.linalg.eigvalsh(gram)[0] < 1e-6:
        raise UserError(
            "`cosines` must belong to linearly independent directions: a positive definite matrix. "
            f"Got a smallest eigenvalue of {np.linalg.eigvalsh(gram)[0]:.2g}. Make the cosines smaller."
        )
    return np.asarray(np.linalg.cholesky(gram), dtype=np.float64)
