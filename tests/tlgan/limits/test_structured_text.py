"""JSON and TOML: what is nested, large or no text at all is a UserError, whatever Python's parsers raise."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlgan.errors import UserError
from tlgan.limits.structured_text import MAX_DEPTH, MAX_TOML_BYTES, parse_json, parse_toml

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_parse_json_gives_back_what_was_written(value):
    text = json.dumps(value)
    assert parse_json(text) == parse_json(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested at most"),
        ('{"a":' * 100_000, "nested at most"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested at most"),
        ("9" * 5_000, "must be JSON (Exceeds the limit"),
        ('{"a": ', "must be JSON (Expecting value"),
        ("", "must be JSON"),
        (b"\xff\xfe", "must be JSON ('utf-8' codec"),
    ],
)
def test_parse_json_refuses(text, message):
    with pytest.raises(UserError) as caught:
        parse_json(text)
    assert message in str(caught.value)


def test_depth_up_to_the_bound_is_read():
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_refused_where_asked(constant):
    assert parse_json(f"[{constant}]")
    with pytest.raises(UserError, match=f"{constant} is no number"):
        parse_json(f"[{constant}]", finite=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 5_000 + "]" * 5_000, "nested at most"),
        ("a = " + "{a=" * 3_000 + "1" + "}" * 3_000, "nested at most"),
        (".".join("a" * 100) + " = 1", "nested at most"),
        ("a = " + "9" * 5_000, "must be TOML (Exceeds the limit"),
        ("a = " + " " * MAX_TOML_BYTES, "characters of TOML"),
        ("a = 9999-99-99", "must be TOML"),
        (b"a = '\xff'", "must be TOML"),
        ("a = 1\na = 2", "must be TOML (Cannot overwrite a value"),
    ],
)
def test_parse_toml_refuses(text, message):
    with pytest.raises(UserError) as caught:
        parse_toml(text)
    assert message in str(caught.value)


@given(st.text(alphabet="ab.=[]{}\"'#\n\\ 1-:T+e_", max_size=40))
def test_parse_toml_raises_nothing_else(text):
    try:
        value = parse_toml(text)
    except UserError:
        return
    assert value == tomllib.loads(text)


def test_keys_of_hundreds_of_dots_are_refused_before_they_are_parsed():
    """Of a key with 20,000 dots, tomllib would make lists of 1.5 GB."""
    with pytest.raises(UserError, match="at most 256 dots"):
        parse_toml("a." * 20_000 + "a = 1")
    assert parse_toml(f"values = [{'1.5, ' * 250}]")["values"] == [1.5] * 250


@pytest.mark.parametrize("text", ['"\\ud800"', '{"a\\uDFFF": 1}', '[["\\ud83d"]]', '"\udc80"'])
def test_halves_of_characters_are_refused(text):
    with pytest.raises(UserError, match="half of a surrogate pair"):
        parse_json(text)


def test_characters_of_two_halves_are_read():
    assert parse_json('"\\ud83d\\ude00 \\\\ud800"') == "\U0001f600 \\ud800"


@pytest.mark.parametrize(
    "number", ["0x" + "f" * 6000, "0o" + "7" * 8000, "0b" + "1" * 5000, "-1" + "0" * 3000]
)
@pytest.mark.parametrize("text", ["a = {}", "[[b]]\nc = [1, [{}]]"])
def test_integers_of_any_base_are_bounded(number, text):
    with pytest.raises(UserError, match="integers have at most 4096 bits"):
        parse_toml(text.replace("{}", number))
    assert parse_toml("a = 0xff") == {"a": 255}
