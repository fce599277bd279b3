"""Latents of the editor's strips and animations, from the face as it is edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.editing.latent_paths import along_path
from pipelines.editing.web.request import FaceEdit, read_face_edit
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.editing.axis_strip import strip_strengths
from tlgan.editing.predictions import prediction_deviations, predictions
from tlgan.errors import UserError
from tlgan.latents.geometry import interpolate

REACH = 2.0  # strength at either end of a strip
FRAMES = 24


@dataclass(frozen=True, eq=False)
class AxisPath:
    """Latents along one axis.

    Attributes
    ----------
    latents : float64 array, shape (n, latent_dim)
    values : float64 array, shape (n,)
        The axis's prediction at each.
    changes : float64 array, shape (n,)
        Its change from the value at the start.
    stopped : tuple of str, length n
        Why each stopped before its strength; "" where it did not.
    """

    latents: np.ndarray
    values: np.ndarray
    changes: np.ndarray
    stopped: tuple[str, ...]


def axis_path(axes: Axes, edit: FaceEdit, name: Any, count: int) -> AxisPath:
    """The edited face at `count` strengths of an axis; straight edits that are out of reach are left out.

    Parameters
    ----------
    axes : Axes
    edit : FaceEdit
    name : str, as the page sent it
    count : int
        Strengths from -`REACH` to `REACH`, see `tlgan.editing.axis_strip.axis_strip`.

    Raises
    ------
    UserError
        For an unknown axis, or where the edited face itself, or every step from it, is out of reach.
    """
    if not isinstance(name, str):
        raise UserError("`axis` must be the name of an axis.")
    row = axes.index(name)
    deviation = float(prediction_deviations(axes, edit.method)[row])
    columns = edit.changes.get(name, 0.0) + strip_strengths(REACH, count) * deviation
    if name in edit.locks:  # a locked axis does not move
        latents, stopped = np.repeat(edit.latent(axes)[None], count, axis=0), ("",) * count
    elif edit.method == "local":
        edited = edit.trace(axes, np.repeat(edit.start[None], count, axis=0), {name: columns})
        latents, stopped = edited.latents, edited.stopped
    else:
        latents = _within_reach(axes, edit, name, columns)
        stopped = ("",) * len(latents)
    values = predictions(axes, np.concatenate([edit.start[None], latents]), edit.method)[:, row]
    return AxisPath(latents, values[1:], values[1:] - values[0], stopped)


def animation_path(run: OpenedRun, edit: FaceEdit, content: dict[str, Any]) -> np.ndarray:
    """Latents of an animation: along an axis, from the face before to after, or between two faces.

    Parameters
    ----------
    run : OpenedRun
    edit : FaceEdit
    content : dict
        The request: `kind` is "axis" (with `axis`), "edit" or "morph" (with the two faces in `state`).

    Returns
    -------
    float64 array, shape (at most `FRAMES`, latent_dim)

    Raises
    ------
    UserError
        For another kind, or as `axis_path`.
    """
    axes, kind, shares = run.axes, content.get("kind"), np.linspace(0, 1, FRAMES)
    if kind == "axis":
        return axis_path(axes, edit, content.get("axis"), FRAMES).latents
    if kind == "edit":
        return along_path(edit.trace(axes).path[:, 0], shares, axes.latent_space)
    if kind == "morph":
        state = dict(content["state"])
        first, second = (read_face_edit(run, state | {"morph": share}).start for share in (0, 1))
        starts = interpolate(first, second, shares.tolist(), axes.latent_space)
        return edit.trace(axes, starts).latents
    raise UserError("`kind` must be axis, edit or morph.")


def _within_reach(axes: Axes, edit: FaceEdit, name: str, columns: np.ndarray) -> np.ndarray:
    """The latents of a straight strip, without those that are further than latents lie apart."""
    latents = []
    for number, change in enumerate(columns.tolist()):
        try:
            latents.append(edit.trace(axes, more={name: change}).latents[0])
        except UserError:
            if 2 * number + 1 == len(columns):  # the edited face itself
                raise
    if not latents:
        raise UserError(
            f"No step along {name} can be reached from this face. Change or unlock something else."
        )
    return np.stack(latents)
