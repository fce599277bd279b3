"""The inputs of an evaluation, gathered from files of made-up steps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.artifacts.fits_file import write_fits
from pipelines.evaluation.inputs import COLUMNS, read_inputs
from pipelines.recipe.load import load_recipe
from tests.pipelines.planted_fits import KINDS, NAMES, plant_logits, step_at
from tests.pipelines.row_steps import write_rows
from tlgan.axes.axes import axes_from_directions
from tlgan.formats.axis_file import write_axes
from tlgan.regression.fit import fit_glms

ROWS = 12


@pytest.fixture
def inputs(tmp_path):
    random = np.random.default_rng(0)
    latents, logits = plant_logits()
    sample = write_rows(tmp_path / "s.h5", {}, latents=latents[: ROWS + 1])
    labels = [
        write_rows(
            tmp_path / f"l{number}.h5",
            {"labeller": f"labeller {number}", "names": [name], "kinds": [kind]},
            scores=random.standard_normal((ROWS + 1, 1)).astype("f4"),
        )
        for number, (name, kind) in enumerate((("smile", "binary"), ("age", "continuous")))
    ]
    fit = step_at(tmp_path / "fits.h5")
    fits = fit_glms(latents, logits, NAMES, KINDS, family="gaussian")
    write_fits(fits, ["logit"] * 3, fit, {"half_cosines": np.array([1.0, 0.5, np.nan])})
    axes = step_at(tmp_path / "toy.axes.h5")
    write_axes(axes_from_directions(NAMES, np.eye(3, 8), latent_space="normal"), axes.output)
    judge = write_rows(tmp_path / "j.h5", {}, scores=np.ones((6, 2), "f4"))
    columns = {name: np.full((5, 2), number, "f4") for number, name in enumerate(COLUMNS)}
    facts = {"judge": "a judge", "names": ["smile", "beard"], "kinds": ["binary", "binary"]}
    rescore = write_rows(tmp_path / "r.h5", facts, **columns)
    steps = SimpleNamespace(sample=sample, labels=tuple(labels), fits=(fit,), axes=axes)
    return read_inputs(load_recipe("known-axes"), steps, judge, rescore)


def test_inputs_stand_side_by_side_by_attribute(inputs):
    assert inputs.axes.names == NAMES
    assert (inputs.judge, inputs.labellers) == ("a judge", ("labeller 0", "labeller 1"))
    assert (inputs.attributes, inputs.kinds) == (("smile", "beard"), ("binary", "binary"))
    assert inputs.labelled.keys() == {"smile", "age"}
    assert inputs.label_kinds == {"smile": "binary", "age": "continuous"}
    assert not np.array_equal(inputs.labelled["smile"], inputs.labelled["age"])


def test_inputs_have_the_rows_of_their_steps(inputs):
    assert inputs.sampled.shape == (ROWS, 8)
    assert inputs.labelled["age"].shape == (ROWS,)
    assert inputs.judged.shape == (5, 2)
    assert {name: len(values) for name, values in inputs.edited.items()} == dict.fromkeys(COLUMNS, 4)
    assert inputs.edited["realism"].max() == COLUMNS.index("realism")


def test_halves_are_angles_in_degrees(inputs):
    assert inputs.halves["smile"] == pytest.approx(0)
    assert inputs.halves["beard"] == pytest.approx(60)
    assert np.isnan(inputs.halves["noise"])
