"""The artefact of the stage `label`: scores, with name, kind and unit of each column."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from tlgan.errors import UserError
from tlgan.storage.row_checksums import CheckedRows
from tlgan.storage.row_files import map_rows, read_attributes
from tlgan.storage.row_layout import REMEDY


class Labels(NamedTuple):
    """Scores of pictures.

    Attributes
    ----------
    names, kinds, units : tuple of str, one entry per column
    scores : CheckedRows, shape (n, K)
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    scores: CheckedRows


def read_labels(path: Path, count: int | None = None) -> Labels:
    """Read the first `count` rows of an artefact of the stage `label`, or all.

    Raises
    ------
    UserError
        Where the file is no such artefact, is damaged, or has fewer rows.
    """
    facts = read_attributes(path)
    scores = map_rows(path, "scores", count)
    try:
        names, kinds, units = (
            msgspec.convert(facts.get(field), tuple[str, ...]) for field in ("names", "kinds", "units")
        )
    except msgspec.ValidationError as error:
        raise UserError(
            f"{path}: must name its columns, their kinds and units ({error}). {REMEDY}"
        ) from error
    if not len(names) == len(kinds) == len(units) or scores.shape[1:] != (len(names),):
        raise UserError(
            f"{path}: must have a column of scores for each of its names ({len(names)}). "
            f"Got shape {scores.shape}, {len(kinds)} kinds and {len(units)} units. {REMEDY}"
        )
    return Labels(names, kinds, units, scores)
