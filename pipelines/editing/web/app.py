"""The editor's pages and answers; every answer is JSON, a file, or a sentence on what was wrong."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request, send_file
from werkzeug.exceptions import HTTPException

from pipelines.editing.web.download import check_format, movement_bytes
from pipelines.editing.web.gallery import FILES, Gallery, npy_bytes
from pipelines.editing.web.latent_paths import axis_path, movement_path
from pipelines.editing.web.renderer import Renderer, Superseded
from pipelines.editing.web.request import State, encode_latent, read_seed, read_state
from pipelines.editing.web.response import known, large_uri, named, picture_uri, run_facts
from pipelines.editing.web.security import Rate, guard
from pipelines.images.picture_files import png_bytes
from pipelines.runs.finished_run import OpenedRun, seeded_latents
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between

STRIP = 7  # faces
MOST_GRID = 8


def create_app(run: OpenedRun, *, token: str = "", rate: Rate | None = None) -> Flask:
    """The editor over a run.

    Parameters
    ----------
    run : OpenedRun
    token : str, what every request has to carry; "" where only this machine can ask
    rate : Rate, how often a client may ask
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    renderer, gallery = Renderer(run), Gallery(run.folder / "gallery")
    facts = run_facts(run)
    guard(app, token, rate)
    _answer_errors(app)

    def state_of(content: dict[str, Any]) -> State:
        return read_state(run, content.get("state"))

    @app.get("/")
    def page():
        return app.send_static_file("index.html")

    @app.get("/favicon.ico")
    def icon():
        return Response(status=204)

    @app.get("/api/run")
    def about():
        return jsonify(facts)

    @app.post("/api/draw")
    def draw():
        content = _content()
        page, ticket = _ticket(content)
        renderer.announce(page, ticket)
        state = state_of(content)
        latent = state.latent(run.axes)
        before, after = renderer.faces(np.stack([state.start, latent]), page, ticket)
        values = predictors(run.axes, np.stack([state.start, latent]))
        return jsonify(
            ticket=ticket,
            picture=large_uri(after),
            before=large_uri(before),
            values=named(run.axes, values[1]),
            start_values=named(run.axes, values[0]),
            readings=named(run.axes, after.scores),
            start_readings=named(run.axes, before.scores),
            degrees=float(angles_between(state.start[None], latent[None])[0]),
            latent=encode_latent(latent),
        )

    @app.post("/api/strip")
    def strip():
        content = _content()
        page, ticket = _ticket(content)
        renderer.announce(f"{page}/strip", ticket)
        latents, changes = axis_path(run, state_of(content), content.get("axis"), STRIP)
        faces = renderer.faces(latents, f"{page}/strip", ticket)
        row = run.axes.index(content["axis"])
        values = predictors(run.axes, latents)[:, row]
        return jsonify(
            ticket=ticket,
            faces=[
                {
                    "picture": picture_uri(face),
                    "change": change,
                    "value": float(value),
                    "reading": known(face.scores[row]),
                }
                for face, change, value in zip(faces, changes, values, strict=True)
            ],
        )

    @app.post("/api/grid")
    def grid():
        content = _content()
        page, ticket = _ticket(content)
        renderer.announce(f"{page}/grid", ticket)
        state = state_of(content)
        seeds = content.get("seeds")
        if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_GRID:
            raise UserError(f"`seeds` must list 1 to {MOST_GRID} seeds.")
        starts = seeded_latents(run, [read_seed(seed) for seed in seeds])
        cells: list[dict[str, Any]] = []
        for seed, start in zip(seeds, np.asarray(starts, np.float64), strict=True):
            try:
                latent, trouble = state.latent(run.axes, start), ""
            except UserError as error:
                latent, trouble = start, str(error)
            (face,) = renderer.faces(latent[None], f"{page}/grid", ticket)
            cells.append({"seed": seed, "picture": picture_uri(face), "trouble": trouble})
        return jsonify(ticket=ticket, faces=cells)

    @app.post("/api/movement")
    def movement():
        content = _content()
        state, form = state_of(content), content.get("format", "gif")
        check_format(form)
        latents = movement_path(run, state, content)
        images = np.stack([face.image for face in renderer.faces(latents)])
        return Response(movement_bytes(images, form), mimetype={"gif": "image/gif", "mp4": "video/mp4"}[form])

    @app.post("/api/picture.png")
    def picture_file():
        (face,) = renderer.faces(state_of(_content()).latent(run.axes)[None])
        return Response(png_bytes(face.image), mimetype="image/png")

    @app.post("/api/latent.npy")
    def latent_file():
        latent = state_of(_content()).latent(run.axes)
        return Response(npy_bytes(latent), mimetype="application/octet-stream")

    @app.get("/api/gallery")
    def kept():
        faces = []
        for key in gallery.keys():  # noqa: SIM118
            try:
                face = gallery.face(key)
            except UserError as error:
                face = {"title": "damaged", "trouble": str(error)}
            faces.append(
                {"key": key, "title": str(face.get("title", "")), "trouble": face.get("trouble", "")}
            )
        return jsonify(faces=faces)

    @app.post("/api/gallery")
    def keep():
        content = _content()
        state = state_of(content)
        latent = state.latent(run.axes)
        (face,) = renderer.faces(latent[None])
        values = {
            "predictors": named(run.axes, predictors(run.axes, latent[None])[0]),
            "readings": named(run.axes, face.scores),
        }
        key = gallery.save(content.get("title", ""), content["state"], values, latent, face.image)
        return jsonify(key=key)

    @app.get("/api/gallery/<key>")
    def reopen(key):
        face = gallery.face(key)
        read_state(run, face["state"])
        return jsonify(face)

    @app.get("/api/gallery/<key>/<name>")
    def kept_file(key, name):
        path = gallery.file(key, name)
        return send_file(path.resolve(), mimetype=FILES[name])

    @app.delete("/api/gallery/<key>")
    def forget(key):
        gallery.delete(key)
        return jsonify(deleted=key)

    return app


def _answer_errors(app: Flask) -> None:
    @app.errorhandler(UserError)
    def wrong(error):
        return jsonify(error=str(error)), 422

    @app.errorhandler(Superseded)
    def superseded(error):
        return jsonify(error="A newer request of this page came first.", superseded=True), 409

    @app.errorhandler(HTTPException)
    def refused(error):
        return jsonify(error=error.description), error.code

    @app.errorhandler(Exception)
    def broken(error):
        logging.getLogger("tlgan.editor").exception("The editor failed at %s", request.path)
        return jsonify(error="The server failed at this; its terminal says more. Your face is not lost."), 500


def _content() -> dict[str, Any]:
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise UserError("The request must be a JSON object.")
    return content


def _ticket(content: dict[str, Any]) -> tuple[str, int]:
    page, ticket = content.get("page", ""), content.get("ticket", 0)
    if not isinstance(page, str) or len(page) > 64 or isinstance(ticket, bool) or not isinstance(ticket, int):
        raise UserError("`page` must be a short text and `ticket` a whole number.")
    return page, ticket
