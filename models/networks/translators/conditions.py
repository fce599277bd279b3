"""How attributes enter a network that changes pictures: as shares of their levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlgan.axes.axes import ATTRIBUTE_KINDS
from tlgan.axes.names import MAX_NAME_CHARACTERS, check_choice, check_names
from tlgan.errors import UserError

MOST_LEVELS = 256  # of an attribute; each may have a decoder of its own


@dataclass(frozen=True)
class Condition:
    """One attribute, and the levels that a network knows of it.

    A value is given to the network as one share for each level: between two levels of a continuous attribute it
    is divided between them, so that every value in between can be asked for.

    Attributes
    ----------
    name, kind, unit : str
    levels : tuple of float, 2 to 256, increasing: 0 and 1 of a binary attribute, the numbers of the categories of
        a categorical one, chosen values of a continuous one

    Raises
    ------
    UserError
        Where levels, kind or a text are none of an attribute.
    """

    name: str
    kind: str
    unit: str
    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        check_names([self.name], "name")
        check_choice(f"`kind` of {self.name}", self.kind, ATTRIBUTE_KINDS)
        if len(self.unit) > MAX_NAME_CHARACTERS or not (self.unit.isprintable() or not self.unit):
            raise UserError(f"`unit` of {self.name} must be a short printable text. Got {self.unit!r:.42}.")
        if not 2 <= len(self.levels) <= MOST_LEVELS:
            raise UserError(
                f"`levels` of {self.name} must be from 2 to {MOST_LEVELS} values. Got {len(self.levels)}. "
                "Leave the attribute out."
            )
        levels = np.asarray(self.levels, dtype=np.float64)
        if not np.isfinite(levels).all() or not (np.diff(levels) > 0).all():
            raise UserError(
                f"`levels` of {self.name} must be finite and increasing. Got {self.listed_levels:.80}."
            )
        if self.kind == "binary" and tuple(self.levels) != (0, 1):
            raise UserError(
                f"`levels` of {self.name} must be 0, 1: it is binary. Got {self.listed_levels:.80}."
            )

    def shares(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Share of each level in values of the attribute.

        Values of a binary attribute may go beyond 0 and 1, for a stronger change than any label says; those of
        a continuous one are clipped to its levels.

        Parameters
        ----------
        values : float array, shape (n,), in the attribute's own unit

        Returns
        -------
        float32 array, shape (n, len(levels)); rows sum to 1

        Raises
        ------
        UserError
            Where a value is not finite, or a category that the network does not know.

        Example
        -------
        >>> Condition("Age", "continuous", "years", (20.0, 40.0, 60.0)).shares(np.array([25.0]))
        array([[0.75, 0.25, 0.  ]], dtype=float32)
        """
        values, levels = np.asarray(values, dtype=np.float64), np.array(self.levels)
        if not np.isfinite(values).all():
            raise UserError(f"`{self.name}` must be finite. Got {values[~np.isfinite(values)][0]}.")
        if self.kind == "binary":
            return np.stack([1 - values, values], axis=1).astype(np.float32)
        if self.kind == "categorical":
            known = np.isin(values, levels)
            if not known.all():
                raise UserError(
                    f"`{self.name}` must be one of {self.listed_levels}. Got {values[~known][0]:g}."
                )
            return (values[:, None] == levels).astype(np.float32)
        inside = np.clip(values, levels[0], levels[-1])
        return np.stack([np.interp(inside, levels, unit) for unit in np.eye(len(levels))], axis=1).astype(
            np.float32
        )

    @property
    def listed_levels(self) -> str:
        """The levels as text: "0, 1"."""
        return ", ".join(f"{level:g}" for level in self.levels)


def condition_shares(conditions: Sequence[Condition], values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Shares of the levels of several attributes side by side.

    Parameters
    ----------
    conditions : sequence of Condition
    values : float array, shape (n, len(conditions)), each column in its attribute's unit

    Returns
    -------
    float32 array, shape (n, sum of the numbers of levels)
    """
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] != len(conditions):
        names = ", ".join(condition.name for condition in conditions)
        raise UserError(
            f"`condition` must have one column for each of {names} ({len(conditions)}). Got shape {values.shape}."
        )
    columns = [condition.shares(column) for condition, column in zip(conditions, values.T, strict=True)]
    return np.concatenate(columns, axis=1)


def level_variations(
    conditions: Sequence[Condition], values: NDArray[np.floating]
) -> list[tuple[str, float, NDArray[np.float64]]]:
    """Values with one attribute at a time set to one of its levels, and the others as they are.

    Parameters
    ----------
    conditions : sequence of Condition
    values : float array, shape (n, len(conditions))

    Returns
    -------
    list of (name of the attribute, level, float64 array of shape (n, len(conditions)))

    Example
    -------
    >>> smiling = Condition("Smiling", "binary", "", (0.0, 1.0))
    >>> level_variations([smiling], np.array([[1.0]]))
    [('Smiling', 0.0, array([[0.]])), ('Smiling', 1.0, array([[1.]]))]
    """
    variations = []
    for place, condition in enumerate(conditions):
        for level in condition.levels:
            varied = np.array(values, dtype=np.float64)
            varied[:, place] = level
            variations.append((condition.name, level, varied))
    return variations


def condition_of_labels(
    name: str, kind: str, unit: str, labels: NDArray[np.floating], quantiles: NDArray[np.floating]
) -> Condition:
    """The condition of an attribute, its levels taken from labels.

    Parameters
    ----------
    name, kind, unit : str
    labels : float array, shape (n,), NaN = unknown
    quantiles : float array, 0 to 1, increasing: where among the labels the levels of a continuous attribute lie

    Raises
    ------
    UserError
        Where the attribute is constant or never labelled.
    """
    known = labels[np.isfinite(labels)]
    values = np.unique(known)
    if len(values) < 2:
        got = f"{values[0]:g} alone" if len(values) else "none"
        raise UserError(
            f"`{name}` must have labels of two values at least. Got {got}. Name another attribute."
        )
    if kind == "continuous":
        values = np.unique(np.quantile(known, quantiles))
    return Condition(name, kind, unit, tuple(float(value) for value in values))
