"""Axes as a mapping of fields: what the self-describing formats (.npz, safetensors, JSON, CSV) share.

Every format of this kind stores all fields of `Axes`, and reads foreign files that have no more than
names and directions; what is missing counts as unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tlgan.axes.axes import OPTIONAL_NUMBERS, PER_AXIS_NUMBERS, Axes, axes_from_directions
from tlgan.axes.unit_vectors import real_array, unit_rows
from tlgan.errors import UserError
from tlgan.formats.axis_file import FORMAT, FORMAT_VERSION
from tlgan.formats.regressor_columns import regressor_from_columns, regressor_to_columns

PER_AXIS_TEXTS = ("names", "units", "kinds")
FILE_TEXTS = ("latent_space", "generator", "generator_sha256", "method")

KINDS_NOT_STATED = (
    "kinds not stated: taken as 'continuous'; where they are yes and no, `kinds` can say 'binary'"
)
NAMES_AND_DIRECTIONS = (
    "Axes of another program come in as a .npz with `names`, texts of shape (axes,), and `directions`, numbers of "
    "shape (axes, latent size)."
)

# One axis's entry, in the formats that keep axes one by one.
SINGULAR = {
    "names": "name",
    "kinds": "kind",
    "units": "unit",
    "slopes": "slope",
    "intercepts": "intercept",
    "angular_errors": "angular_error",
    "held_out": "held_out",
    "n_samples": "n_samples",
    **{field: field for field in OPTIONAL_NUMBERS},
}


def to_columns(axes: Axes) -> dict[str, Any]:
    """Map the name of each field of axes and of their regressor to its value, with format and version."""
    fields = (
        *PER_AXIS_TEXTS,
        "directions",
        "raw_directions",
        *PER_AXIS_NUMBERS,
        "n_samples",
        *FILE_TEXTS,
        "base",
    )
    columns = {field: getattr(axes, field) for field in fields}
    columns |= regressor_to_columns(axes.regressor)
    return {"format": FORMAT, "format_version": FORMAT_VERSION, **columns}


class ImportedAxes(NamedTuple):
    """Axes from a file, and what was assumed or lost on the way.

    Attributes
    ----------
    axes : Axes
    notes : list of str
        One sentence each.
    """

    axes: Axes
    notes: list[str]


def from_columns(
    columns: Mapping[str, Any], latent_space: str | None, there: Sequence[str] | None = None
) -> ImportedAxes:
    """Make axes of columns; only `names` and `directions` must be there.

    Parameters
    ----------
    columns : mapping
        Field of `Axes` to its value, and of its regressor (tlgan.formats.regressor_columns); other keys are
        ignored.
    latent_space : str or None
        Taken where the columns do not say.
    there : sequence of str, optional
        What the file holds, for the message where a column is missing; by default the columns.

    Returns
    -------
    ImportedAxes

    Raises
    ------
    UserError
        For another format or a newer version, missing or malformed columns.
    """
    check_format(columns.get("format", FORMAT), columns.get("format_version", FORMAT_VERSION))
    missing = [f"`{required}`" for required in ("names", "directions") if required not in columns]
    if missing:
        raise UserError(
            f"must have {' and '.join(missing)}. It has {shortened(sorted(columns) if there is None else there)}. "
            f"{NAMES_AND_DIRECTIONS}"
        )
    names = tuple(columns["names"])
    directions = real_array("directions", columns["directions"], 2)
    space, notes = choose_latent_space(columns.get("latent_space"), latent_space)
    if len(directions) != len(names):
        raise UserError(f"`directions` must have one row per name ({len(names)}). Got {len(directions)}.")
    notes += length_notes(directions)
    if "kinds" not in columns:
        notes.append(KINDS_NOT_STATED)
    known: dict[str, Any] = dict(vars(axes_from_directions(names, directions, latent_space=space)))
    known["raw_directions"] = unit_rows(columns.get("raw_directions", directions), names)
    given = (
        *PER_AXIS_NUMBERS,
        "n_samples",
        "units",
        "kinds",
        "generator",
        "generator_sha256",
        "method",
        "base",
    )
    known |= {field: columns[field] for field in given if field in columns}
    known["regressor"] = regressor_from_columns(columns)
    return ImportedAxes(Axes(**known), notes)


def columns_from_entries(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Make columns of one mapping per axis; a key that one axis has, all must have.

    Raises
    ------
    UserError
        Where axes have different keys, or a text stands for a number.
    """
    columns: dict[str, Any] = {}
    keys = {
        **{v: k for k, v in SINGULAR.items()},
        "direction": "directions",
        "raw_direction": "raw_directions",
    }
    for key, field in keys.items():
        having = [key in entry for entry in entries]
        if not any(having):
            continue
        if not all(having):
            raise UserError(f"axis number {having.index(False) + 1} lacks {key!r}, which others have.")
        values = [entry[key] for entry in entries]
        if field in PER_AXIS_NUMBERS:
            columns[field] = np.array([math.nan if value is None else value for value in values], np.float64)
        elif field == "n_samples":
            columns[field] = np.array(values)
        elif field in ("directions", "raw_directions"):
            columns[field] = _matrix(field, values)
        else:
            columns[field] = values
    return columns


