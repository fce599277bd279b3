"""Rare attributes: by the rarer decision, in the part that has too few of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.axes.test_axes import make_fields
from tlgan.axes.axes import Axes
from tlgan.axes.rarity import rare_axes, rarity_sentence, too_few


def axes_with(**fields) -> Axes:
    """One axis, 18,000 rows fitted and 2,000 held out."""
    counts = {"positives": 9000.0, "held_out_positives": 1000.0, "held_out_samples": 2000.0} | fields
    numbers = {name: np.array([value]) for name, value in counts.items()}
    return Axes(**make_fields(1, 4) | {"n_samples": np.array([18_000])} | numbers)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, ""),
        ({"positives": np.nan, "held_out_positives": np.nan}, ""),  # continuous, or a file that does not say
        ({"positives": 135.0, "held_out_positives": 15.0}, ""),
        (
            {"positives": 136.0, "held_out_positives": 14.0},
            "136 positives to fit and 14 held out among 20,000",
        ),
        ({"positives": 4.0, "held_out_positives": 0.0}, "100 and 15 are needed, some 750,000 samples"),
        ({"positives": 0.0, "held_out_positives": 0.0}, "are needed, more than 1,000,000 samples"),
        ({"positives": 17_990.0, "held_out_positives": 1999.0}, "10 negatives to fit and 1 held out"),
        (
            {"positives": 90.0, "held_out_positives": 0.0, "held_out_samples": 0.0},
            "90 positives to fit among 18,000",
        ),
        ({"positives": 100.0, "held_out_positives": 0.0, "held_out_samples": 0.0}, ""),
    ],
)
def test_sentence_says_what_there_is_and_what_is_needed(fields, says):
    axes = axes_with(**fields)
    sentence = rarity_sentence(axes, 0)
    assert says in sentence
    assert bool(says) == bool(sentence) == bool(rare_axes(axes)[0])


def test_unknown_counts_are_never_too_few():
    assert too_few([np.nan, 50, 500], [np.nan, 20, 14], [np.nan, 2000, 2000]).tolist() == [False, True, True]


def test_axes_that_say_nothing_of_their_counts_are_not_rare():
    assert not rare_axes(Axes(**make_fields(2, 4))).any()
