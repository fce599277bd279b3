"""Halves, learning curves and extrapolation on planted axes."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.errors import UserError
from tlgan.regression.fit import fit_glms
from tlgan.regression.stability import half_cosines, learning_curve, samples_for_bound

NAMES, KINDS = ["a", "b", "c"], ["binary", "binary", "continuous"]


@pytest.fixture(scope="module")
def planted():
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((8000, 24))
    truth = generator.standard_normal((3, 24))
    truth *= np.array([[2.0], [1.0], [0.0]]) / np.linalg.norm(truth, axis=1, keepdims=True)
    return latents, latents @ truth.T + 2 * generator.standard_normal((8000, 3))


def test_half_cosines_are_high_for_axes_and_low_for_noise(planted):
    cosines = half_cosines(*planted, NAMES, KINDS)
    assert cosines[0] > 0.99 > cosines[1] > 0.96
    assert abs(cosines[2]) < 0.6


def test_half_cosines_match_the_angular_errors(planted):
    latents, responses = planted
    halved = fit_glms(latents[:4000], responses[:4000], NAMES, KINDS).angular_errors
    expected = np.cos(np.radians(halved)) ** 2  # two independent errors
    np.testing.assert_allclose(half_cosines(*planted, NAMES, KINDS)[:2], expected[:2], atol=0.01)


def test_half_cosines_of_an_unlabelled_attribute_are_unknown(planted):
    latents, responses = planted
    blank = np.where([True, False, True], responses, np.nan)
    assert np.isnan(half_cosines(latents, blank, NAMES, KINDS)).tolist() == [False, True, False]


def test_learning_curve_falls_with_the_root_of_the_count(planted):
    curve = learning_curve(*planted, NAMES, KINDS, [8000, 500, 2000])
    assert curve.counts.tolist() == [500, 2000, 8000]
    assert curve.cosines[-1] == pytest.approx([1, 1, 1])
    ratios = curve.angular_errors[:-1, :2] / curve.angular_errors[1:, :2]
    np.testing.assert_allclose(ratios, 2, atol=0.25)
    assert (np.diff(curve.cosines[:, :2], axis=0) > 0).all()


def test_samples_for_bound_predicts_the_error(planted):
    latents, responses = planted
    pilot = fit_glms(latents[:800], responses[:800], NAMES, KINDS)
    needed = samples_for_bound(pilot, 4.0)
    reached = fit_glms(latents[: int(needed[0])], responses[: int(needed[0])], NAMES, KINDS).angular_errors
    assert reached[0] == pytest.approx(4.0, rel=0.1)
    # The noise that an estimate holds makes a slope of a pilot too long now and then, not by much.
    assert needed[1] / needed[0] == pytest.approx(4, rel=0.5)


def test_samples_for_bound_is_infinite_where_nothing_is_known(planted):
    latents, responses = planted
    pilot = fit_glms(latents[:20], responses[:20], NAMES, KINDS)
    assert np.isinf(samples_for_bound(pilot, 3.0)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda *data: learning_curve(*data, NAMES, KINDS, []), "`counts` must lie between"),
        (lambda *data: learning_curve(*data, NAMES, KINDS, [9000]), "`counts` must lie between"),
        (lambda *data: samples_for_bound(fit_glms(*data, NAMES, KINDS), 0.0), "`degrees` must lie between"),
        (lambda *data: samples_for_bound(fit_glms(*data, NAMES, KINDS), 3, held_out=1), "`held_out` must be"),
    ],
)
def test_bad_input_is_refused(planted, call, message):
    with pytest.raises(UserError, match=message):
        call(*planted)


def test_a_category_missing_from_a_half_is_refused(planted):
    latents, _ = planted
    codes = np.zeros((8000, 1))
    codes[4000:] = 1
    codes[17] = 2
    with pytest.raises(UserError, match="'a=2' does not"):
        half_cosines(latents, codes, ["a"], ["categorical"])


def test_a_category_missing_from_the_first_samples_is_refused(planted):
    latents, _ = planted
    codes = np.zeros((8000, 1))
    codes[500:] = 1
    with pytest.raises(UserError, match="'a=1' does not"):
        learning_curve(latents, codes, ["a"], ["categorical"], [400, 8000])
