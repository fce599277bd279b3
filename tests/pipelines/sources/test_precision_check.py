"""Sixteen bits: measured beside float32, taken where they change next to nothing, refused otherwise."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources import precision_check
from pipelines.sources.generators import generator_source, precision_trial
from pipelines.sources.precision_check import PrecisionEffect, check_precision, measure_precisions
from pipelines.sources.synthetic import KNOWN_AXES
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows, rows_done

SMALL = PrecisionEffect("float16", "H100 (jax)", 64, 900.0, 0.9995, 0.01, 0.1)


@pytest.fixture
def recipe(toy_recipe):
    return load_recipe(str(toy_recipe), ("sample.precision=float16",))


@pytest.fixture
def measured(monkeypatch):
    """What is measured, as told, and how often."""
    told = {"effect": SMALL, "times": 0}

    def measure(trial, precisions):
        told["times"] += 1
        return [SMALL, told["effect"]]

    monkeypatch.setattr(precision_check, "measure_precisions", measure)
    return told


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({}, True),
        ({"within": 0.999, "mean_logit": 0.05}, True),
        ({"mean_logit": None, "largest_logit": None}, True),
        ({"within": 0.9989}, False),
        ({"mean_logit": 0.051}, False),
        ({"mean_logit": float("nan")}, False),
        ({"within": 0.9989, "mean_logit": None}, False),
    ],
)
def test_a_precision_is_allowed_within_both_bounds(changed, allowed):
    assert dataclasses.replace(SMALL, **changed).allowed is allowed


@pytest.mark.network
def test_the_effect_of_each_precision_beside_float32(toy_recipe):
    exact, half, short = measure_precisions(precision_trial(load_recipe(str(toy_recipe))))
    assert (exact.precision, half.precision, short.precision) == ("float32", "float16", "bfloat16")
    assert (exact.within, exact.mean_logit, exact.largest_logit) == (1.0, 0.0, 0.0)
    # float16 has three more binary digits; what rounding to grey levels adds is the same.
    assert 0 < 2 * half.mean_logit < short.mean_logit
    assert short.within < half.within
    assert half.mean_logit <= half.largest_logit
    assert all(effect.images == 64 and effect.images_per_second > 0 for effect in (exact, half, short))


@pytest.mark.network
def test_overflow_forbids_a_precision(toy_recipe, toy_weights, tmp_path):
    """Features of a million are infinite in float16."""
    from models.networks.progressive_gan import GanConfig
    from models.weights.weight_file import read_weights, write_weights

    weights = read_weights(toy_weights / "toy.generator.h5")
    numbers = weights.variables | {"conv8/kernel": weights.variables["conv8/kernel"] * 1e6}
    write_weights(tmp_path / "loud.h5", "generator", GanConfig(**weights.config), numbers, dtype="float32")
    recipe = load_recipe(str(toy_recipe), (f"sample.generator={tmp_path}/loud.h5",))
    _, half, short = measure_precisions(precision_trial(recipe))
    assert not half.allowed
    assert (half.within, half.mean_logit) == (0, None)
    assert short.within > 0.5  # bfloat16 reaches as far as float32


@pytest.mark.network
def test_pictures_are_compared_whole_and_labels_as_the_recipe_sees_them(toy_recipe):
    seen = load_recipe(str(toy_recipe), ("view.size=4", "label.labellers=['known-axes-factors']"))
    whole = load_recipe(str(toy_recipe))
    _, by_pixels = measure_precisions(precision_trial(seen), ["float16"])
    _, by_both = measure_precisions(precision_trial(whole), ["float16"])
    assert by_pixels.within == by_both.within
    assert by_pixels.mean_logit is None  # known factors look at no picture
    assert "precision_mean_logit_difference" not in by_pixels.attributes


def test_precision_is_measured_once_for_a_device(recipe, measured, home):
    assert check_precision(precision_trial(recipe), "float16") == SMALL
    assert check_precision(precision_trial(recipe), "float16") == SMALL
    assert measured["times"] == 1
    ((key, value),) = json.loads((home / "artifacts/precisions.json").read_text()).items()
    assert "toy in float16" in key
    assert value == dataclasses.asdict(SMALL)


def test_other_labellers_views_and_precisions_are_measured_afresh(toy_recipe, measured):
    for overrides in ((), ("view.size=4",), ("label.labellers=['known-axes-factors']",)):
        check_precision(precision_trial(load_recipe(str(toy_recipe), overrides)), "float16")
    check_precision(precision_trial(load_recipe(str(toy_recipe))), "bfloat16")
    assert measured["times"] == 4


@pytest.mark.parametrize(
    "damage", [None, 1, [], {}, {"within": 1.0}, dataclasses.asdict(SMALL) | {"within": 7}]
)
def test_a_damaged_measurement_is_made_again(recipe, measured, home, damage):
    check_precision(precision_trial(recipe), "float16")
    path = home / "artifacts/precisions.json"
    (key,) = json.loads(path.read_text())
    path.write_text(json.dumps({key: damage}))
    assert check_precision(precision_trial(recipe), "float16") == SMALL
    assert measured["times"] == 2


def test_precision_beyond_a_limit_is_refused_with_both_figures(recipe, measured):
    measured["effect"] = dataclasses.replace(SMALL, within=0.95704, mean_logit=0.0623)
    for _ in range(2):
        with pytest.raises(UserError) as error:
            generator_source(recipe).open()
        assert str(error.value) == (
            "`sample.precision` 'float16' changes too much on H100 (jax): 95.70% of pixel values lie within one "
            "grey level of float32 (at least 99.9%), logits differ by 0.062 on average (at most 0.05). "
            "Set it to 'float32'."
        )
    assert measured["times"] == 1  # a refusal is stored, too


def test_without_logits_the_error_names_pixels_alone(recipe, measured):
    measured["effect"] = dataclasses.replace(SMALL, within=0.5, mean_logit=None, largest_logit=None)
    with pytest.raises(UserError, match=r"float32 \(at least 99\.9%\)\. Set it to 'float32'\.$"):
        check_precision(precision_trial(recipe), "float16")


@pytest.mark.network
def test_generator_in_16_bits_has_the_measured_attributes(recipe, measured, toy_recipe):
    generator = generator_source(recipe).open()
    assert generator.attributes == {
        "precision": "float16",
        "precision_device": "H100 (jax)",
        "precision_images": 64,
        "precision_within_one_level": 0.9995,
        "precision_mean_logit_difference": 0.01,
    }
    exact = generator_source(load_recipe(str(toy_recipe))).open()
    assert exact.attributes == {}
    assert exact.sha256 == generator.sha256


def test_a_precision_makes_other_samples(toy_recipe, recipe):
    exact, said, half, short = (
        generator_source(load_recipe(str(toy_recipe), overrides)).fingerprint
        for overrides in (
            (),
            ("sample.precision=float32",),
            ("sample.precision=float16",),
            ("sample.precision=bfloat16",),
        )
    )
    assert exact == said
    assert len({exact, half, short}) == 3


def test_precision_is_not_measured_on_other_machines(recipe, measured, toy_weights, tmp_path):
    copy = tmp_path / "toy.generator.h5"
    copy.write_bytes((toy_weights / "toy.generator.h5").read_bytes())
    generator = dataclasses.replace(generator_source(recipe), weights=copy).open()
    assert measured["times"] == 0
    assert generator.sha256


@pytest.mark.network
def test_a_run_in_16_bits_makes_samples_of_its_own(finished, home, command):
    """The toy is so small that float16 changes next to nothing; its pictures differ all the same."""
    status, out, _ = command("label", finished, "-s", "sample.precision=float16", "-s", "sample.count=40")
    assert status == 0
    assert "Measuring what float16 changes beside float32" in out
    exact, half = sorted(map(rows_done, (home / "artifacts").glob("samples-*.h5")), reverse=True)
    assert (exact, half) == (600, 40)
    drawn = [np.asarray(map_rows(path, "images", 40)) for path in (home / "artifacts").glob("samples-*.h5")]
    levels = np.abs(drawn[0].astype(int) - drawn[1])
    assert levels.max() > 0
    assert (levels <= 1).mean() >= 0.999
    status, out, _ = command("label", finished, "-s", "sample.precision=float16", "-s", "sample.count=60")
    assert status == 0
    assert "Measuring" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["precision", KNOWN_AXES], "`sample.generator` must be a network"),
        (["status", KNOWN_AXES, "-s", "sample.precision=float16"], "must be 'float32' for known-axes"),
        (["status", "TOY", "-s", "sample.precision=float8"], "Got 'float8'"),
    ],
)
def test_generator_without_a_precision_is_a_one_line_error(toy_recipe, command, arguments, words):
    status, _, err = command(*[str(toy_recipe) if argument == "TOY" else argument for argument in arguments])
    assert status == 1
    assert words in err
    assert err.count("\n") == 1
