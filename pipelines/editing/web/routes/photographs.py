"""Routes of photographs: open one, compare an edit with it, paste the edit back, close it."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context
from pipelines.editing.web.photographs import PhotographStore
from pipelines.editing.web.request import note_of_face_edit, read_content, read_face_edit
from pipelines.editing.web.response import encode_latent, image_uri
from pipelines.images.picture_files import png_bytes
from pipelines.inversion.likeness import Likeness
from pipelines.inversion.photograph_faces import paste_face
from tlgan.errors import UserError

blueprint = Blueprint("photographs", __name__)


@blueprint.post("/api/photographs")
def open_photograph() -> ResponseReturnValue:
    """Find the face of a photograph, whose file is the request's body, and its latent."""
    store = _store()
    if request.mimetype != "application/octet-stream":
        raise UserError("The request must be the bytes of a photograph.")
    key, face = store.add(request.get_data(cache=False))
    return jsonify(
        key=key,
        latent=encode_latent(face.latent),
        original=image_uri(face.face.crop),
        reconstruction=image_uri(face.drawn),
        likeness=_describe(face.likeness),
        note=face.photograph.note,
    )


@blueprint.post("/api/photographs/<key>/edit")
def compare_edit(key: str) -> ResponseReturnValue:
    """The edited face, and how near it still comes to the photograph's."""
    store, image, _ = _draw_edit(key)
    return jsonify(edit=image_uri(image), likeness=_describe(store.likeness(store.face(key), image)))


@blueprint.post("/api/photographs/<key>/pasted.png")
def send_pasted(key: str) -> ResponseReturnValue:
    """The photograph, as large as it was, with what the edit changed added to it."""
    store, image, note = _draw_edit(key)
    return Response(png_bytes(paste_face(store.face(key), image, "change"), note=note), mimetype="image/png")


@blueprint.delete("/api/photographs/<key>")
def close_photograph(key: str) -> ResponseReturnValue:
    """Forget a photograph."""
    _store().close(key)
    return jsonify(closed=key)


def _store() -> PhotographStore:
    store = get_context().photographs
    if store is None:
        raise UserError("This editor opens no photographs.")
    return store


def _draw_edit(key: str) -> tuple[PhotographStore, np.ndarray, Any]:
    """The store, the edited face of the request, uint8 (R, R, 3), and its note."""
    context, store = get_context(), _store()
    store.face(key)  # before anything is drawn
    state = read_content().get("state")
    edit = read_face_edit(context.run, state)
    (face,) = context.renderer.faces(edit.latent(context.run.axes)[None])
    return store, face.image, note_of_face_edit(context.run, edit, state)


def _describe(likeness: Likeness) -> dict[str, Any]:
    return {
        "text": likeness.as_text(),
        "identity_distance": likeness.identity_distance,
        "threshold": likeness.threshold,
        "same_person": likeness.same_person,
    }
