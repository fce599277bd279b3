from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


def test_frame_as_celeba_repeats_the_edge(tmp_path: Path) -> None:
    """A picture whose middle is another colour: it lies where CelebA's crop shows it, the edge around it."""
    picture = np.full((200, 200, 3), 200, np.uint8)
    picture[10:-10, 10:-10] = 40
    Image.fromarray(picture).save(tmp_path / "30_0_0_1.png")
    images = open_data_set("utkface", tmp_path, framing="celeba")
    ((_, chunk),) = read_chunks(images, 64)
    assert chunk.shape == (1, 64, 64, 3)
    dark = np.argwhere(chunk[0, ..., 0] < 120)
    # 10 pixels inside a picture that shows (11, 22, 106, 106) of a crop of 128 pixels.
    wanted = [(22 + 5.3) / 2, (11 + 5.3) / 2, (128 - 5.3) / 2, (117 - 5.3) / 2]
    np.testing.assert_allclose([*dark.min(axis=0), *(dark.max(axis=0) + 1)], wanted, atol=1)
    assert (chunk[0, :10] > 180).all()


def test_framing_is_of_utkface_alone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`framing` must be 'own' for folder. Got 'celeba'"):
        open_data_set("folder", tmp_path, framing="celeba")
