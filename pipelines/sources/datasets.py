"""The data set that networks are trained on: where it lies, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.recipe.load import Recipe
from pipelines.sources.source import Source
from pipelines.sources.synthetic import (
    KNOWN_AXES,
    drawn_portraits,
    portraits_fingerprint,
)
from tlgan.errors import UserError

if TYPE_CHECKING:
    from data.images.labelled_images import LabelledImages


def data_path(recipe: Recipe) -> Path:
    """Where the recipe's data set lies.

    Raises
    ------
    UserError
        Where neither the recipe nor TLGAN_CELEBA says so, or the folder is not there.
    """
    given = recipe.data.path or (os.environ.get("TLGAN_CELEBA", "") if recipe.data.kind == "celeba" else "")
    if not given:
        raise UserError(
            "`data.path` must name the folder of the data set. Got nothing. Set it in the recipe, with "
            "`-s data.path=FOLDER`, or, for CelebA, in the environment variable TLGAN_CELEBA."
        )
    path = Path(given).expanduser()
    if not path.exists():
        raise UserError(f"{path}: no such data set. Set `data.path` or TLGAN_CELEBA to where it lies.")
    return path


def listing_hash(path: Path) -> str:
    """Identity of a data set: the names and sizes of its files, since hashing gigabytes is not instant.

    A folder may move or change its own name.
    """
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    root = path.parent if path.is_file() else path
    listing = [(file.relative_to(root).as_posix(), file.stat().st_size) for file in files]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def faces_source(recipe: Recipe) -> Source:
    """The labelled images that the recipe's networks are trained on."""
    options = recipe.data
    if options.kind == KNOWN_AXES:
        return Source(
            KNOWN_AXES,
            portraits_fingerprint(recipe, count=options.count, seed=options.seed),
            lambda _: drawn_portraits(recipe),
        )
    path = data_path(recipe)

    def load(_: None) -> LabelledImages:
        from data import open_data_set

        return open_data_set(options.kind, path)

    return Source(options.kind, listing_hash(path), load)
