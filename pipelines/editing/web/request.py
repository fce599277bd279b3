"""Read and check what the page sends: the JSON object of a request, its ticket, and the edit of a face.

The edit is the field `state`: {"start", "second", "morph", "changes", "locks", "method", "strictness"}. Each
request carries all of it, so the server stores nothing between requests. Links and saved faces without a method
are older than the choice: their edits are straight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import request
from numpy.typing import ArrayLike

from pipelines.editing.edit_note import decode_latent, edit_as_texts, note_of_faces
from pipelines.editing.web.renderer import Renderer, Ticket
from pipelines.images.picture_note import PictureNote
from pipelines.runs.finished_run import LARGEST_SEED, OpenedRun, seeded_latents
from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.edit_latents import EditedLatents, trace_edit
from tlgan.editing.local_steps import check_strictness
from tlgan.editing.predictions import choose_method
from tlgan.errors import UserError
from tlgan.latents.geometry import interpolate
from tlgan.limits.structured_text import parse_json

LARGEST_NUMBER = 1e6
FIELDS = ("start", "second", "morph", "changes", "locks", "method", "strictness")


@dataclass(frozen=True, eq=False)
class FaceEdit:
    """The edit of a face.

    Attributes
    ----------
    start : float64 array, shape (latent_dim,)
        The face before the edit; between two faces where a second is given.
    changes : dict
        Wanted change of each edited attribute's prediction from its value at `start`, in label units.
    locks : dict
        Change that each locked attribute has, whatever else is moved; a lock goes before a change.
    method : str
        "local" or "straight", see `tlgan.edit_latents`.
    strictness : float
    """

    start: Floats
    changes: dict[str, float]
    locks: dict[str, float]
    method: str = "straight"
    strictness: float = 1.0

    def latent(self, axes: Axes) -> Floats:
        """The latent with all the changes, in whatever order they were made, shape (latent_dim,)."""
        latent: Floats = self.trace(axes).latents[0]
        return latent

    def trace(
        self, axes: Axes, starts: Floats | None = None, more: Mapping[str, ArrayLike] | None = None
    ) -> EditedLatents:
        """Make the edit and keep its path.

        Parameters
        ----------
        axes : Axes
        starts : float64 array, shape (n, latent_dim), optional
            Other faces than `start` to make it on.
        more : mapping, optional
            Changes in place of the edit's own, of attributes that are not locked; one or one per latent.
        """
        moving, still = self.split_changes()
        return trace_edit(
            axes,
            self.start[None] if starts is None else starts,
            {**moving, **(more or {})},
            lock=still,
            method=self.method,
            strictness=self.strictness,
        )

    def split_changes(self) -> tuple[dict[str, float], list[str]]:
        """Changes of the attributes that move, locked ones included, and names of those locked at their start."""
        still = [name for name, change in self.locks.items() if change == 0]
        wanted = self.changes | self.locks
        return {name: change for name, change in wanted.items() if name not in still}, still


@dataclass(frozen=True, eq=False)
class DrawRequest:
    """A request to draw.

    Attributes
    ----------
    content : dict, the whole JSON object
    ticket : Ticket
    edit : FaceEdit
    """

    content: dict[str, Any]
    ticket: Ticket
    edit: FaceEdit


def read_draw_request(run: OpenedRun, renderer: Renderer, part: str = "") -> DrawRequest:
    """Read a request to draw and announce it to the renderer.

    Parameters
    ----------
    run : OpenedRun
    renderer : Renderer
    part : str
        Part of the page whose requests supersede one another; "" is the face itself.

    Raises
    ------
    UserError
        As `read_content`, `read_ticket` and `read_face_edit`.
    """
    content = read_content()
    ticket = read_ticket(content, part)
    renderer.announce(ticket)  # before the edit is read, which takes time: older requests give up at once
    return DrawRequest(content, ticket, read_face_edit(run, content.get("state")))


def read_content() -> dict[str, Any]:
    """The JSON object of the present request.

    Raises
    ------
    UserError
        For another content.
    """
    try:
        content = parse_json(request.get_data(), finite=True) if request.is_json else None
    except UserError as error:
        raise UserError(f"The request {error}") from error
    if not isinstance(content, dict):
        raise UserError("The request must be a JSON object.")
    return content


def read_ticket(content: dict[str, Any], part: str = "") -> Ticket:
    """The ticket of a request, from its fields `page` and `ticket`.

    Parameters
    ----------
    content : dict
    part : str
        Part of the page whose requests supersede one another; "" is the face itself.
    """
    page, number = content.get("page", ""), content.get("ticket", 0)
    if not isinstance(page, str) or len(page) > 64 or isinstance(number, bool) or not isinstance(number, int):
        raise UserError("`page` must be a short text and `ticket` a whole number.")
    return Ticket(f"{page}/{part}" if part and page else page, number)


def read_face_edit(run: OpenedRun, content: Any) -> FaceEdit:
    """The edit of a face from the field `state` of a request.

    Raises
    ------
    UserError
        Naming the field, the rule and what was got.
    """
    fields = read_object("state", content)
    unknown = [str(name)[:40] for name in fields if name not in FIELDS]
    if unknown:
        raise UserError(f"`state` takes {', '.join(FIELDS)}. Got {', '.join(unknown[:3])}.")
    start = _read_start(run, "start", fields.get("start"))
    morph = read_number("morph", fields.get("morph", 0))
    if not 0 <= morph <= 1:
        raise UserError(f"`morph` must lie in [0, 1]. Got {morph:g}.")
    if fields.get("second") is not None:
        second = _read_start(run, "second", fields["second"])
        start = interpolate(start, second, [morph], run.axes.latent_space)[0]
    changes, locks = (_read_changes(run.axes, field, fields.get(field, {})) for field in ("changes", "locks"))
    method = choose_method(run.axes, fields.get("method", "straight"))
    strictness = check_strictness(read_number("strictness", fields.get("strictness", 1)))
    return FaceEdit(start, changes, locks, method, strictness)


def note_of_face_edit(run: OpenedRun, edit: FaceEdit, state: Any) -> PictureNote:
    """The note of a picture of an edited face, from the field `state` of a request that has been read."""
    texts = edit_as_texts(*edit.split_changes(), edit.method, edit.strictness)
    start = state["start"]
    if "seed" in start and state.get("second") is None:
        return note_of_faces(run, "explore", seeds=[start["seed"]], edit=texts)
    return note_of_faces(run, "explore", latent=edit.start, edit=texts)


def read_seed(value: Any) -> int:
    """A seed from JSON.

    Raises
    ------
    UserError
        Where it is not a whole number from 0 to `LARGEST_SEED`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
        raise UserError(f"A seed must be a whole number from 0 to {LARGEST_SEED}. Got {str(value)[:40]!r}.")
    return value


