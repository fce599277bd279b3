"""Pictures by their names."""

from __future__ import annotations

import pytest

from data.images.image_names import is_image_name, may_be_an_image


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("000001.jpg", True),
        ("deep/er/a.PNG", True),
        ("a.jpg.chip.jpg", True),
        ("._000001.jpg", False),
        ("__MACOSX/000001.jpg", False),
        (".cache/000001.jpg", False),
        ("a.jfif", True),
        ("a.HEIC", True),
        ("labels.csv", False),
        ("jpg", False),
    ],
)
def test_is_image_name(name: str, expected: bool) -> None:
    assert is_image_name(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg_large", True),
        ("deep/photo", True),
        ("clip.mp4", True),
        ("a.jpg", False),
        ("labels.CSV", False),
        (".DS_Store", False),
        ("Thumbs.db", False),
    ],
)
def test_may_be_an_image(name: str, expected: bool) -> None:
    assert may_be_an_image(name) is expected
