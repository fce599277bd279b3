"""Figures that need no evaluation: each picture has the table of what it shows."""

from __future__ import annotations

import dataclasses
import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipelines.artifacts.fits_file import write_fits
from pipelines.artifacts.training_history import append_history
from pipelines.recipe.load import load_recipe
from pipelines.report.figures import first_figures, learning_figure, strip_figures, training_figures
from pipelines.sources.source import Source
from tests.pipelines.planted_fits import step_at
from tests.pipelines.row_steps import write_rows
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.editing.axis_strip import strip_strengths
from tlgan.latents.sampling import draw_latents
from tlgan.regression.fit import fit_glms

PLAIN = axes_from_directions(["Male", "Smiling", "Age"], np.eye(3, 4), latent_space="normal")
AXES = dataclasses.replace(PLAIN, method="project", base=("Male",))


def size_of(figure) -> tuple[int, int]:
    return Image.open(io.BytesIO(figure.png)).size


def test_first_figures_show_samples_and_cosines_in_order():
    images = np.zeros((11, 4, 4, 3), np.uint8)
    raw, after = np.arange(9.0).reshape(3, 3) / 9, np.eye(3)
    figures = first_figures(images, AXES, (raw, after), [2, 0, 1])
    assert list(figures) == ["samples", "cosines-raw", "cosines-after"]
    assert size_of(figures["samples"]) == (32, 8)
    assert figures["samples"].rows[9] == (1, 1, 9)
    assert figures["cosines-raw"].columns == ("axis", "Age", "Male", "Smiling")
    assert figures["cosines-raw"].rows[0] == ["Age", *(raw[2, [2, 0, 1]])]
    assert figures["cosines-after"].rows == [["Age", 1, 0, 0], ["Male", 0, 1, 0], ["Smiling", 0, 0, 1]]
    assert list(first_figures(images, PLAIN, (raw, after), [2, 0, 1])) == ["samples", "cosines-raw"]


@pytest.fixture
def steps(tmp_path):
    """A labeller with a curve, and one without."""
    random = np.random.default_rng(0)
    latents = random.standard_normal((60, 4))
    labels, fits = [], []
    for number, counts in enumerate(([8, 16, 32, 64], [])):
        attributes = {"labeller": f"labeller {number}", "names": ["a", "b"], "kinds": ["continuous"] * 2}
        labels.append(write_rows(tmp_path / f"l{number}.h5", attributes, scores=np.zeros((2, 2), "f4")))
        fit = step_at(tmp_path / f"f{number}.h5")
        fitted = fit_glms(latents, latents[:, :2], ["a", "b"], ["continuous"] * 2, family="gaussian")
        errors = np.array([[40.0, 30.0], [20.0, 15.0], [10.0, 7.0], [5.0, np.nan]])[: len(counts)]
        curve = {"counts": np.array(counts), "angular_errors": errors, "held_out": errors / 100}
        write_fits(
            fitted,
            ["", ""],
            fit,
            {f"curve_{name}": values for name, values in curve.items()} if counts else {},
        )
        fits.append(fit)
    return SimpleNamespace(labels=tuple(labels), fits=tuple(fits))


def test_learning_figure_shows_counts_of_four_times_the_latents(steps):
    figures, without = learning_figure(steps)
    assert without == ["labeller 1"]
    learning = figures["learning"]
    assert learning.columns == ("samples", "axis", "angular_error", "held_out")
    assert [row[:3] for row in learning.rows[:4]] == [
        (16, "a", 20.0),
        (16, "b", 15.0),
        (32, "a", 10.0),
        (32, "b", 7.0),
    ]
    assert len(learning.rows) == 6


def test_learning_figure_without_any_curve_is_none(steps):
    only = SimpleNamespace(labels=steps.labels[1:], fits=steps.fits[1:])
    assert learning_figure(only) == ({}, ["labeller 1"])


class Tones:
    """A generator whose picture has the tones of the first three numbers of its latent."""

    latent_dim, latent_space, resolution = 4, "normal", 2

    def __call__(self, latents):
        tones = np.clip(128 + 20 * latents[:, None, None, :3], 0, 255).astype(np.uint8)
        return np.broadcast_to(tones, (len(latents), 2, 2, 3)).copy()


