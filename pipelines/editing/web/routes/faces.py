"""Routes that draw faces: the edited face, the strip of an axis, the same edit on several faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context
from pipelines.editing.web.latent_paths import axis_path
from pipelines.editing.web.request import read_content, read_face_edit, read_seed, read_ticket
from pipelines.editing.web.response import encode_latent, json_number, large_uri, picture_uri, values_by_name
from pipelines.runs.finished_run import seeded_latents
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between

STRIP_COLUMNS = 7
MOST_GRID_SEEDS = 8

blueprint = Blueprint("faces", __name__)


@blueprint.post("/api/draw")
def draw_face() -> ResponseReturnValue:
    """Draw a face before and after its edit, with the values of the fits and the labeller's scores."""
    context, content = get_context(), read_content()
    ticket = read_ticket(content)
    context.renderer.announce(ticket)
    axes, edit = context.run.axes, read_face_edit(context.run, content.get("state"))
    latents = np.stack([edit.start, edit.latent(axes)])
    before, after = context.renderer.faces(latents, ticket)
    values = predictors(axes, latents)
    return jsonify(
        ticket=ticket.number,
        picture=large_uri(after),
        before=large_uri(before),
        values=values_by_name(axes, values[1]),
        start_values=values_by_name(axes, values[0]),
        scores=values_by_name(axes, after.scores),
        start_scores=values_by_name(axes, before.scores),
        degrees=float(angles_between(latents[:1], latents[1:])[0]),
        latent=encode_latent(latents[1]),
    )


@blueprint.post("/api/strip")
def draw_strip() -> ResponseReturnValue:
    """Draw the edited face at several strengths of one axis."""
    context, content = get_context(), read_content()
    ticket = read_ticket(content, "strip")
    context.renderer.announce(ticket)
    axes, edit = context.run.axes, read_face_edit(context.run, content.get("state"))
    path = axis_path(axes, edit, content.get("axis"), STRIP_COLUMNS)
    faces = context.renderer.faces(path.latents, ticket)
    row = axes.index(content["axis"])
    values = predictors(axes, path.latents)[:, row]
    return jsonify(
        ticket=ticket.number,
        faces=[
            {
                "picture": picture_uri(face),
                "change": change,
                "value": float(value),
                "score": json_number(face.scores[row]),
            }
            for face, change, value in zip(faces, path.changes, values, strict=True)
        ],
    )


@blueprint.post("/api/grid")
def draw_grid() -> ResponseReturnValue:
    """Draw the faces of several seeds, each with the same edit; unedited where it cannot be had."""
    context, content = get_context(), read_content()
    ticket = read_ticket(content, "grid")
    context.renderer.announce(ticket)
    edit = read_face_edit(context.run, content.get("state"))
    seeds = content.get("seeds")
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_GRID_SEEDS:
        raise UserError(f"`seeds` must list 1 to {MOST_GRID_SEEDS} seeds.")
    starts = seeded_latents(context.run, [read_seed(seed) for seed in seeds])
    faces: list[dict[str, Any]] = []
    for seed, start in zip(seeds, np.asarray(starts, np.float64), strict=True):
        try:
            latent, trouble = edit.latent(context.run.axes, start), ""
        except UserError as error:
            latent, trouble = start, str(error)
        (face,) = context.renderer.faces(latent[None], ticket)
        faces.append({"seed": seed, "picture": picture_uri(face), "trouble": trouble})
    return jsonify(ticket=ticket.number, faces=faces)
