"""Routes that draw faces: the edited face, the strip of an axis, the same edit on several faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context
from pipelines.editing.web.latent_paths import axis_path
from pipelines.editing.web.request import read_draw_request, read_seed
from pipelines.editing.web.response import describe_drawing, picture_uri, values_by_name
from pipelines.runs.finished_run import seeded_latents
from tlgan.errors import UserError

STRIP_COLUMNS = 7
MOST_GRID_SEEDS = 8

blueprint = Blueprint("faces", __name__)


@blueprint.post("/api/draw")
def draw_face() -> ResponseReturnValue:
    """Draw a face before and after its edit, with its predictions and the labeller's scores."""
    context = get_context()
    wanted = read_draw_request(context.run, context.renderer)
    axes, edit = context.run.axes, wanted.edit
    edited = edit.trace(axes)
    faces = context.renderer.faces(np.concatenate([edit.start[None], edited.latents]), wanted.ticket)
    return jsonify(describe_drawing(axes, edit, edited, faces, wanted.ticket))


@blueprint.post("/api/strip")
def draw_strip() -> ResponseReturnValue:
    """Draw the edited face at several strengths of one axis."""
    context = get_context()
    wanted = read_draw_request(context.run, context.renderer, "strip")
    axes, name = context.run.axes, wanted.content.get("axis")
    path = axis_path(axes, wanted.edit, name, STRIP_COLUMNS)
    faces = context.renderer.faces(path.latents, wanted.ticket)
    return jsonify(
        ticket=wanted.ticket.number,
        faces=[
            {
                "picture": picture_uri(face),
                "change": float(change),
                "value": float(value),
                "score": values_by_name(axes, face.scores)[str(name)],
                "stopped": stopped,
            }
            for face, change, value, stopped in zip(
                faces, path.changes, path.values, path.stopped, strict=True
            )
        ],
    )


@blueprint.post("/api/grid")
def draw_grid() -> ResponseReturnValue:
    """Draw the faces of several seeds, each with the same edit: as far as it goes, unedited where it is refused."""
    context = get_context()
    wanted = read_draw_request(context.run, context.renderer, "grid")
    seeds = wanted.content.get("seeds")
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_GRID_SEEDS:
        raise UserError(f"`seeds` must list 1 to {MOST_GRID_SEEDS} seeds.")
    starts = seeded_latents(context.run, [read_seed(seed) for seed in seeds])
    faces: list[dict[str, Any]] = []
    for seed, start in zip(seeds, np.asarray(starts, np.float64), strict=True):
        latents, refusal, stopped = start[None], "", ""
        try:
            edited = wanted.edit.trace(context.run.axes, latents)
            latents, stopped = edited.latents, " ".join(edited.sentences)
        except UserError as error:
            refusal = str(error)
        (face,) = context.renderer.faces(latents, wanted.ticket)
        faces.append({"seed": seed, "picture": picture_uri(face), "error": refusal, "stopped": stopped})
    return jsonify(ticket=wanted.ticket.number, faces=faces)
