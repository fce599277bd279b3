from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.evaluation.labeller_agreement import (
    agreement,
    correlation_interval,
    difference_interval,
    separation_accuracy,
    share_interval,
)


def test_agreement_of_known_tables() -> None:
    first = np.array([1.0, 2.0, -1.0, -2.0, np.nan])
    second = np.array([1.0, -2.0, -1.0, -2.0, 5.0])
    result = agreement(first, second, "binary")
    assert result["decisions"] == 0.75
    assert result["kappa"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert result["correlation"] == pytest.approx(np.corrcoef(first[:4], second[:4])[0, 1])
    assert set(agreement(first, second, "continuous")) == {
        "correlation",
        "correlation_low",
        "correlation_high",
    }


def test_agreement_with_a_constant_labeller_is_nan() -> None:
    result = agreement(np.array([-1.0, -1.0]), np.array([-2.0, -2.0]), "binary")
    assert result["decisions"] == 1.0
    assert np.isnan([result["kappa"], result["correlation"]]).all()


def test_separation_of_a_predictor_with_known_correlation() -> None:
    random = np.random.default_rng(0)
    truth = random.standard_normal(200_000)
    prediction = 0.6 * truth + 0.8 * random.standard_normal(200_000)
    result = separation_accuracy(prediction, truth, 0.0)
    # Sheppard: two normals of correlation r agree in sign with probability 1/2 + arcsin(r) / π.
    assert result["all"] == pytest.approx(0.5 + np.arcsin(0.6) / np.pi, abs=0.005)
    assert result["majority"] == pytest.approx(0.5, abs=0.005)
    assert 0.95 < result["extremes"] < 0.98
    assert result["n_extremes"] == 8000


def test_separation_on_the_extremes_does_not_depend_on_the_base_rate() -> None:
    truth = np.random.default_rng(0).standard_normal(5000) - 2.5
    result = separation_accuracy(truth, truth, 0.0)
    assert result["extremes"] == 1.0
    assert result["all"] == 1.0
    assert result["majority"] > 0.98


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_separation_refuses_a_share_that_is_none(share: float) -> None:
    with pytest.raises(UserError, match="`share`"):
        separation_accuracy(np.ones(5), np.ones(5), 0.0, share)


def test_agreement_refuses_scores_of_other_images() -> None:
    with pytest.raises(UserError, match="same images"):
        agreement(np.ones(3), np.ones(4), "binary")


def test_interval_of_a_correlation_holds_the_true_one() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        x, noise = rng.standard_normal((2, 40))
        low, high = correlation_interval(np.corrcoef(x, 0.6 * x + 0.8 * noise)[0, 1], 40)
        inside += low <= 0.6 <= high
    assert inside / 400 == pytest.approx(0.95, abs=0.03)
    assert np.isnan(correlation_interval(0.5, 3)).all()
    assert np.isnan(correlation_interval(np.nan, 50)).all()
    assert correlation_interval(1.0, 50).high == pytest.approx(1)


def test_interval_of_a_share_holds_the_true_one() -> None:
    drawn = np.random.default_rng(1).binomial(30, 0.9, 2000)
    limits = np.array([share_interval(count / 30, 30) for count in drawn])
    assert np.mean((limits[:, 0] <= 0.9) & (limits[:, 1] >= 0.9)) == pytest.approx(0.95, abs=0.03)
    assert share_interval(1.0, 10).high == pytest.approx(1)
    assert np.isnan(share_interval(0.5, 0)).all()


def test_interval_of_a_difference_is_that_of_normal_figures() -> None:
    # Of two normal figures with standard errors 0.3 and 0.4 the difference has 0.5.
    first, second = (1.0, 1 - 1.96 * 0.3, 1 + 1.96 * 0.3), (2.0, 2 - 1.96 * 0.4, 2 + 1.96 * 0.4)
    np.testing.assert_allclose(difference_interval(*first, *second), (-1 - 1.96 * 0.5, -1 + 1.96 * 0.5))
