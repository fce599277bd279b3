"""How far a labeller's mistakes turn an axis: the part of its error that more samples do not mend.

Calibrated on drawn faces, whose true axes are known, with labellers from poor to good
(`python -m benchmarks.labeller_error`); docs/methods.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tlgan.array_types import Floats

CONE = 1.5  # of these errors make a 95 % cone: they lie in a few directions, the axes of other attributes


class Shares(NamedTuple):
    """What an error counts of the labeller's confusion and of its disagreement, in degrees per degree."""

    confusion: float
    disagreement: float


# By kind. The disagreement counts more where it alone is known, for it leaves out what both mistake alike.
SHARES = {"binary": Shares(0.8, 0.5), "continuous": Shares(0.32, 0.8)}
DISAGREEMENT_ALONE = {"binary": 1.2, "continuous": 1.3}


def confusion_angles(scores: npt.ArrayLike, kinds: Sequence[str]) -> Floats:
    """Angle between what a labeller reads and what it should read, from its test on labelled pictures.

    Parameters
    ----------
    scores : float array, shape (n_axes,)
        AUC against true labels of binary and categorical attributes, R² against true values of continuous ones;
        NaN where unknown.
    kinds : sequence of str, length n_axes

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90: arc cosine of the correlation.

    Notes
    -----
    For a score and a truth that are jointly normal with correlation r, and decisions at the median of the truth,
    AUC = 1/2 + 2/π · arcsin(r / √2): four times the chance that one of two truths is above the median, the other
    below, and the scores in their order (Sheppard's formula for orthants).

    Examples
    --------
    >>> confusion_angles([0.97, 1.0, 0.75], ["binary", "binary", "continuous"]).round(1).tolist()
    [17.9, 0.0, 30.0]
    """
    values = np.asarray(scores, np.float64)
    areas = np.sqrt(2) * np.sin(np.pi / 2 * (np.clip(values, 0.5, 1.0) - 0.5))
    roots = np.sqrt(np.clip(values, 0.0, 1.0))
    correlations = np.where(np.array(kinds) == "continuous", roots, areas)
    degrees: Floats = np.degrees(np.arccos(np.clip(correlations, 0.0, 1.0)))
    return degrees


def disagreement_angles(angles: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """Angle between the axes of two labellers beyond what their sampling errors explain, degrees.

    Parameters
    ----------
    angles : float array, shape (n_axes,)
        Between the axes that two labellers give, which share neither weights nor architecture.
    first, second : float arrays, shape (n_axes,)
        Angular errors of both; NaN where unknown.

    Examples
    --------
    >>> disagreement_angles([5.0, 2.0], [3.0, 3.0], [0.0, 1.0]).tolist()
    [4.0, 0.0]
    """
    squares = [np.square(np.asarray(values, np.float64)) for values in (angles, first, second)]
    beyond: Floats = np.sqrt(np.maximum(squares[0] - squares[1] - squares[2], 0.0))
    return beyond


def systematic_errors(kinds: Sequence[str], confusion: npt.ArrayLike, disagreement: npt.ArrayLike) -> Floats:
    """One standard error of each direction by the labeller's mistakes alone.

    Parameters
    ----------
    kinds : sequence of str, length n_axes
    confusion, disagreement : float arrays, shape (n_axes,)
        As `confusion_angles` and `disagreement_angles` give them, degrees; NaN where unknown.

    Returns
    -------
    float64 array, shape (n_axes,)
        Degrees, 0 to 90; NaN where neither is known. Where the disagreement alone is known it leaves out what both
        labellers mistake alike.

    Examples
    --------
    >>> systematic_errors(["binary", "continuous"], [10.0, np.nan], [0.0, np.nan]).tolist()
    [8.0, nan]
    """
    confused, apart = (np.asarray(values, np.float64) for values in (confusion, disagreement))
    errors = np.full(len(kinds), np.nan)
    for row, kind in enumerate(kinds):
        kind = "continuous" if kind == "continuous" else "binary"
        shares = SHARES[kind]
        if np.isnan(confused[row]):
            errors[row] = DISAGREEMENT_ALONE[kind] * apart[row]
        else:
            errors[row] = np.hypot(
                shares.confusion * confused[row], shares.disagreement * np.nan_to_num(apart[row])
            )
    least: Floats = np.minimum(errors, 90.0)
    return least


def total_errors(angular_errors: npt.ArrayLike, systematic: npt.ArrayLike) -> Floats:
    """Sampling and systematic error in quadrature, degrees; an unknown systematic one counts as none.

    Examples
    --------
    >>> total_errors([3.0, 3.0], [4.0, np.nan]).tolist()
    [5.0, 3.0]
    """
    total: Floats = np.minimum(np.hypot(angular_errors, np.nan_to_num(systematic)), 180.0)
    return total


def total_cones(cones: npt.ArrayLike, systematic: npt.ArrayLike) -> Floats:
    """Half-angle of the 95 % cone of both errors, degrees, at most 90.

    Parameters
    ----------
    cones : float array, shape (n_axes,)
        `tlgan.regression.fit.Fits.cone_angles`, of the sampling error alone.
    systematic : float array, shape (n_axes,)
        As `systematic_errors` gives them; an unknown one counts as none.
    """
    total: Floats = np.minimum(np.hypot(cones, CONE * np.nan_to_num(systematic)), 90.0)
    return total
