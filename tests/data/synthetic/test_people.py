from __future__ import annotations

import numpy as np

from data.synthetic.face_parameters import FACTORS
from data.synthetic.people import CHANGING, person_numbers, with_people


def test_people_keep_their_own_factors_and_change_the_others() -> None:
    random = np.random.default_rng(0)
    factors, people = random.normal(size=(10, len(FACTORS))), random.normal(size=(3, len(FACTORS)))
    portraits = with_people(factors, people, start=4)
    changing = np.isin(FACTORS, CHANGING)
    assert changing.sum() == len(CHANGING)
    np.testing.assert_array_equal(portraits[:, changing], factors[:, changing])
    np.testing.assert_array_equal(
        portraits[:, ~changing], people[[1, 2, 0, 1, 2, 0, 1, 2, 0, 1]][:, ~changing]
    )


def test_people_come_in_turn() -> None:
    assert person_numbers(5, 2, start=3).tolist() == [1, 0, 1, 0, 1]
