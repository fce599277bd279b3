"""Names that axes and files may have, hashes and choices."""

from __future__ import annotations

import pytest

from tlgan.axes.names import (
    MAX_AXES,
    check_attribute_names,
    check_choice,
    check_names,
    check_sha256,
    list_names,
)
from tlgan.errors import UserError


def test_names_of_any_script_and_length_up_to_the_limit_are_taken():
    check_names(["Smiling", "Âge, années", "眼鏡", "x" * 200])
    check_names([])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([""], "1 to 200 characters. Got ''"),
        (["a\nb"], "printable texts"),
        (["\u202eevil"], "printable texts"),
        (["x" * 201], "1 to 200 characters"),
        ([None], "Got None"),
        ([3], "Got 3"),
        (["a", "b", "a"], "'a' is there twice; rename one"),
    ],
)
def test_check_names_refuses(names, message):
    with pytest.raises(UserError, match=message) as caught:
        check_names(names, "columns")
    assert "`columns`" in str(caught.value)
    assert len(str(caught.value)) < 150


def test_a_hash_may_be_unknown():
    check_sha256("hash", "")
    check_sha256("hash", "0f" * 32)


@pytest.mark.parametrize("value", ["abc", "AB" * 32, "0f" * 32 + "\n", b"0f" * 32, None, 5])
def test_check_sha256_refuses(value):
    with pytest.raises(UserError, match="`hash` must be 64 lower-case hexadecimal digits"):
        check_sha256("hash", value)


def test_check_choice_names_the_choices():
    check_choice("`kind`", "a", ("a", "b"))
    with pytest.raises(UserError, match=r"`kind` must be one of a, b\. Got 'c'"):
        check_choice("`kind`", "c", ("a", "b"))


def test_list_names_stops_after_ten():
    assert list_names(["a", "b"]) == "There are: a, b."
    assert list_names([str(number) for number in range(12)]).endswith("8, 9 and 2 more.")


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
