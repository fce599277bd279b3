"""Predictions of scores: by the axes, by their regressor, and where it does not know an attribute."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.axes.axes import Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.editing.linear_predictors import deviations, predictors
from tlgan.editing.predictions import choose_method, prediction_deviations, predictions, slider_ranges
from tlgan.errors import UserError


@pytest.fixture
def axes() -> Axes:
    """A regressor that knows two of four attributes, in another order, and one without an axis."""
    gradients = np.random.default_rng(3).standard_normal((3, 32))
    regressor = LatentRegressor.straight(["Age", "Hat", "Smiling"], gradients, [30.0, 1.0, 2.0])
    regressor = dataclasses.replace(regressor, lowest=[20.0, -9.0, 0.0], highest=[34.0, 9.0, 50.0])
    return dataclasses.replace(make_bent_axes(), regressor=regressor)


def test_predictions_are_the_regressors_where_it_knows_the_attribute(axes):
    latents = bent_latents()
    local, straight = predictions(axes, latents), predictions(axes, latents, "straight")
    np.testing.assert_array_equal(straight, predictors(axes, latents))
    scores = axes.regressor(latents)
    np.testing.assert_allclose(local[:, [0, 3]], scores[:, [2, 0]], atol=1e-4)
    np.testing.assert_array_equal(local[:, 1:3], straight[:, 1:3])


def test_predictions_see_sphere_latents_as_the_generator_does(axes):
    latents = bent_latents()
    np.testing.assert_allclose(predictions(axes, 7 * latents), predictions(axes, latents), atol=1e-4)


def test_prediction_deviations_are_those_of_the_scores(axes):
    spread = prediction_deviations(axes)
    np.testing.assert_allclose(spread[[0, 3]], axes.regressor.scales[[2, 0]])
    np.testing.assert_array_equal(spread[1:3], deviations(axes)[1:3])
    np.testing.assert_array_equal(prediction_deviations(axes, "straight"), deviations(axes))


def test_slider_ranges_are_around_the_mean_and_end_where_edits_do(axes):
    local, straight = slider_ranges(axes, 2.0), slider_ranges(axes, 2.0, "straight")
    spread = prediction_deviations(axes)
    assert local[0].tolist() == pytest.approx([0.0, 2.0 + 2 * spread[0]])
    assert local[3].tolist() == pytest.approx([max(20.0, 30 - 2 * spread[3]), 34.0])
    np.testing.assert_array_equal(local[1:3], straight[1:3])
    np.testing.assert_allclose(straight.mean(axis=1), axes.intercepts)
    np.testing.assert_allclose(np.diff(straight)[:, 0], 4 * deviations(axes))


def test_slider_ranges_of_axes_without_statistics_are_around_zero():
    axes = dataclasses.replace(make_bent_axes(), regressor=None, intercepts=np.full(4, np.nan))
    np.testing.assert_allclose(slider_ranges(axes, 1.0).mean(axis=1), 0, atol=1e-12)


def test_the_method_is_local_where_there_is_a_regressor(axes):
    assert choose_method(axes, None) == "local"
    assert choose_method(axes, "straight") == "straight"
    plain = dataclasses.replace(axes, regressor=None)
    assert choose_method(plain, None) == "straight"
    with pytest.raises(UserError, match="must have axes with a regressor"):
        choose_method(plain, "local")
    for one in (axes, plain):
        with pytest.raises(UserError, match=r"one of local, straight\. Got 'arc'"):
            choose_method(one, "arc")


@pytest.mark.parametrize("latents", [np.ones((2, 31)), np.full((1, 32), np.nan), np.ones(32)])
@pytest.mark.parametrize("method", ["local", "straight"])
def test_predictions_refuse_latents(axes, latents, method):
    with pytest.raises(UserError, match=r"`latents`|finite"):
        predictions(axes, latents, method)
