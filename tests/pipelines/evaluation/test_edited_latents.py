"""The latents that were edited, where they went, and what the edit promised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.evaluation.edited_latents import edited_latents, moved_latents, requested_changes
from pipelines.evaluation.inputs import MOVED
from tests.pipelines.evaluation.judged_example import COUNT, STEPS, bent_axes, judged_inputs


@pytest.fixture(scope="module")
def inputs():
    return judged_inputs(bent_axes(), ("raw", "all-locked"))


def test_moved_latents_are_those_that_were_drawn(inputs):
    latents = edited_latents(inputs)
    stored = list(moved_latents(inputs, latents))
    columns = {name: values for name, values in inputs.edited.items() if name != MOVED}
    again = list(moved_latents(replace(inputs, edited=columns), latents))
    assert len(stored) == len(again) == 2
    for first, second in zip(stored, again, strict=True):
        assert first.shape == (COUNT, 4, len(STEPS), 32)
        np.testing.assert_allclose(first, second, atol=1e-6)


def test_requested_change_is_the_predictors_own(inputs):
    latents = edited_latents(inputs)
    (raw, _), axes = moved_latents(inputs, latents), inputs.axes
    requested = requested_changes(axes, "raw", latents, raw)
    expected = np.array(STEPS) * axes.slopes[:, None]
    np.testing.assert_allclose(requested, np.broadcast_to(expected, requested.shape), atol=1e-4)


def test_requested_change_of_a_local_edit_is_the_regressors(inputs):
    latents = edited_latents(inputs)
    moved = next(moved_latents(inputs, latents))
    requested = requested_changes(inputs.axes, "local", latents, moved)
    after, before = (inputs.axes.regressor(rows)[:, 3] for rows in (moved[:, 3, 2], latents))
    np.testing.assert_allclose(requested[:, 3, 2], after - before, atol=1e-4)


def test_requested_change_of_what_is_out_of_reach_is_nan(inputs):
    latents = edited_latents(inputs)
    moved = next(moved_latents(inputs, latents)).copy()
    moved[2, 1, 3] = np.nan
    lost = np.isnan(requested_changes(inputs.axes, "raw", latents, moved))
    assert lost[2, 1, 3]
    assert lost.sum() == 1
