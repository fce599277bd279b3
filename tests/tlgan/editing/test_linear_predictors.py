"""Predictors of latents: values, gradients, deviations, ranges."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.editing.five_axes import collinear, make_axes
from tlgan.axes.axes import axes_from_directions
from tlgan.editing.linear_predictors import (
    check_latent_dim,
    deviations,
    gradients,
    logit,
    predictors,
    reachable_range,
    units,
)
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents


def test_predictors_are_intercept_plus_slope(axes, latents):
    seen = latents.astype(float) * (np.sqrt(512) / np.linalg.norm(latents.astype(float), axis=1))[:, None]
    expected = axes.intercepts + seen @ (axes.slopes[:, None] * axes.raw_directions).T
    np.testing.assert_allclose(predictors(axes, latents), expected, rtol=1e-13)


def test_reachable_without_locks_is_the_pole(axes, latents):
    least, largest = reachable_range(axes, latents[0], "Age")
    reach = axes.slopes[3] * np.sqrt(512)
    assert (least, largest) == pytest.approx((38 - reach, 38 + reach), rel=1e-12)
    assert reachable_range(make_axes("normal"), latents[0], "Age") == (-np.inf, np.inf)


def test_reachable_of_what_the_locks_fix_is_a_point(latents):
    axes = collinear(make_axes("normal"))
    least, largest = reachable_range(axes, latents[0], "Smiling", held=["Hat"])
    assert least == largest == pytest.approx(predictors(axes, latents)[0, 0], rel=1e-12)


def test_logit_is_the_inverse_of_the_probability(axes):
    assert logit(axes, "Smiling", 0.9) == pytest.approx(2.1972245773362196, rel=1e-15)
    assert logit(axes, "Smiling", 1e-12) == pytest.approx(np.log(1e-12), rel=1e-11)


@pytest.mark.parametrize(
    ("name", "probability", "message"),
    [
        ("Age", 0.5, "on the logit scale only. 'Age' is continuous, in years"),
        ("Smiling", 0.0, "inside"),
        ("Smiling", 1.0, "inside"),
        ("Smiling", 90, "inside"),
        ("Smiling", float("nan"), "inside"),
    ],
)
def test_logit_refuses(axes, name, probability, message):
    with pytest.raises(UserError, match=message):
        logit(axes, name, probability)


def test_gradients_have_the_length_of_the_slopes(axes):
    np.testing.assert_allclose(np.linalg.norm(gradients(axes), axis=1), axes.slopes, rtol=1e-14)


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_deviations_are_those_of_drawn_latents(space):
    axes = make_axes(space, 64)
    drawn = predictors(axes, draw_latents(0, 20_000, axes.latent_dim, space=space, seed=3))
    np.testing.assert_allclose(deviations(axes), drawn.std(axis=0), rtol=0.02)  # four standard errors


def test_predictors_where_nothing_is_known_are_positions_along_the_axis():
    axes = axes_from_directions(["smile"], [[0.0, 2.0]], latent_space="normal")
    np.testing.assert_array_equal(predictors(axes, [[5.0, 3.0]]), [[3.0]])
    np.testing.assert_array_equal(gradients(axes), [[0.0, 1.0]])
    assert units(axes) == ("z",)


def test_units_without_a_name_are_label_units(axes):
    assert units(axes) == ("logit", "logit", "logit", "years", "logit")


@pytest.mark.parametrize("width", [511, 513])
def test_check_latent_dim_refuses_another_size(axes, width):
    check_latent_dim(axes, np.zeros((1, 512)))
    with pytest.raises(UserError, match=rf"latent size of the axes \(512\). Got {width}"):
        check_latent_dim(axes, np.zeros((1, width)))
