from __future__ import annotations

import numpy as np
import pytest

from models.networks.translators.conditions import (
    Condition,
    condition_of_labels,
    condition_shares,
    level_variations,
)
from tlgan.errors import UserError

SMILING = Condition("Smiling", "binary", "", (0.0, 1.0))
AGE = Condition("Age", "continuous", "years", (20.0, 40.0, 80.0))
PERSON = Condition("Person", "categorical", "", (0.0, 2.0, 5.0))


@pytest.mark.parametrize(
    ("condition", "value", "shares"),
    [
        (SMILING, 0, [1, 0]),
        (SMILING, 1, [0, 1]),
        (SMILING, 1.5, [-0.5, 1.5]),
        (AGE, 20, [1, 0, 0]),
        (AGE, 50, [0, 0.75, 0.25]),
        (AGE, 99, [0, 0, 1]),
        (PERSON, 2, [0, 1, 0]),
    ],
)
def test_values_become_shares_of_levels(condition, value, shares):
    found = condition.shares(np.array([value, condition.levels[0]]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], shares)
    np.testing.assert_allclose(found[1], np.eye(len(shares))[0])


def test_attributes_stand_side_by_side():
    shares = condition_shares((SMILING, AGE), np.array([[1.0, 60.0]]))
    np.testing.assert_allclose(shares, [[0, 1, 0, 0.5, 0.5]])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 1)), r"one column for each of Smiling, Age \(2\). Got shape \(2, 1\)"),
        (np.zeros(2), r"Got shape \(2,\)"),
        (np.array([[0, np.nan]]), r"`Age` must be finite. Got nan"),
    ],
)
def test_conditions_refuse_bad_values(values, message):
    with pytest.raises(UserError, match=message):
        condition_shares((SMILING, AGE), values)


def test_a_category_that_the_network_does_not_know_is_refused():
    with pytest.raises(UserError, match=r"`Person` must be one of 0, 2, 5. Got 1"):
        PERSON.shares(np.array([2.0, 1.0]))


def test_levels_of_a_continuous_attribute_are_quantiles_of_its_labels():
    labels = np.r_[np.arange(101.0), np.nan]
    condition = condition_of_labels("Age", "continuous", "years", labels, np.array([0.1, 0.5, 0.9]))
    assert condition == Condition("Age", "continuous", "years", (10.0, 50.0, 90.0))


def test_levels_of_other_attributes_are_their_values():
    labels = np.array([5.0, 0.0, np.nan, 2.0, 5.0])
    assert condition_of_labels("Person", "categorical", "", labels, np.array([0.5])) == PERSON


@pytest.mark.parametrize(
    ("name", "kind", "unit", "levels", "message"),
    [
        ("Smi\nling", "binary", "", (0, 1), "`name` must be printable texts"),
        ("Age", "ordinal", "", (0, 1), "`kind` of Age must be one of"),
        ("Age", "continuous", "years\x1b", (0, 1), "`unit` of Age must be a short printable text"),
        ("Age", "continuous", "", (1,), r"`levels` of Age must be from 2 to 256 values\. Got 1"),
        ("Age", "continuous", "", range(10**6), r"Got 1000000\. Leave the attribute out"),
        ("Age", "continuous", "", (0, np.nan), r"must be finite and increasing\. Got 0, nan"),
        ("Age", "continuous", "", (0, np.inf), r"must be finite and increasing\. Got 0, inf"),
        ("Person", "categorical", "", (2, 1), r"must be finite and increasing\. Got 2, 1"),
        ("Smiling", "binary", "", (-1, 1), r"must be 0, 1: it is binary\. Got -1, 1"),
    ],
)
def test_a_condition_that_no_training_produces_is_refused(name, kind, unit, levels, message):
    with pytest.raises(UserError, match=message):
        Condition(name, kind, unit, tuple(levels))


@pytest.mark.parametrize(
    ("labels", "message"), [([1.0, 1.0], "Got 1 alone"), ([np.nan, np.nan], "two values at least. Got none")]
)
def test_a_constant_attribute_is_refused(labels, message):
    with pytest.raises(UserError, match=message):
        condition_of_labels("Smiling", "binary", "", np.array(labels), np.array([0.5]))


def test_each_level_of_each_attribute_is_tried_while_the_others_stay():
    values = np.array([[1.0, 20.0], [0.0, 80.0]])
    tried = level_variations((SMILING, AGE), values)
    assert [(name, level) for name, level, _ in tried] == [
        ("Smiling", 0.0),
        ("Smiling", 1.0),
        ("Age", 20.0),
        ("Age", 40.0),
        ("Age", 80.0),
    ]
    np.testing.assert_array_equal(tried[0][2], [[0, 20], [0, 80]])
    np.testing.assert_array_equal(tried[3][2], [[1, 40], [0, 40]])
    np.testing.assert_array_equal(values, [[1, 20], [0, 80]])
