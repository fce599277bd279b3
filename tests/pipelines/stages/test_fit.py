"""What the stages fit and orthogonalize keep beside the axes: stability, and what was dropped."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.stages.fit import measure_stability
from tests.pipelines.planted_fits import KINDS, NAMES, plant_logits
from tlgan.regression.fit import fit_glms


@pytest.fixture(scope="module")
def planted():
    return plant_logits()


def test_stability_of_axes_exceeds_that_of_noise(planted):
    found = measure_stability(*planted, NAMES, KINDS)
    assert found["curve_counts"].tolist() == [250, 500, 1000, 2000]
    assert (found["half_cosines"][:2] > 0.98).all()
    assert found["half_cosines"][2] < 0.9
    assert found["curve_angular_errors"][-1] == pytest.approx(fit_glms(*planted, NAMES, KINDS).angular_errors)
    assert (found["curve_angular_errors"][0, :2] > 2 * found["curve_angular_errors"][-1, :2]).all()
    assert found["curve_cosines"][-1, :2] == pytest.approx([1, 1])


def test_rare_category_leaves_stability_empty(planted):
    codes = np.zeros((2000, 1))
    codes[1000:], codes[1999] = 1, 2
    assert measure_stability(planted[0], codes, ["colour"], ["categorical"]) == {}
