from __future__ import annotations

from pathlib import Path

import pytest

from data import open_data_set
from tlgan.errors import UserError


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("celeba", "must be the folder that holds CelebA"),
        ("folder", "does not exist"),
        ("utkface", "does not exist"),
    ],
)
def test_open_data_set_uses_the_reader_of_the_kind(tmp_path: Path, kind: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_data_set(kind, tmp_path / "nothing")


def test_open_data_set_refuses_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must be one of celeba, folder, utkface. Got 'imagenet'"):
        open_data_set("imagenet", tmp_path)
