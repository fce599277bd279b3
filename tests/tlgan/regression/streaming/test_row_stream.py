"""Which rows are held out, and what a chunk holds."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.regression.streaming.row_stream import Rows, TargetColumn, held_out_rows


def rows_of(latents, responses, **options):
    columns = tuple(TargetColumn(index) for index in range(responses.shape[1]))
    return Rows(latents, responses, columns, **options)


def test_held_out_rows_stay_when_rows_are_appended():
    few, many = held_out_rows(0, 1000, 0.1, seed=3), held_out_rows(0, 5000, 0.1, seed=3)
    np.testing.assert_array_equal(few, many[:1000])
    np.testing.assert_array_equal(held_out_rows(700, 900, 0.1, seed=3), few[700:900])


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.9])
def test_held_out_rows_hold_their_share(fraction):
    share = held_out_rows(0, 100_000, fraction, seed=1).mean()
    assert share == pytest.approx(fraction, abs=4 * np.sqrt(0.25 / 100_000))


def test_held_out_rows_of_two_seeds_are_independent():
    first, second = held_out_rows(0, 100_000, 0.5, seed=0), held_out_rows(0, 100_000, 0.5, seed=1)
    assert (first == second).mean() == pytest.approx(0.5, abs=0.01)
    assert (first[:-1] == first[1:]).mean() == pytest.approx(0.5, abs=0.01)


def test_held_out_rows_golden_number():
    assert np.flatnonzero(held_out_rows(0, 40, 0.1, seed=0)).tolist() == [5, 8, 10, 12, 25]


def test_map_yields_training_rows_in_order():
    latents = np.arange(60.0).reshape(30, 2)
    responses = np.arange(30.0)[:, None]
    rows = rows_of(latents, responses, chunk_rows=4, held_out=0.3, seed=2)
    seen = np.concatenate(list(rows.map(lambda x, y: np.hstack([x, y]))))
    held = held_out_rows(0, 30, 0.3, seed=2)
    np.testing.assert_array_equal(seen, np.hstack([latents, responses])[~held])
    unseen = np.concatenate(list(rows.map(lambda x, y: y[:, 0], held=True)))
    np.testing.assert_array_equal(unseen, np.arange(30.0)[held])


def test_map_leaves_out_rows_that_miss_every_wanted_response():
    responses = np.array([[1.0, np.nan], [np.nan, 2.0], [np.nan, np.nan], [3.0, 4.0]])
    rows = rows_of(np.zeros((4, 1)), responses)
    assert np.concatenate(list(rows.map(lambda x, y: y))).shape == (3, 2)
    assert np.concatenate(list(rows.map(lambda x, y: y, np.array([1])))).tolist() == [[2.0], [4.0]]


def test_map_leaves_the_latents_alone():
    latents = np.ones((5, 2))
    list(rows_of(latents, np.ones((5, 1))).map(lambda x, y: x.fill(7)))
    assert (latents == 1).all()
