"""Paths of latents for animations and contact sheets: edits, morphs, walks, neighbours.

On a sphere all of them stay on it. All but neighbours are closed: the frame after the last is the first.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, interpolate, move_along, normalize_latents

FRAMES_PER_FACE = 30  # of a walk: about 3 degrees a frame, since random latents are some 90 degrees apart
MOST_FRAMES = 10_000
POINTS_PER_FRAME = 16  # along which the length of a walk is measured


def along_path(path: np.ndarray, shares: np.ndarray, latent_space: str) -> np.ndarray:
    """Latents at shares of the length of a path.

    Parameters
    ----------
    path : float array, shape (n_points, latent_dim)
        Arcs or straight lines lead from each point to the next.
    shares : float array, shape (n,), in [0, 1]
    latent_space : str

    Returns
    -------
    float64 array, shape (n, latent_dim)
    """
    points = path if len(path) > 1 else np.repeat(path, 2, axis=0)
    lengths = np.concatenate([[0.0], np.cumsum(_distances(points, latent_space))])
    places = np.interp(np.asarray(shares) * lengths[-1], lengths, np.arange(len(points)))
    moved = np.empty((len(places), points.shape[1]))
    for row, place in enumerate(places):
        first = min(int(place), len(points) - 2)
        moved[row] = interpolate(points[first], points[first + 1], [place - first], latent_space)[0]
    return moved


def edit_path(path: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """Latents along the path of an edit and back, slow at both ends.

    Parameters
    ----------
    path : float array, shape (n_points, latent_dim), see `tlgan.editing.edit_latents.EditedLatents`
    frames : int, at least 2
    latent_space : str

    Returns
    -------
    float64 array, shape (frames, latent_dim)

    Raises
    ------
    UserError
        For a number of frames out of range.
    """
    _check_frames(frames, 2)
    return along_path(path, (1 - np.cos(2 * np.pi * np.arange(frames) / frames)) / 2, latent_space)


def row_path(path: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """Latents from the first point of a path to its last, at equal distances along it.

    Parameters
    ----------
    path : float array, shape (n_points, latent_dim)
        Of an edit, or faces in turn.
    frames : int, at least 2
    latent_space : str

    Returns
    -------
    float64 array, shape (frames, latent_dim)
    """
    _check_frames(frames, 2)
    return along_path(path, np.linspace(0, 1, frames), latent_space)


def morph_path(latents: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """Latents from each face to the next by the shorter arc, and from the last back to the first.

    The speed is zero at each latent and changes without a jump (3t² − 2t³), so that faces can be seen and
    the closed path has no corner.

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
    check_faces(latents)
    _check_frames(frames, len(latents))
    positions = np.arange(frames) * len(latents) / frames
    path = np.empty((frames, latents.shape[1]))
    for number, start in enumerate(latents):
        after_start = np.floor(positions) == number
        shares = positions[after_start] - number
        eased = shares**2 * (3 - 2 * shares)
        path[after_start] = interpolate(start, latents[(number + 1) % len(latents)], eased, latent_space)
    return path


def check_faces(latents: np.ndarray) -> np.ndarray:
    """The faces of a morph, shape (n, latent_dim), as they are; refuses fewer than two."""
    if len(latents) < 2:
        raise UserError(f"A morph must have at least 2 faces. Got {len(latents)}; name another.")
    return latents


def walk_path(waypoints: np.ndarray, frames: int, latent_space: str) -> np.ndarray:
    """Latents of a smooth closed walk of constant speed through all waypoints in turn.

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
    # As many points between waypoints however long the walk, and no fewer than every frame needs.
    times = np.linspace(0, len(rows), POINTS_PER_FRAME * max(frames, FRAMES_PER_FACE * len(rows)) + 1)
    fine = _to_latent_space(spline(times), latent_space)
    lengths = np.concatenate([[0.0], np.cumsum(_distances(fine, latent_space))])
    even = np.interp(np.arange(frames) / frames * lengths[-1], lengths, times)
    return _to_latent_space(spline(even), latent_space)


def count_waypoints(frames: int) -> int:
    """Number of waypoints of a walk of so many frames."""
    return max(3, round(frames / FRAMES_PER_FACE))


def neighbour_latents(
    latent: np.ndarray, towards: np.ndarray, degrees: float, latent_space: str
) -> np.ndarray:
    """The latent itself, then its neighbours: one towards each of the latents `towards`.

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

    Raises
    ------
    UserError
        Where the angle is out of range.
    """
    if not 0 < degrees <= 90:
        raise UserError(f"`degrees` must be above 0 and at most 90. Got {degrees:g}.")
    start = normalize_latents(np.asarray(latent)[None], latent_space)
    amount = np.radians(degrees) * np.sqrt(start.shape[1])
    moved = [
        _to_latent_space(move_along(start, other, amount, latent_space), latent_space) for other in towards
    ]
    return np.concatenate([start, *moved])


def _check_frames(frames: int, least: int) -> None:
    if not least <= frames <= MOST_FRAMES:
        raise UserError(
            f"A path must have {least} (one for each face) to {MOST_FRAMES} frames. Got {frames}."
        )


def _to_latent_space(latents: np.ndarray, latent_space: str) -> np.ndarray:
    """Latents where the generator knows them; a spline may leave the cube of uniform latents."""
    return np.clip(latents, -1, 1) if latent_space == "uniform" else normalize_latents(latents, latent_space)


def _distances(path: np.ndarray, latent_space: str) -> np.ndarray:
    if latent_space == "sphere":
        return angles_between(path[:-1], path[1:])
    lengths: np.ndarray = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return lengths
