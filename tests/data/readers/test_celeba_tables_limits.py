"""Tables that unfold to gigabytes are refused while they unfold."""

from __future__ import annotations

import gzip
import zipfile

import pytest

from data.readers.celeba_tables import (
    MAX_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    read_attributes,
    read_numbers,
)
from tlgan.errors import UserError


@pytest.mark.parametrize("ending", ["zip", "gz"])
@pytest.mark.parametrize("filler", [b"0", b"000001.jpg 1\n"])
def test_tables_that_unfold_to_more_than_the_limit_are_refused(tmp_path, ending, filler):
    data = filler * (MAX_BYTES // len(filler) + 2)
    path = tmp_path / f"a.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", data)
    else:
        path.write_bytes(gzip.compress(data, 1))
    assert path.stat().st_size < 500_000
    with pytest.raises(UserError, match=r"a\.\w+: must have at most \d+ bytes"):
        read_numbers(path)


@pytest.mark.parametrize(
    "text",
    ["\n" * (MAX_LINES + 1), "a " * MAX_LINE_CHARACTERS, "a.jpg " + "9" * 5_000, "9" * 5_000 + "\n"],
    ids=["lines", "line", "digits", "count"],
)
def test_tables_without_bounds_are_refused(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    for read in (read_numbers, lambda path: read_attributes(path, {"a.jpg"})):
        with pytest.raises(UserError, match=r"a\.txt: "):
            read(tmp_path / "a.txt")


def test_members_of_other_methods_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", "000001.jpg 1\n")
    with pytest.raises(UserError, match=r"a\.zip: .*compressed by deflate"):
        read_numbers(tmp_path / "a.zip")
