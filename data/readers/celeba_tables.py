"""Read CelebA's tables: attributes, partition and identities, as text, CSV, gzip or zip."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE, open_member, open_zip
from tlgan.storage.stray_files import refuse_stray_file

ATTRIBUTES = (
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
)

# Of a table as text: CelebA's own has 27 MB in 200,000 lines of 200 characters.
MAX_BYTES, MAX_LINES, MAX_LINE_CHARACTERS = 2**25, 2**21, 2**14

_VALUES = {"-1": 0.0, "1": 1.0, "+1": 1.0}
_LARGEST = 2**31 - 1
_REMEDY = "Download the table again."


@dataclass(frozen=True, eq=False)
class AttributeTable:
    """The rows of an attribute table that belong to given images.

    Attributes
    ----------
    names : tuple of str, length K
    labels : float32 array, shape (n, K), 0 or 1
    rows : dict of file name to row of `labels`
    rows_without_image : int
        Table rows that belong to none of the images.
    """

    names: tuple[str, ...]
    labels: NDArray[np.float32]
    rows: dict[str, int]
    rows_without_image: int


def read_attributes(path: Path, wanted: Collection[str]) -> AttributeTable:
    """Read `list_attr_celeba`, the rows of the wanted file names.

    The official table starts with the number of rows and then the names, and separates by spaces;
    the Kaggle table starts with `image_id` and the names, and separates by commas. Values are -1 or 1.

    Raises
    ------
    UserError
        Damaged file, foreign, missing or repeated attribute, a row of another length or with
        another value, a repeated file name, or another number of rows than the header says.
    """
    with _open_text(path) as (lines, split):
        first = split(lines.readline())
        promised = int(first[0]) if len(first) == 1 and re.fullmatch("[0-9]{1,9}", first[0]) else None
        names = tuple(first[1:] if promised is None else split(lines.readline()))
        _check_names(path, names)
        header_lines = 1 if promised is None else 2
        values: list[list[float]] = []
        rows: dict[str, int] = {}
        unwanted: set[str] = set()
        count = 0
        for number, line in enumerate(lines, start=header_lines + 1):
            cells = split(line)
            if not cells:
                continue
            count += 1
            name = cells[0]
            if len(cells) != len(names) + 1:
                raise UserError(
                    f"{path}: line {number} must have a file name and {len(names)} values. "
                    f"Got {len(cells) - 1} values. {_REMEDY}"
                )
            if name in rows or name in unwanted:
                raise UserError(f"{path}: line {number} repeats {name}. {_REMEDY}")
            if name not in wanted:
                unwanted.add(name)
                continue
            try:
                values.append([_VALUES[cell] for cell in cells[1:]])
            except KeyError as error:
                raise UserError(
                    f"{path}: line {number} must have values -1 or 1. Got {error}. {_REMEDY}"
                ) from None
            rows[name] = len(values) - 1
    if promised is not None and promised != count:
        raise UserError(f"{path}: the first line promises {promised} rows. Got {count}. {_REMEDY}")
    labels = np.array(values, dtype=np.float32).reshape(len(values), len(names))
    return AttributeTable(names, labels, rows, len(unwanted))


def read_numbers(path: Path, allowed: Collection[int] = ()) -> dict[str, int]:
    """Read a table of file name and whole number, such as `list_eval_partition` or `identity_CelebA`.

    Parameters
    ----------
    path : Path
    allowed : collection of int
        The numbers that may occur; empty allows every number from 0.

    Raises
    ------
    UserError
        Damaged file, or a line that is not a file name and an allowed number.
    """
    rule = f"one of {', '.join(map(str, allowed))}" if allowed else "a number from 0"
    numbers: dict[str, int] = {}
    with _open_text(path) as (lines, split):
        for line_number, line in enumerate(lines, start=1):
            cells = split(line)
            if not cells or (line_number == 1 and cells[0] == "image_id"):
                continue
            number = int(cells[1]) if len(cells) == 2 and cells[1].isdecimal() else None
            if number is None or number > _LARGEST or (allowed and number not in allowed):
                raise UserError(
                    f"{path}: line {line_number} must be a file name and {rule}. "
                    f"Got {line.strip()[:60]!r}. {_REMEDY}"
                )
            numbers[cells[0]] = number
    return numbers


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    foreign = [name for name in names if name not in ATTRIBUTES]
    if foreign:
        raise UserError(
            f"{path}: attributes must be among CelebA's {len(ATTRIBUTES)}. Got {foreign[0]!r}. "
            "Give CelebA's own table, or open the images as a folder with a CSV."
        )
    if sorted(names) != sorted(ATTRIBUTES):
        raise UserError(
            f"{path}: must name each of CelebA's {len(ATTRIBUTES)} attributes once. "
            f"Got {len(names)} names, {len(set(names))} different. {_REMEDY}"
        )


class _Lines:
    """The lines of a table, none of them long."""

    def __init__(self, content: bytes, path: Path) -> None:
        self._text, self._path = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig"), path

    def readline(self) -> str:
        """The next line; empty at the end."""
        line = self._text.readline(MAX_LINE_CHARACTERS)
        if len(line) == MAX_LINE_CHARACTERS:
            raise UserError(
                f"{self._path}: lines must have fewer than {MAX_LINE_CHARACTERS} characters. {_REMEDY}"
            )
        return line

    def rewind(self) -> None:
        """Go back to the first line."""
        self._text.seek(0)

    def __iter__(self) -> Iterator[str]:
        return iter(self.readline, "")


@contextmanager
def _open_text(path: Path) -> Iterator[tuple[_Lines, Callable[[str], list[str]]]]:
    """Open a plain, gzipped or zipped table; give its lines and how one is split into cells."""
    refuse_stray_file(path, "a table of CelebA")
    try:
        with ExitStack() as stack:
            name = path.name
            if path.suffix == ".zip":
                archive = stack.enter_context(open_zip(path))
                tables = [member for member in archive.namelist() if member.endswith((".txt", ".csv"))]
                if not tables:
                    raise UserError(f"{path}: must hold a .txt or .csv table. Got {archive.namelist()[:3]}.")
                name = tables[0]
                binary = stack.enter_context(open_member(archive, name))
            elif path.suffix == ".gz":
                binary = cast(IO[bytes], stack.enter_context(gzip.open(path, "rb")))
            else:
                binary = stack.enter_context(path.open("rb"))
            content = binary.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES or content.count(b"\n") > MAX_LINES:
                raise UserError(
                    f"{path}: must have at most {MAX_BYTES} bytes in {MAX_LINES} lines. {_REMEDY}"
                )
            lines = _Lines(content, path)
            yield lines, _cell_splitter(lines) if name.endswith(".csv") else str.split
    except (*ZIP_DAMAGE, OSError) as error:
        if str(error).startswith(f"{path}: "):  # UserError is a ValueError
            raise
        raise UserError(f"{path}: cannot be read ({error}). {_REMEDY}") from error


def _cell_splitter(lines: _Lines) -> Callable[[str], list[str]]:
    """How a line of a CSV is split, told from its first; Excel's line `sep=;` is obeyed, and left behind."""
    first = lines.readline().rstrip("\r\n")
    separator = max(",;\t", key=first.count)
    if said := re.fullmatch(r'"?sep=(.)"?', first):
        separator = said[1]
    else:
        lines.rewind()

    def split(line: str) -> list[str]:
        return [cell.strip().strip('"') for cell in line.split(separator)] if line.strip() else []

    return split
