"""Nearest rows, precision and recall against sets whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tlgan.errors import UserError
from tlgan.evaluation import nearest_neighbours
from tlgan.evaluation.nearest_neighbours import nearest_rows, precision_recall

RANDOM = np.random.default_rng(0)
LINE = np.arange(10.0)[:, None]  # each row's third neighbour is 2 away; 3 at both ends


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("block", [1, 40, 2**22])
def test_nearest_rows_are_those_of_all_distances(monkeypatch, dtype, block):
    monkeypatch.setattr(nearest_neighbours, "BLOCK_NUMBERS", block)
    features, references = (
        RANDOM.normal(size=(17, 5)).astype(dtype),
        RANDOM.normal(size=(23, 5)).astype(dtype),
    )
    distances = cdist(features, references)
    found = nearest_rows(features, references, 4)
    np.testing.assert_array_equal(found.rows, np.argsort(distances, axis=1)[:, :4])
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :4], rtol=1e-6)
    np.testing.assert_array_equal(nearest_rows(features, references, 23).rows, np.argsort(distances, axis=1))


def test_nearest_rows_of_the_same_rows_far_from_zero_are_at_distance_0():
    rows = RANDOM.normal(size=(50, 8)) + 1e6
    found = nearest_rows(rows, rows)
    np.testing.assert_array_equal(found.rows[:, 0], np.arange(50))
    np.testing.assert_array_equal(found.distances, 0)


def test_nearest_rows_puts_the_first_of_equals_first():
    references = np.array([[1.0, 0], [5, 0], [1, 0]])
    assert nearest_rows(np.array([[0.0, 0]]), references, 3).rows.tolist() == [[0, 2, 1]]


def test_precision_recall_of_equal_sets_is_1_and_of_sets_far_apart_0():
    rows = RANDOM.normal(size=(60, 4))
    assert precision_recall(rows, rows) == (1, 1)
    assert precision_recall(rows, rows + 100) == (0, 0)


def test_precision_falls_where_drawn_rows_look_like_nothing_real():
    drawn = np.concatenate([LINE + 0.5, LINE + 100, LINE + 200, LINE + 300])
    # The balls of 0 … 9 reach 3 beyond the ends: 10 of 40 drawn rows lie in them, and all real ones in theirs.
    assert precision_recall(LINE, drawn) == (0.25, 1)


def test_recall_falls_where_drawn_rows_miss_a_part():
    real = np.concatenate([LINE, LINE + 100])
    assert precision_recall(real, LINE) == (1, 0.5)


@pytest.mark.parametrize(("distance", "precision"), [(2.999, 1), (3.0, 1), (3.001, 0)])
def test_precision_counts_what_lies_on_the_border_of_a_ball(distance, precision):
    # The last ball, around 9, reaches to 6 and so to 12.
    assert precision_recall(LINE, np.full((4, 1), 9 + distance)).precision == precision


def test_precision_recall_by_more_neighbours_is_higher():
    real, drawn = RANDOM.normal(size=(200, 6)), RANDOM.normal(size=(200, 6)) * 1.3
    few, many = precision_recall(real, drawn, 1), precision_recall(real, drawn, 8)
    assert few.precision < many.precision
    assert few.recall < many.recall


def test_precision_recall_in_blocks_is_the_same(monkeypatch):
    real, drawn = RANDOM.normal(size=(40, 3)), RANDOM.normal(size=(30, 3))
    whole = precision_recall(real, drawn)
    monkeypatch.setattr(nearest_neighbours, "BLOCK_NUMBERS", 90)
    assert precision_recall(real, drawn) == whole
    assert 0 < whole.precision < 1


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.zeros((4, 2)), np.zeros((4, 3)), r"shapes \(n, F\) and \(m, F\). Got \(4, 2\) and \(4, 3\)"),
        (np.zeros(4), np.zeros((4, 1)), r"Got \(4,\)"),
        (np.zeros((0, 2)), np.zeros((4, 2)), r"Got \(0, 2\)"),
        (np.array([[0.0], [np.nan]]), np.zeros((4, 1)), "must be finite. Row 1 is not"),
        (np.zeros((4, 1)), np.array([[np.inf]]), "must be finite. Row 0 is not"),
    ],
)
@pytest.mark.parametrize("function", [nearest_rows, precision_recall])
def test_bad_features_are_refused(function, first, second, message):
    with pytest.raises(UserError, match=message):
        function(first, second)


@pytest.mark.parametrize("count", [0, 5])
def test_nearest_rows_needs_as_many_references(count):
    with pytest.raises(
        UserError, match=f"`count` must be from 1 to 4, the rows of `references`. Got {count}"
    ):
        nearest_rows(np.zeros((2, 1)), np.zeros((4, 1)), count)


@pytest.mark.parametrize(
    ("neighbours", "message"), [(0, "`neighbours` must be at least 1"), (4, "more rows than `neighbours`")]
)
def test_precision_recall_needs_more_rows_than_neighbours(neighbours, message):
    with pytest.raises(UserError, match=message):
        precision_recall(np.zeros((9, 1)), np.zeros((4, 1)), neighbours)
