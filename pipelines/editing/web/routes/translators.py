"""Routes of the page of translators: the page, photographs opened on it, changed faces, and these pasted back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from pipelines.editing.translated_faces import (
    TranslatedFace,
    check_values,
    describe_change,
    note_of_translation,
)
from pipelines.editing.web.context import EditorContext, get_context
from pipelines.editing.web.renderer import Face
from pipelines.editing.web.request import read_content, read_face_edit, read_number, read_object
from pipelines.editing.web.response import large_uri
from pipelines.editing.web.translators.offered import OfferedTranslators, OpenedFace, drawn_face
from pipelines.images.picture_files import png_bytes
from pipelines.sources.photographs import describe_face
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.loaders.translator import LoadedTranslator

blueprint = Blueprint("translators", __name__)


class Translation(NamedTuple):
    """What a request asks for: the translator, the face as it was opened, and the face as it is changed."""

    translator: LoadedTranslator
    opened: OpenedFace
    face: TranslatedFace


@blueprint.get("/translate")
def send_page() -> ResponseReturnValue:
    """Send the HTML page of the translators."""
    return current_app.send_static_file("translate.html")


@blueprint.post("/api/translate/photographs")
def open_photograph() -> ResponseReturnValue:
    """Find and align the face of a photograph, whose file is the request's body."""
    offered = _offered(get_context())
    if request.mimetype != "application/octet-stream":
        raise UserError("The request must be the bytes of a photograph.")
    key, (photograph, face) = offered.add_photograph(request.get_data(cache=False))
    return jsonify(key=key, note=" ".join(describe_face(photograph, face, 1)))


@blueprint.delete("/api/translate/photographs/<key>")
def close_photograph(key: str) -> ResponseReturnValue:
    """Forget a photograph."""
    _offered(get_context()).photographs.close(key)
    return jsonify(closed=key)


@blueprint.post("/api/translate")
def translate() -> ResponseReturnValue:
    """A face, as a translator redraws it, and changed; and what the translator can be asked for."""
    translator, _, face = _read_translation()
    conditions = [
        {"name": known.name, "kind": known.kind, "unit": known.unit, "levels": known.levels}
        for known in translator.conditions
    ]
    return jsonify(
        original=_large(face.face.crop),
        redrawn=_large(face.drawn),
        changed=_large(face.changed),
        conditions=conditions,
        blends=translator.blends,
        own=face.own.tolist(),
        values=face.condition.tolist(),
        words=f"{describe_change(translator.conditions, face)} Redrawn without a change: {face.likeness.as_text()}",
    )


@blueprint.post("/api/translate/pasted.png")
def send_pasted() -> ResponseReturnValue:
    """The photograph or drawn face, as large as it was, with what the translator changed added to it."""
    translator, _, face = _read_translation()
    note = note_of_translation(translator, face, "change")
    return Response(png_bytes(face.paste("change"), note=note), mimetype="image/png")


def _offered(context: EditorContext) -> OfferedTranslators:
    if context.translators is None:
        raise UserError(
            "This editor offers no translators. Train one with `make train RECIPE=fader NAME=smile`, and open it again."
        )
    return context.translators


def _read_translation() -> Translation:
    """Make the change that the fields `translator`, `source` and `values` of the request ask for."""
    context = get_context()
    offered, content = _offered(context), read_content()
    opened = _read_source(context, offered, read_object("source", content.get("source")))
    asked = read_object("values", content.get("values", {}))
    translator = offered.translator(content.get("translator"))
    numbers = {str(name): read_number(f"{name}"[:100], value) for name, value in asked.items()}
    face = offered.translate(translator, opened, check_values(translator.conditions, numbers))
    return Translation(translator, opened, face)


def _read_source(context: EditorContext, offered: OfferedTranslators, source: Any) -> OpenedFace:
    """The face of an opened photograph, {"photograph": key}, or the edited face of a state, {"state": …}."""
    if set(source) == {"photograph"} and isinstance(source["photograph"], str):
        return offered.photographs.get(source["photograph"])
    if set(source) != {"state"}:
        raise UserError('`source` must be {"photograph": key} or {"state": edit}.')
    edit = read_face_edit(context.run, source["state"])
    (face,) = context.renderer.faces(edit.latent(context.run.axes)[None])
    return drawn_face(face.image)


def _large(image: np.ndarray) -> str:
    """A picture enlarged, as a data URI."""
    return large_uri(Face(image, np.zeros(0, np.float32)))
