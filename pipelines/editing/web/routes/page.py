"""Routes of the page itself and of what it must know about the run."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from pipelines.editing.web.context import get_context

blueprint = Blueprint("page", __name__)


@blueprint.get("/")
def send_page() -> ResponseReturnValue:
    """Send the editor's HTML page."""
    return current_app.send_static_file("index.html")


@blueprint.get("/favicon.ico")
def send_no_icon() -> ResponseReturnValue:
    """Nothing, so that browsers do not report a missing icon."""
    return Response(status=204)


@blueprint.get("/api/run")
def describe_run() -> ResponseReturnValue:
    """The run: its name, generator, sliders and formats of animations."""
    return jsonify(get_context().description)
