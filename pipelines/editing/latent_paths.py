"""Paths of latents for moving pictures and sheets: morphs, walks, neighbours, strips.

On a sphere all of them stay on it. Morphs and walks are closed: the frame after the last is the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from tlgan.axes.axes import Axes
from tlgan.editing.edit_session import edit_latents
from tlgan.editing.linear_predictors import deviations
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, interpolate, move_along, normalize_latents

FRAMES_PER_FACE = 30  # of a walk: about 3 degrees a frame, since random latents are some 90 degrees apart
MOST_FRAMES = 10_000
FINE = 16  # points per frame along which the length of a walk is measured


def morph(latents: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """From each latent to the next by the shorter arc, and from the last back to the first.

    The speed is zero at each latent and changes without a jump (3t² − 2t³), so that faces can be seen and
    the closed movement has no corner.

    Parameters
    ----------
    latents : float array, shape (n, latent_dim), n at least 2
    frames : int, at least n
    latent_space : str

    Returns
    -------
    float64 array, shape (frames, latent_dim)

    Raises
    ------
    UserError
        For too few latents, or a number of frames out of range.
    """
    if len(latents) < 2:
        raise UserError(f"A morph must have at least 2 faces. Got {len(latents)}; name another seed.")
    _check_frames(frames, len(latents))
    places = np.arange(frames) * len(latents) / frames
    path = np.empty((frames, latents.shape[1]))
    for number, start in enumerate(latents):
        here = np.floor(places) == number
        shares = places[here] - number
        eased = shares**2 * (3 - 2 * shares)
        path[here] = interpolate(start, latents[(number + 1) % len(latents)], eased, latent_space)
    return path


def walk(waypoints: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """A smooth closed walk of constant speed through all waypoints in turn.

    A periodic cubic spline through them, brought to the sphere where latents live on one, and divided
    into pieces of equal length.

    Parameters
    ----------
    waypoints : float array, shape (n, latent_dim), n at least 3; the first is where the walk begins
    frames : int, at least n
    latent_space : str

    Returns
    -------
    float64 array, shape (frames, latent_dim)

    Raises
    ------
    UserError
        For too few waypoints, or a number of frames out of range.
    """
    if len(waypoints) < 3:
        raise UserError(f"A walk must have at least 3 waypoints. Got {len(waypoints)}.")
    _check_frames(frames, len(waypoints))
    rows = normalize_latents(waypoints, latent_space)
    spline = CubicSpline(np.arange(len(rows) + 1), np.concatenate([rows, rows[:1]]), bc_type="periodic")
    # As many points between waypoints however long the walk, and enough for every frame.
    times = np.linspace(0, len(rows), FINE * max(frames, FRAMES_PER_FACE * len(rows)) + 1)
    lengths = np.concatenate([[0.0], np.cumsum(_distances(_put(spline(times), latent_space), latent_space))])
    even = np.interp(np.arange(frames) / frames * lengths[-1], lengths, times)
    return _put(spline(even), latent_space)


def waypoints_of(frames: int) -> int:
    """How many faces a walk of so many frames passes."""
    return max(3, round(frames / FRAMES_PER_FACE))


def nearby(latent: np.ndarray, towards: np.ndarray, degrees: float, latent_space: str) -> np.ndarray:
    """The latent itself, then neighbours: one towards each of the latents `towards`.

    Parameters
    ----------
    latent : float array, shape (latent_dim,)
    towards : float array, shape (n, latent_dim)
    degrees : float, in (0, 90]
        Angle from the latent; in flat spaces an arc of that angle, laid straight.
    latent_space : str

    Returns
    -------
    float64 array, shape (1 + n, latent_dim)
    """
    if not 0 < degrees <= 90:
        raise UserError(f"`degrees` must be above 0 and at most 90. Got {degrees:g}.")
    start = normalize_latents(np.asarray(latent)[None], latent_space)
    amount = np.radians(degrees) * np.sqrt(start.shape[1])
    moved = [_put(move_along(start, other, amount, latent_space), latent_space) for other in towards]
    return np.concatenate([start, *moved])


def strip(
    axes: Axes,
    latents: np.ndarray,
    name: str,
    *,
    steps: int = 7,
    reach: float = 3.0,
    lock: Sequence[str] = (),
) -> np.ndarray:
    """Each latent at several strengths of one axis, the locked attributes and the base held still.

    Parameters
    ----------
    axes : Axes
    latents : float array, shape (n, latent_dim)
    name : str
    steps : int, odd, so that the middle is the latent itself
    reach : float
        Change of the predictor at either end, in its standard deviations over random latents.
    lock : sequence of str

    Returns
    -------
    float64 array, shape (n, steps, latent_dim)

    Raises
    ------
    UserError
        As `tlgan.edit_latents`, or for numbers out of range.
    """
    if steps < 3 or steps % 2 == 0 or steps > 101:
        raise UserError(f"`steps` must be an odd number from 3 to 101. Got {steps}.")
    if not 0 < reach < np.inf:
        raise UserError(f"`reach` must be above 0 and finite. Got {reach:g}.")
    changes = np.linspace(-reach, reach, steps) * deviations(axes)[axes.index(name)]
    return np.stack([edit_latents(axes, latents, {name: change}, lock=lock) for change in changes], axis=1)


def _check_frames(frames: int, least: int) -> None:
    if not least <= frames <= MOST_FRAMES:
        raise UserError(
            f"A movement must have {least} (one for each face) to {MOST_FRAMES} frames. Got {frames}."
        )


def _put(latents: np.ndarray, latent_space: str) -> np.ndarray:
    """Latents where the generator knows them; a spline may leave the cube of uniform latents."""
    return np.clip(latents, -1, 1) if latent_space == "uniform" else normalize_latents(latents, latent_space)


def _distances(path: np.ndarray, latent_space: str) -> np.ndarray:
    if latent_space == "sphere":
        return angles_between(path[:-1], path[1:])
    return np.linalg.norm(np.diff(path, axis=0), axis=1)
