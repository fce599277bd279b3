"""Routes of files to download: an animation along a path of latents, a picture, a latent."""

from __future__ import annotations

import numpy as np
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context
from pipelines.editing.web.download import MIME_TYPES, animation_bytes, check_format
from pipelines.editing.web.latent_paths import animation_path
from pipelines.editing.web.request import note_of_face_edit, read_content, read_face_edit
from pipelines.images.picture_files import png_bytes
from tlgan.storage.npy import npy_bytes

blueprint = Blueprint("downloads", __name__)


@blueprint.post("/api/animation")
def send_animation() -> ResponseReturnValue:
    """An animation along an axis, from the face before to after, or between two faces."""
    context, content = get_context(), read_content()
    state = content.get("state")
    edit, form = read_face_edit(context.run, state), content.get("format", "gif")
    check_format(form)
    latents = animation_path(context.run, edit, content)
    images = np.stack([face.image for face in context.renderer.faces(latents)])
    note = note_of_face_edit(context.run, edit, state)
    return Response(animation_bytes(images, form, note), mimetype=MIME_TYPES[form])


@blueprint.post("/api/picture.png")
def send_picture() -> ResponseReturnValue:
    """The edited face as the generator draws it."""
    context = get_context()
    state = read_content().get("state")
    edit = read_face_edit(context.run, state)
    (face,) = context.renderer.faces(edit.latent(context.run.axes)[None])
    note = note_of_face_edit(context.run, edit, state)
    return Response(png_bytes(face.image, note=note), mimetype="image/png")


@blueprint.post("/api/latent.npy")
def send_latent() -> ResponseReturnValue:
    """The latent of the edited face, float64 (latent_dim,)."""
    run = get_context().run
    edit = read_face_edit(run, read_content().get("state"))
    return Response(npy_bytes(edit.latent(run.axes)), mimetype="application/octet-stream")
