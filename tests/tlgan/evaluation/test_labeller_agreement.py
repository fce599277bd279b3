from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.evaluation.labeller_agreement import agreement, separation_accuracy


def test_agreement_of_known_tables() -> None:
    first = np.array([1.0, 2.0, -1.0, -2.0, np.nan])
    second = np.array([1.0, -2.0, -1.0, -2.0, 5.0])
    result = agreement(first, second, "binary")
    assert result["decisions"] == 0.75
    assert result["kappa"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert result["correlation"] == pytest.approx(np.corrcoef(first[:4], second[:4])[0, 1])
    assert set(agreement(first, second, "continuous")) == {"correlation"}


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
