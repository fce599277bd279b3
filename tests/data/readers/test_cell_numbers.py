"""Numbers as people write them."""

from __future__ import annotations

import pytest

from data.readers.cell_numbers import read_numbers
from tlgan.errors import UserError


def read(separator: str, *cells: str) -> list[float]:
    known = {cell: line for line, cell in enumerate(cells, start=2)}
    return list(read_numbers("t.csv: ", "Age", known, separator).values())


@pytest.mark.parametrize(
    ("separator", "cells", "numbers"),
    [
        (";", ("20,5", "31"), [20.5, 31]),
        ("\t", ("-0,25", "+,5", "1,5e3"), [-0.25, 0.5, 1500]),
        (";", ("1,234",), [1.234]),  # Excel takes ; where the comma is a decimal one
        (",", ("20,5", "1,234"), [20.5, 1.234]),
        (",", ("0,123",), [0.123]),
        (",", ("20.5", "1e3", "-3"), [20.5, 1000, -3]),
        (",", ("−2.5",), [-2.5]),
        (",", ("TRUE", "False", "true"), [1, 0, 1]),
        (",", ("yes", "No", "y", "N"), [1, 0, 1, 0]),
        (";", ("WAHR", "FALSCH"), [1, 0]),
        (";", ("ja", "Nein"), [1, 0]),
        (",", ("yes", "perhaps"), []),
        (",", ("3a", "3b", "1st", "2nd"), []),  # names, not numbers with a unit
        (",", ("20", "old"), [20]),
        (",", ("dark", "20-30", "2020-01-02", "5 o'clock"), []),
        (",", (), []),
        (",", ("inf", "1"), [1]),
    ],
)
def test_numbers(separator: str, cells: tuple[str, ...], numbers: list[float]) -> None:
    assert read(separator, *cells) == numbers


@pytest.mark.parametrize(
    ("separator", "cells", "words"),
    [
        (
            ",",
            ("1,234", "12,000"),
            "line 2: `Age` must have numbers such as 20.5.*'1,234', whose comma may stand",
        ),
        (";", ("20,5", "31.5"), "line 2.*'20,5', with a comma, beside '31.5', with a point"),
        (";", ("1.234,5",), "Got '1.234,5', whose comma"),
        (";", ("1,234,567",), "Got '1,234,567'"),
        (",", ("20 %", "30 %"), "no unit. Got '20 %'. Write the column so, or head it `Age:categorical`"),
        (",", ("20 years", "21 years"), "no unit. Got '20 years'"),
        (";", ("1,70m", "1,81m"), "no unit. Got '1,70m'"),
        (",", ("5", "1 234"), "line 3.*Got '1 234'"),
        (",", ("1'234",), "Got"),
        (",", ("dark", "20,5", "3.5"), "line 3"),
    ],
)
def test_numbers_that_are_not_certain_are_refused(separator: str, cells: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        read(separator, *cells)
    assert str(error.value).startswith("t.csv: line ")
