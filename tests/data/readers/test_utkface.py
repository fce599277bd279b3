from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data import open_data_set
from data.images.decode import read_chunks
from data.readers.utkface import open_utkface
from tlgan.errors import UserError

GOOD = {
    "100_0_0_20170112213500903.jpg.chip.jpg": [100, 1, 0],
    "24_1_4_20170116220224657 .jpg.chip.jpg": [24, 0, 4],
    "1_1_2_2017.jpg": [1, 0, 2],
}
MALFORMED = (
    "61_1_20170109142408075.jpg",
    "53__0_2017.jpg",
    "999_0_0_2017.jpg",
    "20_3_0_2017.jpg",
    "face.jpg",
)


@pytest.mark.parametrize("layout", ["folder", "tar", "folder with tar"])
def test_open_utkface_reads_labels_from_names(
    tmp_path: Path, plain_image: Callable[..., bytes], make_tar: Callable[..., None], layout: str
) -> None:
    files = {name: plain_image(50, 200, 200) for name in (*GOOD, *MALFORMED)}
    if layout == "folder":
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        path = tmp_path
    else:
        make_tar(tmp_path / "UTKFace.tar", files, "UTKFace")
        path = tmp_path if layout == "folder with tar" else tmp_path / "UTKFace.tar"
    images = open_data_set("utkface", path)
    assert images.names == ("Age", "Male", "Race")
    assert images.kinds == ("continuous", "binary", "categorical")
    assert images.units == ("years", "", "")
    assert images.files == tuple(sorted(GOOD))
    assert images.labels.tolist() == [GOOD[name] for name in images.files]
    assert images.categories["Race"][4] == "Other"
    (skipped,) = images.skipped.values()
    assert sorted(skipped) == sorted(MALFORMED)
    (_, pixels), *_ = read_chunks(images, 64)
    assert pixels.shape == (3, 64, 64, 3)


def test_open_utkface_refuses_names_that_are_all_malformed(
    tmp_path: Path, plain_image: Callable[..., bytes]
) -> None:
    (tmp_path / "face.jpg").write_bytes(plain_image())
    with pytest.raises(
        UserError, match=r"must be named age_gender_race_date.jpg. Got none of 1, for instance face"
    ):
        open_utkface(tmp_path)


def test_open_utkface_refuses_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        open_utkface(tmp_path / "elsewhere")
