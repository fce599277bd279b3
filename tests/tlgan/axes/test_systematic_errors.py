"""The part of an axis' error that is the labeller's."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.systematic_errors import (
    CONE,
    DISAGREEMENT_ALONE,
    SHARES,
    confusion_angles,
    disagreement_angles,
    systematic_errors,
    total_cones,
    total_errors,
)

NAN = float("nan")


@pytest.mark.parametrize("correlation", [0.3, 0.8, 0.95, 0.99])
def test_confusion_angle_of_an_area_is_that_of_the_correlation(correlation):
    random = np.random.default_rng(0)
    truth, noise = random.standard_normal((2, 200_000))
    score = correlation * truth + np.sqrt(1 - correlation**2) * noise
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(len(score))
    yes = truth > 0
    area = (ranks[yes].mean() - (yes.sum() - 1) / 2) / (~yes).sum()
    angle = np.degrees(np.arccos(correlation))
    assert confusion_angles([area], ["binary"])[0] == pytest.approx(angle, abs=0.5)
    explained = np.corrcoef(score, truth)[0, 1] ** 2
    assert confusion_angles([explained], ["continuous"])[0] == pytest.approx(angle, abs=0.5)


def test_confusion_of_a_perfect_a_guessing_and_an_unknown_labeller():
    angles = confusion_angles([1.0, 0.5, 0.3, -0.2, NAN], ["binary"] * 3 + ["continuous", "categorical"])
    np.testing.assert_allclose(angles, [0, 90, 90, 90, NAN], atol=1e-6)


def test_disagreement_is_what_sampling_does_not_explain():
    np.testing.assert_allclose(
        disagreement_angles([13.0, 3.0, 3.0], [3, 3, NAN], [4, 3, 0]), [12.0, 0.0, NAN]
    )


def test_two_labellers_that_err_apart_disagree_by_their_errors():
    """Errors in many dimensions are orthogonal: the squares add."""
    random = np.random.default_rng(1)
    truth = np.eye(20_000)[0]
    first, second = (
        truth + np.tan(np.radians(angle)) * random.standard_normal(20_000) / np.sqrt(19_999)
        for angle in (5, 12)
    )
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(13, abs=0.3)


@pytest.mark.parametrize("kind", ["binary", "continuous"])
def test_systematic_error_of_what_is_known(kind):
    def error(confusion, disagreement):
        return systematic_errors([kind], [confusion], [disagreement])[0]

    confusion, disagreement = SHARES[kind]
    assert error(10, 4) == pytest.approx(np.hypot(10 * confusion, 4 * disagreement))
    assert error(10, NAN) == pytest.approx(10 * confusion)
    assert error(NAN, 4) == pytest.approx(4 * DISAGREEMENT_ALONE[kind])
    assert np.isnan(error(NAN, NAN))
    assert error(0, 0) == 0
    assert error(90, 170) == 90
    assert error(10, 4) > error(10, NAN)


def test_categories_count_as_binary():
    assert systematic_errors(["categorical"], [10], [NAN]) == systematic_errors(["binary"], [10], [NAN])


def test_errors_and_cones_add_in_quadrature_and_an_unknown_part_adds_nothing():
    np.testing.assert_allclose(total_errors([3, 3, NAN], [4, NAN, 4]), [5, 3, NAN])
    np.testing.assert_allclose(total_cones([4, 4, 80], [3 / CONE, NAN, 80]), [5, 4, 90])
