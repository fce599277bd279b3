"""Move latents: along arcs of the sphere for sphere latents, along straight lines for the others.

A generator that normalises its latents sees only their direction: a straight step would be pulled back to
the sphere, shorter than asked and turned. So every move here ends on the sphere by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tlgan.array_types import Floats
from tlgan.axes.axes import LATENT_SPACES
from tlgan.axes.names import check_choice
from tlgan.axes.orthogonalization import MAX_CONDITION
from tlgan.axes.unit_vectors import axis_label, real_array, unit_rows
from tlgan.errors import UserError
from tlgan.latents.sampling import to_sphere

# Changes that are missed by less than this share of the largest count as met.
TOLERANCE = 1e-10


def normalize_latents(latents: ArrayLike, latent_space: str) -> Floats:
    """Give latents the form in which the generator sees them.

    Parameters
    ----------
    latents : array, shape (n, latent_dim)
    latent_space : str
        "sphere" scales to length sqrt(latent_dim); "normal" and "uniform" leave latents as they are.

    Returns
    -------
    float64 array, shape (n, latent_dim)

    Raises
    ------
    UserError
        Where a latent is not finite, or is zero on the sphere.
    """
    check_choice("`latent_space`", latent_space, LATENT_SPACES)
    rows = real_array("latents", latents, 2)
    if latent_space == "sphere":
        return to_sphere(rows)
    if not np.isfinite(rows).all():
        raise UserError("`latents` must be finite. Got NaN or infinity.")
    return rows


def move_along(latents: ArrayLike, direction: ArrayLike, amount: ArrayLike, latent_space: str) -> Floats:
    """Move latents towards a direction, by an arc of the sphere or a straight step.

    Parameters
    ----------
    latents : array, shape (n, latent_dim)
    direction : array, shape (latent_dim,)
        Of any length but zero.
    amount : float or array, shape (n,)
        Units of z; on the sphere the length of the arc, whose angle is amount / sqrt(latent_dim) radians.
        A quarter turn ends at the direction itself, and more goes past it. Negative moves away.
    latent_space : str
        "sphere", "normal" or "uniform".

    Returns
    -------
    float64 array, shape (n, latent_dim)

    Raises
    ------
    UserError
        Where shapes do not fit, or a latent on the sphere points exactly along `direction`.

    Examples
    --------
    >>> from tlgan import move_along
    >>> move_along([[1.0, 1.0]], [0, 1], 0.5, "normal").tolist()
    [[1.0, 1.5]]
    >>> bool(abs((move_along([[1.0, 1.0]], [0, 1], 0.5, "sphere") ** 2).sum() - 2) < 1e-12)
    True
    """
    rows = normalize_latents(latents, latent_space)
    towards = unit_rows(np.atleast_2d(direction))
    if towards.shape != (1, rows.shape[1]):
        raise UserError(f"`direction` must have shape ({rows.shape[1]},). Got {np.shape(direction)}.")
    steps = np.asarray(amount, dtype=np.float64)
    if steps.shape not in ((), (1,), (len(rows),)) or not np.isfinite(steps).all():
        raise UserError(f"`amount` must be finite, one number or one per latent ({len(rows)}).")
    if latent_space != "sphere":
        moved: Floats = rows + steps.reshape(-1, 1) * towards
        return moved
    radius = np.sqrt(rows.shape[1])
    outward = rows / radius
    tangents = towards - (outward @ towards.T) * outward
    lengths = np.linalg.norm(tangents, axis=1)
    for row in np.flatnonzero(lengths < 1e-9):
        raise UserError(
            f"Latent {row} points along the direction already: no arc leads further. Move another way."
        )
    angles = np.broadcast_to(steps / radius, len(rows))[:, None]
    turned = np.cos(angles) * outward + np.sin(angles) * tangents / lengths[:, None]
    return to_sphere(turned)


def interpolate(start: ArrayLike, end: ArrayLike, fractions: Sequence[float], latent_space: str) -> Floats:
    """Interpolate between two latents, along the shorter arc or the straight line.

    Parameters
    ----------
    start, end : array, shape (latent_dim,)
    fractions : sequence of float
        0 is `start`, 1 is `end`.
    latent_space : str
        "sphere" interpolates along the arc, "normal" and "uniform" along the line.

    Returns
    -------
    float64 array, shape (len(fractions), latent_dim)

    Raises
    ------
    UserError
        On the sphere, where the two are opposite and no arc is the shorter.

    Examples
    --------
    >>> from tlgan import interpolate
    >>> interpolate([0.0, 0.0], [2.0, 4.0], [0, 0.5, 1], "normal").tolist()
    [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]
    """
    first, last = normalize_latents(np.stack([np.asarray(start), np.asarray(end)]), latent_space)
    shares = np.asarray(fractions, dtype=np.float64)[:, None]
    if latent_space != "sphere":
        between: Floats = (1 - shares) * first + shares * last
        return between
    angle = np.radians(angles_between(first[None], last[None])[0])
    if angle > np.pi - 1e-6:
        raise UserError(
            "`start` and `end` are opposite on the sphere: every arc is as short. Go by way of a third."
        )
    if angle < 1e-12:
        return np.repeat(first[None], len(shares), axis=0)
    return to_sphere((np.sin((1 - shares) * angle) * first + np.sin(shares * angle) * last) / np.sin(angle))


def angles_between(left: ArrayLike, right: ArrayLike) -> Floats:
    """Angles between rows, degrees in [0, 180], exact for small ones; shape (n,)."""
    first, second = unit_rows(left), unit_rows(right)
    half = np.arctan2(np.linalg.norm(first - second, axis=1), np.linalg.norm(first + second, axis=1))
    degrees: Floats = np.degrees(2 * half)
    return degrees


def least_change(
    latents: ArrayLike,
    gradients: ArrayLike,
    changes: ArrayLike,
    latent_space: str,
    *,
    names: Sequence[str] | None = None,
) -> Floats:
    """The nearest latents whose linear predictors have changed by exactly `changes`.

    In flat space that is z + d with W d = changes and d of least norm. On the sphere it is the nearest
    point of the sphere (least angle) with W z' = W z + changes. That needs no iteration: the part of z' in
    the span of W is fixed by the equations, and the nearest rest is the rest of z, rescaled to keep the
    length sqrt(latent_dim).

    Parameters
    ----------
    latents : array, shape (n, latent_dim)
    gradients : array, shape (n_predictors, latent_dim)
        W: slope times raw direction of each edited or locked attribute.
    changes : array, shape (n, n_predictors) or (n_predictors,)
        Wanted change of each predictor; 0 where it is locked.
    latent_space : str
    names : sequence of str, length n_predictors, optional
        For the error messages.

    Returns
    -------
    float64 array, shape (n, latent_dim)

    Raises
    ------
    UserError
        Where predictors depend on each other and the changes contradict that, or the sphere does not
        reach so far.
    """
    rows = normalize_latents(latents, latent_space)
    slopes = real_array("gradients", gradients, 2)
    unit = unit_rows(slopes, names)
    if unit.shape[1] != rows.shape[1]:
        raise UserError(f"`gradients` must have the latent size ({rows.shape[1]}). Got {unit.shape[1]}.")
    wanted = np.broadcast_to(real_array("changes", np.atleast_2d(changes), 2), (len(rows), len(unit)))
    wanted = wanted / np.linalg.norm(slopes, axis=1)
    left, singular, right = np.linalg.svd(unit, full_matrices=False)
    rank = int(np.sum(singular > 1e-12 * singular[0]))
    right = right[:rank]
    solve = left[:, :rank] / singular[:rank]
    _check_consistent(wanted, left[:, :rank], solve, names)
    inside = rows @ right.T + wanted @ solve
    outside = rows - (rows @ right.T) @ right
    if latent_space != "sphere":
        flat: Floats = inside @ right + outside
        return flat
    return _on_sphere(inside, outside, right, names)


def _on_sphere(inside: Floats, outside: Floats, right: Floats, names: Sequence[str] | None) -> Floats:
    """Latents from their part in the span (coordinates) and the rest, rescaled to reach the sphere."""
    radius = np.sqrt(right.shape[1])
    room = radius**2 - np.sum(inside**2, axis=1)
    lengths = np.linalg.norm(outside, axis=1)
    for row in np.flatnonzero((room < 0) | ((lengths < 1e-9 * radius) & (room > 1e-9 * radius**2))):
        share = np.linalg.norm(inside[row]) / radius
        what = f" to {', '.join(names)} together" if names else ""
        raise UserError(
            f"The sphere does not reach so far{what}: it would take a latent {share:.3g} times as long as "
            "latents are. Ask for less, or unlock attributes."
        )
    scale = np.sqrt(np.maximum(room, 0.0)) / np.where(lengths > 0, lengths, 1.0)
    rounded: Floats = inside @ right + outside * scale[:, None]
    return rounded


def _check_consistent(wanted: Floats, left: Floats, solve: Floats, names: Sequence[str] | None) -> None:
    """Refuse changes that no move meets, or only one MAX_CONDITION times as long as they are large."""
    largest = np.abs(wanted).max(initial=0.0)
    unmet = np.abs(wanted - (wanted @ left) @ left.T).max(axis=0)
    # Left singular vectors along which the move would have to be out of all proportion.
    strained = np.abs(wanted @ solve).max(axis=0) > MAX_CONDITION * largest
    shares = np.abs(left[:, strained]).max(axis=1, initial=0.0)
    if unmet.max() > TOLERANCE * largest:
        shares = unmet
    elif not strained.any():
        return
    what = ", ".join(axis_label(int(row), names) for row in np.flatnonzero(shares > 0.1 * shares.max())[:10])
    raise UserError(
        f"The changes contradict each other: {what} depend on one another and cannot change apart. "
        "Unlock one, or ask for changes that fit."
    )
