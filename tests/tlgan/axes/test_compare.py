"""Comparison of two sets of axes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.axes.compare import compare_axes, cosine_intervals, parse_pairs
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.errors import UserError


def axes(names, rows):
    return axes_from_directions(names, rows, latent_space="sphere")


def test_same_names_and_nearest_both_ways():
    first = axes(["smile", "age"], [[1.0, 0, 0], [0, 1, 0]])
    second = axes(["Smile", "age", "pose"], [[-1.0, 0.1, 0], [0, 3, 4], [0, 0, 1]])
    rows = {row.name: row for row in compare_axes(first, second)}
    assert list(rows) == ["smile", "age", "Smile", "pose"]
    assert rows["age"].cosine == pytest.approx(0.6)
    assert math.isnan(rows["smile"].cosine)
    assert rows["smile"].nearest_in_second == "Smile"
    assert rows["smile"].cosine_in_second == pytest.approx(-1 / np.sqrt(1.01))
    assert rows["smile"].nearest_in_first == ""
    assert rows["Smile"].nearest_in_first == "smile"
    assert rows["Smile"].nearest_in_second == ""


def test_raw_compares_what_was_fitted():
    first = axes(["a", "b"], [[1.0, 0], [1, 1]])
    second = orthogonalize_axes(first, ["a"])
    assert compare_axes(first, second)[1].cosine == pytest.approx(np.sqrt(0.5))
    assert compare_axes(first, second, raw=True)[1].cosine == pytest.approx(1.0)


def test_cosines_never_leave_their_range():
    rows = np.random.default_rng(0).normal(size=(40, 512))
    for row in compare_axes(axes(list(map(str, range(40))), rows), axes(list(map(str, range(40))), rows)):
        assert -1 <= row.cosine <= 1
        assert row.nearest_in_second == row.name


def with_errors(axes, errors):
    return dataclasses.replace(axes, angular_errors=errors)


def test_standard_error_of_an_angle_is_what_repeated_estimates_scatter_by():
    """Directions with independent errors, drawn many times, against what one pair of errors predicts."""
    rng = np.random.default_rng(0)
    size, one, other = 40, 0.10, 0.15  # latent size; errors in radians
    truth = np.eye(2, size)
    truth[1] = [0.5, np.sqrt(0.75), *np.zeros(size - 2)]

    def estimates(direction, error):
        across = rng.normal(size=(4000, size)) * np.tan(error) / np.sqrt(size - 1)
        across -= (across @ direction)[:, None] * direction
        rows = direction + across
        return rows / np.linalg.norm(rows, axis=1)[:, None]

    first, second = estimates(truth[0], one), estimates(truth[1], other)
    angles = np.degrees(np.arccos((first * second).sum(axis=1)))
    same = np.degrees(np.arccos((first * estimates(truth[0], other)).sum(axis=1)))
    errors = np.degrees([one, other])
    (row,) = compare_axes(
        with_errors(axes(["a"], first[:1]), errors[:1]), with_errors(axes(["a"], second[:1]), errors[1:])
    )
    assert row.standard_error == pytest.approx(angles.std(), rel=0.05)
    assert row.same_axis_angle == pytest.approx(same.mean(), rel=0.03)
    assert row.angle == pytest.approx(math.degrees(math.acos(row.cosine)))


def test_errors_of_orthogonalised_axes_grow_with_what_they_lost():
    raw = with_errors(axes(["base", "b"], [[1.0, 0, 0], [0.6, 0.8, 0]]), [1.0, 2.0])
    after = orthogonalize_axes(raw, ["base"])
    wanted = np.degrees(np.hypot(np.radians(2.0), np.arcsin(np.sin(np.radians(2.0)) / 0.8)) / np.sqrt(2))
    assert compare_axes(raw, after)[1].standard_error == pytest.approx(wanted)
    assert compare_axes(raw, after, raw=True)[1].standard_error == pytest.approx(2.0)


@pytest.mark.parametrize("error", [np.nan, 90.0, 180.0])
def test_an_angle_between_unknown_directions_has_no_error(error):
    known, unknown = (with_errors(axes(["a"], [[1.0, 0, 0]]), [value]) for value in (2.0, error))
    (row,) = compare_axes(known, unknown)
    assert math.isnan(row.standard_error)
    assert math.isnan(row.same_axis_angle)
    assert row.angle == 0.0


def test_axes_are_paired_by_hand_before_equal_names():
    first = axes(["Smiling", "Age", "Hat"], np.eye(3))
    second = axes(["smile", "Smiling", "Age"], [[3.0, 4, 0], [0, 0, 1], [0, 1, 0]])
    rows = compare_axes(first, second, pairs={"Smiling": "smile", "Hat": "Age"})
    assert [(row.name, row.second_name) for row in rows] == [
        ("Smiling", "smile"),
        ("Age", ""),  # its namesake is taken
        ("Hat", "Age"),
        ("Smiling", "Smiling"),  # the second's, without a partner
    ]
    assert rows[0].cosine == pytest.approx(0.6)
    assert rows[2].cosine == 0.0
    assert math.isnan(rows[3].cosine)
    assert (rows[3].nearest_in_first, rows[3].nearest_in_second) == ("Hat", "")


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"Smile": "smile"}, "no axis named 'Smile'. Did you mean 'Smiling'"),
        ({"Smiling": "smil"}, "no axis named 'smil'"),
        ({"Smiling": "smile", "Age": "smile"}, "Got 'smile' twice"),
    ],
)
def test_wrong_pairs_are_refused(pairs, message):
    first, second = axes(["Smiling", "Age"], np.eye(2)), axes(["smile", "old"], np.eye(2))
    with pytest.raises(UserError, match=message):
        compare_axes(first, second, pairs=pairs)


def test_parse_pairs_lets_names_hold_equal_signs():
    first, second = axes(["Hair=dark", "Age"], np.eye(2)), axes(["dark", "old=yes"], np.eye(2))
    assert parse_pairs(first, second, ["Hair=dark=dark", "Age = old=yes"]) == {
        "Hair=dark": "dark",
        "Age": "old=yes",
    }
    assert parse_pairs(first, second, []) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["Age"], "`--pair` must be NAME=NAME.*Got 'Age'"),
        (["Aeg=dark"], "no axis named 'Aeg'. Did you mean 'Age'"),
        (["Age=drak"], "no axis named 'drak'"),
        (["Age=dark", "Age=old"], "Got 'Age' twice"),
    ],
)
def test_parse_pairs_refuses(texts, message):
    first, second = axes(["Hat", "Age"], np.eye(2)), axes(["dark", "old"], np.eye(2))
    with pytest.raises(UserError, match=message):
        parse_pairs(first, second, texts)


def test_different_latent_sizes_are_refused():
    with pytest.raises(UserError, match="Got 2 and 3"):
        compare_axes(axes(["a"], np.eye(1, 2)), axes(["a"], np.eye(1, 3)))


def test_cosine_interval_holds_the_true_cosine():
    """Two axes known to 10°, in 50 dimensions: estimates scatter as their intervals say."""
    rng = np.random.default_rng(3)
    true = np.array([[1.0] + [0.0] * 49, [0.6, 0.8] + [0.0] * 48])
    inside, widths = 0, []
    for _ in range(300):
        noise = rng.standard_normal((2, 50)) * np.tan(np.radians(10)) / np.sqrt(49)
        noise -= np.sum(noise * true, axis=1, keepdims=True) * true
        axes = axes_from_directions(["a", "b"], true + noise, latent_space="normal")
        axes = dataclasses.replace(axes, angular_errors=np.array([10.0, 10.0]))
        low, high = cosine_intervals(axes)
        shrunk = 0.6 * np.cos(np.radians(10)) ** 2  # noise across both makes them less alike
        inside += low[0, 1] <= shrunk <= high[0, 1]
        widths.append(high[0, 1] - low[0, 1])
    assert 0.9 <= inside / 300 <= 1
    assert np.mean(widths) < 0.15
    assert (low[0, 0], high[0, 0]) == pytest.approx((1.0, 1.0))


def test_cosine_interval_is_unknown_without_errors():
    axes = axes_from_directions(["a", "b"], [[1, 0], [0, 1]], latent_space="normal")
    assert np.isnan(cosine_intervals(axes).low[0, 1])


def test_errors_of_labellers_stand_beside_those_of_sampling():
    rows = np.eye(100)[:2]
    first = dataclasses.replace(
        axes(["a", "b"], rows), angular_errors=[3.0, 3.0], systematic_errors=[4.0, np.nan]
    )
    second = dataclasses.replace(first, systematic_errors=[3.0, np.nan])
    both, none = compare_axes(first, second, raw=True)
    assert both.systematic_error == pytest.approx(5.0)
    assert math.isnan(none.systematic_error)
    assert both.standard_error == none.standard_error
    assert none.same_axis_angle == pytest.approx(np.hypot(3, 3), rel=1e-2)
    assert both.same_axis_angle == pytest.approx(np.hypot(np.hypot(3, 4), np.hypot(3, 3)), rel=1e-2)
