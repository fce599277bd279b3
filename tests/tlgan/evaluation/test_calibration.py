"""Requested against achieved changes."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.evaluation.bootstrap import bootstrap_weights
from tlgan.evaluation.calibration import calibrate


def test_calibration_finds_slope_and_error() -> None:
    requested = np.tile([-2.0, -1.0, 1.0, 2.0], (50, 2, 1))
    achieved = requested * np.array([0.5, 1.0])[:, None]
    achieved = achieved + np.random.default_rng(0).normal(0, 0.1, requested.shape)
    achieved[0, 0, 0] = np.nan
    result = calibrate(requested, achieved, bootstrap_weights(50))
    np.testing.assert_allclose(result.slopes, [0.5, 1.0], atol=0.02)
    assert (result.low <= [0.5, 1.0]).all()
    assert (result.high >= [0.5, 1.0]).all()
    np.testing.assert_allclose(result.errors, [np.sqrt(0.25 * 2.5 + 0.01), 0.1], rtol=0.1)
    np.testing.assert_allclose(result.relative_errors, result.errors / np.sqrt(2.5), rtol=1e-2)


def test_calibration_without_requests_is_nan() -> None:
    nothing = np.full((3, 1, 2), np.nan)
    result = calibrate(nothing, nothing, bootstrap_weights(3, 5))
    assert np.isnan([result.slopes, result.errors, result.low]).all()


def test_calibration_errors_are_root_mean_squares_of_what_was_missed() -> None:
    requested = np.array([[[1.0, -1.0]], [[2.0, np.nan]]])
    achieved = np.array([[[2.0, -1.0]], [[2.0, 7.0]]])
    result = calibrate(requested, achieved, bootstrap_weights(2, 5))
    np.testing.assert_allclose(result.slopes, [7 / 6])  # (2 + 1 + 4) / (1 + 1 + 4)
    np.testing.assert_allclose(result.errors, [np.sqrt(1 / 3)])
    np.testing.assert_allclose(result.relative_errors, [np.sqrt(1 / 3) / np.sqrt(2)])


@pytest.mark.parametrize(("requested", "achieved"), [((1, 2, 3), (1, 2, 4)), ((2, 3), (2, 3))])
def test_calibrate_refuses_other_shapes(requested, achieved) -> None:
    with pytest.raises(UserError, match="share a shape"):
        calibrate(np.ones(requested), np.ones(achieved), np.ones((1, 1)))
