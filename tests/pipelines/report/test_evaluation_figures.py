"""The evaluation in the report: which one counts, and figures with their data."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.report.evaluation_figures import last_evaluation
from pipelines.report.page import report_path
from pipelines.sources.synthetic import KNOWN_FACTORS
from pipelines.workflow.freshness import check_freshness
from pipelines.workflow.ledger import Ledger

OPTIONS = (
    "known_axes.resolution=8",
    "data.resolution=8",
    f"label.labellers=['{KNOWN_FACTORS}']",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "evaluate.always=false",
    "evaluate.count=8",
    "evaluate.reference=500",
    "sample.count=1000",
    "evaluate.edits=['raw', 'orthogonalized']",
    "regress.kind='none'",
    "groups.smile=['Smiling', 'Mouth_Open']",
    "report.strips=1",
    "report.steps=3",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("reported")


@pytest.fixture
def recipe(home, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(home))
    return load_recipe("known-axes", OPTIONS)


def test_an_evaluation_makes_the_report_stale_and_enters_it(recipe):
    run(recipe, make_plan(recipe))
    assert "python -m pipelines evaluate known-axes" in report_path(recipe).read_text(encoding="utf-8")
    assert last_evaluation(Ledger(recipe.name), make_plan(recipe)) is None
    run(recipe, make_plan(recipe).until("evaluate"))
    step = make_plan(recipe).report
    assert str(check_freshness(step, Ledger(recipe.name))) == "stale (evaluate changed)"
    assert run(recipe, make_plan(recipe)) == 1
    text = report_path(recipe).read_text(encoding="utf-8")
    for words in ("What the judge measures", "Known axes", "Side effects of each axis", "Every method"):
        assert words in text
    for words in ("Smiling, Mouth Open.", "usable axes", "DT score", "Leakage in the true factors"):
        assert words in text
    assert "python -m pipelines evaluate" not in text


def test_every_figure_has_its_data_beside_it(recipe, home):
    run(recipe, [*make_plan(recipe).until("evaluate"), *make_plan(recipe)])
    folder = home / "runs/known-axes/figures"
    pictures = {path.stem for path in folder.glob("*.png")}
    assert pictures == {path.stem for path in folder.glob("*.csv")}
    assert {
        "leakage-0.5",
        "leakage-1",
        "leakage-curve",
        "transformation",
        "co-movement",
        "truth-leakage-1",
        "calibration",
        "rescoring-before",
        "rescoring-after",
        "truth-curve",
        "learning",
    } <= pictures
    assert Image.open(folder / "leakage-1.png").width > 300
    table = list(csv.DictReader((folder / "rescoring-before.csv").open(encoding="utf-8")))
    own = [float(row[row["axis"]]) for row in table]
    assert len(own) == 20
    assert np.median(own) == pytest.approx(0.9, abs=0.15)  # +1 sd along each axis
    leakage = list(csv.DictReader((folder / "leakage-1.csv").open(encoding="utf-8")))
    assert all(
        float(row["low"]) <= float(row["value"]) <= float(row["high"])
        for row in leakage
        if row["measure"] == "mean of the others"
    )


def test_an_evaluation_of_other_axes_does_not_count(recipe):
    run(recipe, make_plan(recipe).until("evaluate"))
    other = load_recipe("known-axes", (*OPTIONS, "orthogonalize.base=['Male']"))
    assert last_evaluation(Ledger(recipe.name), make_plan(recipe)) is not None
    assert last_evaluation(Ledger(recipe.name), make_plan(other)) is None


def test_a_damaged_ledger_means_no_evaluation(recipe, home):
    run(recipe, make_plan(recipe).until("evaluate"))
    ledger = Ledger(recipe.name)
    ledger.entries["evaluate"] = json.loads("{}")
    assert last_evaluation(ledger, make_plan(recipe)) is None


def test_an_evaluation_of_an_earlier_version_does_not_count(recipe):
    run(recipe, make_plan(recipe).until("evaluate"))
    ledger = Ledger(recipe.name)
    ledger.entries["evaluate"]["version"] -= 1
    assert last_evaluation(ledger, make_plan(recipe)) is None


def test_co_movement_leaves_target_and_group_out(recipe, home):
    run(recipe, [*make_plan(recipe).until("evaluate"), *make_plan(recipe)])
    table = list(csv.DictReader((home / "runs/known-axes/figures/co-movement.csv").open(encoding="utf-8")))
    pairs = {(row["axis"], row["attribute"]) for row in table}
    assert len(pairs) == 20 * 19 - 2
    assert ("Smiling", "Mouth_Open") not in pairs
    beard = next(row for row in table if (row["axis"], row["attribute"]) == ("Beard", "Male"))
    assert float(beard["unedited"]) == pytest.approx(0.6, abs=0.1)  # the planted cosine
    assert float(beard["raw"]) == pytest.approx(0.6, abs=0.1)
