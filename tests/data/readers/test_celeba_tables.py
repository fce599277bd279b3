"""CelebA's tables: every form of them, and damage named by its line."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from data.readers.celeba_tables import ATTRIBUTES, read_attributes, read_numbers
from tests.data.conftest import attribute_csv, attribute_text, attribute_values
from tlgan.errors import UserError


def write(path: Path, text: str) -> Path:
    """Write a table as text, gzip or zip, by its ending."""
    data = text.encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.md", "no table")
            archive.writestr("list_attr_celeba.txt", data)
    else:
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def test_attributes_are_those_of_the_paper() -> None:
    assert len(ATTRIBUTES) == len(set(ATTRIBUTES)) == 40
    assert sorted(ATTRIBUTES) == list(ATTRIBUTES)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.zip", "a.txt.gz"])
def test_read_attributes_of_every_form(tmp_path: Path, name: str) -> None:
    text = (attribute_csv if name.endswith("csv") else attribute_text)([1, 2, 3, 8])
    table = read_attributes(write(tmp_path / name, text), {"000003.jpg", "000001.jpg", "000099.jpg"})
    assert table.names == ATTRIBUTES
    assert table.rows == {"000001.jpg": 0, "000003.jpg": 1}
    assert table.rows_without_image == 2
    assert table.labels.dtype == np.float32
    for number, row in ((1, 0), (3, 1)):
        np.testing.assert_array_equal(table.labels[row], (np.array(attribute_values(number)) + 1) / 2)


def test_read_attributes_of_no_wanted_image_is_an_empty_table(tmp_path: Path) -> None:
    table = read_attributes(write(tmp_path / "a.txt", attribute_text([1, 2])), set())
    assert table.labels.shape == (0, 40)
    assert table.rows_without_image == 2


def test_read_attributes_skips_a_byte_order_mark_and_empty_lines(tmp_path: Path) -> None:
    text = "\ufeff" + attribute_text([1]).replace("\r\n", "\r\n\r\n", 2)[:-2] + "\r\n\r\n"
    lines = text.splitlines()
    text = "\n".join([lines[0], *(line for line in lines[1:] if "5_o" in line), "", lines[-2], ""])
    assert read_attributes(write(tmp_path / "a.txt", text), {"000001.jpg"}).rows == {"000001.jpg": 0}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Male", "Gentleman", "attributes must be among CelebA's 40. Got 'Gentleman'"),
        (" Young", "", "each of CelebA's 40 attributes once. Got 39 names"),
        ("000002.jpg", "000001.jpg", "line 4 repeats 000001.jpg"),
        ("000002.jpg -1", "000002.jpg  0", "line 4 must have values -1 or 1. Got '0'"),
        ("000002.jpg -1", "000002.jpg", "line 4 must have a file name and 40 values. Got 39"),
        ("2\r", "3\r", "the first line promises 3 rows. Got 2"),
    ],
)
def test_read_attributes_names_the_line_that_is_wrong(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = attribute_text([1, 2])
    assert old in text
    path = write(tmp_path / "a.txt", text.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        read_attributes(path, {"000001.jpg", "000002.jpg"})
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("start", ["", "sep={}\n", "\ufeff"])
def test_read_attributes_of_a_spreadsheet(tmp_path: Path, separator: str, start: str) -> None:
    wanted = read_attributes(write(tmp_path / "a.csv", attribute_csv([1, 2])), {"000001.jpg", "000002.jpg"})
    rows = [line.split(",") for line in attribute_csv([1, 2]).splitlines()]
    plain, quoted = (
        start.format(separator)
        + "\n".join(separator.join(quote + cell + quote for cell in row) for row in rows)
        for quote in ("", '"')
    )
    for spelling in (plain, quoted):
        found = read_attributes(write(tmp_path / "b.csv", spelling), {"000001.jpg", "000002.jpg"})
        assert (found.names, found.rows) == (wanted.names, wanted.rows)
        np.testing.assert_array_equal(found.labels, wanted.labels)


def test_read_attributes_finds_a_repeated_row_of_another_image(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", attribute_csv([5, 1, 5]))
    with pytest.raises(UserError, match=r"line 4 repeats 000005\.jpg"):
        read_attributes(path, {"000001.jpg"})


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("a.txt", "000001.jpg 2880\n000002.jpg 7\n", {"000001.jpg": 2880, "000002.jpg": 7}),
        ("a.csv", "image_id,partition\n000001.jpg,0\n\n000002.jpg, 2\n", {"000001.jpg": 0, "000002.jpg": 2}),
        ("a.txt.gz", "000001.jpg 1\n", {"000001.jpg": 1}),
        ("a.csv", "sep=;\nimage_id;partition\n000001.jpg;0\n", {"000001.jpg": 0}),
        ("a.csv", '"image_id";"partition"\n"000001.jpg";2\n', {"000001.jpg": 2}),
        ("a.txt", "", {}),
    ],
)
def test_read_numbers(tmp_path: Path, name: str, text: str, numbers: dict[str, int]) -> None:
    assert read_numbers(write(tmp_path / name, text)) == numbers


@pytest.mark.parametrize(
    "text", ["a.jpg", "a.jpg 3", "a.jpg -1", "a.jpg 1.0", "a.jpg 1 1", "a.jpg x", "a.jpg ²"]
)
def test_read_numbers_refuses(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.txt", f"b.jpg 0\n{text}\n")
    with pytest.raises(UserError, match=r"line 2 must be a file name and one of 0, 1, 2\. Got"):
        read_numbers(path, (0, 1, 2))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", b"PK no archive"),
        ("a.txt.gz", gzip.compress(b"a.jpg 1\n", mtime=0)[:-9]),
        ("a.txt.gz", b"no gzip"),
        ("a.txt", b"\xff\xfe\x00"),
    ],
)
def test_damaged_tables_are_one_line_with_the_path(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=r"cannot be read \(.*\)\. Download the table again") as caught:
        read_numbers(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_zip_without_a_table_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.md", "")
    with pytest.raises(UserError, match=r"must hold a \.txt or \.csv table\. Got \['readme\.md'\]"):
        read_numbers(tmp_path / "a.zip")
