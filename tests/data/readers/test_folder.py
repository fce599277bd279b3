from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import open_data_set
from data.images.decode import read_chunks
from data.readers.folder import open_folder
from tlgan.errors import UserError

NAN = float("nan")


@pytest.fixture
def write_table(tmp_path: Path, plain_image: Callable[..., bytes]) -> Callable[[str], Path]:
    """A folder of a.png, b.png and deep/c.png, and a table."""
    (tmp_path / "deep").mkdir()
    for colour, name in ((10, "a.png"), (20, "b.png"), (30, "deep/c.png")):
        (tmp_path / name).write_bytes(plain_image(colour, 16, 16, ".png"))

    def write(text: str, encoding: str = "utf-8") -> Path:
        (tmp_path / "labels.csv").write_bytes(text.encode(encoding))
        return tmp_path

    return write


def test_open_folder_reads_every_kind(write_table: Callable[..., Path]) -> None:
    folder = write_table(
        "file,Glasses,Happy,Age:continuous:years,Hair,identity,partition\n"
        "b.png,1,-1,20.5,brown,anna,train\n"
        "deep/c.png,0,1,,black,,2\n"
        "a.png,NA,1,61,brown,zoe,validation\n"
        "absent.png,1,1,1,brown,zoe,test\n"
    )
    images = open_data_set("folder", folder)
    assert images.files == ("a.png", "b.png", "deep/c.png")
    assert images.names == ("Glasses", "Happy", "Age", "Hair")
    assert images.kinds == ("binary", "binary", "continuous", "categorical")
    assert images.units == ("", "", "years", "")
    np.testing.assert_array_equal(images.labels, [[NAN, 1, 61, 1], [1, 0, 20.5, 1], [0, 1, NAN, 0]])
    assert images.categories == {"Hair": ("black", "brown")}
    assert images.identity.tolist() == [1, 0, -1]
    assert images.partition.tolist() == [1, 0, 2]
    assert images.table_rows_without_image == 1
    assert images.skipped == {}
    (_, pixels), *_ = read_chunks(images, 8)
    assert pixels[:, 0, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_open_folder_takes_usual_separators(
    write_table: Callable[..., Path], separator: str, encoding: str
) -> None:
    text = "file,Größe\na.png,3\nc.png,4\n".replace(",", separator)
    images = open_folder(write_table(text, encoding))
    assert images.names == ("Größe",)
    assert images.files == ("a.png", "deep/c.png")
    assert images.labels.tolist() == [[3], [4]]
    assert images.skipped == {"image without a row in the table": ("b.png",)}


def test_open_folder_skips_ragged_rows_by_name(write_table: Callable[..., Path]) -> None:
    images = open_folder(write_table("file,x,y\na.png,1,0\nb.png,1\n\ndeep/c.png,1,0,7\n"))
    assert images.files == ("a.png",)
    assert images.skipped == {"table row with a wrong number of cells": ("b.png", "deep/c.png")}


def test_open_folder_takes_a_table_elsewhere(write_table: Callable[..., Path], tmp_path: Path) -> None:
    folder = write_table("file,x\na.png,1\n")
    (folder / "labels.csv").rename(folder / "labels.txt")
    assert open_folder(folder, folder / "labels.txt").labels.tolist() == [[1]]


@pytest.mark.parametrize(
    ("values", "kind", "numbers"),
    [
        (("0", "1", "1"), "binary", [0, 1, 1]),
        (("-1", "1", ""), "binary", [0, 1, NAN]),
        (("0", "0", "0"), "binary", [0, 0, 0]),
        (("-1", "0", "1"), "continuous", [-1, 0, 1]),
        (("-1", "-1", "-1"), "continuous", [-1, -1, -1]),
        (("1e3", "2", "?"), "continuous", [1000, 2, NAN]),
        (("", "", ""), "continuous", [NAN, NAN, NAN]),
        (("cat", "dog", "cat"), "categorical", [0, 1, 0]),
    ],
)
def test_open_folder_infers_kinds(
    write_table: Callable[..., Path], values: tuple[str, ...], kind: str, numbers: list[float]
) -> None:
    rows = "".join(
        f"{name},{value}\n" for name, value in zip(("a.png", "b.png", "c.png"), values, strict=True)
    )
    images = open_folder(write_table("file,x\n" + rows))
    assert images.kinds == (kind,)
    np.testing.assert_array_equal(images.labels[:, 0], numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,x\na.png,1\nb.png,word\n",
            "line 3: `x` must be a finite number like the other rows, or empty.",
        ),
        ("file,x\na.png,inf\nb.png,2\n", "line 2: `x` must be a finite number"),
        ("file,x:binary\na.png,2\n", "`x` is headed binary and must be 0 and 1, or -1 and 1. Got 2"),
        ("file,x:colour\na.png,2\n", "must name a kind of binary, continuous, categorical. Got 'colour'"),
        ("file,x\na.png,1\na.png,0\n", "line 3 repeats a.png of line 2"),
        ("file,x,x:binary\na.png,1,0\n", "headings must differ. Got 'x' twice"),
        ("file,\na.png,1\n", "column 2 must have a heading"),
        ("file\na.png\n", "must have a file name and a label column. Got 1 columns"),
        ("", "must have a file name and a label column. Got 0 columns"),
        ("file,x\nz.png,1\n", "must have a whole row for the images in"),
        ("file,x\na.png\n", "must have a whole row for the images in"),
        (
            "file,x,partition\na.png,1,half\n",
            "line 2: `partition` must be train, validation or test. Got 'half'",
        ),
        ('file,x\n"a.png"b,1\n', "must be a readable UTF-8 CSV"),
    ],
)
def test_open_folder_refuses_a_wrong_table(write_table: Callable[..., Path], text: str, message: str) -> None:
    folder = write_table(text)
    with pytest.raises(UserError) as caught:
        open_folder(folder)
    assert str(caught.value).startswith(f"{folder / 'labels.csv'}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_open_folder_refuses_another_encoding(write_table: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="must be a readable UTF-8 CSV"):
        open_folder(write_table("file,Größe\na.png,1\n", "latin-1"))


@pytest.mark.parametrize("count", [0, 2])
def test_open_folder_wants_one_table(write_table: Callable[..., Path], count: int) -> None:
    folder = write_table("")
    (folder / "labels.csv").unlink()
    for number in range(count):
        (folder / f"{number}.csv").touch()
    with pytest.raises(UserError, match=r"must hold one \.csv of labels"):
        open_folder(folder)


def test_open_folder_refuses_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        open_folder(tmp_path / "elsewhere")
