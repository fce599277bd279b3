from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.images.decode import SkipLog, read_chunks
from data.readers.celeba import open_celeba
from data.readers.celeba_tables import ATTRIBUTES
from tlgan.errors import UserError

MakeCeleba = Callable[..., Path]
TABLE = "list_attr_celeba.txt"


@pytest.fixture
def text_table(make_celeba: MakeCeleba) -> Path:
    """A CelebA folder's table as plain text, to be spoiled by a test."""
    folder = make_celeba("folder", tables=False)
    lines = ["3", " ".join(ATTRIBUTES)] + [f"00000{n}.jpg" + " -1" * 39 + " 1" for n in (1, 2, 3)]
    (folder / TABLE).write_text("\n".join(lines) + "\n")
    return folder / TABLE


@pytest.mark.parametrize("layout", ["folder", "kaggle", "tar", "two-tars", "official"])
def test_open_celeba_layouts_give_the_same_set(make_celeba: MakeCeleba, layout: str) -> None:
    images = open_celeba(make_celeba(layout))
    assert images.files == tuple(f"00000{n}.jpg" for n in (1, 2, 3, 4, 5))
    assert images.names == tuple(ATTRIBUTES)
    assert images.labels.dtype == np.float32
    np.testing.assert_array_equal(
        images.labels[:, :3], [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]]
    )
    assert set(images.kinds) == {"binary"}
    assert images.default_crop == (25, 57, 128, 128)
    assert images.table_rows_without_image == 2
    assert images.skipped == {}
    (rows, pixels), *rest = read_chunks(images, 64)
    assert not rest
    np.testing.assert_array_equal(rows, range(5))
    np.testing.assert_allclose(pixels.mean(axis=(1, 2, 3)), [20, 40, 60, 80, 100], atol=2)


def test_open_celeba_partition_is_optional(make_celeba: MakeCeleba) -> None:
    np.testing.assert_array_equal(open_celeba(make_celeba("official")).partition, [1, 2, 0, 1, 2])


def test_open_celeba_without_optional_tables_is_unknown(make_celeba: MakeCeleba) -> None:
    images = open_celeba(make_celeba("tar"))
    assert images.partition.tolist() == [255] * 5
    assert images.identity.tolist() == [-1] * 5


@pytest.mark.parametrize("compressed", [False, True])
def test_open_celeba_reads_identities(make_celeba: MakeCeleba, compressed: bool) -> None:
    folder = make_celeba("tar")
    text = b"000001.jpg 2880\n000002.jpg 7\n000005.jpg 2880\n"
    if compressed:
        (folder / "identity_CelebA.txt.gz").write_bytes(gzip.compress(text))
    else:
        (folder / "identity_CelebA.txt").write_bytes(text)
    assert open_celeba(folder).identity.tolist() == [2880, 7, -1, -1, 2880]


def test_open_celeba_skips_images_without_table_row(make_celeba: MakeCeleba) -> None:
    images = open_celeba(make_celeba("tar", numbers=(1, 2, 9), table_numbers=(1, 2, 3)))
    assert images.files == ("000001.jpg", "000002.jpg")
    assert images.skipped == {"image without a row in the attribute table": ("000009.jpg",)}
    assert images.table_rows_without_image == 1


def test_open_celeba_skips_images_of_another_size(
    make_celeba: MakeCeleba, plain_image: Callable[..., bytes]
) -> None:
    images = open_celeba(make_celeba("tar", contents={2: plain_image(10, 200, 218)}))
    log = SkipLog()
    (rows, _), *_ = read_chunks(images, 32, skipped=log)
    assert rows.tolist() == [0, 2, 3, 4]
    assert log.as_dict() == {"image of another size": ("000002.jpg",)}


