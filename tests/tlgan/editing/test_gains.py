"""Gains: an edit is asked for so much more as less comes out, and an edit in deviations stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.editing.axis_strip import axis_strip
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.gains import apply_gains
from tlgan.editing.predictions import predictions, slider_ranges
from tlgan.errors import UserError


@pytest.fixture
def axes():
    return make_bent_axes()


def test_half_the_gain_is_asked_for_twice_as_much(axes):
    latents = bent_latents(count=3)
    plain = edit_latents(axes, latents, {"Age": 4.0})
    gained = edit_latents(apply_gains(axes, {"Age": 0.5}), latents, {"Age": 2.0})
    np.testing.assert_allclose(gained, plain, atol=0.02)


def test_predictions_after_an_edit_are_what_was_asked_for(axes):
    changed = apply_gains(axes, {"Age": 0.7})
    latents = bent_latents(count=3)
    moved = edit_latents(changed, latents, {"Age": 3.0})
    row = axes.index("Age")
    change = predictions(changed, moved) - predictions(changed, latents)
    np.testing.assert_allclose(change[:, row], 3.0, atol=0.1)
    np.testing.assert_allclose(
        (predictions(axes, moved) - predictions(axes, latents))[:, row], 3.0 / 0.7, atol=0.2
    )


def test_edits_in_deviations_and_straight_edits_stay_as_they_are(axes):
    changed = apply_gains(axes, {"Age": 0.5, "Male": 2.0})
    latents = bent_latents(count=2)
    np.testing.assert_allclose(
        axis_strip(changed, latents, "Age", [-0.5, 0.5]),
        axis_strip(axes, latents, "Age", [-0.5, 0.5]),
        atol=1e-9,
    )
    straight = [edit_latents(some, latents, {"Age": 1.0}, method="straight") for some in (axes, changed)]
    np.testing.assert_array_equal(*straight)
    ranges = [slider_ranges(some, 3.0)[axes.index("Age")] for some in (axes, changed)]
    middle = axes.regressor.offsets[axes.regressor.index("Age")]
    np.testing.assert_allclose(ranges[1] - middle, 0.5 * (ranges[0] - middle))


def test_without_a_regressor_or_gains_nothing_changes(axes):
    from dataclasses import replace

    assert apply_gains(axes, {}) is axes
    straight = replace(axes, regressor=None)
    assert apply_gains(straight, {"Age": 0.5}) is straight
    assert apply_gains(axes, {"Shoes": 0.5}).regressor.scales.tolist() == axes.regressor.scales.tolist()


@pytest.mark.parametrize("gain", [0.0, -1.0, np.nan, np.inf])
def test_bad_gains_are_refused(axes, gain):
    with pytest.raises(UserError, match=r"`gains` must be finite and above 0. Got .* for 'Age'"):
        apply_gains(axes, {"Age": gain})
