"""Readers of labelled image sets, and faces drawn with known axes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.celeba import open_celeba
from data.folder import open_folder
from data.labelled_images import LabelledImages
from data.utkface import open_utkface
from tlgan.errors import UserError

__all__ = ["DATA_SETS", "LabelledImages", "open_data_set"]

DATA_SETS: dict[str, Callable[[str | Path], LabelledImages]] = {
    "celeba": open_celeba,
    "folder": open_folder,
    "utkface": open_utkface,
}


def open_data_set(kind: str, path: str | Path) -> LabelledImages:
    """Open a labelled image set.

    Parameters
    ----------
    kind : str
        "celeba", "folder" or "utkface".
    path : path
        The folder (or archive) that holds it.

    Raises
    ------
    UserError
        An unknown kind, or whatever is wrong with the set.
    """
    if kind not in DATA_SETS:
        raise UserError(f"data set must be one of {', '.join(DATA_SETS)}. Got {kind!r}. Name one of these.")
    return DATA_SETS[kind](path)
