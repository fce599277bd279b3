"""L-BFGS for many attributes at once: every pass over the latents serves all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from tlgan.array_types import Booleans, Floats, Indices
from tlgan.regression.solvers.estimates import LinearModel
from tlgan.regression.solvers.sufficient_statistics import Design, SufficientStatistics


class LossValues(NamedTuple):
    """Values of a loss and its derivatives in the predictor, float64 arrays of shape (n, k)."""

    values: Floats
    first: Floats
    second: Floats


# From predictors and responses, shape (n, k) both. It can be pickled.
Loss = Callable[[Floats, Floats], LossValues]

MEMORY = 6  # correction pairs
TOLERANCE = 1e-10  # distance to the minimum over the solution's length, in the Hessian's norm
MAX_PASSES = 100
SUFFICIENT = 1e-4  # share of the promised decrease that a step must bring (Armijo)
ROUNDING = 1e-13  # relative increase of a sum that counts as none


@dataclass(frozen=True)
class Solution:
    """The minimum of every column.

    Attributes
    ----------
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    converged : bool array, shape (k,)
    separated : bool array, shape (k,)
        Columns of 0/1 labels that a plane splits without error: there is no minimum, and the
        coefficients are those of the first such plane that was met.
    mean_weights : float64 array, shape (k,)
        Mean second derivative of the loss.
    """

    coefficients: Floats
    intercepts: Floats
    converged: Booleans
    separated: Booleans
    mean_weights: Floats


def minimise(
    design: Design,
    columns: Indices,
    loss: Callable[[Indices], Loss],
    ridge: Floats,
    start: LinearModel,
    hard: Booleans,
) -> Solution:
    """Minimise mean loss + ridge · |coefficients|² / 2 for every column.

    Parameters
    ----------
    design : Design
    columns : int array, shape (k,)
        Which columns to fit.
    loss : callable
        Takes places in `columns` and returns the convex loss of those.
    ridge : float64 array, shape (k,)
    start : LinearModel
    hard : bool array, shape (k,)
        Columns of 0/1 labels, in which separation is looked for.

    Returns
    -------
    Solution

    Notes
    -----
    L-BFGS with backtracking (Nocedal and Wright, "Numerical Optimization", 2006, algorithms 7.4 and
    3.1). A pass costs four multiplications per row, latent dimension and column. The inverse
    Hessian that each step starts from would be exact for elliptically distributed latents: the
    weights' own statistics along the current direction, their mean across it.
    """
    places = np.arange(len(columns))
    coefficients, intercepts = start
    point = np.vstack([intercepts + coefficients @ design.centre, coefficients.T])
    minima = _Minima.started_at(point)
    now = _evaluate(design, columns, loss(places), ridge, hard, point)
    pairs: list[_Pair] = []
    direction, step = np.zeros_like(point), np.ones(len(columns))
    fresh = np.ones(len(columns), dtype=np.bool_)  # columns whose last step was taken
    for _ in range(MAX_PASSES):
        solve = _Preconditioner(design, columns[places], ridge[places], now)
        direction = np.where(fresh, _descent(pairs, now.gradient, solve), direction)
        slope = (direction * now.gradient).sum(axis=0)
        length = now.weights[2] + now.penalty * (now.point[1:] ** 2).sum(axis=0)
        close = fresh & (-slope <= TOLERANCE**2 * np.maximum(length, 1.0))
        stop = close | now.separated
        if stop.any():
            minima.store(places[stop], now[stop], close[stop])
            keep = ~stop
            places, now, pairs = places[keep], now[keep], [pair[keep] for pair in pairs]
            direction, step, slope = direction[:, keep], step[keep], slope[keep]
            if not len(places):
                break
        trial = _evaluate(
            design, columns[places], loss(places), ridge[places], hard[places], now.point + step * direction
        )
        allowed = SUFFICIENT * step * slope + ROUNDING * np.abs(now.value)
        fresh = trial.value <= now.value + allowed
        pairs = [*pairs, _Pair.between(now, trial, fresh)][-MEMORY:]
        now.update(trial, fresh)
        step = np.where(fresh, 1.0, step / 4)
    minima.points[:, places], minima.weights[places] = now.point, now.weights[0]
    return minima.solution(design, columns)


@dataclass(frozen=True)
class _Minima:
    """Where each column has stopped; columns run along the last axis."""

    points: Floats
    weights: Floats
    converged: Booleans
    separated: Booleans

    @staticmethod
    def started_at(point: Floats) -> _Minima:
        width = point.shape[1]
        converged, separated = np.zeros((2, width), dtype=np.bool_)
        return _Minima(point.copy(), np.zeros(width), converged, separated)

    def store(self, places: Indices, stopped: _Iterate, converged: Booleans) -> None:
        self.points[:, places], self.weights[places] = stopped.point, stopped.weights[0]
        self.converged[places], self.separated[places] = converged, stopped.separated

    def solution(self, design: Design, columns: Indices) -> Solution:
        coefficients = self.points[1:].T.copy()
        return Solution(
            coefficients,
            self.points[0] - coefficients @ design.centre,
            self.converged,
            self.separated,
            self.weights / design.summary.counts[columns],
        )


@dataclass
class _Iterate:
    """A point of every column and what the pass there gave; columns run along the last axis."""

    point: Floats  # (1 + latent_dim, k): predictor at the centre, then coefficients
    value: Floats
    gradient: Floats
    weights: Floats  # (3, k): sums of w, w t, w t² with t the predictor less its value at the centre
    penalty: Floats  # ridge times rows
    separated: Booleans

    def __getitem__(self, keep: Booleans) -> _Iterate:
        return _Iterate(*(array[..., keep] for array in vars(self).values()))

    def update(self, other: _Iterate, where: Booleans) -> None:
        for name, array in vars(self).items():
            array[..., where] = getattr(other, name)[..., where]


@dataclass(frozen=True)
class _Pair:
    """A step, how it turned the gradient, and 1 / their product: 0 for a pair to skip."""

    moved: Floats
    turned: Floats
    reciprocal: Floats

    def __getitem__(self, keep: Booleans) -> _Pair:
        return _Pair(self.moved[:, keep], self.turned[:, keep], self.reciprocal[keep])

    @staticmethod
    def between(old: _Iterate, new: _Iterate, fresh: Booleans) -> _Pair:
        moved, turned = new.point - old.point, new.gradient - old.gradient
        curvature = (moved * turned).sum(axis=0)
        good = fresh & (curvature > 0)
        return _Pair(moved, turned, np.divide(1.0, curvature, out=np.zeros_like(curvature), where=good))


def _evaluate(
    design: Design, columns: Indices, loss: Loss, ridge: Floats, hard: Booleans, point: Floats
) -> _Iterate:
    evaluate = partial(_chunk_terms, centre=design.centre, point=point, loss=loss, hard=bool(hard.any()))
    totals, gradient, misplaced = design.rows.total(evaluate, columns)
    penalty = ridge * design.summary.counts[columns]
    value = totals[0] + penalty * (point[1:] ** 2).sum(axis=0) / 2
    gradient = np.vstack([gradient[:1], gradient[1:] + penalty * point[1:]])
    separated = hard & (misplaced == 0) & (ridge == 0)
    return _Iterate(point, value, gradient, totals[1:].copy(), penalty, separated)


class _ChunkTerms(NamedTuple):
    """Sums over the rows of a chunk."""

    totals: Floats  # (4, k): of the loss, w, w t and w t²
    gradient: Floats
    misplaced: Floats  # labels on the wrong side


def _chunk_terms(
    latents: Floats, responses: Floats, *, centre: Floats, point: Floats, loss: Loss, hard: bool
) -> _ChunkTerms:
    """What one chunk adds to the loss; misplaced 0/1 labels are counted if `hard`."""
    latents -= centre
    tilts = latents @ point[1:]
    predictors = tilts + point[0]
    value, first, second = loss(predictors, responses)
    missing = np.isnan(responses)
    if missing.any():
        value[missing] = first[missing] = second[missing] = 0.0
    totals = np.empty((4, responses.shape[1]))
    totals[0] = value.sum(axis=0)
    totals[1] = second.sum(axis=0)
    second *= tilts
    totals[2] = second.sum(axis=0)
    second *= tilts
    totals[3] = second.sum(axis=0)
    misplaced = np.zeros(responses.shape[1])
    if hard:
        misplaced += (~((2 * responses - 1) * predictors > 0) & ~missing).sum(axis=0)
    return _ChunkTerms(totals, np.vstack([first.sum(axis=0), latents.T @ first]), misplaced)


class _Preconditioner:
    """The inverse Hessian that elliptically distributed latents would have at the current point."""

    def __init__(self, design: Design, columns: Indices, ridge: Floats, state: _Iterate) -> None:
        self.design, self.state, self.ridge = design, state, ridge
        self.patterns = design.summary.patterns[columns]

    def __call__(self, right: Floats) -> Floats:
        out = np.empty_like(right)
        for number in np.unique(self.patterns):
            mine = self.patterns == number
            out[:, mine] = _elliptical_solve(
                self.design.statistics[number], self.state[mine], self.ridge[mine], right[:, mine]
            )
        return out


def _elliptical_solve(
    statistics: SufficientStatistics, state: _Iterate, ridge: Floats, right: Floats
) -> Floats:
    slopes, weights = state.point[1:], state.weights
    total = np.maximum(weights[0], 1e-300)
    out = np.empty_like(right)
    out[0] = right[0] / total
    out[1:] = statistics.solve(right[1:], total / statistics.n, ridge)
    # Scatter of the tilts t = x'b; the unit vector along b in the scatter's metric is b / sqrt(b'X'Xb).
    squares = statistics.eigenvalues @ (statistics.eigenvectors.T @ slopes) ** 2
    tilted = (squares > 0) & (weights[2] > 0) & (ridge == 0)
    if tilted.any():
        root = np.sqrt(squares[tilted])
        unit = slopes[:, tilted] / root
        zeroth, first, second = total[tilted], weights[1, tilted] / root, weights[2, tilted] / root**2
        along = (unit * right[1:, tilted]).sum(axis=0)
        determinant = np.maximum(zeroth * second - first**2, 1e-12 * zeroth * second)
        out[0, tilted] = (second * right[0, tilted] - first * along) / determinant
        solved = (zeroth * along - first * right[0, tilted]) / determinant
        out[1:, tilted] += unit * (solved - along * statistics.n / zeroth)
    return out


def _descent(pairs: Sequence[_Pair], gradient: Floats, solve: _Preconditioner) -> Floats:
    """L-BFGS two-loop recursion; the preconditioned gradient where that would climb."""
    vector = gradient.copy()
    factors = []
    for pair in reversed(pairs):
        factors.append(pair.reciprocal * (pair.moved * vector).sum(axis=0))
        vector -= factors[-1] * pair.turned
    vector = solve(vector)
    for pair, factor in zip(pairs, reversed(factors), strict=True):
        vector += pair.moved * (factor - pair.reciprocal * (pair.turned * vector).sum(axis=0))
    climbing = (vector * gradient).sum(axis=0) <= 0
    if climbing.any():
        vector[:, climbing] = solve(gradient)[:, climbing]
    return -vector
