"""Parse changes and names of attributes from text (`--set`, `--to`, `--lock`), and latents from files.

The grammar, for both command lines, the notebook and code:

| option and text | meaning | example |
|---|---|---|
| `--set NAME=+X`, `--set NAME=-X` | change by X label units | `Smiling=+2`, `Age=-10` |
| `--set NAME=P` | attribute on the logit scale: bring to the probability P, inside (0, 1) | `Smiling=0.9` |
| `--set NAME=X` | any other attribute: bring to the value X | `Age=40` |
| `--set NAME=P%`, `--to NAME=P%` | attribute on the logit scale: bring to the probability P per cent | `Smiling=90%` |
| `--to NAME=X` | bring to the value X in label units; X may have a sign | `Age=40`, `Smiling=-1.5` |

A name may hold "="; the last one counts. Numbers are written as in Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tlgan.array_types import Floats
from tlgan.axes.axes import Axes
from tlgan.editing.linear_predictors import held_base, logit, units
from tlgan.errors import UserError
from tlgan.limits.value_count import most_values
from tlgan.storage.atomic_files import reading
from tlgan.storage.npy import read_npy


@dataclass(frozen=True)
class Change:
    """A wanted change of one attribute's prediction, in label units.

    Attributes
    ----------
    name : str, of an axis
    amount : float
    relative : bool, whether `amount` is to be added; else it is the value to end at
    """

    name: str
    amount: float
    relative: bool


def parse_changes(
    axes: Axes, before: Floats, changes: Iterable[str], targets: Iterable[str] = ()
) -> dict[str, float | Floats]:
    """Changes of predictions from texts.

    Parameters
    ----------
    axes : Axes
    before : float64 array, shape (n_latents, n_axes)
        The predictions now, by the method of the edit (`tlgan.editing.predictions.predictions`).
    changes : texts of `--set`
        See the grammar of this module.
    targets : texts of `--to`

    Returns
    -------
    dict
        Name to one change, or to one per latent, float64 (n_latents,): as `tlgan.edit_latents` takes them.

    Raises
    ------
    UserError
        For texts outside the grammar, unknown names, a name that is there twice, probabilities outside
        (0, 1) or of attributes that have none, or no texts at all.

    Examples
    --------
    >>> parse_changes(axes, predictions(axes, latents, "local"), ["Smiling=+2"], ["Age=40"])
    """
    parsed: dict[str, float | Floats] = {}
    for option, text in [*(("--set", text) for text in changes), *(("--to", text) for text in targets)]:
        change = parse_change(axes, text, option)
        if change.name in parsed:
            raise UserError(
                f"Each attribute can be edited once. {change.name!r} is there twice; leave one out."
            )
        now = before[:, axes.index(change.name)]
        parsed[change.name] = change.amount if change.relative else change.amount - now
    if not parsed:
        raise UserError("There must be something to edit. Give --set NAME=+X, --set NAME=0.9 or --to NAME=X.")
    return parsed


def parse_change(axes: Axes, text: str, option: str = "--set") -> Change:
    """One change from the text of one option.

    Parameters
    ----------
    axes : Axes
    text : str
        See the grammar of this module.
    option : str
        "--set" or "--to".

    Returns
    -------
    Change

    Raises
    ------
    UserError
        As `parse_changes`.

    Examples
    --------
    >>> parse_change(axes, "Smiling=+2")
    Change(name='Smiling', amount=2.0, relative=True)
    """
    name, equals, value = text.rpartition("=")
    value = value.strip()
    number = _number(value.removesuffix("%"))
    if not equals or number is None:
        raise UserError(f"`{option}` must be NAME=NUMBER. Got {text!r}.")
    row = axes.index(name)
    signed, percent = value[0] in "+-", value.endswith("%")
    if option == "--set" and signed and percent:
        raise UserError(
            f"`--set` must be a change with its sign or a probability without. Got {text!r}; write "
            f"--set {name}={value.removesuffix('%')} to add label units, --set {name}={value[1:]} for a "
            "probability."
        )
    if option == "--set" and signed:
        return Change(name, number, relative=True)
    if percent:
        return Change(name, logit(axes, name, number / 100), relative=False)
    if option == "--set" and units(axes)[row] == "logit":
        if not 0 < number < 1:
            raise UserError(
                f"`--set` must be a change with its sign, or a probability inside (0, 1) for a binary "
                f"attribute. Got {text!r}; write --set {name}=+{value} to add so many logits, --to "
                f"{name}={value} for a value."
            )
        return Change(name, logit(axes, name, number), relative=False)
    return Change(name, number, relative=False)


def split_names(axes: Axes, texts: Iterable[str]) -> tuple[str, ...]:
    """Names of axes from texts "A,B"; a name may itself hold a comma.

    Raises
    ------
    UserError
        For a name that no axis has.

    Examples
    --------
    >>> split_names(axes, ["Male,Young", "Smiling"])
    ('Male', 'Young', 'Smiling')
    """
    names = [name for text in texts for name in ([text] if text in axes.names else text.split(","))]
    return tuple(axes.names[axes.index(name.strip())] for name in names)


def edit_roles(
    axes: Axes, edited: Iterable[str], locked: Iterable[str], *, hold_base: bool
) -> dict[str, str]:
    """What an edit does with each attribute that it names or holds: "edited", "locked" or "held (base)".

    Parameters
    ----------
    axes : Axes
    edited, locked : names of attributes
    hold_base : bool, whether the base of the axes is held where it is neither edited nor locked

    Returns
    -------
    dict, name to role; in the order edited, locked, base
    """
    roles = dict.fromkeys(edited, "edited") | dict.fromkeys(locked, "locked")
    base = held_base(axes, roles) if hold_base else []
    return roles | dict.fromkeys(base, "held (base)")


def read_latents(path: Path) -> NDArray[Any]:
    """Read latents of shape (D,) or (N, D) from a .npy file of floats.

    Raises
    ------
    UserError
        For another content; arrays of objects are refused unread.
    """
    with reading(path, "a .npy file", ValueError), path.open("rb") as stream:
        latents = read_npy(stream, "the array of latents", "f", most_values(path.stat().st_size))
        if latents.ndim not in (1, 2) or latents.size == 0:
            raise UserError(f"the array of latents must have shape (D,) or (N, D). Got {latents.shape}.")
        return latents


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
