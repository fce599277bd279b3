"""The inputs of an evaluation, gathered from files of made-up steps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.artifacts.fits_file import write_fits
from pipelines.evaluation.inputs import COLUMNS, MOVED, read_inputs
from pipelines.recipe.load import load_recipe
from tests.pipelines.planted_fits import KINDS, NAMES, plant_logits, step_at
from tests.pipelines.row_steps import write_rows
from tlgan.axes.axes import axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.axis_file import write_axes
from tlgan.regression.fit import fit_glms

ROWS = 12


def inputs_of(tmp_path, overrides=(), **facts):
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
    facts = {"judge": "a judge", "names": ["smile", "beard"], "kinds": ["binary", "binary"]} | facts
    columns |= {MOVED: np.ones((5, 2), "f4")} if facts.get("edits") else {}
    rescore = write_rows(tmp_path / "r.h5", facts, **columns)
    steps = SimpleNamespace(sample=sample, labels=tuple(labels), fits=(fit,), axes=axes)
    return read_inputs(load_recipe("known-axes", overrides), steps, judge, rescore)


@pytest.fixture
def inputs(tmp_path):
    return inputs_of(tmp_path, ("evaluate.edits=['raw']",))


def test_rows_say_which_edits_and_which_embedder_they_are_of(tmp_path, inputs):
    assert (inputs.edits, inputs.embedder, inputs.same_person) == (("raw",), "", None)
    facts = {"edits": ["raw", "local"], "embedder": "recogniser", "same_person_threshold": 0.1}
    (tmp_path / "more").mkdir()
    found = inputs_of(tmp_path / "more", **facts)
    assert (found.edits, found.embedder, found.same_person) == (("raw", "local"), "recogniser", 0.1)
    assert MOVED in found.edited


def test_groups_name_attributes_of_labellers_judge_and_axes(tmp_path):
    found = inputs_of(tmp_path, ("evaluate.edits=['raw']", "groups.all=['smile', 'age', 'beard', 'noise']"))
    assert found.groups == (("smile", "age", "beard", "noise"),)
    (tmp_path / "more").mkdir()
    with pytest.raises(UserError, match=r"`groups\.all` must name attributes .* Did you mean 'smile'"):
        inputs_of(tmp_path / "more", ("evaluate.edits=['raw']", "groups.all=['smiles', 'age']"))


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
