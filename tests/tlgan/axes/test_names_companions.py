"""Companions: the other names of a group."""

from __future__ import annotations

import pytest

from tlgan.axes.names import companions

GROUPS = (("Smiling", "Mouth_Open", "Cheekbones"), ("Young", "Gray_Hair"), ("Gray_Hair", "Bald"))


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Mouth_Open", ("Smiling", "Cheekbones")),
        ("Gray_Hair", ("Young", "Bald")),
        ("Male", ()),
    ],
)
def test_companions_are_the_others_of_every_group(name: str, others: tuple[str, ...]) -> None:
    assert companions(GROUPS, name) == others


def test_companions_are_listed_once() -> None:
    assert companions([["a", "b"], ["b", "a"]], "a") == ("b",)
