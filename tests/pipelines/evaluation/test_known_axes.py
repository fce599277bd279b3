"""Recovered beside planted axes, where nothing but noise is between them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from data.synthetic.nonlinearities import BEND, BENT_PLACES
from pipelines.evaluation.known_axes import (
    compare_with_known_axes,
    labeller_noise,
    learning_curve_table,
    method_table,
    true_leakage,
)
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS, planted_axes_of
from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tlgan.axes.axes import axes_from_directions
from tlgan.editing.edit_methods import build_edit
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


STRAIGHT, PATHS = ("raw", "lowdin", "all-locked", "soft-locked"), ("local", "local-strict")
STEPS = (-1.3, -0.7, 0.7, 1.3)


def true_axes(known):
    """Three true axes, and a regressor that knows how all factors bend."""
    unit = np.eye(20) / np.sqrt(1 + 2 * BEND**2)
    regressor = quadratic_regressor(
        known.names, known.directions, unit, BEND * np.roll(unit, BENT_PLACES, axis=1)
    )
    axes = axes_from_directions(known.names, known.directions, latent_space="normal")
    few = ("Face_Width", "Nose_Size", "Light")
    return replace(axes, regressor=regressor), few


def edited(recipe, edits, count=12):
    """Inputs with the moves alone: the true factors need no picture."""
    known = planted_axes_of(recipe)
    axes, few = true_axes(known)
    latents = draw_latents(0, count, known.latent_dim, space="normal", seed=recipe.evaluate.seed)
    moved = np.full((count, len(edits), len(axes), len(STEPS), known.latent_dim), np.nan)
    for number, edit in enumerate(edits):
        move = build_edit(axes, edit)
        for name in few:
            for place, step in enumerate(STEPS):
                row = axes.index(name)
                moved[:, number, row, place] = move(latents, row, step)
    sampled = draw_latents(0, 500, known.latent_dim, space="normal")
    columns = {"unedited": latents, "moved": moved}
    return SimpleNamespace(recipe=recipe, axes=axes, edits=edits, edited=columns, groups=(), sampled=sampled)


def test_where_factors_bend_the_straight_axis_fails_and_the_path_does_not():
    options = ("known_axes.nonlinearity=bent", f"evaluate.steps={list(STEPS)}", "evaluate.equal_change=1.0")
    recipe = load_recipe("known-axes", ("known_axes.latent_dim=20", *options))
    (table,) = true_leakage(edited(recipe, (*STRAIGHT, *PATHS)))
    assert table["axes"] == 3
    largest = {edit: entry["max"]["value"] for edit, entry in table["edits"].items()}
    # A factor of each of these axes bends with it; no direction leaves that factor alone.
    assert min(largest[edit] for edit in STRAIGHT) > 0.75
    assert max(largest[edit] for edit in PATHS) < 0.35


def test_where_factors_are_straight_the_straight_axis_is_as_good():
    options = (f"evaluate.steps={list(STEPS)}", "evaluate.equal_change=[0.5, 1.0]")
    recipe = load_recipe("known-axes", ("known_axes.latent_dim=20", *options))
    tables = true_leakage(edited(recipe, ("all-locked", "raw")))
    assert [table["change"] for table in tables] == [0.5, 1.0]
    assert tables[1]["edits"]["all-locked"]["max"]["value"] < 0.01
    # Of the three axes Nose_Size and Face_Width have a cosine of 0.3, Light none.
    assert tables[1]["edits"]["raw"]["mean"]["value"] == pytest.approx(2 * 0.3 / 19 / 3, abs=0.002)
