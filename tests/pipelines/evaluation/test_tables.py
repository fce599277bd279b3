"""The tables of an evaluation on attributes that bend with each other, judged without error."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipelines.artifacts.evaluation_file import plain_json
from pipelines.evaluation.edited_scores import SECOND
from pipelines.evaluation.inputs import SecondScores
from pipelines.evaluation.tables import evaluation_tables
from pipelines.evaluation.verdicts import axis_verdicts, edit_of, rules_of, usable_axes
from tests.pipelines.evaluation.judged_example import COUNT, EDITS, bent_axes, judged_inputs


@pytest.fixture(scope="module")
def inputs():
    return judged_inputs(bent_axes())


@pytest.fixture(scope="module")
def tables(inputs):
    return plain_json(evaluation_tables(inputs).tables)


def row(tables, edit: str, name: str) -> dict:
    return next(row for row in tables["by_edit"][edit]["by_axis"] if row["name"] == name)


def test_edits_are_compared_at_every_change_of_the_target(tables):
    assert [leakage["change"] for leakage in tables["leakage"]] == [0.5, 1.0]
    for leakage in tables["leakage"]:
        assert list(leakage["edits"]) == list(EDITS)
        assert leakage["axes"] == 4
        assert [count["value"] for count in leakage["axes_reached"].values()] == [4] * 4
    half, whole = (leakage["edits"]["local-strict"]["mean"]["value"] for leakage in tables["leakage"])
    assert whole > half
    assert tables["latents"] == COUNT
    json.dumps(tables, allow_nan=False)


def test_the_path_leaks_less_than_any_straight_move(tables):
    value = {edit: entry["mean"]["value"] for edit, entry in tables["leakage"][1]["edits"].items()}
    assert value["local-strict"] < value["local"] < value["raw"]
    assert value["local-strict"] < 0.8 * value["all-locked"]
    male = {edit: row(tables, edit, "Male")["max_dependency"] for edit in EDITS}
    assert male["local-strict"] < 0.2 < 0.4 < male["all-locked"]  # where Male has moved by 0.5 sd


def test_scatter_is_averaged_out_at_the_change_itself(tables):
    raw = tables["leakage"][1]["edits"]["raw"]
    # Age bends up wherever Male moves: in single pictures, not on the mean over steps up and down.
    assert raw["systematic"]["value"] < raw["mean"]["value"]
    locked = row(tables, "all-locked", "Male")
    assert locked["systematic"] < 0.5 * locked["mean_dependency"]


def test_side_effects_stand_beside_those_of_unedited_pictures(tables):
    beard = {effect["attribute"]: effect for effect in row(tables, "raw", "Beard")["most"]}
    assert beard["Male"]["change"] == pytest.approx(0.6, abs=0.02)
    assert beard["Male"]["natural"] == pytest.approx(0.6, abs=0.05)  # the cosine of the axes
    assert row(tables, "raw", "Beard")["companions"] == []


def test_companions_come_along_by_nature_and_are_no_leakage(inputs):
    groups = (("Male", "Beard"),)
    alone = plain_json(evaluation_tables(inputs).tables)
    grouped = plain_json(evaluation_tables(judged_inputs(bent_axes(groups), ("raw", "local"), groups)).tables)
    assert grouped["groups"] == [["Male", "Beard"]]
    before, after = row(alone, "raw", "Beard"), row(grouped, "raw", "Beard")
    assert after["mean_dependency"] < before["mean_dependency"]
    assert [effect["attribute"] for effect in after["companions"]] == ["Male"]
    assert "Male" not in [effect["attribute"] for effect in after["most"]]
    assert "Male" not in after["sentence"]


def test_local_edits_are_calibrated_by_the_regressor(tables):
    for edit in EDITS:
        for axis in ("Beard", "Makeup"):
            assert row(tables, edit, axis)["calibration_slope"] == pytest.approx(1, abs=0.02), edit
    # The linear predictor of Age knows nothing of its bend.
    assert row(tables, "local", "Age")["calibration_slope"] == pytest.approx(1, abs=0.01)


def test_verdicts_are_about_the_local_edit(tables):
    assert edit_of(tables) == "local"
    verdicts = axis_verdicts(bent_axes(), tables)
    assert set(verdicts) == {"Male", "Beard", "Makeup", "Age"}
    assert "At 1 sd" in verdicts["Age"].reason
    for name, verdict in verdicts.items():
        words = row(tables, "local", name)["at_1_sd"]["words"]
        assert next(iter(words)) == verdict.word  # the sample's own
        assert verdict.sure == words[verdict.word]
        assert sum(words.values()) == pytest.approx(1)
    assert dict(rules_of(tables))["not found"].startswith("the judge sees the attribute move")
    assert usable_axes(tables, "local-strict") == 4
    assert usable_axes(tables, "raw") < 4


def test_turned_decisions_make_a_curve(tables):
    curves = {edit: tables["by_edit"][edit]["transformation"] for edit in EDITS}
    for curve in curves.values():
        assert curve["transformation"][0] == 0
        assert curve["disentanglement"][0] == 1
        assert len(curve["transformation"]) == 3
        assert np.diff(curve["transformation"]).min() > 0
        assert 0 < curve["score"]["value"] < 1
        assert curve["score_of_published"]["value"] is None  # Male alone has no pair
    assert curves["local-strict"]["disentanglement"][2] > curves["raw"]["disentanglement"][2]


def test_faces_that_become_somebody_else_are_counted(inputs):
    with_embedder = judged_inputs(bent_axes(), ("raw", "local"), embedder="recogniser", same_person=0.001)
    tables = plain_json(evaluation_tables(with_embedder).tables)
    assert row(tables, "local", "Male")["at_1_sd"]["same_person"] < 0.5
    assert str(axis_verdicts(bent_axes(), tables)["Beard"]) == "entangled with identity"
    assert (
        row(plain_json(evaluation_tables(inputs).tables), "local", "Male")["at_1_sd"]["same_person"] is None
    )


def second_read(inputs, factor: float):
    """The inputs with second judges who read Male and Age as the judge does, but in another unit."""
    columns = [inputs.attributes.index(name) for name in ("Male", "Age")]
    second = SecondScores(("stranger",), ("Male", "Age"), factor * inputs.judged[:, columns])
    read = {
        SECOND: factor * inputs.edited["scores"][..., columns],
        f"unedited_{SECOND}": factor * inputs.edited["unedited"][:, columns],
    }
    return replace(inputs, edited=inputs.edited | read, second=second)


def test_second_judges_see_the_target_and_what_leaks_in_their_own_deviations(inputs, tables):
    assert "second_judges" not in tables
    second = plain_json(evaluation_tables(second_read(inputs, 7.0)).tables)["second_judges"]
    assert (second["judges"], second["attributes"]) == (["stranger"], ["Male", "Age"])
    assert [at["change"] for at in second["by_change"]] == [0.5, 1.0]
    raw, strict = (second["by_change"][1]["edits"][edit] for edit in ("raw", "local-strict"))
    for entry in (raw, strict):  # they agree with the judge, whose target has moved by 1
        assert entry["target"]["value"] == pytest.approx(1.0, abs=1e-4)
        assert entry["by_axis"]["Male"]["Male"]["value"] == pytest.approx(1.0, abs=1e-4)
        assert entry["target"]["low"] <= entry["target"]["value"] <= entry["target"]["high"]
    assert raw["by_axis"]["Beard"]["Male"]["value"] == pytest.approx(0.6, abs=0.02)
    assert strict["mean"]["value"] < 0.5 * raw["mean"]["value"]
    assert raw["systematic"]["value"] < raw["mean"]["value"]


def test_second_judges_are_told_of_axes_that_they_know_alone(inputs):
    """Where no axis' target is known to them, what leaks still is."""
    known = second_read(inputs, 1.0)
    stranger = replace(known, second=replace(known.second, attributes=("Hat", "Shoe")))
    at = plain_json(evaluation_tables(stranger).tables)["second_judges"]["by_change"][0]
    assert at["edits"]["raw"]["target"] == {"value": None, "low": None, "high": None}
    assert at["edits"]["raw"]["mean"]["value"] > 0.1


def test_labeller_and_judge_of_one_mind_leave_the_confusion(inputs):
    tested = replace(inputs, tested={"Male": 0.97})
    rows = {row["name"]: row for row in plain_json(evaluation_tables(tested).tables)["by_axis"]}
    assert rows["Male"]["judge_degrees"] < 15
    assert rows["Male"]["systematic_error"] >= 0.32 * 14.0
    assert all(row["judge_degrees"] is not None for row in rows.values())
