from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.images.archives import open_archive
from data.images.labelled_images import LabelledImages


@pytest.fixture
def images(tmp_path: Path, plain_image: Callable[..., bytes]) -> LabelledImages:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(plain_image(10 * number, suffix=".png"))
    archive = open_archive(tmp_path)
    return LabelledImages(
        names=("Age",),
        kinds=("continuous",),
        units=("years",),
        labels=np.float32([[20], [30], [np.nan]]),
        files=archive.names,
        archive=archive,
        identity=np.int32([5, 6, 7]),
        partition=np.uint8([0, 1, 2]),
    )


def test_select_takes_rows_of_everything(images: LabelledImages) -> None:
    chosen = images.select([2, 0])
    assert (chosen.files, chosen.identity.tolist(), chosen.partition.tolist()) == (
        ("2.png", "0.png"),
        [7, 5],
        [2, 0],
    )
    np.testing.assert_array_equal(chosen.labels, np.float32([[np.nan], [20]]))
    assert chosen.read(1) == images.read(0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identity": np.zeros(5, np.int32)}, r"`identity` must have shape \(3,\). Got \(5,\)"),
        ({"labels": np.zeros((3, 2), np.float32)}, r"`labels` must have shape \(3, 1\). Got \(3, 2\)"),
        ({"kinds": ()}, r"`kinds` must have shape \(1,\). Got \(0,\)"),
    ],
)
def test_labelled_images_refuse_arrays_of_another_length(
    images: LabelledImages, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        LabelledImages(**{**vars(images), **change})
