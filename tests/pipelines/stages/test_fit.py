"""What the stages fit and orthogonalize keep beside the axes: stability, and what was dropped."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.artifacts.labels_file import Labels
from pipelines.recipe.sections import Fit
from pipelines.stages.fit import family_candidates, held_out_area, measure_stability
from tests.pipelines.planted_fits import KINDS, NAMES, plant_logits
from tlgan.latents.geometry import angles_between
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


def chosen_family(latents, scores, truth):
    """The family that the held-out decisions choose, and the angle to the truth of each."""
    labels = Labels(("a",), ("binary",), ("logit",), scores[:, None])
    areas, angles = {}, {}
    for candidate in family_candidates(Fit(held_out=0.3), labels):
        fits = fit_glms(
            latents, candidate.responses, ["a"], ["binary"], family=candidate.families, held_out=0.3
        )
        areas[candidate.name] = held_out_area(fits)
        angles[candidate.name] = float(angles_between(fits.directions, truth)[0])
    return max(areas, key=areas.__getitem__), angles


def test_the_family_is_chosen_that_is_nearer_to_the_truth():
    random = np.random.default_rng(0)
    latents, truth = random.standard_normal((20_000, 12)), np.eye(12)[:1]
    own, other, noise = latents[:, 0], latents[:, 1], random.standard_normal(20_000)
    steady, angles = chosen_family(latents, 4 * own + 2 * noise, truth)
    assert steady == "gaussian"
    assert angles["gaussian"] < angles["binomial"]
    # Far from its threshold the logit of a network follows what goes with the attribute.
    network, angles = chosen_family(
        latents,
        4 * own + 6 * np.maximum(np.abs(own) - 0.5, 0) * other + noise / 2 + other * (np.abs(own) > 0.7) * 4,
        truth,
    )
    assert network == "binomial"
    assert angles["binomial"] < angles["gaussian"]


@pytest.mark.parametrize(
    ("options", "scores", "names"),
    [
        (Fit(), [[-1.0, 30.0]], ["binomial", "gaussian"]),
        (Fit(held_out=0.0), [[-1.0, 30.0]], ["binomial"]),
        (Fit(), [[1.0, 30.0]], ["binomial"]),  # labels are always binomial: nothing to choose
        (Fit(family="huber"), [[-1.0, 30.0]], ["huber"]),
    ],
)
def test_families_are_compared_where_held_out_rows_can_tell(options, scores, names):
    labels = Labels(("Male", "Age"), ("binary", "continuous"), ("logit", "years"), np.array(scores))
    candidates = family_candidates(options, labels)
    assert [candidate.name for candidate in candidates] == names
    assert [candidate.families for candidate in candidates] == [(name, "huber") for name in names]
    assert (candidates[0].responses[0, 0] >= 0) == (names[0] == "binomial")
    assert candidates[0].responses[0, 1] == 30
