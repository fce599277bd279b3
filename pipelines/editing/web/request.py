"""States: what the page asks for, checked; each request carries all of it, so the server remembers nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.runs.finished_run import LARGEST_SEED, OpenedRun, seeded_latents
from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.edit_session import edit_latents
from tlgan.errors import UserError
from tlgan.latents.geometry import interpolate

LARGEST_NUMBER = 1e6
FIELDS = ("start", "second", "morph", "changes", "locks")


@dataclass(frozen=True, eq=False)
class State:
    """A face and what is asked of it.

    Attributes
    ----------
    start : float64 array, shape (latent_dim,), the face before edits, between two faces where a second is given
    changes : dict, wanted change of each touched attribute's predictor from its value at `start`
    locks : dict, change that each locked attribute keeps, whatever else is moved; a lock goes before a change
    """

    start: Floats
    changes: dict[str, float]
    locks: dict[str, float]

    def latent(self, axes: Axes, start: Floats | None = None) -> Floats:
        """The nearest latent to `start` with all the changes; it depends on no order of moves."""
        begin = self.start if start is None else start
        wanted = self.changes | self.locks
        still = [name for name, change in self.locks.items() if change == 0]
        moved = {name: change for name, change in wanted.items() if name not in still}
        return edit_latents(axes, begin[None], moved, lock=still)[0]


def read_state(run: OpenedRun, content: Any) -> State:
    """Check what a page sent.

    Raises
    ------
    UserError
        Naming the field, the rule and what was got.
    """
    fields = _mapping("state", content)
    unknown = [str(name)[:40] for name in fields if name not in FIELDS]
    if unknown:
        raise UserError(f"`state` takes {', '.join(FIELDS)}. Got {', '.join(unknown[:3])}.")
    start = _face(run, "start", fields.get("start"))
    morph = _number("morph", fields.get("morph", 0))
    if not 0 <= morph <= 1:
        raise UserError(f"`morph` must lie in [0, 1]. Got {morph:g}.")
    if fields.get("second") is not None:
        second = _face(run, "second", fields["second"])
        start = interpolate(start, second, [morph], run.axes.latent_space)[0]
    changes, locks = (_changes(run.axes, field, fields.get(field, {})) for field in ("changes", "locks"))
    return State(start, changes, locks)


def read_seed(value: Any) -> int:
    """A whole number from 0 up, or one line that says so."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
        raise UserError(f"A seed must be a whole number from 0 to {LARGEST_SEED}. Got {str(value)[:40]!r}.")
    return value


def encode_latent(latent: np.ndarray) -> str:
    """A latent for a link: float32 in base64."""
    return base64.urlsafe_b64encode(np.asarray(latent, "<f4").tobytes()).decode("ascii")


def _face(run: OpenedRun, field: str, content: Any) -> Floats:
    face = _mapping(field, content)
    if set(face) == {"seed"}:
        return np.asarray(seeded_latents(run, [read_seed(face["seed"])])[0], np.float64)
    if set(face) != {"latent"} or not isinstance(face["latent"], str):
        raise UserError(f'`{field}` must be {{"seed": number}} or {{"latent": text}}.')
    try:
        numbers = np.frombuffer(base64.urlsafe_b64decode(face["latent"]), "<f4").astype(np.float64)
    except (binascii.Error, ValueError) as error:
        raise UserError(
            f"`{field}.latent` must be float32 numbers in base64; the link is damaged."
        ) from error
    if numbers.shape != (run.axes.latent_dim,) or not np.isfinite(numbers).all() or not numbers.any():
        raise UserError(
            f"`{field}.latent` must hold {run.axes.latent_dim} finite numbers; the link is damaged."
        )
    return numbers


def _mapping(field: str, content: Any) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise UserError(f"`{field}` must be an object. Got {type(content).__name__}.")
    return content


def _number(field: str, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and abs(value) <= LARGEST_NUMBER:  # NaN is not
        return float(value)
    raise UserError(
        f"`{field}` must be a finite number within ±{LARGEST_NUMBER:,.0f}. Got {str(value)[:40]!r}."
    )


def _changes(axes: Axes, field: str, content: Any) -> dict[str, float]:
    pairs = _mapping(field, content).items()
    return {_name(axes, name): _number(f"{field} of {name}"[:250], value) for name, value in pairs}


def _name(axes: Axes, name: Any) -> str:
    if not isinstance(name, str):
        raise UserError(f"An attribute's name must be a text. Got {str(name)[:40]!r}.")
    return axes.names[axes.index(name[:200])]
