"""The whole pipeline on portraits with known axes: known factors label and judge, so no network is needed."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from data.synthetic.nonlinearities import BEND, BENT_PLACES
from pipelines.artifacts.evaluation_file import read_arrays, read_evaluation
from pipelines.commands.main import main
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.sources.synthetic import KNOWN_FACTORS, planted_axes_of
from pipelines.stages.evaluate import prepared_photographs
from pipelines.stages.prepare import plan_prepare
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger
from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows

OPTIONS = (
    "orthogonalize.method='project'",
    "known_axes.resolution=8",
    "data.resolution=8",
    f"label.labellers=['{KNOWN_FACTORS}']",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "sample.count=3000",
    "evaluate.count=16",
    "evaluate.reference=2000",
    "evaluate.equal_change=1.0",
    "evaluate.edits=['raw', 'orthogonalized', 'base-locked', 'all-locked', 'lowdin', 'local']",
    "regress.kind='none'",  # so 'local' is left out
)
BENT_OPTIONS = (
    *OPTIONS[:-2],
    "known_axes.nonlinearity=bent",
    "evaluate.edits=['raw', 'soft-locked', 'local', 'local-strict']",
    "evaluate.count=8",
    "evaluate.steps=[-1.5, 1.5]",
    "groups.smile=['Smiling', 'Mouth_Open']",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluated")


@pytest.fixture
def recipe(home, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(home))
    return load_recipe("known-axes", OPTIONS)


@pytest.fixture
def tables(recipe):
    plan = make_plan(recipe)
    run(recipe, plan.until("evaluate"))
    return read_evaluation(plan.evaluation.output)


def axis(tables, name, edit=None):
    rows = tables["by_axis"] if edit is None else tables["by_edit"][edit]["by_axis"]
    return next(row for row in rows if row["name"] == name)


def test_angles_to_the_truth_are_near_the_information_limit(tables):
    truth = tables["truth"]
    assert truth["summary"]["samples_used"] == 2700
    assert truth["summary"]["median_angle"] == pytest.approx(4.4, abs=0.4)  # golden
    assert truth["summary"]["median_angle"] < 1.15 * truth["summary"]["median_limit"]
    for row in truth["axes"]:
        assert row["labeller_noise"] == pytest.approx(0.5, abs=0.05)
        assert 0.6 * row["stated_error"] < row["angle"] < 1.6 * row["stated_error"]
    assert truth["summary"]["mean_cosine_error"] < 0.03


def test_leakage_falls_as_planted(tables):
    (leakage,) = tables["leakage"]
    edits = leakage["edits"]
    value = {name: entry["mean"]["value"] for name, entry in edits.items()}
    assert leakage["change"] == 1.0
    assert leakage["axes"] == 20
    assert leakage["least"] == "all-locked"
    assert value["all-locked"] < 0.5 * value["lowdin"] < 0.5 * value["orthogonalized"] < 0.5 * value["raw"]
    # In flat space the least move with the base locked is the projected direction, of another length.
    assert value["base-locked"] == pytest.approx(value["orthogonalized"], rel=1e-3)
    assert edits["lowdin"]["mean_minus_first"]["high"] < 0
    # A judge without noise sees nothing but the systematic part.
    assert edits["raw"]["systematic"]["value"] == pytest.approx(value["raw"], rel=0.02)
    assert edits["raw"]["identity"] is None
    assert edits["raw"]["mean_minus_first"]["value"] == 0


def test_leakage_in_true_factors_is_what_an_exact_judge_sees(tables):
    judged, true = tables["leakage"][0]["edits"], tables["truth"]["leakage"][0]["edits"]
    assert judged.keys() == true.keys()
    for edit, entry in true.items():
        # The judge's deviations are those of a sample, the factors' are 1.
        assert entry["mean"]["value"] == pytest.approx(judged[edit]["mean"]["value"], rel=0.03), edit


def test_local_edits_are_left_out_where_the_axes_have_no_regressor(tables):
    assert "local" not in tables["edits"]
    assert "local" not in tables["by_edit"]


def exact_regressor(recipe) -> LatentRegressor:
    """Knows how the factors of a recipe bend, in place of a network that has learned it."""
    known = planted_axes_of(recipe)
    unit = known.scales[:, None] * np.eye(20) / np.sqrt(1 + 2 * BEND**2)
    squares = BEND * np.roll(unit, BENT_PLACES, axis=1)
    return quadratic_regressor(known.names, known.directions, unit, squares, known.offsets)


def test_edits_that_follow_the_regressor_are_compared_where_factors_bend(home, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(home))
    recipe = load_recipe("known-axes", BENT_OPTIONS)
    monkeypatch.setattr(
        "pipelines.stages.regress.train_regressor", lambda *arguments: exact_regressor(recipe)
    )
    plan = make_plan(recipe)
    run(recipe, plan.until("evaluate"))
    tables = read_evaluation(plan.evaluation.output)
    assert tables["edits"] == ["raw", "soft-locked", "local", "local-strict"]
    assert map_rows(plan.rescore.output, "moved", 8).shape == (8, 4, 20, 2, 64)
    true = tables["truth"]["leakage"][0]["edits"]
    largest = {edit: entry["max"]["value"] for edit, entry in true.items()}
    for edit in ("local", "local-strict"):
        assert largest[edit] < 0.5 * min(largest["raw"], largest["soft-locked"])
        assert true[edit]["mean"]["value"] < true["soft-locked"]["mean"]["value"]
    assert axis(tables, "Smiling", "raw")["companions"][0]["attribute"] == "Mouth_Open"


def test_only_local_edits_without_a_regressor_are_refused(recipe):
    alone = load_recipe("known-axes", (*OPTIONS, "evaluate.edits=['local']"))
    plan = make_plan(alone)
    with pytest.raises(UserError, match=r"`evaluate\.edits` must name an edit that the axes can make"):
        run(alone, plan.until("evaluate"))


def test_groups_and_changes_are_in_the_fingerprint_only_where_they_are_given(recipe):
    plan = make_plan(recipe)
    assert "groups" not in plan.evaluation.parameters
    assert plan.evaluation.parameters["equal_change"] == 1.0
    grouped = make_plan(load_recipe("known-axes", (*OPTIONS, "groups.smile=['Smiling', 'Mouth_Open']")))
    assert grouped.rescore.fingerprint == plan.rescore.fingerprint
    assert grouped.evaluation.fingerprint != plan.evaluation.fingerprint
    # As version 0.2 planned it: its rows are still good.
    before = {"seed": 4321, "steps": [-2.0, -1.0, 1.0, 2.0], "edits": ["raw"]}
    old = make_plan(load_recipe("known-axes", (*OPTIONS, "evaluate.edits=['raw']"))).rescore
    assert (old.version, dict(old.parameters)) == (2, before)


def test_raw_beard_moves_male_too(tables):
    beard = axis(tables, "Beard", "raw")
    assert beard["most"][0]["attribute"] == "Male"
    assert beard["most"][0]["change"] == pytest.approx(0.6, abs=0.08)
    assert beard["sentence"].startswith("Turning Beard up by one standard deviation also turns Male (+0.")
    assert "Male" not in axis(tables, "Beard", "orthogonalized")["sentence"]


def test_calibration_of_an_exact_judge_is_one(tables):
    for edit in ("raw", "base-locked", "all-locked"):
        slopes = [row["calibration_slope"] for row in tables["by_edit"][edit]["by_axis"]]
        np.testing.assert_allclose(slopes, 1.0, atol=0.04)


def test_agreement_separation_and_stability_follow_from_the_noise(tables):
    smiling = axis(tables, "Smiling")
    # Noise of half a standard deviation: correlation 1 / sqrt(1.25), agreement 1 - atan(0.5) / pi.
    assert smiling["agreement"]["correlation"] == pytest.approx(1 / np.sqrt(1.25), abs=0.02)
    assert (
        smiling["agreement"]["correlation_low"] < 1 / np.sqrt(1.25) < smiling["agreement"]["correlation_high"]
    )
    assert smiling["agreement"]["decisions"] == pytest.approx(1 - np.arctan(0.5) / np.pi, abs=0.03)
    assert smiling["separation"]["extremes"] == 1.0
    assert smiling["separation"]["all"] == pytest.approx(1 - np.arctan(0.5) / np.pi, abs=0.06)
    assert axis(tables, "Age")["agreement"].keys() == {"correlation", "correlation_low", "correlation_high"}
    ratios = [row["halves_degrees"] / row["halves_degrees_expected"] for row in tables["by_axis"]]
    assert np.median(ratios) == pytest.approx(0.95, abs=0.1)


def test_arrays_hold_the_matrix_of_cosines(tables, recipe):
    arrays = read_arrays(make_plan(recipe).evaluation.output)
    planted = arrays["truth/planted_cosines"]
    matrix = arrays["raw/rescoring"]
    assert matrix.shape == (20, 4, 20)
    np.testing.assert_allclose(matrix[:, 2], planted, atol=0.1)  # +1 sd
    np.testing.assert_allclose(matrix[:, 0], -2 * planted, atol=0.2)
    np.testing.assert_allclose(arrays["all-locked/per_target"], np.eye(20), atol=0.1)


def test_labeller_and_judge_of_one_name_have_entries_of_their_own(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    plan = make_plan(load_recipe("known-axes", (*OPTIONS, "sample.count=100")))
    titles = [step.title for step in plan.until("evaluate")]
    assert len(set(titles)) == len(titles)
    assert f"label {KNOWN_FACTORS} (judge)" in titles
    run(plan.recipe, plan.until("label"))
    assert str(check_freshness(plan.judge_labels, Ledger("known-axes"))) == "missing"


def test_second_evaluation_does_nothing_and_more_latents_are_appended(tables, recipe):
    plan = make_plan(recipe)
    assert run(recipe, plan.until("evaluate")) == 0
    before = np.array(map_rows(plan.rescore.output, "scores", 16))
    more = load_recipe("known-axes", (*OPTIONS, "evaluate.count=20"))
    grown = make_plan(more)
    assert str(check_freshness(grown.rescore, Ledger("known-axes"))) == "partial (16 of 20 rows)"
    assert run(more, grown.until("evaluate")) == 2  # the four new latents, and the tables
    np.testing.assert_array_equal(map_rows(grown.rescore.output, "scores", 16), before)
    assert read_evaluation(grown.evaluation.output)["latents"] == 20


def test_interrupted_rescoring_resumes(recipe, monkeypatch):
    import pipelines.stages.rescore as stage

    other = load_recipe("known-axes", (*OPTIONS, "evaluate.seed=77", "evaluate.edits=['raw']"))
    plan = make_plan(other)
    blocks = []
    honest = stage.rescore

    def failing(*arguments):
        if blocks:
            raise KeyboardInterrupt
        blocks.append(honest(*arguments))
        return blocks[0]

    monkeypatch.setattr(stage, "rescore", failing)
    with pytest.raises(KeyboardInterrupt):
        run(other, plan.until("evaluate"))
    assert str(check_freshness(plan.rescore, Ledger("known-axes"))) == "partial (8 of 16 rows)"
    monkeypatch.setattr(stage, "rescore", honest)
    run(other, plan.until("evaluate"))
    scores = map_rows(plan.rescore.output, "scores", 16)
    np.testing.assert_array_equal(scores[:8], blocks[0]["scores"])
    assert np.isfinite(scores).all()


def test_command_evaluate_prints_leakage_and_truth(tables, recipe):
    arguments = ["evaluate", "known-axes", *(word for option in OPTIONS for word in ("-s", option))]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    for words in ("all-locked leaks least: ", "all-locked", "2700 samples", "Smiling", "Evaluation:"):
        assert words in result.output


def test_photographs_count_once_they_are_prepared(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    monkeypatch.delenv("TLGAN_CELEBA", raising=False)
    assert prepared_photographs(load_recipe("celeba64")) is None  # no data set here
    recipe = load_recipe("known-axes", (*OPTIONS, "data.count=40"))
    assert prepared_photographs(recipe) is None
    before = make_plan(recipe).evaluation.fingerprint
    run(recipe, [plan_prepare(recipe)])
    assert prepared_photographs(recipe).output.is_file()
    assert make_plan(recipe).evaluation.fingerprint != before


def test_photographs_of_a_run_that_prepares_them_itself_count_from_the_start(tmp_path, monkeypatch):
    """A second run must find everything done."""
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    evaluation = make_plan(load_recipe("known-axes")).evaluation
    assert evaluation.inputs["photographs"] == plan_prepare(load_recipe("known-axes")).fingerprint
