"""Latents of the editor's strips and animations, from the face as it is edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.editing.web.request import FaceEdit, read_face_edit
from pipelines.runs.finished_run import OpenedRun
from tlgan.axes.axes import Axes
from tlgan.editing.axis_strip import axis_strip, strip_strengths
from tlgan.editing.linear_predictors import deviations
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
    changes : list of float, length n, change of the axis's predictor from its value at the start
    """

    latents: np.ndarray
    changes: list[float]


def axis_path(axes: Axes, edit: FaceEdit, name: Any, count: int) -> AxisPath:
    """The edited face at `count` strengths of an axis; those out of reach are left out.

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
    deviation = float(deviations(axes)[axes.index(name)])
    latents, changes = [], []
    for strength in strip_strengths(REACH, count):
        try:
            latents.append(_latent_at(axes, edit, name, float(strength)))
        except UserError:
            if strength == 0:
                raise
            continue
        changes.append(edit.changes.get(name, 0.0) + float(strength) * deviation)
    if not latents:
        raise UserError(
            f"No step along {name} can be reached from this face. Change or unlock something else."
        )
    return AxisPath(np.stack(latents), changes)


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
    axes, kind, shares = run.axes, content.get("kind"), np.linspace(0, 1, FRAMES).tolist()
    if kind == "axis":
        return axis_path(axes, edit, content.get("axis"), FRAMES).latents
    if kind == "edit":
        return interpolate(edit.start, edit.latent(axes), shares, axes.latent_space)
    if kind == "morph":
        state = dict(content["state"])
        first, second = (read_face_edit(run, state | {"morph": share}).start for share in (0, 1))
        starts = interpolate(first, second, shares, axes.latent_space)
        return np.stack([edit.latent(axes, start) for start in starts])
    raise UserError("`kind` must be axis, edit or morph.")


def _latent_at(axes: Axes, edit: FaceEdit, name: str, strength: float) -> np.ndarray:
    if name in edit.locks:  # a locked axis does not move
        return edit.latent(axes)
    changes, still = edit.split_changes()
    moved = axis_strip(axes, edit.start[None], name, [strength], changes=changes, lock=still)
    return np.asarray(moved[0, 0])
