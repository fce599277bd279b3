"""The group of each slider."""

from __future__ import annotations

import pytest

from data.readers.celeba_tables import ATTRIBUTES
from data.synthetic.face_parameters import FACTORS
from pipelines.editing.web.slider_groups import GROUP_NAMES, GROUPS, OTHER, slider_group


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Male", "The person"),
        ("smiling", "Expression"),
        ("Wavy Hair", "Hair"),
        ("Freckles", OTHER),
        ("", OTHER),
    ],
)
def test_slider_group(name, group):
    assert slider_group(name) == group
    assert group in GROUP_NAMES


def test_each_attribute_is_in_one_group():
    names = " ".join(GROUPS.values()).lower().split()
    assert len(set(names)) == len(names)


def test_every_known_attribute_but_head_turn_has_a_group():
    assert [name for name in ATTRIBUTES if slider_group(name) == OTHER] == []
    assert [name for name in FACTORS if slider_group(name) == OTHER] == ["Head_Turn"]