def test_open_celeba_takes_names_in_the_tables_own_order(text_table: Path) -> None:
    lines = text_table.read_text().splitlines()
    lines[1] = " ".join(reversed(ATTRIBUTES))
    text_table.write_text("\n".join(lines))
    images = open_celeba(text_table.parent)
    assert images.names[0] == "Young"
    assert images.labels[0].tolist() == [0] * 39 + [1]


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (1, "Male", "Gentleman", "attributes must be among CelebA's 40. Got 'Gentleman'"),
        (1, " Young", "", "each of CelebA's 40 attributes once. Got 39 names"),
        (1, "Young", "Male", "each of CelebA's 40 attributes once. Got 40 names, 39 different"),
        (0, "3", "4", "the first line promises 4 rows. Got 3"),
        (3, " 1", " 0", "line 4 must have values -1 or 1. Got '0'"),
        (3, " 1", "", "line 4 must have a file name and 40 values. Got 39 values"),
        (4, "000003", "000001", "line 5 repeats 000001.jpg"),
    ],
)
def test_open_celeba_refuses_a_wrong_table(
    text_table: Path, line: int, old: str, new: str, message: str
) -> None:
    lines = text_table.read_text().splitlines()
    lines[line] = lines[line].replace(old, new)
    text_table.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError) as caught:
        open_celeba(text_table.parent)
    assert str(caught.value).startswith(f"{text_table}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("list_attr_celeba.zip", b"PK not a zip", "cannot be read (File is not a zip file)"),
        ("list_attr_celeba.txt", b"\xff\xfe\x00", "cannot be read ("),
        ("list_attr_celeba.txt", b"", "Got 0 names"),
        ("list_eval_partition.txt", b"000001.jpg 3\n", "line 1 must be a file name and one of 0, 1, 2."),
        ("list_eval_partition.txt", b"000001.jpg 0\n000002.jpg\n", "line 2 must be a file name and one of"),
        ("identity_CelebA.txt", b"000001.jpg -5\n", "line 1 must be a file name and a number from 0."),
        (
            "identity_CelebA.txt",
            b"000001.jpg 99999999999\n",
            "line 1 must be a file name and a number from 0.",
        ),
        ("identity_CelebA.txt.gz", gzip.compress(b"000001.jpg 5\n" * 99, mtime=0)[:-9], "cannot be read ("),
    ],
)
def test_open_celeba_refuses_a_damaged_table(
    make_celeba: MakeCeleba, name: str, content: bytes, message: str
) -> None:
    folder = make_celeba("tar")
    (folder / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        open_celeba(folder)
    assert str(caught.value).startswith(f"{folder / name}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("all", "must be the folder that holds CelebA. Got nothing there"),
        ("images", "must hold the photographs as img_align_celeba/, img_align_celeba.zip or"),
        ("table", "must hold list_attr_celeba.txt, .csv or .zip beside the images. Got none"),
    ],
)
def test_open_celeba_names_the_missing_half(make_celeba: MakeCeleba, missing: str, message: str) -> None:
    folder = make_celeba("none" if missing == "images" else "tar", tables=missing != "table")
    with pytest.raises(UserError, match="^" + str(folder)) as caught:
        open_celeba(folder / "elsewhere" if missing == "all" else folder)
    assert message in str(caught.value)


def test_open_celeba_refuses_a_table_of_other_images(make_celeba: MakeCeleba) -> None:
    with pytest.raises(
        UserError, match=r"must have a row for the images in .*tar\. Got none for 00000\d\.jpg"
    ):
        open_celeba(make_celeba("tar", table_numbers=(100, 101)))


def test_open_celeba_refuses_half_a_tar(make_celeba: MakeCeleba) -> None:
    folder = make_celeba("tar")
    tar = folder / "img_align_celeba_000001-020000.tar"
    tar.write_bytes(tar.read_bytes()[:4000])
    with pytest.raises(UserError, match="is no whole tar file"):
        open_celeba(folder)


def test_open_celeba_takes_one_of_two_equal_photographs(make_celeba: MakeCeleba) -> None:
    folder = make_celeba("folder")
    copy = folder / "img_align_celeba/copy"
    copy.mkdir()
    (copy / "000002.jpg").write_bytes((folder / "img_align_celeba/000002.jpg").read_bytes())
    images = open_celeba(folder)
    assert images.skipped == {"second file of the same name": ("copy/000002.jpg",)}
    (copy / "000002.jpg").write_bytes((folder / "img_align_celeba/000003.jpg").read_bytes())
    with pytest.raises(
        UserError, match=r"000002\.jpg must name one photograph.* 000002\.jpg or copy/000002\.jpg"
    ):
        open_celeba(folder)


def test_open_celeba_names_files_that_it_does_not_open(make_celeba: MakeCeleba) -> None:
    folder = make_celeba("folder")
    (folder / "img_align_celeba/000001").write_bytes(b"no ending")
    assert open_celeba(folder).skipped == {"file without a picture's ending": ("000001",)}


def test_open_celeba_tells_a_web_page(make_celeba: MakeCeleba) -> None:
    folder = make_celeba("tar")
    (folder / "list_attr_celeba.zip").write_text("<html><title>Quota exceeded</title></html>")
    with pytest.raises(UserError, match=r"must be a table of CelebA\. It is a web page \('Quota exceeded'\)"):
        open_celeba(folder)


def test_real_celeba_agrees_with_the_published_table(real_celeba: Path) -> None:
    images = open_celeba(real_celeba)
    first = images.files.index("000001.jpg")
    present = {name for name, value in zip(images.names, images.labels[first], strict=True) if value}
    assert present == {
        *("Arched_Eyebrows", "Attractive", "Brown_Hair", "Heavy_Makeup", "High_Cheekbones", "Young"),
        *("Mouth_Slightly_Open", "No_Beard", "Pointy_Nose", "Smiling", "Straight_Hair"),
        *("Wearing_Earrings", "Wearing_Lipstick"),
    }
    assert list(images.files) == sorted(images.files)


def test_real_celeba_faces_are_where_the_crop_expects_them(real_celeba: Path) -> None:
    images = open_celeba(real_celeba)
    log = SkipLog()
    chunks = read_chunks(images, 64, rows=range(500), skipped=log)
    faces = np.concatenate([pixels for _, pixels in chunks]).mean(axis=(0, 3))
    assert len(log) == 0
    # In the mean face the eyes are darker than the nose between them, and lie on row 27.
    assert faces[27, 21] < faces[27, 32] - 20
    assert faces[27, 43] < faces[27, 32] - 20
