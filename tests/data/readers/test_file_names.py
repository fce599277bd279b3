"""Which picture a table means."""

from __future__ import annotations

import unicodedata

import pytest

from data.readers.file_names import FileNames, plain_name
from tlgan.errors import UserError

PATHS = (
    "0.png",
    "alice/0.png",
    "alice/1.png",
    "bob/1.png",
    "bob/Zoe\u0308.JPG",
    "carol/2.PNG",
    "carol/x.y.png",
)
NFD = unicodedata.normalize("NFD", "Zoë.JPG")


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("0.png", "0.png"),  # the path below the folder comes first
        ("./alice/0.png", "alice/0.png"),
        ("alice\\0.png", "alice/0.png"),
        (" bob/1.png ", "bob/1.png"),
        ("Zo\u00eb.JPG", PATHS[4]),
        (NFD, PATHS[4]),
        ("bob/zo\u00eb.jpg", PATHS[4]),
        ("2.png", "carol/2.PNG"),
        ("2", "carol/2.PNG"),
        ("carol/2", "carol/2.PNG"),
        ("x.y", "carol/x.y.png"),
        ("faces/alice/0.png", "alice/0.png"),
        ("/elsewhere/faces/0.png", "0.png"),
        ("C:\\pictures\\faces\\alice\\1.png", "alice/1.png"),
        ("dave/0.png", None),  # no guess: 0.png is another's
        ("dave/2.png", None),
        ("9.png", None),
        ("", None),
    ],
)
def test_find(cell: str, path: str | None) -> None:
    row = FileNames(PATHS, "faces").find(cell)
    assert (None if row is None else PATHS[row]) == path


@pytest.mark.parametrize(
    ("paths", "cell"),
    [
        (("alice/0.png", "bob/0.png"), "0.png"),
        (("alice/0.png", "bob/0.png"), "0"),
        (("0.png", "0.jpg"), "0"),
        (("A.png", "a.PNG"), "a.png"),
        (("Zo\u00eb.png", "Zoe\u0308.png"), "Zo\u00eb.png"),
        (("x/a.png", "y/a.png", "z/a.png"), "a.png"),
    ],
)
def test_what_may_be_two_pictures_is_refused_with_both(paths: tuple[str, ...], cell: str) -> None:
    with pytest.raises(UserError) as error:
        FileNames(paths).find(cell)
    assert f"{plain_name(cell)} must name one picture. It may be {paths[0]} or {paths[1]}" in str(error.value)
    assert ("(and 1 more)" in str(error.value)) == (len(paths) == 3)
    assert FileNames(paths).find(paths[0] + "x") is None


def test_a_whole_name_is_certain_beside_others_like_it() -> None:
    assert FileNames(("A.png", "a.png")).find("a.png") == 1
    assert FileNames(("0.png", "0.jpg")).find("0.jpg") == 1