def _matrix(field: str, rows: list[Any]) -> Any:
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(lengths) != 1 or lengths == {-1}:
        raise UserError(
            f"`{field}` must be lists of numbers of one length. Got lengths {sorted(lengths)[:5]}."
        )
    return np.array(rows, dtype=np.float64)


def shortened(names: Sequence[str], most: int = 12) -> str:
    """Names in a sentence, the first of many; "nothing" where there is none."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(name[:60] for name in names[:most])}{more}" if names else "nothing"


def check_format(form: object, version: object) -> None:
    """Refuse another format, or a version newer than this program knows."""
    if form != FORMAT:
        raise UserError(f"must have format {FORMAT!r}. Got {form!r:.80}.")
    try:
        number = int(version)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        number = 0
    if not 1 <= number <= FORMAT_VERSION:
        raise UserError(
            f"has format version {version!r:.80}; this tlgan reads up to {FORMAT_VERSION}. Upgrade tlgan."
        )


def choose_latent_space(stated: str | None, asked: str | None) -> tuple[str, list[str]]:
    """Choose the latent space: the file's, else the user's, else "sphere" with a note."""
    if stated and asked and stated != asked:
        raise UserError(f"says that its latent space is {stated!r}, you say {asked!r}; leave yours out.")
    if stated or asked:
        return str(stated or asked), []
    return "sphere", [
        "latent space not stated: taken as 'sphere'; for W or unnormalised z, `tlgan convert` it first with "
        "--latent-space normal"
    ]


def length_notes(directions: Any) -> list[str]:
    """Note that rows do not have length 1, since scaling them loses their lengths."""
    with np.errstate(over="ignore"):  # of 1e200 the length is noted as infinite
        lengths = np.linalg.norm(directions, axis=1)
    if np.all(np.abs(lengths - 1) <= 1e-5):
        return []
    return [f"rows scaled to length 1: their lengths ({lengths.min():.4g} to {lengths.max():.4g}) are lost"]


def lost_regressor(axes: Axes) -> list[str]:
    """What a format of text, which stores every field but the regressor, loses of axes."""
    where = "kept in .h5, .npz and .safetensors"
    return [f"lost: latent regressor ({where})"] if axes.regressor is not None else []


def lost_fields(axes: Axes, stored: Sequence[str], kind: str = "continuous") -> list[str]:
    """Name what a format that stores only names, directions and `stored` loses of axes.

    Parameters
    ----------
    axes : Axes
    stored : sequence of str
        Keys of what is stored beside names and directions.
    kind : str
        What the format's reader takes every axis for.

    Returns
    -------
    list of str
        One sentence, or none where nothing is lost.
    """
    known = {
        "slopes": not np.isnan(axes.slopes).all(),
        "intercepts": not np.isnan(axes.intercepts).all(),
        "units": any(axes.units),
        "kinds": set(axes.kinds) != {kind},
        "angular errors": not np.isnan(axes.angular_errors).all(),
        "held-out scores": not np.isnan(axes.held_out).all(),
        "sample counts": bool(axes.n_samples.any()),
        "raw directions": not np.array_equal(axes.directions, axes.raw_directions),
        "latent space": axes.latent_space != "sphere",
        "generator": bool(axes.generator),
        "generator hash": bool(axes.generator_sha256),
        "method and base": axes.method != "none",
        "latent regressor": axes.regressor is not None,
    }
    lost = [what for what, is_known in known.items() if is_known and what not in stored]
    return [f"lost: {', '.join(lost)}"] if lost else []
