"""Columns that the self-describing formats share, and the notes on what is assumed or lost."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.columns import (
    KINDS_NOT_STATED,
    check_format,
    choose_latent_space,
    columns_from_entries,
    from_columns,
    length_notes,
    lost_fields,
    shortened,
    to_columns,
)


def test_columns_hold_every_field_of_axes(axes):
    columns = to_columns(axes)
    fields = {field.name for field in dataclasses.fields(Axes)} - {"regressor"}
    assert columns.keys() - {"format", "format_version"} == fields
    again, notes = from_columns(columns, None)
    assert notes == []
    for field in dataclasses.fields(Axes):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(axes, field.name))


def test_from_columns_takes_names_and_directions_alone():
    axes, notes = from_columns({"names": ["a"], "directions": [[3, 4]]}, "normal")
    np.testing.assert_array_equal(axes.directions, [[0.6, 0.8]])
    assert axes.latent_space == "normal"
    assert notes == ["rows scaled to length 1: their lengths (5 to 5) are lost", KINDS_NOT_STATED]
    assert from_columns({"names": ["a"], "directions": [[1.0]], "kinds": ["binary"]}, "normal").notes == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "must have `names` and `directions`. It has nothing"),
        ({"names": ["a"], "slopes": [1.0]}, "must have `directions`. It has names, slopes"),
        ({"names": ["a", "b"], "directions": np.eye(3)}, r"one row per name \(2\). Got 3"),
        ({"names": ["a"], "directions": [[1.0]], "format": "x"}, "must have format 'tlgan.axes'. Got 'x'"),
    ],
)
def test_from_columns_refuses(columns, message):
    with pytest.raises(UserError, match=message):
        from_columns(columns, None)


def test_columns_from_entries_turns_rows_into_columns():
    entries = [
        {"name": "a", "slope": 2.0, "direction": [1, 0], "n_samples": 5, "else": 1},
        {"name": "b", "slope": None, "direction": [0, 1], "n_samples": 6},
    ]
    columns = columns_from_entries(entries)
    assert columns.keys() == {"names", "slopes", "directions", "n_samples"}
    assert columns["names"] == ["a", "b"]
    np.testing.assert_array_equal(columns["slopes"], [2.0, np.nan])
    np.testing.assert_array_equal(columns["directions"], np.eye(2))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"name": "b"}, "axis number 2 lacks 'direction'"),
        ({"name": "b", "direction": [1.0]}, "one length. Got lengths"),
    ],
)
def test_columns_from_entries_refuses(second, message):
    with pytest.raises(UserError, match=message):
        columns_from_entries([{"name": "a", "direction": [1.0, 0.0]}, second])


@pytest.mark.parametrize("version", [0, 2, "2", None, "x", [1]])
def test_check_format_refuses_versions_it_does_not_know(version):
    check_format("tlgan.axes", 1)
    with pytest.raises(UserError, match=r"this tlgan reads up to 1\. Upgrade"):
        check_format("tlgan.axes", version)


def test_choose_latent_space_of_the_file_then_of_the_user_then_sphere():
    assert choose_latent_space("normal", None) == ("normal", [])
    assert choose_latent_space(None, "uniform") == ("uniform", [])
    assert choose_latent_space("normal", "normal") == ("normal", [])
    space, (note,) = choose_latent_space(None, None)
    assert space == "sphere"
    assert "not stated" in note
    with pytest.raises(UserError, match="'normal', you say 'sphere'"):
        choose_latent_space("normal", "sphere")


def test_length_notes_are_for_rows_of_another_length():
    assert length_notes(np.eye(2) * (1 + 1e-6)) == []
    assert "(1 to 2)" in length_notes(np.diag([1.0, 2.0]))[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "(1 to inf)" in length_notes(np.diag([1.0, 1e200]))[0]


def test_lost_fields_names_what_is_known_and_not_stored(axes):
    plain = axes_from_directions(["a"], [[1.0, 0.0]], latent_space="sphere")
    assert lost_fields(plain, []) == []
    assert lost_fields(dataclasses.replace(plain, slopes=[2.0], generator="g"), []) == [
        "lost: slopes, generator"
    ]
    assert lost_fields(dataclasses.replace(plain, slopes=[2.0], generator="g"), ["generator"]) == [
        "lost: slopes"
    ]
    (everything,) = lost_fields(axes, [])
    assert everything.count(",") == 11


def test_a_missing_column_is_told_with_what_the_file_holds():
    with pytest.raises(
        UserError, match=r"must have `names`\. It has a, b\. Axes of another program come in as a \.npz"
    ):
        from_columns({"directions": np.eye(2)}, None, there=["a", "b"])


def test_shortened_names_the_first_of_many():
    assert shortened([]) == "nothing"
    assert shortened(["a", "b"]) == "a, b"
    assert shortened(list("abcd"), most=2) == "a, b and 2 more"


def test_what_a_formats_reader_assumes_is_not_lost():
    plain = axes_from_directions(["a"], [[1.0, 0.0]], latent_space="sphere")
    assert lost_fields(plain, [], kind="binary") == ["lost: kinds"]
    assert lost_fields(dataclasses.replace(plain, kinds=["binary"]), [], kind="binary") == []
