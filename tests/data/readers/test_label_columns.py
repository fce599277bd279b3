from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.readers.label_columns import Heading, parse_column, parse_header
from tlgan.errors import UserError

TABLE = Path("labels.csv")


@pytest.mark.parametrize(
    ("cell", "heading"),
    [
        ("Age", Heading("Age", None, "")),
        ("Age:continuous:years", Heading("Age", "continuous", "years")),
        (" Male : Binary ", Heading("Male", "binary", "")),
    ],
)
def test_parse_header_splits_name_kind_and_unit(cell: str, heading: Heading) -> None:
    assert parse_header(TABLE, cell) == heading


def test_parse_header_refuses_an_unknown_kind() -> None:
    with pytest.raises(UserError, match=r"must name a kind of binary, continuous, categorical. Got 'yes'"):
        parse_header(TABLE, "Male:yes")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["0", "1", ""], "binary", [0, 1, np.nan]),
        (["-1", "1", "?"], "binary", [0, 1, np.nan]),
        (["23", "NA", "4.5"], "continuous", [23, np.nan, 4.5]),
        (["red", "blue", "nan"], "categorical", [1, 0, np.nan]),
    ],
)
def test_parse_column_tells_the_kind(cells: list[str], kind: str, values: list[float]) -> None:
    column = parse_column(TABLE, Heading("a", None, ""), [2, 3, 4], cells)
    assert column.kind == kind
    np.testing.assert_array_equal(column.values, np.float32(values))
    assert column.categories == (("blue", "red") if kind == "categorical" else ())


@pytest.mark.parametrize(
    ("kind", "cells", "message"),
    [
        (None, ["1", "old"], "labels.csv: line 3: `a` must be a finite number .* Got 'old'"),
        (None, ["1", "inf"], "line 3: `a` must be a finite number"),
        ("binary", ["0", "2"], "`a` is headed binary and must be 0 and 1"),
    ],
)
def test_parse_column_refuses_other_values(kind: str | None, cells: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_column(TABLE, Heading("a", kind, ""), [2, 3], cells)


def test_column_without_any_value_is_noted() -> None:
    column = parse_column(Path("t.csv"), Heading("Bald", None, ""), [2, 3], ["", "nan"])
    assert column.notes == ("Bald has no value in any row: nothing can be learned from that",)


def test_words_for_yes_and_no_are_one_binary_label() -> None:
    column = parse_column(Path("t.csv"), Heading("Bald", None, ""), [2, 3, 4, 5], ["yes", "No", "Y", ""])
    assert column.kind == "binary"
    np.testing.assert_array_equal(column.values, [1, 0, 1, np.nan])