def test_strip_figures_are_of_the_axes_asked_for():
    recipe = load_recipe("known-axes", ("report.faces=2", "report.steps=3", "report.reach=2.0"))
    figures = strip_figures(recipe, AXES, [1, 0], Tones())
    assert list(figures) == [
        *("strip-Smiling-raw", "strip-Smiling-after", "strip-Male-raw", "strip-Male-after"),
        "strips-of-one-face",
    ]
    strip = figures["strip-Smiling-raw"]
    assert size_of(strip) == (3 * 2, 2 * 2)
    pixels = np.asarray(Image.open(io.BytesIO(strip.png))).astype(int)
    np.testing.assert_allclose(np.diff(pixels[0, ::2, 1]), 40, atol=1)
    assert (np.ptp(pixels[0, :, 0]), np.ptp(pixels[0, :, 2])) == (0, 0)
    assert strip.columns == ("face", "seed", "column_0_sd", "column_1_sd", "column_2_sd")
    assert strip.rows[1] == [1, recipe.report.seed, *strip_strengths(2.0, 3)]
    assert figures["strips-of-one-face"].rows == [["Smiling"], ["Male"]]


def test_faces_of_strips_are_the_discriminators_choice():
    recipe = load_recipe("known-axes", ("report.faces=2", "report.steps=3", "report.reach=0.001"))
    red = Source("d", "", lambda _: lambda images: images[:, 0, 0, 0].astype(float))
    plain, chosen = (
        np.asarray(
            Image.open(io.BytesIO(strip_figures(recipe, AXES, [1], Tones(), by)["strip-Smiling-raw"].png))
        )
        for by in (None, red)
    )
    latents = draw_latents(0, 8, 4, space="normal", seed=recipe.report.seed)
    tones = Tones()(latents)[:, 0, 0, 0]
    assert plain[::2, 2, 0].tolist() == tones[:2].tolist()
    assert chosen[::2, 2, 0].tolist() == [tones[:4].max(), tones[4:].max()]


def test_training_figures_are_of_the_networks_that_were_trained_here(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    recipe = load_recipe("celeba64")
    assert training_figures(recipe) == {}
    folder = tmp_path / "runs" / "celeba64" / "generator"
    folder.mkdir(parents=True)
    for images, value in ((8, 3.0), (16, 2.5)):
        append_history(folder, "images", images, {"frechet": value, "generator": 9.0})
    figures = training_figures(recipe)
    assert list(figures) == ["training-generator"]
    assert figures["training-generator"].columns == ("figure", "images", "value")
    assert figures["training-generator"].rows == [("frechet", 8, 3.0), ("frechet", 16, 2.5)]


def test_strip_figures_show_the_local_path_where_the_regressor_knows_the_attribute():
    """Its prediction of Smiling says that the axis of Age moves it."""
    regressor = LatentRegressor.straight(["Smiling"], np.eye(4)[2:3], [0.0])
    axes = dataclasses.replace(AXES, regressor=regressor)
    recipe = load_recipe("known-axes", ("report.faces=2", "report.steps=3", "report.reach=1.0"))
    figures = strip_figures(recipe, axes, [1, 0], Tones())
    assert [name for name in figures if name.endswith("-local")] == ["strip-Smiling-local"]
    for kind, tone in (("after", 1), ("local", 2)):
        pixels = np.asarray(Image.open(io.BytesIO(figures[f"strip-Smiling-{kind}"].png))).astype(int)
        np.testing.assert_allclose(np.diff(pixels[0, ::2, tone]), 20, atol=1)
    # The face of every axis by its best edit.
    straight = strip_figures(recipe, AXES, [1, 0], Tones())
    assert figures["strips-of-one-face"].png != straight["strips-of-one-face"].png


def test_strip_figures_of_no_axis_are_none():
    assert strip_figures(load_recipe("known-axes"), AXES, [], Tones()) == {}