def _read_start(run: OpenedRun, field: str, content: Any) -> Floats:
    face = read_object(field, content)
    if set(face) == {"seed"}:
        return np.asarray(seeded_latents(run, [read_seed(face["seed"])])[0], np.float64)
    if set(face) != {"latent"} or not isinstance(face["latent"], str):
        raise UserError(f'`{field}` must be {{"seed": number}} or {{"latent": text}}.')
    numbers = decode_latent(face["latent"])
    if numbers is None:
        raise UserError(f"`{field}.latent` must be float32 numbers in base64; the link is damaged.")
    if numbers.shape != (run.axes.latent_dim,) or not np.isfinite(numbers).all() or not numbers.any():
        raise UserError(
            f"`{field}.latent` must hold {run.axes.latent_dim} finite numbers; the link is damaged."
        )
    return numbers


def read_object(field: str, content: Any) -> Mapping[str, Any]:
    """A JSON object from a field of a request; `UserError` for another value."""
    if not isinstance(content, dict):
        raise UserError(f"`{field}` must be an object. Got {type(content).__name__}.")
    return content


def read_number(field: str, value: Any) -> float:
    """A finite number of moderate size from a field of a request; `UserError` for another value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and abs(value) <= LARGEST_NUMBER:  # NaN is not
        return float(value)
    raise UserError(
        f"`{field}` must be a finite number within ±{LARGEST_NUMBER:,.0f}. Got {str(value)[:40]!r}."
    )


def _read_changes(axes: Axes, field: str, content: Any) -> dict[str, float]:
    pairs = read_object(field, content).items()
    return {_read_name(axes, name): read_number(f"{field} of {name}"[:250], value) for name, value in pairs}


def _read_name(axes: Axes, name: Any) -> str:
    if not isinstance(name, str):
        raise UserError(f"An attribute's name must be a text. Got {str(name)[:40]!r}.")
    return axes.names[axes.index(name[:200])]
