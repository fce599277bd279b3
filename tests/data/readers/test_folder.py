from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import open_data_set
from data.images.decode import SkipLog, read_chunks
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


def test_a_name_that_may_be_two_pictures_is_refused(write_table: Callable[..., Path]) -> None:
    folder = write_table("file,x\nb.png,1\nc.png,2\n")
    (folder / "wide").mkdir()
    (folder / "deep/c.png").rename(folder / "wide/c.png")
    assert open_folder(folder).files == ("b.png", "wide/c.png")
    (folder / "deep/c.png").write_bytes((folder / "wide/c.png").read_bytes())
    with pytest.raises(UserError) as error:
        open_folder(folder)
    message = str(error.value)
    assert message.startswith(f"{folder / 'labels.csv'}: line 3: c.png must name one picture.")
    assert "deep/c.png or wide/c.png" in message


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_of_macos_find_their_rows(tmp_path: Path, plain_image: Callable[..., bytes], form: str) -> None:
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    for number in range(3):
        name = unicodedata.normalize(form, f"Zoë{number}.png")
        (tmp_path / name).write_bytes(plain_image(10 * number, 16, 16, ".png"))
    people = ["Zoë", unicodedata.normalize(form, "Zoë"), "Max"]
    rows = [
        f"{unicodedata.normalize(other, f'Zoë{number}.png')},{number},{people[number]}" for number in range(3)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["file,Größe,identity", *rows]), encoding="utf-8")
    images = open_folder(tmp_path)
    assert images.labels[:, 0].tolist() == [0, 1, 2]
    assert images.identity.tolist() == [1, 1, 0]  # one Zoë, in whatever form
    (_, pixels), *_ = read_chunks(images, 8)
    assert pixels[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert images.skipped == {}


def test_decimal_commas_are_numbers(write_table: Callable[..., Path]) -> None:
    images = open_folder(write_table("sep=;\nfile;Age;Hair\na.png;20,5;dark\nb.png;31;fair\n"))
    assert images.kinds == ("continuous", "categorical")
    assert images.labels[:, 0].tolist() == [20.5, 31]
    with pytest.raises(UserError, match=r"line 2: `Age` must have numbers .* Got '1\.020,5'"):
        open_folder(write_table("file;Age\na.png;1.020,5\nb.png;31\n"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            ("-1", "0", "1"),
            "x is -1, 0 and 1: taken as continuous. Where 0 means unknown, leave these cells empty",
        ),
        (("1", "2", "2"), "x is 1, 2: taken as continuous. For no and yes, write 0 and 1"),
        (("red", "green", "blue"), "x has 3 different words in 3 rows"),
        (("TRUE", "FALSE", "TRUE"), ""),
        (("0", "1", "1"), ""),
        (("3", "4", "5"), ""),
        (("red", "red", "blue"), ""),
    ],
)
def test_what_is_assumed_of_a_column_is_noted(
    write_table: Callable[..., Path], values: tuple[str, ...], words: str
) -> None:
    rows = "".join(
        f"{name},{value}\n" for name, value in zip(("a.png", "b.png", "c.png"), values, strict=True)
    )
    images = open_folder(write_table("file,x\n" + rows))
    assert len(images.notes) == bool(words)
    assert words in "".join(images.notes)
    kind = f"x:{images.kinds[0]}"
    assert open_folder(write_table(f"file,{kind}\n" + rows)).notes == ()  # what is said is not assumed


def test_pictures_of_every_ending_are_read_or_named(write_table: Callable[..., Path]) -> None:
    folder = write_table("file,x\na.png,1\nb.JFIF,2\nc.heic,3\nd.jpg_large,4\nf.png,6\n")
    (folder / "b.png").rename(folder / "b.JFIF")
    (folder / "c.heic").write_bytes(b"no decoder for this")
    (folder / "d.jpg_large").write_bytes(b"what is this?")
    images = open_folder(folder)
    assert images.files == ("a.png", "b.JFIF", "c.heic")
    assert images.skipped == {
        "image without a row in the table": ("deep/c.png",),
        "file without a picture's ending": ("d.jpg_large",),
    }
    assert (images.table_rows_without_image, images.missing_images) == (2, ("d.jpg_large", "f.png"))
    log = SkipLog()
    (rows, _), *_ = read_chunks(images, 8, skipped=log)
    assert rows.tolist() == [0, 1]
    assert log.as_dict() == {"image cannot be decoded": ("c.heic",)}


@pytest.mark.parametrize("heading", ["partition", "Partition", "split", "SPLIT", "set", "Subset"])
def test_partitions_in_many_words(write_table: Callable[..., Path], heading: str) -> None:
    images = open_folder(
        write_table(f"file,{heading},Identity\na.png,Train,x\nb.png,dev,y\nc.png,Testing,x\n")
    )
    assert (images.names, images.partition.tolist()) == ((), [0, 1, 2])
    assert images.identity.tolist() == [0, 1, 0]


