"""The axis file of a run: rows of all labellers, dropped axes, refusals."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from pipelines.artifacts.fits_file import write_fits
from pipelines.recipe.load import load_recipe
from pipelines.stages.orthogonalize import gather_axes, plan_orthogonalize, with_systematic_errors
from tests.pipelines.planted_fits import KINDS, plant_logits, step_at
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes
from tlgan.regression.fit import fit_glms


@pytest.fixture(scope="module")
def planted():
    return plant_logits()


def sample_at(path):
    """The step of a sample of which the axis file needs to know the generator alone."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"latent_space": "normal", "generator": "g", "generator_sha256": "ab" * 32})
    return step_at(path, "sample")


def fits_at(path, latents, responses, names):
    kinds = ["binary"] * len(names)
    write_fits(
        fit_glms(latents, responses, names, kinds, family="gaussian"), ["logit"] * len(names), step_at(path)
    )
    return step_at(path)


def test_gather_axes_puts_labellers_side_by_side_and_leaves_out_what_is_constant(planted, tmp_path):
    latents, logits = planted
    constant = np.column_stack([logits[:, 1], np.full(len(logits), 7.0)])
    fits = [
        fits_at(tmp_path / "a.h5", latents, logits[:, :1], ["smile"]),
        fits_at(tmp_path / "b.h5", latents, constant, ["beard", "constant"]),
    ]
    axes = gather_axes(sample_at(tmp_path / "s.h5"), fits)
    assert axes.names == ("smile", "beard")
    assert (axes.generator, axes.generator_sha256, axes.latent_space) == ("g", "ab" * 32, "normal")
    np.testing.assert_allclose(np.abs(axes.directions @ np.eye(8, 2)), np.eye(2), atol=0.1)
    np.testing.assert_allclose(axes.slopes, [2.0, 1.0], atol=0.1)


def test_gather_axes_refuses_an_attribute_of_two_labellers(planted, tmp_path):
    latents, logits = planted
    fits = [fits_at(tmp_path / name, latents, logits[:, :1], ["smile"]) for name in ("a.h5", "b.h5")]
    with pytest.raises(UserError, match=r"`labellers` must name each attribute once\. Got 'smile' twice"):
        gather_axes(sample_at(tmp_path / "s.h5"), fits)


def test_gather_axes_refuses_fits_without_a_direction(planted, tmp_path):
    fit = fits_at(tmp_path / "a.h5", planted[0], np.ones((2000, 1)), ["constant"])
    with pytest.raises(
        UserError, match=r"a\.h5: must have an attribute with a direction\. Got none: constant"
    ):
        gather_axes(sample_at(tmp_path / "s.h5"), [fit])


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


def test_the_cards_of_labellers_tell_the_systematic_errors(planted, tmp_path):
    fits = [fits_at(tmp_path / "a.h5", planted[0], planted[1][:, :2], ["smile", "beard"])]
    axes = with_systematic_errors(
        gather_axes(sample_at(tmp_path / "s.h5"), fits), {"smile": 0.97, "hat": 0.9}
    )
    np.testing.assert_allclose(axes.systematic_errors, [0.8 * 17.9, np.nan], atol=0.05)
