"""Names that an axis may have, and those that no file could be named after."""

from __future__ import annotations

import pytest

from tlgan.axes.names import MAX_AXES, check_attribute_names, check_names
from tlgan.errors import UserError


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\nb", "printable"),
        ("a\0b", "printable"),
        ("\u202ea", "printable"),
        ("", "1 to 200 characters"),
        ("x" * 201, "1 to 200 characters"),
        ("..", "begins with a dot"),
        (".hidden", "begins with a dot"),
        ("a/b", "a slash"),
        ("a\\b", "a slash"),
        ("中" * 100, "has 300 bytes"),
        ("\ud800", "printable"),
    ],
)
def test_labels_that_no_file_could_bear_are_refused(name, message):
    with pytest.raises(UserError, match=message) as caught:
        check_attribute_names(["Smiling", name], "my.csv")
    assert str(caught.value).startswith("my.csv: ")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["Smiling", "x" * 200, "中" * 66, "=1+1", "<b>", "a' b", "5 o'clock", "a.b"])
def test_other_labels_pass(name):
    check_attribute_names([name], "my.csv")


def test_labels_are_there_once_and_not_without_number():
    with pytest.raises(UserError, match="'a' is there twice"):
        check_attribute_names(["a", "a"], "my.csv")
    many = [f"a{number}" for number in range(MAX_AXES + 1)]
    check_names(many[1:])
    with pytest.raises(UserError, match=f"at most {MAX_AXES}. Got {MAX_AXES + 1}"):
        check_names(many)
