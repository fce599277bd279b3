"""Two evaluated runs side by side: leakage of both, at each change of the target."""

from __future__ import annotations

from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.runs.compare import write_comparison
from pipelines.sources.synthetic import KNOWN_FACTORS

OPTIONS = (
    "known_axes.resolution=8",
    "data.resolution=8",
    f"label.labellers=['{KNOWN_FACTORS}']",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "evaluate.count=8",
    "evaluate.reference=200",
    "evaluate.steps=[-2.0, 2.0]",
    "evaluate.edits=['raw']",
    "sample.count=400",
    "report.faces=1",
    "report.steps=3",
)


def test_leakage_of_both_runs_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    recipe = load_recipe("known-axes", OPTIONS)
    run(recipe, make_plan(recipe).until("evaluate"))
    page = write_comparison(recipe, recipe).read_text(encoding="utf-8")
    assert "Leakage by way of editing" in page
    assert page.count('<td class="text">raw</td><td>0.5</td>') == 2
    assert page.count('<td class="text">raw</td><td>1.0</td>') == 2