def test_a_column_named_split_may_be_a_label(write_table: Callable[..., Path]) -> None:
    images = open_folder(write_table("file,split\na.png,left\nb.png,left\nc.png,right\n"))
    assert images.categories == {"split": ("left", "right")}
    assert images.partition.tolist() == [255] * 3


def test_a_column_of_numbers_named_split_is_a_label(write_table: Callable[..., Path]) -> None:
    assert open_folder(write_table("file,split\na.png,0\nb.png,1\n")).names == ("split",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list_eval_partition.txt", "a.png 0\ndeep/c.png 2\nb.png 1\nelsewhere.png 0\n"),
        ("split.csv", "file,part\na.png,train\nc.png,Test\nb.png,val\n"),
        ("my_split.tsv", "image_id\tpartition\na.png\t0\nc.png\t2\nb.png\t1\n"),
    ],
)
def test_a_table_of_parts_beside_the_labels_is_the_split(
    write_table: Callable[..., Path], name: str, text: str
) -> None:
    folder = write_table("file,x\na.png,1\nc.png,0\nb.png,1\n")
    (folder / name).write_text(text)
    images = open_folder(folder)
    assert images.partition.tolist() == [0, 1, 2]
    assert images.notes == (f"the split is that of {name}",)
    assert folder / name in images.inputs
    write_table("file,x,partition\na.png,1,test\nc.png,0,train\nb.png,1,val\n")  # a column comes first
    assert open_folder(folder).partition.tolist() == [2, 1, 0]


def test_the_only_table_has_the_labels_whatever_its_name(write_table: Callable[..., Path]) -> None:
    folder = write_table("file,x\na.png,1\nb.png,0\n")
    (folder / "labels.csv").rename(folder / "my_split.csv")
    images = open_folder(folder)
    assert (images.names, images.notes) == (("x",), ())


def test_a_wrong_table_of_parts_is_refused(write_table: Callable[..., Path]) -> None:
    folder = write_table("file,x\na.png,1\n")
    (folder / "split.csv").write_text("file,part\na.png,half\n")
    with pytest.raises(
        UserError, match=r"split\.csv: line 2 must be a file name and train, .*Got 'a\.png half'"
    ):
        open_folder(folder)


HQ_TABLE = "3\nMale Young Smiling \n0.jpg -1  1 -1\n1.jpg  1 -1  1\n2.jpg  1  1  1\n"


@pytest.fixture
def celeba_mask_hq(tmp_path: Path, plain_image: Callable[..., bytes]) -> Path:
    """CelebAMask-HQ's folders and tables, with three pictures of 256 x 256."""
    folder = tmp_path / "CelebAMask-HQ"
    (folder / "CelebA-HQ-img").mkdir(parents=True)
    for number in range(3):
        (folder / f"CelebA-HQ-img/{number}.jpg").write_bytes(plain_image(50 + 40 * number, 256, 256))
    (folder / "CelebAMask-HQ-attribute-anno.txt").write_text(HQ_TABLE)
    (folder / "CelebAMask-HQ-pose-anno.txt").write_text("3\nYaw Pitch\n0.jpg 1.5 2\n1.jpg 1 2\n2.jpg 1 2\n")
    (folder / "CelebA-HQ-to-CelebA-mapping.txt").write_text("idx orig_idx orig_file\n0 5 000006.jpg\n")
    return folder


@pytest.mark.parametrize("kind", ["folder", "celeba"])
def test_celeba_mask_hq_is_read(celeba_mask_hq: Path, kind: str) -> None:
    images = open_data_set(kind, celeba_mask_hq)
    assert images.names == ("Male", "Young", "Smiling")
    assert images.kinds == ("binary",) * 3
    assert images.labels.tolist() == [[0, 1, 0], [1, 0, 1], [1, 1, 1]]
    chosen = ("the labels are those of CelebAMask-HQ-attribute-anno.txt; `data.table` names another",)
    assert images.notes == (chosen if kind == "folder" else ())
    assert [Path(name).name for name in images.files] == ["0.jpg", "1.jpg", "2.jpg"]
    (_, pixels), *_ = read_chunks(images, 64)
    np.testing.assert_allclose(pixels.mean(axis=(1, 2, 3)), [50, 90, 130], atol=2)


def test_another_table_can_be_named(celeba_mask_hq: Path) -> None:
    images = open_data_set("folder", celeba_mask_hq, celeba_mask_hq / "CelebAMask-HQ-pose-anno.txt")
    assert images.names == ("Yaw", "Pitch")
    assert images.labels[0].tolist() == [1.5, 2]
    with pytest.raises(UserError, match="`table` must be left out for celeba"):
        open_data_set("celeba", celeba_mask_hq, "labels.csv")


def test_notes_beside_the_table_change_nothing(write_table: Callable[..., Path]) -> None:
    folder = write_table("file,x\na.png,1\nb.png,0\n")
    (folder / "README.txt").write_text("about these pictures")
    images = open_folder(folder)
    assert images.labels.tolist() == [[1], [0]]
    assert images.notes == ("the labels are those of labels.csv; `data.table` names another",)
