"""The editor's web application: its parts put together, and how errors are sent."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from pipelines.editing.web.context import EditorContext, set_context
from pipelines.editing.web.gallery import Gallery
from pipelines.editing.web.photographs import PhotographStore
from pipelines.editing.web.renderer import Renderer, Superseded
from pipelines.editing.web.response import describe_run
from pipelines.editing.web.routes import downloads, faces, page, photographs
from pipelines.editing.web.routes import gallery as gallery_routes
from pipelines.editing.web.routes import translators as translator_routes
from pipelines.editing.web.security import RateLimiter, protect
from pipelines.editing.web.translators.offered import OfferedTranslators
from pipelines.runs.finished_run import OpenedRun
from tlgan.errors import UserError

BLUEPRINTS = (
    page.blueprint,
    faces.blueprint,
    downloads.blueprint,
    gallery_routes.blueprint,
    photographs.blueprint,
    translator_routes.blueprint,
)


def create_app(
    run: OpenedRun,
    *,
    token: str = "",
    rate: RateLimiter | None = None,
    best_of: int = 1,
    store: PhotographStore | None = None,
    translators: OfferedTranslators | None = None,
) -> Flask:
    """Create the editor of a run, a Flask application.

    Parameters
    ----------
    run : OpenedRun
    token : str
        What every request has to carry; "" where only this machine can send requests.
    rate : RateLimiter, optional
        How often a client may send requests.
    best_of : int
        Seeds among which the page has the discriminator choose a random face.
    store : PhotographStore, optional
        Holds the photographs that the page opens; without one it opens none.
    translators : OfferedTranslators, optional
        What the second page, /translate, offers; without any there is no such page.

    Examples
    --------
    >>> app = create_app(open_for_editing(load_recipe("celeba64")))
    >>> app.run(port=8642)
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.json = _Json(app)
    description = describe_run(run) | {"best_of": best_of, "photographs": store is not None}
    description["translators"] = list(translators.names) if translators else []
    gallery = Gallery(run.folder / "gallery")
    set_context(app, EditorContext(run, Renderer(run), gallery, description, store, translators))
    protect(app, token, rate)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(UserError, _send_user_error)
    app.register_error_handler(Superseded, _send_superseded)
    app.register_error_handler(HTTPException, _send_http_error)
    app.register_error_handler(Exception, _send_failure)
    return app


class _Json(DefaultJSONProvider):
    """JSON as browsers read it: NaN is an error here, not a broken page there."""

    def dumps(self, obj: Any, **options: Any) -> str:
        return super().dumps(obj, allow_nan=False, **options)


def _send_user_error(error: Exception) -> ResponseReturnValue:
    return jsonify(error=str(error)), 422


def _send_superseded(error: Exception) -> ResponseReturnValue:
    return jsonify(error="A newer request of this page came first.", superseded=True), 409


def _send_http_error(error: HTTPException) -> ResponseReturnValue:
    return jsonify(error=error.description), error.code or 500


def _send_failure(error: Exception) -> ResponseReturnValue:
    logging.getLogger("tlgan.editor").exception("The editor failed at %s", request.path)
    return jsonify(error="The server failed at this; its terminal says more. Your face is not lost."), 500
