"""Labels and default cosines of the factors of portraits."""

from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.face_parameters import FACTORS
from data.synthetic.factors import COSINES, LABELLING, Factor


def test_labelled_factors_and_cosines_are_drawn_factors() -> None:
    assert LABELLING.keys() <= set(FACTORS)
    assert {name for pair in COSINES for name in pair} <= set(FACTORS)


def test_pairs_are_there_once() -> None:
    assert all(first != second for first, second in COSINES)
    assert len({frozenset(pair) for pair in COSINES}) == len(COSINES)


def test_cosines_belong_to_axes_that_exist() -> None:
    gram = np.eye(len(FACTORS))
    for (first, second), cosine in COSINES.items():
        rows = FACTORS.index(first), FACTORS.index(second)
        gram[rows] = gram[rows[::-1]] = cosine
    assert np.linalg.eigvalsh(gram)[0] > 0.01


@pytest.mark.parametrize(("name", "threshold"), [("Male", 0.0), ("Fringe", 0.5), ("Mouth_Open", 0.9)])
def test_binary_scores_turn_at_the_threshold(name: str, threshold: float) -> None:
    factor = LABELLING[name]
    assert factor.kind == "binary"
    assert factor.offset + factor.scale * threshold == pytest.approx(0)
    assert factor.offset + factor.scale * (threshold + 0.1) > 0


def test_age_is_in_years() -> None:
    assert LABELLING["Age"] == Factor("continuous", 45, 15, "years")


def test_defaults_are_read_only() -> None:
    with pytest.raises(TypeError):
        COSINES["Age", "Male"] = 0.5  # type: ignore[index]
    with pytest.raises(TypeError):
        LABELLING["Age"] = Factor("binary")  # type: ignore[index]
