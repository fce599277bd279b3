"""Scores as tables: which attributes, in what order, in which words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.editing.score_table import (
    MOST_OTHERS,
    format_score,
    order_by_change,
    probability,
    reading_records,
    reading_table,
    score_table,
)
from tlgan.axes.axes import axes_from_directions

NAMES = tuple("abcdefgh")
AXES = dataclasses.replace(
    axes_from_directions(NAMES, np.eye(8), latent_space="normal"),
    slopes=np.array([1.0, 10.0, 1, 1, 1, 1, 1, 1]),
    units=("logit", "years", *("logit",) * 6),
    kinds=("binary", "continuous", *("binary",) * 6),
)


def rows_of(table) -> list[list[str]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "logit", "0.500"),
        (np.log(9), "logit", "0.900"),
        (-1000.0, "logit", "0.000"),
        (41.26, "years", "41.3"),
        (np.nan, "logit", "–"),
        (np.nan, "years", "–"),
    ],
)
def test_format_score(value, unit, text):
    assert format_score(value, unit) == text


def test_order_by_change_counts_in_deviations_and_leaves_out_unknown():
    scores = np.zeros((3, 8))
    scores[1, 1] = 5.0  # half a deviation of b
    scores[2, 2] = -1.0  # one of c
    scores[:, 3] = np.nan
    assert order_by_change(AXES, scores) == [2, 1, 0, 4, 5, 6, 7]


def test_score_table_has_roles_first_then_the_most_changed():
    before, after = np.zeros(8), np.zeros(8)
    after[[0, 4]] = np.log(9), np.log(3)
    table = rows_of(
        score_table(AXES, {"before": before, "after": after}, {"b": "locked", "a": "edited"}, title="t")
    )
    assert table[:3] == [
        ["b (years)", "locked", "0", "0"],
        ["a", "edited", "0.500", "0.900"],
        ["e", "follows", "0.500", "0.750"],
    ]
    assert len(table) == 2 + MOST_OTHERS


def test_score_table_orders_by_the_columns_compared():
    columns = {"start": np.zeros(8), "other": np.eye(8)[5], "end": np.eye(8)[6]}
    first = rows_of(score_table(AXES, columns, {}, title="t", compared=("start", "end")))[0]
    assert first == ["g", "", "0.500", "0.500", "0.731"]


def test_readings_of_one_picture_as_records_and_as_a_table():
    scores = np.array([-1.0, 41.25, 3.0])
    records = reading_records(
        ("Male", "Age", "Smiling"), ("binary", "continuous", "binary"), ("", "years", ""), scores
    )
    assert records[0] == {
        "name": "Male",
        "kind": "binary",
        "probability": pytest.approx(0.26894142),
        "logit": -1.0,
    }
    assert records[1] == {"name": "Age", "kind": "continuous", "value": 41.25, "unit": "years"}
    table = reading_table(records, title="photo.jpg")
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    assert columns == [["Age", "Smiling", "Male"], ["41.2 years", "0.953", "0.269"]]


@pytest.mark.parametrize("logit", [-800.0, -2.0, 0.0, 2.0, 800.0])
def test_probability_of_any_logit(logit):
    assert probability(logit) == pytest.approx(1 / (1 + np.exp(-np.float128(logit))))
