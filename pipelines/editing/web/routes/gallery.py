"""Routes of the gallery: list, save, open and delete faces."""

from __future__ import annotations

from flask import Blueprint, jsonify, send_file
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context
from pipelines.editing.web.gallery import FILES
from pipelines.editing.web.request import note_of_face_edit, read_content, read_face_edit
from pipelines.editing.web.response import values_by_name
from tlgan.editing.predictions import predictions
from tlgan.errors import UserError

blueprint = Blueprint("gallery", __name__)


@blueprint.get("/api/gallery")
def list_faces() -> ResponseReturnValue:
    """Key and title of every saved face, the newest first; what is wrong with a damaged one."""
    gallery = get_context().gallery
    faces = []
    for key in gallery.keys():  # noqa: SIM118
        try:
            face = gallery.face(key)
        except UserError as error:
            face = {"title": "damaged", "error": str(error)}
        faces.append({"key": key, "title": str(face.get("title", "")), "error": face.get("error", "")})
    return jsonify(faces=faces)


@blueprint.post("/api/gallery")
def save_face() -> ResponseReturnValue:
    """Save the edited face."""
    context, content = get_context(), read_content()
    axes = context.run.axes
    edit = read_face_edit(context.run, content.get("state"))
    latent = edit.latent(axes)
    (face,) = context.renderer.faces(latent[None])
    values = {
        "predictors": values_by_name(axes, predictions(axes, latent[None], edit.method)[0]),
        "readings": values_by_name(axes, face.scores),  # the name of the scores in face.json, old and new
    }
    note = note_of_face_edit(context.run, edit, content["state"])
    key = context.gallery.save(content.get("title", ""), content["state"], values, latent, face.image, note)
    return jsonify(key=key)


@blueprint.get("/api/gallery/<key>")
def open_face(key: str) -> ResponseReturnValue:
    """A saved face: its title, its state and its values."""
    context = get_context()
    face = context.gallery.face(key)
    read_face_edit(context.run, face["state"])
    return jsonify(face)


@blueprint.get("/api/gallery/<key>/<name>")
def send_face_file(key: str, name: str) -> ResponseReturnValue:
    """The picture or the latent of a saved face."""
    path = get_context().gallery.file(key, name)
    return send_file(path.resolve(), mimetype=FILES[name])


@blueprint.delete("/api/gallery/<key>")
def delete_face(key: str) -> ResponseReturnValue:
    """Delete a saved face."""
    get_context().gallery.delete(key)
    return jsonify(deleted=key)
