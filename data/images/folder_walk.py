"""List the files below a folder, with those behind links, and say where that is not possible."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import NoReturn

from tlgan.errors import UserError


def files_below(folder: Path) -> list[str]:
    """Paths of all files below a folder, sorted, relative to it, with forward slashes.

    Folders that are links are gone into, each real folder once.

    Raises
    ------
    UserError
        Where a folder below it may not be listed; its files would be missed without a word.
    """
    names: list[str] = []
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link to a folder that was listed, or that it lies in
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        prefix = PurePosixPath(Path(place).relative_to(folder).as_posix())
        names.extend(str(prefix / file) for file in files)
    return sorted(names)


def _refuse(error: OSError) -> NoReturn:
    raise UserError(
        f"{error.filename}: cannot be listed ({error.strerror}). Correct its permissions."
    ) from error
