"""Generalised linear and robust fits of many attributes at once, in shared passes over the latents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from tlgan.least_squares import Moments
from tlgan.rows import Bool, Float, Int, Rows

# (predictors, responses) -> values, first and second derivatives in the predictor; shape (n, k) each.
Loss = Callable[[Float, Float], tuple[Float, Float, Float]]

MEMORY = 6  # correction pairs of the quasi-Newton method
TOLERANCE = 1e-9  # distance to the solution over the solution's length, in the Hessian's norm


def binomial_loss(predictors: Float, responses: Float) -> tuple[Float, Float, Float]:
    """Negative log-likelihood of a logit model; responses are probabilities or 0/1."""
    small = np.exp(-np.abs(predictors))
    means = np.where(predictors >= 0, 1.0, small) / (1.0 + small)
    values = np.maximum(predictors, 0.0) + np.log1p(small) - responses * predictors
    return values, means - responses, small / (1.0 + small) ** 2


def huber_loss(scale: Float, bend: float = 1.345) -> Loss:
    """Huber's loss: square within `bend` scales of the predictor, linear beyond.

    Parameters
    ----------
    scale : float64 array, shape (k,)
    bend : float
        1.345 keeps 95 % efficiency under Gaussian noise (Huber 1981).
    """

    def loss(predictors: Float, responses: Float) -> tuple[Float, Float, Float]:
        errors = (predictors - responses) / scale
        clipped = np.clip(errors, -bend, bend)
        values = clipped * (errors - clipped / 2)
        return values, clipped / scale, (errors == clipped) / scale**2

    return loss


@dataclass
class _State:
    """One point per column and what the pass there gave; columns run along the last axis."""

    point: Float  # (1 + latent_dim, k): predictor at the mean latent, then coefficients
    value: Float
    gradient: Float
    weights: Float  # (3, k): sums of w, w t, w t² with t the predictor less its value at the mean
    separated: Bool

    def __getitem__(self, keep: Bool) -> _State:
        return _State(*(array[..., keep] for array in vars(self).values()))

    def update(self, other: _State, where: Bool) -> None:
        for name, array in vars(self).items():
            array[..., where] = getattr(other, name)[..., where]


def solve(
    rows: Rows,
    moments: Sequence[Moments],
    columns: Int,
    loss: Callable[[Int], Loss],
    ridge: Float,
    *,
    hard: Bool,
    start: Float,
    max_passes: int = 100,
) -> tuple[Float, Float, Bool, Bool]:
    """Minimise mean loss + ridge · |coefficients|² / 2 for every column.

    Parameters
    ----------
    rows : Rows
    moments : sequence of Moments
        Of all columns of `rows`.
    columns : int array, shape (k,)
        Which columns to fit.
    loss : callable
        Takes places in `columns` and returns the loss of those.
    ridge : float64 array, shape (k,)
    hard : bool array, shape (k,)
        Columns of 0/1 labels, in which separation is looked for.
    start : float64 array, shape (1 + latent_dim, k)
        Predictor at the mean latent, then coefficients.
    max_passes : int
        Passes over the latents at most.

    Returns
    -------
    coefficients : float64 array, shape (k, latent_dim)
    intercepts : float64 array, shape (k,)
    converged, separated : bool array, shape (k,)

    Notes
    -----
    L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.4) in lock-step over the
    columns, each pass costing four multiplications per row, latent dimension and column. The
    initial inverse Hessian of every step is the one that would be exact for elliptical latents:
    the second moments of the weights along the current direction, their mean across it.
    """
    centre = moments[0].latent_mean
    group_of = np.array([next(i for i, m in enumerate(moments) if c in m.columns) for c in columns])
    counts = np.array([moments[i].n for i in group_of], dtype=np.float64)

    def evaluate(places: Int, point: Float) -> _State:
        k = len(places)
        sums = np.zeros((4, k))
        gradient = np.zeros_like(point)
        margin = np.full(k, np.inf)
        loss_here = loss(places)
        for latents, responses in rows.chunks(columns[places]):
            latents -= centre
            missing = np.isnan(responses)
            some_missing = missing.any()
            tilts = latents @ point[1:]
            predictors = tilts + point[0]
            values, first, second = loss_here(predictors, responses)
            if some_missing:
                for array in (values, first, second):
                    array[missing] = 0.0
            sums[0] += values.sum(axis=0)
            sums[1] += second.sum(axis=0)
            second *= tilts
            sums[2] += second.sum(axis=0)
            second *= tilts
            sums[3] += second.sum(axis=0)
            gradient[0] += first.sum(axis=0)
            gradient[1:] += latents.T @ first
            if hard[places].any():
                signed = np.where(missing, np.inf, (2 * responses - 1) * predictors)
                margin = np.minimum(margin, signed.min(axis=0))
        penalty = ridge[places] * counts[places]
        value = sums[0] + penalty * (point[1:] ** 2).sum(axis=0) / 2
        gradient[1:] += penalty * point[1:]
        separated = hard[places] & (margin > 0) & (ridge[places] == 0)
        return _State(point, value, gradient, sums[1:], separated)

    def precondition(places: Int, state: _State, right: Float) -> Float:
        out = np.empty_like(right)
        for number in np.unique(group_of[places]):
            mine = group_of[places] == number
            out[:, mine] = _elliptical_solve(
                moments[number],
                state.point[1:, mine],
                state.weights[:, mine],
                ridge[places[mine]],
                right[:, mine],
            )
        return out

    k = len(columns)
    result, converged, separated = start.copy(), np.zeros(k, dtype=np.bool_), np.zeros(k, dtype=np.bool_)
    active = np.arange(k)
    now = evaluate(active, start.copy())
    pairs: list[tuple[Float, Float, Float]] = []
    step = np.ones(k)
    direction = np.zeros_like(start)
    fresh = np.ones(k, dtype=np.bool_)  # columns that need a new direction
    for _ in range(max_passes):
        proposal = -_two_loop(pairs, now.gradient, partial(precondition, active, now))
        uphill = (proposal * now.gradient).sum(axis=0) >= 0
        if uphill.any():
            proposal[:, uphill] = -precondition(active, now, now.gradient)[:, uphill]
        direction = np.where(fresh, proposal, direction)
        slope = (direction * now.gradient).sum(axis=0)
        length = now.weights[2] + counts[active] * ridge[active] * (now.point[1:] ** 2).sum(axis=0)
        close = -slope <= TOLERANCE**2 * length + 1e-16
        stop = (close & fresh) | now.separated
        if stop.any():
            places = active[stop]
            result[:, places] = now.point[:, stop]
            converged[places], separated[places] = (close & fresh)[stop], now.separated[stop]
            keep = ~stop
            active, now = active[keep], now[keep]
            pairs = [(s[:, keep], y[:, keep], r[keep]) for s, y, r in pairs]
            step, direction, slope = step[keep], direction[:, keep], slope[keep]
            if not len(active):
                break
        trial = evaluate(active, now.point + step * direction)
        fresh = trial.value <= now.value + 1e-4 * step * slope + 1e-13 * np.abs(now.value)
        moved, turned = trial.point - now.point, trial.gradient - now.gradient
        curvature = (moved * turned).sum(axis=0)
        good = fresh & (curvature > 0)
        pairs = [*pairs, (moved, turned, np.where(good, 1 / np.where(good, curvature, 1.0), 0.0))][-MEMORY:]
        now.update(trial, fresh)
        step = np.where(fresh, 1.0, step / 4)
    result[:, active] = now.point
    coefficients = result[1:].T.copy()
    return coefficients, result[0] - coefficients @ centre, converged, separated


def _elliptical_solve(moments: Moments, slopes: Float, weights: Float, ridge: Float, right: Float) -> Float:
    """Apply the inverse Hessian that elliptically distributed latents would have."""
    total = np.maximum(weights[0], 1e-300)
    mean_weight = total / moments.n
    out = np.empty_like(right)
    out[1:] = moments.solve(right[1:], mean_weight, ridge)
    out[0] = right[0] / total
    spread = moments.eigenvectors @ (moments.eigenvalues[:, None] * (moments.eigenvectors.T @ slopes))
    squares = (slopes * spread).sum(axis=0)  # of the tilts over the rows
    tilted = (squares > 0) & (weights[2] > 0) & (ridge == 0)
    if not tilted.any():
        return out
    root = np.sqrt(squares[tilted])
    unit = slopes[:, tilted] / root
    first, second = weights[1, tilted] / root, weights[2, tilted] / squares[tilted]
    along = (unit * right[1:, tilted]).sum(axis=0)
    determinant = np.maximum(total[tilted] * second - first**2, 1e-12 * total[tilted] * second)
    out[0, tilted] = (second * right[0, tilted] - first * along) / determinant
    solved = (total[tilted] * along - first * right[0, tilted]) / determinant
    out[1:, tilted] += unit * (solved - along / mean_weight[tilted])
    return out


def _two_loop(
    pairs: Sequence[tuple[Float, Float, Float]], gradient: Float, initial: Callable[[Float], Float]
) -> Float:
    """L-BFGS two-loop recursion, one per column; a pair with reciprocal 0 is skipped."""
    vector = gradient.copy()
    factors = []
    for moved, turned, reciprocal in reversed(pairs):
        factor = reciprocal * (moved * vector).sum(axis=0)
        vector -= factor * turned
        factors.append(factor)
    vector = initial(vector)
    for (moved, turned, reciprocal), factor in zip(pairs, reversed(factors), strict=True):
        vector += moved * (factor - reciprocal * (turned * vector).sum(axis=0))
    return vector
