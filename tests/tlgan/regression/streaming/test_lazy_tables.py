"""Tables that hold no rows give the rows of those that do."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.regression.streaming.lazy_tables import DrawnLatents, FirstRows, HalfKnown


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_drawn_latents_are_those_of_the_seed(space):
    table = DrawnLatents(6, 50, space, seed=3)
    whole = draw_latents(0, 50, 6, space=space, seed=3)
    assert table.shape == whole.shape
    for rows in (slice(None), slice(0, 7), slice(7, 50), slice(48, 90), slice(60, 70)):
        np.testing.assert_array_equal(table[rows], whole[rows])


def test_drawn_latents_pickle_to_few_bytes():
    table = DrawnLatents(512, 10**9, "sphere", 1)
    packed = pickle.dumps(table)
    assert len(packed) < 200
    np.testing.assert_array_equal(pickle.loads(packed)[10**8 : 10**8 + 2], table[10**8 : 10**8 + 2])


def test_drawn_latents_of_an_unknown_space_are_refused():
    with pytest.raises(UserError, match="`space` must be one of"):
        DrawnLatents(3, 5, "cube")[0:2]


def test_first_rows_end_where_they_say():
    table = np.arange(20.0).reshape(10, 2)
    first = FirstRows(table, 7)
    assert first.shape == (7, 2)
    np.testing.assert_array_equal(first[4:99], table[4:7])


def test_halves_know_every_row_once():
    table = np.arange(200.0).reshape(100, 2)
    halves = [HalfKnown(table, 5, other) for other in (False, True)]
    known = [~np.isnan(half[:]) for half in halves]
    assert (known[0] != known[1]).all()
    assert 30 < known[0][:, 0].sum() < 70
    for half in halves:
        np.testing.assert_array_equal(half[10:30], half[:][10:30])
        np.testing.assert_array_equal(np.where(np.isnan(half[:]), table, half[:]), table)
