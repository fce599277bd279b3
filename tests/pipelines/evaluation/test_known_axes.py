"""Recovered beside planted axes, where nothing but noise is between them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.evaluation.known_axes import (
    compare_with_known_axes,
    labeller_noise,
    learning_curve_table,
    method_table,
)
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS, planted_axes_of
from tlgan.axes.axes import axes_from_directions
from tlgan.latents.sampling import draw_latents

RECIPE = load_recipe("known-axes", ("known_axes.latent_dim=20",))
ROWS = [0, 1, 2]


@pytest.fixture(scope="module")
def known():
    return planted_axes_of(RECIPE)


@pytest.fixture(scope="module")
def latents(known):
    return draw_latents(0, 600, known.latent_dim, space="normal")


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_labeller_noise_is_that_beside_the_factor(noise):
    random = np.random.default_rng(0)
    factor = random.standard_normal(50_000)
    scores = 7 * (factor + noise * random.standard_normal(50_000)) - 3
    assert labeller_noise(scores, factor) == pytest.approx(noise, rel=0.02)


def test_labeller_noise_is_infinite_where_scores_do_not_follow():
    factor = np.arange(9.0)
    assert labeller_noise(np.ones(9), factor) == np.inf
    assert labeller_noise(-factor, factor) == np.inf
    assert labeller_noise(2 * factor, factor) == pytest.approx(0, abs=1e-6)


def test_curve_falls_and_lies_near_the_limit(known, latents):
    scores = known.noisy_scores(latents, 0.5)[:, ROWS]
    found = learning_curve_table(known, ROWS, latents, scores)
    assert found["counts"] == [500, 600]
    for angle, limit in zip(found["angles"], found["limits"], strict=True):
        assert angle == pytest.approx(limit, rel=0.5)


def test_curve_leaves_out_counts_too_small_for_the_latents(known, latents):
    found = learning_curve_table(known, ROWS, latents[:50], known.scores(latents[:50])[:, ROWS])
    assert found["counts"] == [50]
    assert found["angles"] == pytest.approx([0], abs=1e-4)


def test_methods_are_compared_on_binary_axes(known, latents):
    found = method_table(known, ROWS, latents, known.noisy_scores(latents, 0.3)[:, ROWS])
    assert found["Gaussian GLM on scores"] < 10
    assert all(0 < angle < 45 for angle in found.values())
    assert len(found) == 7


def test_comparison_of_exact_axes_finds_no_angle(known, latents):
    axes = axes_from_directions(known.names[:3], known.directions[:3], latent_space="normal")
    scores = dict(zip(known.names, known.noisy_scores(latents, 0.5).T, strict=True))
    inputs = SimpleNamespace(recipe=RECIPE, axes=axes, sampled=latents, labelled=scores, labellers=("toy",))
    result = compare_with_known_axes(inputs)
    summary = result.tables["summary"]
    assert summary["samples_used"] == 540
    assert summary["largest_angle"] == pytest.approx(0, abs=1e-5)
    assert summary["largest_cosine_error"] == pytest.approx(0, abs=1e-9)
    assert [row["name"] for row in result.tables["axes"]] == list(known.names[:3])
    for row in result.tables["axes"]:
        assert row["labeller_noise"] == pytest.approx(0.5, abs=0.1)
    assert set(result.tables["curve"]) == {"toy", KNOWN_FACTORS}
    planted, recovered = (result.arrays[f"truth/{name}_cosines"] for name in ("planted", "recovered"))
    np.testing.assert_allclose(planted, recovered, atol=1e-9)
