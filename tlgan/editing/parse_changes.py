"""Parse what `tlgan edit` is given: latents from a file, changes as texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import logit
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.npy import read_npy


def parse_changes(
    axes: Axes, before: Floats, changes: Iterable[str], targets: Iterable[str]
) -> dict[str, float | Floats]:
    """Parse changes of predictors from texts such as "Smiling=+2" and "Age=40".

    Parameters
    ----------
    axes : Axes
    before : float64 array, shape (n_latents, n_axes)
        The predictors before the edit.
    changes : texts "NAME=+X" or "NAME=-X"
        Change by X label units.
    targets : texts "NAME=X" or "NAME=P%"
        Bring to the value X, or to the probability P.

    Returns
    -------
    dict
        Name to one change, or to one per latent.

    Raises
    ------
    UserError
        For other texts, unknown names, or no text at all.
    """
    parsed: dict[str, float | Floats] = {}
    for option, text in [*(("--set", text) for text in changes), *(("--to", text) for text in targets)]:
        name, equals, value = text.rpartition("=")
        number = _number(value.removesuffix("%"))
        if not equals or number is None:
            raise UserError(f"`{option}` must be NAME=NUMBER. Got {text!r}.")
        row = axes.index(name)
        if name in parsed:
            raise UserError(f"Each attribute can be edited once. {name!r} is there twice; leave one out.")
        if option == "--to":
            goal = logit(axes, name, number / 100) if value.endswith("%") else number
            parsed[name] = goal - before[:, row]
        elif value[0] in "+-" and not value.endswith("%"):
            parsed[name] = number
        else:
            raise UserError(
                f"`--set` must be a change with its sign. Got {text!r}; write --set {name}=+{value} to add, "
                f"--to {name}={value} for a value."
            )
    if not parsed:
        raise UserError("There must be something to edit. Give --set NAME=+X or --to NAME=X.")
    return parsed


def read_latents(path: Path) -> NDArray[Any]:
    """Read latents of shape (D,) or (N, D) from a .npy file of floats.

    Raises
    ------
    UserError
        For another content; arrays of objects are refused unread.
    """
    with reading(path, "a .npy file", ValueError), path.open("rb") as stream:
        latents = read_npy(stream, "the array of latents", "f")
        if latents.ndim not in (1, 2) or latents.size == 0:
            raise UserError(f"the array of latents must have shape (D,) or (N, D). Got {latents.shape}.")
        return latents


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
