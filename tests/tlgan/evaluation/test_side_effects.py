"""Side effects of an axis: which are listed, and their sentence."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.evaluation.rescoring import MeanChanges
from tlgan.evaluation.side_effects import (
    SideEffect,
    co_movement,
    describe_side_effects,
    find_side_effects,
    target_moves,
)

NAMES = ("Male", "Beard", "Makeup", "Age", "Hat")
OTHERS = np.array([[False, True, True, True, True]])


def effects(changes: list[float], half_width: float = 0.05) -> MeanChanges:
    row = np.array([changes])
    return MeanChanges(row, row - half_width, row + half_width, np.zeros((1, 1)), row[None])


def test_find_side_effects_lists_the_largest_first_and_leaves_the_target_out() -> None:
    found = find_side_effects(effects([1.0, 0.4, -0.6, 0.1, 0.02]), 0, NAMES, OTHERS)
    assert [(effect.attribute, effect.change) for effect in found] == [
        ("Makeup", -0.6),
        ("Beard", 0.4),
        ("Age", 0.1),
    ]
    assert (found[0].low, found[0].high) == pytest.approx((-0.65, -0.55))


def test_find_side_effects_leaves_out_intervals_that_hold_zero() -> None:
    assert find_side_effects(effects([1.0, 0.4, -0.6, 0.1, 0.0], half_width=0.5), 0, NAMES, OTHERS) == [
        SideEffect("Makeup", -0.6, -1.1, pytest.approx(-0.1), pytest.approx(np.nan, nan_ok=True))
    ]


def test_find_side_effects_lists_no_more_than_asked_for() -> None:
    found = find_side_effects(effects([1.0, 0.4, -0.6, 0.3, 0.5]), 0, NAMES, OTHERS, most=2)
    assert [effect.attribute for effect in found] == ["Makeup", "Hat"]


def test_side_effects_of_an_axis_that_does_not_move_its_target_are_none() -> None:
    nothing = effects([np.nan] * 5)
    assert find_side_effects(nothing, 0, NAMES, OTHERS) == []
    assert not target_moves(nothing, 0)
    assert target_moves(effects([1.0, np.nan, np.nan, np.nan, np.nan]), 0)


def effect(name: str, change: float) -> SideEffect:
    return SideEffect(name, change, change - 0.05, change + 0.05)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "Turning Male up moves no other attribute by 0.1 standard deviations or more."),
        (
            [effect("Beard", 0.4)],
            "Turning Male up by one standard deviation also turns Beard (+0.40, +0.35 to +0.45) up.",
        ),
        (
            [effect("Beard", 0.4), effect("Hat", 0.12), effect("Makeup", -0.6)],
            "Turning Male up by one standard deviation also turns Beard (+0.40, +0.35 to +0.45) and "
            "Hat (+0.12, +0.07 to +0.17, perhaps) up and Makeup (-0.60, -0.65 to -0.55) down.",
        ),
    ],
)
def test_describe_side_effects(found: list[SideEffect], sentence: str) -> None:
    assert describe_side_effects("Male", found) == sentence


def test_describe_side_effects_of_an_axis_that_does_not_move_its_target() -> None:
    sentence = describe_side_effects("Male", [effect("Beard", 0.4)], known=False)
    assert sentence == "Turning Male up does not visibly change Male."


def test_find_side_effects_looks_at_companions_apart_and_says_what_unedited_pictures_do() -> None:
    companions = np.array([[False, True, False, False, False]])
    natural = np.array([[1.0, 0.3, 0.2, 0.1, 0.0]])
    (found,) = find_side_effects(effects([1.0, 0.4, -0.6, 0.3, 0.5]), 0, NAMES, companions, natural)
    assert (found.attribute, found.change, found.natural) == ("Beard", 0.4, 0.3)


def test_co_movement_is_the_slope_of_standardised_scores() -> None:
    random = np.random.default_rng(0)
    male = random.standard_normal(20_000)
    beard = 3 * (0.6 * male + 0.8 * random.standard_normal(20_000)) + 7
    scores = np.stack([male, beard, np.ones(20_000)], axis=1).astype(np.float32)
    found = co_movement(scores, np.array([0, -1]))
    np.testing.assert_allclose(found[0], [1, 0.6, np.nan], atol=0.02)
    assert np.isnan(found[1]).all()
