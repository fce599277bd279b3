"""What the stages fit and orthogonalize keep beside the axes: stability, and what was dropped."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from pipelines.artifacts.fits_file import read_fits, read_stability, write_fits
from pipelines.recipe.load import load_recipe
from pipelines.stages.fit import measure_stability
from pipelines.stages.orthogonalize import plan_orthogonalize
from pipelines.workflow.step import Step
from tlgan.formats.axis_file import read_axes
from tlgan.regression.fit import fit_glms

NAMES, KINDS = ("smile", "beard", "noise"), ("binary",) * 3


@pytest.fixture(scope="module")
def planted():
    """Latents and logits of two axes and of nothing."""
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((2000, 8)).astype(np.float32)
    truth = np.zeros((3, 8))
    truth[0, 0], truth[1, 1] = 2.0, 1.0
    return latents, latents @ truth.T + generator.standard_normal((2000, 3))


def step_at(path, stage="fit"):
    return Step(stage, stage, 1, {}, {}, place=lambda _: path, work=lambda _: None)


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


def test_fits_file_round_trip_with_stability(planted, tmp_path):
    fits = fit_glms(*planted, NAMES, KINDS)
    step = step_at(tmp_path / "fits.h5")
    write_fits(fits, ["logit"] * 3, step, measure_stability(*planted, NAMES, KINDS))
    read, units = read_fits(step.output)
    np.testing.assert_array_equal(read.coefficients, fits.coefficients)
    assert (read.flags, units) == (fits.flags, ("logit",) * 3)
    stability = read_stability(step.output)
    for name, values in measure_stability(*planted, NAMES, KINDS).items():
        np.testing.assert_array_equal(stability[name], values)
    assert stability["curve_cosines"].shape == (4, 3)
    write_fits(fits, ["logit"] * 3, step)
    assert read_stability(step.output) == {}


@pytest.mark.parametrize("drop", [False, True])
def test_a_collinear_axis_stops_the_run_or_is_dropped_by_name(planted, tmp_path, capsys, drop):
    latents, logits = planted
    responses = np.column_stack([logits[:, 0], logits[:, 1], 3 * logits[:, 0] + 1])
    fit = step_at(tmp_path / "fits.h5")
    write_fits(fit_glms(latents, responses, ("smile", "beard", "grin"), KINDS), ["logit"] * 3, fit)
    sample = step_at(tmp_path / "samples.h5", "sample")
    with h5py.File(sample.output, "w") as file:
        file.attrs.update({"latent_space": "normal", "generator": "g", "generator_sha256": ""})
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'name = "r"\n[sample]\ngenerator = "g"\n[label]\nlabellers = ["l"]\n'
        f'[orthogonalize]\nbase = ["smile"]\ndrop_collinear = {str(drop).lower()}\n'
    )
    planned = plan_orthogonalize(load_recipe(str(recipe)), sample, [fit])
    step = step_at(tmp_path / "r.axes.h5", "orthogonalize")
    if not drop:
        with pytest.raises(ValueError, match="'grin' lies in the span of the base"):
            planned.work(step)
        return
    planned.work(step)
    assert read_axes(step.output).names == ("smile", "beard")
    assert "Dropped, as they depend on axes before them: grin" in capsys.readouterr().out
