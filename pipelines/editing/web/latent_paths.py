"""Latents of the editor's strips and movements, from the face as it is edited."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.editing.web.request import State, read_state
from pipelines.runs.finished_run import OpenedRun
from tlgan.array_types import Floats
from tlgan.editing.linear_predictors import deviations
from tlgan.errors import UserError
from tlgan.latents.geometry import interpolate

REACH = 2.0  # standard deviations of the predictor to either side
FRAMES = 24


def axis_path(run: OpenedRun, state: State, name: Any, count: int) -> tuple[Floats, list[float]]:
    """Latents of an axis at `count` strengths about the present face, and the changes; unreachable ones go."""
    if not isinstance(name, str):
        raise UserError("`axis` must be the name of an axis.")
    row = run.axes.index(name)
    deviation = float(deviations(run.axes)[row])
    base = state.changes.get(run.axes.names[row], 0.0)
    latents, changes = [], []
    for step in np.linspace(-REACH, REACH, count):
        change = base + float(step) * deviation
        moved = State(state.start, state.changes | {run.axes.names[row]: change}, state.locks)
        try:
            latents.append(moved.latent(run.axes))
        except UserError:
            if step == 0:
                raise
            continue
        changes.append(change)
    return np.stack(latents), changes


def movement_path(run: OpenedRun, state: State, content: dict[str, Any]) -> Floats:
    """Latents of a movement's frames: along an axis, from the face before to after, or between two faces."""
    kind, shares = content.get("kind"), np.linspace(0, 1, FRAMES).tolist()
    if kind == "axis":
        latents, _ = axis_path(run, state, content.get("axis"), FRAMES)
        return latents
    if kind == "edit":
        return interpolate(state.start, state.latent(run.axes), shares, run.axes.latent_space)
    if kind == "morph":
        plain = dict(content["state"])
        ends = (read_state(run, plain | {"morph": share}).start for share in (0, 1))
        starts = interpolate(*ends, shares, run.axes.latent_space)
        return np.stack([state.latent(run.axes, start) for start in starts])
    raise UserError("`kind` must be axis, edit or morph.")
