"""What predicts the scores of a latent with their Jacobian, which is all that a local edit follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.names import companions
from tlgan.errors import UserError


class ScoresAndJacobian(NamedTuple):
    """Predicted scores of latents and how they change with each entry of the latent.

    Attributes
    ----------
    scores : float64 array, shape (n, n_attributes)
    jacobian : float64 array, shape (n, n_attributes, latent_dim)
        Per unit of z. With components, these come after the attributes in both.
    """

    scores: Floats
    jacobian: Floats


class ScorePredictor(ABC):
    """Predicts the scores of latents with their Jacobian, and says what is known of these scores.

    Attributes
    ----------
    names : tuple of str, length n_attributes
    offsets, scales, lowest, highest : float64 arrays, shape (n_attributes,)
        Mean, standard deviation, smallest and largest of the scores, in label units.
    held_out : float64 array, shape (n_attributes,)
        Share of the variance of each score that is predicted; NaN where unknown.
    scatter : float64 array, shape (n_attributes,)
        How large a disagreement is usual, in `scales`; see `disagreement`.
    component_held_out : float64 array, shape (n_components,)
        As `held_out`, of the components of the pictures that are predicted beside the scores.
    groups : tuple of tuples of str
        Attributes that say nearly the same.
    generator_sha256 : str
        SHA-256 of the generator's weights; "" where unknown.
    """

    names: tuple[str, ...]
    offsets: Floats
    scales: Floats
    lowest: Floats
    highest: Floats
    held_out: Floats
    scatter: Floats
    component_held_out: Floats
    groups: tuple[tuple[str, ...], ...]
    generator_sha256: str

    @property
    @abstractmethod
    def latent_dim(self) -> int:
        """Length of a latent."""

    @abstractmethod
    def __call__(self, latents: ArrayLike) -> Floats:
        """Predict the scores of latents, in label units, float64 of shape (n, n_attributes)."""

    @abstractmethod
    def with_jacobian(self, latents: ArrayLike, *, components: bool = False) -> ScoresAndJacobian:
        """Predicted scores and their gradients, both in label units; with the components after them if asked."""

    def disagreement(self, latents: ArrayLike) -> Floats:
        """How unsure each prediction is, in `scales`, shape (n, n_attributes); 0 where nothing tells."""
        return np.zeros((len(np.asarray(latents)), len(self.names)))

    @property
    def n_components(self) -> int:
        """Number of components of the pictures that are predicted beside the attributes."""
        return len(self.component_held_out)

    def index(self, name: str) -> int:
        """Column of the attribute `name`.

        Raises
        ------
        UserError
            Where the regressor does not know it.
        """
        if name not in self.names:
            raise UserError(
                f"The regressor must know an attribute that is edited or locked. It does not know {name!r}: no row "
                "of the sample had a usable label. Take the method 'straight'."
            )
        return self.names.index(name)

    def companions(self, name: str) -> tuple[str, ...]:
        """The other attributes of the groups that `name` is in."""
        return companions(self.groups, name)


@dataclass(frozen=True, eq=False)
class FunctionPredictor(ScorePredictor):
    """Scores and Jacobian by a function, such as a generator and a labeller one after the other.

    Parameters
    ----------
    names, offsets, scales, lowest, highest, held_out, scatter, component_held_out, groups, generator_sha256
        See `ScorePredictor`.
    function : callable
        float64 latents (n, latent_dim) to scores (n, n_outputs) and Jacobian (n, n_outputs, latent_dim), in label
        units: one output for each attribute, then one for each component.
    dimension : int
        Length of a latent.

    Examples
    --------
    >>> slope = np.array([[3.0, 4.0]])
    >>> line = FunctionPredictor.of_scores(
    ...     ["Smiling"], lambda z: (z @ slope.T, np.repeat(slope[None], len(z), 0)), [[-5.0], [5.0]], dimension=2
    ... )
    >>> line([[1.0, 0.0]]).tolist()
    [[3.0]]
    """

    names: tuple[str, ...]
    function: Callable[[Floats], tuple[Floats, Floats]]
    dimension: int
    offsets: Floats
    scales: Floats
    lowest: Floats
    highest: Floats
    held_out: Floats
    scatter: Floats
    component_held_out: Floats = field(default_factory=lambda: np.zeros(0))
    groups: tuple[tuple[str, ...], ...] = ()
    generator_sha256: str = ""

    @classmethod
    def of_scores(
        cls,
        names: Sequence[str],
        function: Callable[[Floats], tuple[Floats, Floats]],
        scores: ArrayLike,
        *,
        dimension: int,
        groups: Sequence[Sequence[str]] = (),
        generator_sha256: str = "",
    ) -> FunctionPredictor:
        """A predictor whose statistics are those of scores of a sample, float array (n, n_attributes)."""
        known = np.asarray(scores, np.float64)
        spread = known.std(axis=0)
        return cls(
            names=tuple(names),
            function=function,
            dimension=dimension,
            offsets=known.mean(axis=0),
            scales=np.where(spread > 0, spread, 1.0),
            lowest=known.min(axis=0),
            highest=known.max(axis=0),
            held_out=np.ones(known.shape[1]),
            scatter=np.zeros(known.shape[1]),
            groups=tuple(map(tuple, groups)),
            generator_sha256=generator_sha256,
        )

    @property
    def latent_dim(self) -> int:
        """Length of a latent."""
        return self.dimension

    def __call__(self, latents: ArrayLike) -> Floats:
        """Scores of latents, in label units, float64 of shape (n, n_attributes)."""
        return self.with_jacobian(latents).scores

    def with_jacobian(self, latents: ArrayLike, *, components: bool = False) -> ScoresAndJacobian:
        """Scores and their gradients, both in label units; see `ScorePredictor.with_jacobian`."""
        scores, jacobian = self.function(np.asarray(latents, np.float64))
        outputs = len(self.names) + (self.n_components if components else 0)
        return ScoresAndJacobian(
            np.asarray(scores, np.float64)[:, :outputs], np.asarray(jacobian, np.float64)[:, :outputs]
        )
