"""Find the picture that a table means by a name, or say which two it could be."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from data.images.image_names import has_image_ending
from tlgan.errors import UserError

SEVERAL = -1


def plain_name(name: str) -> str:
    """A file's name as it is compared: in Unicode's composed form, forward slashes, no leading ./"""
    return str(PurePosixPath(unicodedata.normalize("NFC", name.strip()).replace("\\", "/")))


def _without_ending(path: str) -> str:
    return str(PurePosixPath(path).with_suffix("")).casefold()


# What is compared of a picture's path, in the order in which it is tried.
_COMPARED: dict[str, Callable[[str], str]] = {
    "path": str,
    "name": lambda path: PurePosixPath(path).name,
    "path, any capitals": str.casefold,
    "name, any capitals": lambda path: PurePosixPath(path).name.casefold(),
    "path without ending": _without_ending,
    "name without ending": lambda path: _without_ending(PurePosixPath(path).name),
}


class FileNames:
    """The names of pictures, as tables write them.

    Names are compared in Unicode's composed form (NFC): macOS stores them decomposed. The first of these that
    finds a picture counts: the path below the folder, or after the folder's own name; the name without folders;
    the same with other capitals; the same without ending.

    Parameters
    ----------
    paths : sequence of str, of the pictures, below the folder, with forward slashes
    folder : str, name of the folder
    """

    def __init__(self, paths: Sequence[str], folder: str = "") -> None:
        self._paths = paths
        self._folder = plain_name(folder)
        self._indices: dict[str, dict[str, int]] = {}

    def find(self, cell: str) -> int | None:
        """Number of the picture that a cell names; None where there is none.

        Raises
        ------
        UserError
            Where it could be one of several; names two of them.
        """
        name = plain_name(cell)
        for compared, key in self._keys(name):
            row = self._index(compared).get(key)
            if row == SEVERAL:
                compare = _COMPARED[compared]
                first, second, *more = (path for path in self._paths if compare(plain_name(path)) == key)
                others = f" (and {len(more)} more)" if more else ""
                raise UserError(
                    f"{name} must name one picture. It may be {first} or {second}{others}. Write its whole path "
                    "below the folder."
                )
            if row is not None:
                return row
        return None

    def _keys(self, name: str) -> Iterator[tuple[str, str]]:
        parts = PurePosixPath(name).parts
        after = [place + 1 for place, part in enumerate(parts[:-1]) if part == self._folder]
        written = [name, *("/".join(parts[place:]) for place in reversed(after))]
        for spelling, spell in (("", str), (", any capitals", str.casefold)):
            yield from ((f"path{spelling}", spell(path)) for path in written)
            if len(parts) == 1:
                yield f"name{spelling}", spell(name)
        if not has_image_ending(name):
            yield from (("path without ending", path.casefold()) for path in written)
            if len(parts) == 1:
                yield "name without ending", name.casefold()

    def _index(self, compared: str) -> dict[str, int]:
        """What is compared of each picture, to its number, or `SEVERAL`; made when it is first needed."""
        if compared not in self._indices:
            index: dict[str, int] = {}
            for row, path in enumerate(self._paths):
                key = _COMPARED[compared](plain_name(path))
                index[key] = SEVERAL if key in index else row
            self._indices[compared] = index
        return self._indices[compared]
