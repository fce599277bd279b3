"""The editor's pages and answers; every answer is JSON, a file, or a sentence on what was wrong."""

from __future__ import annotations

import base64
import logging
import math
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request, send_file
from werkzeug.exceptions import HTTPException

from pipelines.editor.gallery import FILES, Gallery, npy_bytes
from pipelines.editor.groups import ORDER, group_of
from pipelines.editor.guard import Rate, guard
from pipelines.editor.movement import check_format, formats, movement_bytes
from pipelines.editor.renderer import Face, Renderer, Superseded
from pipelines.editor.states import State, encode_latent, read_seed, read_state
from pipelines.opened_run import OpenedRun, seeded_latents
from pipelines.pictures import png_bytes
from pipelines.verdicts import USABLE, Verdict
from tlgan.errors import UserError
from tlgan.moves import angles_between, interpolate
from tlgan.predictors import deviations, predictors, units

STRIP = 7
STRIP_REACH = 2.0  # standard deviations of the predictor to either side
SLIDER_REACH = 3.5
MOST_GRID = 8
FRAMES = 24


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
    facts = _facts(run)
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
            picture=_large(after),
            before=_large(before),
            values=_named(run, values[1]),
            start_values=_named(run, values[0]),
            readings=_named(run, after.scores),
            start_readings=_named(run, before.scores),
            degrees=float(angles_between(state.start[None], latent[None])[0]),
            latent=encode_latent(latent),
        )

    @app.post("/api/strip")
    def strip():
        content = _content()
        page, ticket = _ticket(content)
        renderer.announce(f"{page}/strip", ticket)
        latents, changes = _strip(run, state_of(content), content.get("axis"), STRIP)
        faces = renderer.faces(latents, f"{page}/strip", ticket)
        row = run.axes.index(content["axis"])
        values = predictors(run.axes, latents)[:, row]
        return jsonify(
            ticket=ticket,
            faces=[
                {
                    "picture": _uri(face),
                    "change": change,
                    "value": float(value),
                    "reading": _known(face.scores[row]),
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
            cells.append({"seed": seed, "picture": _uri(face), "trouble": trouble})
        return jsonify(ticket=ticket, faces=cells)

    @app.post("/api/movement")
    def movement():
        content = _content()
        state, kind, form = state_of(content), content.get("kind"), content.get("format", "gif")
        check_format(form)
        if kind == "axis":
            latents, _ = _strip(run, state, content.get("axis"), FRAMES)
        elif kind == "edit":
            ends = state.start, state.latent(run.axes)
            latents = interpolate(*ends, np.linspace(0, 1, FRAMES).tolist(), run.axes.latent_space)
        elif kind == "morph":
            plain = dict(content["state"])
            ends = tuple(read_state(run, plain | {"morph": share}).start for share in (0, 1))
            shares = np.linspace(0, 1, FRAMES).tolist()
            starts = interpolate(*ends, shares, run.axes.latent_space)
            latents = np.stack([state.latent(run.axes, start) for start in starts])
        else:
            raise UserError("`kind` must be axis, edit or morph.")
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
            "predictors": _named(run, predictors(run.axes, latent[None])[0]),
            "readings": _named(run, face.scores),
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


def _strip(run: OpenedRun, state: State, name: Any, count: int) -> tuple[np.ndarray, list[float]]:
    """Latents of an axis at `count` strengths about the present face, and the changes; unreachable ones go."""
    if not isinstance(name, str):
        raise UserError("`axis` must be the name of an axis.")
    row = run.axes.index(name)
    deviation = float(deviations(run.axes)[row])
    base = state.changes.get(run.axes.names[row], 0.0)
    latents, changes = [], []
    for step in np.linspace(-STRIP_REACH, STRIP_REACH, count):
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


def _facts(run: OpenedRun) -> dict[str, Any]:
    """What the page needs to know before it shows anything."""
    spreads = deviations(run.axes)
    centres = np.nan_to_num(run.axes.intercepts, nan=0.0)
    rows = []
    for row, name in enumerate(run.axes.names):
        verdict = run.verdicts.get(name, Verdict(USABLE, ""))
        reach = SLIDER_REACH * float(spreads[row])
        rows.append(
            {
                "name": name,
                "group": group_of(name),
                "unit": units(run.axes)[row],
                "least": float(centres[row]) - reach,
                "largest": float(centres[row]) + reach,
                "step": float(spreads[row]) / 2,
                "verdict": str(verdict) if verdict.word != USABLE else "",
                "reason": verdict.reason,
            }
        )
    return {
        "name": run.name,
        "generator": run.generator.name,
        "resolution": run.generator.resolution,
        "base": list(run.axes.base),
        "groups": list(ORDER),
        "axes": rows,
        "formats": formats(),
    }


def _uri(face: Face) -> str:
    return "data:image/png;base64," + base64.b64encode(png_bytes(face.image)).decode("ascii")


def _large(face: Face) -> str:
    return "data:image/webp;base64," + base64.b64encode(face.large).decode("ascii")


def _named(run: OpenedRun, values: np.ndarray) -> dict[str, float | None]:
    return {name: _known(value) for name, value in zip(run.axes.names, values, strict=True)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
