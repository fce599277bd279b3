"""Fits become axes: numbers unchanged, units given, attributes without a direction left out."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError
from tlgan.regression.axes_from_fits import axes_from_fits
from tlgan.regression.fit import fit_glms

SHA256 = "0123456789abcdef" * 4


def fitted(names=("Smiling", "Age", "Hair"), kinds=("binary", "continuous", "categorical"), constant=()):
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((600, 6))
    labels = np.column_stack([latents[:, 0] > 0.5 * rng.standard_normal(600), latents[:, 1], latents[:, 2]])
    labels[:, 1] += rng.standard_normal(600)
    labels[:, 2] = np.digitize(labels[:, 2] + rng.standard_normal(600), [-0.5, 0.5]) - 1
    labels[:, list(constant)] = 1
    return latents, fit_glms(latents, labels, names, kinds, family="huber")


def test_axes_say_what_the_fits_say():
    latents, fits = fitted()
    axes = axes_from_fits(
        fits, latent_space="normal", units={"Age": "years"}, generator="g", generator_sha256=SHA256
    )
    assert axes.names == fits.names == ("Smiling", "Age", "Hair=-1", "Hair=0", "Hair=1")
    assert axes.kinds == fits.kinds
    assert axes.units == ("logit", "years", "logit", "logit", "logit")
    assert (axes.latent_space, axes.generator, axes.generator_sha256) == ("normal", "g", SHA256)
    assert (axes.method, axes.base) == ("none", ())
    for field in ("slopes", "intercepts", "angular_errors", "held_out", "n_samples"):
        np.testing.assert_array_equal(getattr(axes, field), getattr(fits, field), field)
    np.testing.assert_allclose(
        predictors(axes, latents), latents @ fits.coefficients.T + fits.intercepts, rtol=0, atol=1e-12
    )


def test_no_warning_where_every_attribute_has_a_direction():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes_from_fits(fitted()[1], latent_space="normal")


def test_an_attribute_without_direction_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match=r"no direction: Smiling \(constant response, "):
        axes = axes_from_fits(fitted(constant=[0])[1], latent_space="normal")
    assert axes.names == ("Age", "Hair=-1", "Hair=0", "Hair=1")
    assert axes.units == ("", "logit", "logit", "logit")


def test_fits_without_any_direction_are_refused():
    with pytest.raises(UserError, match=r"^At least one attribute must have a direction\. None has: Smiling"):
        axes_from_fits(fitted(constant=[0, 1, 2])[1], latent_space="normal")


@pytest.mark.parametrize("name", ["Smiling", "Hair", "Hair=0", "Height"])
def test_units_are_for_continuous_attributes_alone(name):
    with pytest.raises(UserError, match=f"^`units` must name continuous attributes. Got '{name}'"):
        axes_from_fits(fitted()[1], latent_space="normal", units={name: "years"})
