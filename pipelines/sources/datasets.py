"""The data set that networks are trained on: where it lies, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.images.folder_walk import files_below
from data.images.image_names import TABLE_ENDINGS, has_image_ending
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Data, MoreData
from pipelines.sources.source import Source
from pipelines.sources.synthetic import (
    KNOWN_AXES,
    drawn_portraits,
    portraits_fingerprint,
)
from pipelines.workflow.file_hash import file_hash
from tlgan.errors import UserError

if TYPE_CHECKING:
    from data.images.labelled_images import LabelledImages

# Environment variables that say where data sets lie.
VARIABLES = {"celeba": "TLGAN_CELEBA", "utkface": "TLGAN_UTKFACE"}
MOST_HASHED = 2**28  # bytes of a file, or of all pictures, whose content counts


def data_path(options: Data | MoreData) -> Path:
    """Where a data set of a recipe lies.

    Raises
    ------
    UserError
        Where neither the recipe nor an environment variable says so, or the folder is not there.
    """
    given = options.path or os.environ.get(VARIABLES.get(options.kind, ""), "")
    if not given:
        raise UserError(
            f"`data.path` must name the folder of the data set ({options.kind}). Got nothing. Set it in the "
            "recipe, with `-s data.path=FOLDER`, or, for CelebA and UTKFace, in the environment variables "
            f"{' and '.join(VARIABLES.values())}."
        )
    path = Path(given).expanduser()
    if not path.exists():
        raise UserError(f"{path}: no such data set. Set `data.path` or TLGAN_CELEBA to where it lies.")
    return path


def table_path(options: Data | MoreData, folder: Path) -> Path | None:
    """The table of labels that a recipe names for a data set; None where it names none.

    Raises
    ------
    UserError
        Where it is neither below the data set's folder nor anywhere.
    """
    if not options.table:
        return None
    given = Path(options.table).expanduser()
    for path in (folder / given, given):
        if path.is_file():
            return path
    raise UserError(
        f"{folder / given}: no such table. Set `data.table` to a file in `data.path`, or anywhere."
    )


def data_set_hash(path: Path, table: Path | None = None) -> str:
    """Identity of a data set: tables by their content, pictures by name and size.

    Pictures count by content too where they are few; hashing gigabytes is not instant. A folder may move or
    change its own name. Of an archive, the tables beside it count.

    Parameters
    ----------
    path : Path, a folder or an archive
    table : Path or None, a table that lies elsewhere
    """
    root = path if path.is_dir() else path.parent
    names = files_below(path) if path.is_dir() else [path.name, *filter(_is_table, os.listdir(root))]
    files = [root / name for name in sorted(names) if not _is_hidden(Path(name))]
    sizes = {file: file.stat().st_size for file in files if file.is_file()}
    by_content = sum(sizes.values()) <= MOST_HASHED
    listing: list[Any] = []
    for file, size in sizes.items():
        whole = size <= MOST_HASHED and (by_content or not has_image_ending(file.name))
        listing.append((file.relative_to(root).as_posix(), file_hash(file) if whole else size))
    if table is not None and table not in sizes:
        listing.append(("table", file_hash(table)))
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def _is_table(name: str) -> bool:
    return name.lower().endswith(TABLE_ENDINGS)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def faces_source(recipe: Recipe) -> Source:
    """The labelled images that the recipe's networks are trained on."""
    options = recipe.data
    if options.kind == KNOWN_AXES:
        return Source(
            KNOWN_AXES,
            portraits_fingerprint(recipe, count=options.count, seed=options.seed),
            lambda _: drawn_portraits(recipe),
        )
    return _source(options)


def more_faces_sources(recipe: Recipe) -> tuple[Source, ...]:
    """The labelled images of `data.more`, in its order."""
    return tuple(_source(options) for options in recipe.data.more)


def _source(options: Data | MoreData) -> Source:
    path = data_path(options)
    table = table_path(options, path)

    def load(_: None) -> LabelledImages:
        from data import open_data_set

        return open_data_set(options.kind, path, table, options.framing)

    return Source(options.kind, data_set_hash(path, table), load)
