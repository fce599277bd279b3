"""The stage regress: which columns it takes, what it learns, and when it leaves edits to the straight axes."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from models.kinds.latent_regressor import RegressorOptions
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.stages.regress import ScoreColumns, gather_columns, train_regressor
from pipelines.stages.training_loop import TrainingFiles
from tests.pipelines.conftest import write_toy_recipe
from tests.pipelines.row_steps import write_rows
from tlgan.errors import UserError
from tlgan.formats.axis_file import read_axes

OPTIONS = RegressorOptions(
    widths=(64,), members=2, epochs=15, batch=64, dropout=0.0, weight_decay=0.01, learning_rate=1e-2
)


@pytest.fixture
def files(tmp_path):
    return TrainingFiles(tmp_path / "regressor.checkpoint.h5", tmp_path / "regressor")


def bent_rows(count=2400):
    random = np.random.default_rng(1)
    latents = random.standard_normal((count, 5)).astype("float32")
    bent = latents[:, 0] ** 2 + latents[:, 1]
    return latents, np.stack([bent, latents[:, 2], latents[:, 3] > 0.2], axis=1).astype("float32")


@pytest.mark.network
def test_regressor_predicts_unseen_rows_of_a_bent_score_better_than_a_line(files):
    latents, values = bent_rows()
    columns = ScoreColumns(("bent", "flat", "label"), values, np.array([False, False, True]), ())
    regressor = train_regressor(OPTIONS, latents, columns, files, "")
    held_out, straight = regressor.held_out, regressor.straight_held_out
    assert straight[0] < 0.5 < 0.85 < held_out[0]
    assert straight[1] > 0.999
    assert held_out[1] > 0.95
    assert held_out[2] > 0.97
    assert (regressor.lowest < regressor.highest).all()
    assert np.abs(regressor(latents)[:, 0] - values[:, 0]).mean() < 0.3
    assert not files.checkpoint.exists()
    assert not files.best_checkpoint.exists()


def test_columns_leave_out_what_has_too_few_labels(tmp_path):
    scores = np.random.default_rng(0).standard_normal((800, 4)).astype("float32")
    scores[:, 1] = 2.5
    scores[100:, 2] = np.nan
    scores[:, 3] = np.arange(800) % 3
    facts = {
        "names": ["free", "same", "rare", "shape"],
        "kinds": ["binary", "continuous", "binary", "categorical"],
        "units": ["", "", "", ""],
    }
    step = write_rows(tmp_path / "labels.h5", facts, scores=scores)
    columns = gather_columns([step], count=800)
    assert columns.names == ("free", "shape=0", "shape=1", "shape=2")
    assert columns.logistic.tolist() == [False, True, True, True]
    assert columns.left_out == ("same", "rare")


def test_small_sample_has_no_regressor_and_says_so(home, tmp_path, toy_weights, capsys):
    recipe = load_recipe(str(write_toy_recipe(tmp_path, toy_weights)))
    plan = make_plan(recipe)
    run(recipe, plan.until("orthogonalize"))
    assert "no regressor: 600 rows are fewer than `regress.least_rows` (2000)" in capsys.readouterr().out
    assert read_axes(plan.axes.output).regressor is None


def test_recipe_without_regressor_has_no_step(tmp_path, toy_weights):
    recipe = load_recipe(str(write_toy_recipe(tmp_path, toy_weights)), ("regress.kind=none",))
    assert "regress" not in [step.stage for step in make_plan(recipe)]


@pytest.mark.network
def test_components_of_pictures_are_predicted_beside_the_scores(files):
    latents, values = bent_rows()
    columns = ScoreColumns(("bent",), values[:, :1], np.array([False]), ())
    components = np.stack([latents[:, 4], np.random.default_rng(2).standard_normal(len(latents))], axis=1)
    regressor = train_regressor(OPTIONS, latents, columns, files, "", components.astype("float32"))
    assert regressor.names == ("bent",)
    assert regressor.component_held_out[0] > 0.9
    assert regressor.component_held_out[1] < 0.1
    assert regressor(latents[:3]).shape == (3, 1)
    with_components = regressor.with_jacobian(latents[:3], components=True)
    assert with_components.scores.shape == (3, 3)
    assert with_components.scores[:, 1] == pytest.approx(latents[:3, 4], abs=0.5)


def test_scores_are_the_mean_of_the_labellers_that_know_the_attribute(tmp_path):
    random = np.random.default_rng(0)
    seen = random.standard_normal((800, 3)).astype("float32") * [2, 1, 1] + [5, 0, 0]
    others = random.standard_normal((800, 2)).astype("float32") * 10
    others[:100, 1] = np.nan
    facts = {
        "names": ["Smiling", "Male", "Age"],
        "kinds": ["binary", "binary", "continuous"],
        "units": [""] * 3,
    }
    first = write_rows(tmp_path / "first.h5", facts, scores=seen.astype("f4"))
    facts = {"names": ["Age", "Smiling"], "kinds": ["continuous", "binary"], "units": [""] * 2}
    second = write_rows(tmp_path / "second.h5", facts, scores=others)
    columns = gather_columns([first], [second], count=800)
    alone = gather_columns([first], count=800)
    assert columns.names == alone.names == ("Smiling", "Male", "Age")
    np.testing.assert_array_equal(columns.values[:, 1], alone.values[:, 1])
    standard = [(x - np.nanmean(x)) / np.nanstd(x) for x in (seen[:, 0], others[:, 1])]
    mean = seen[:, 0].mean() + seen[:, 0].std() * (standard[0] + standard[1]) / 2
    np.testing.assert_allclose(columns.values[100:, 0], mean[100:], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(columns.values[:100, 0], seen[:100, 0], rtol=1e-4)  # the other does not know


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e30])
def test_scores_of_any_size_are_averaged(tmp_path, scale):
    seen = np.random.default_rng(0).standard_normal((800, 1)).astype("float32")
    facts = {"names": ["Age"], "kinds": ["continuous"], "units": [""]}
    first = write_rows(tmp_path / "first.h5", facts, scores=np.float32(scale) * seen)
    second = write_rows(tmp_path / "second.h5", facts, scores=seen)
    mean = gather_columns([first], [second], count=800).values
    np.testing.assert_allclose(mean, scale * seen, rtol=1e-3, atol=1e-3 * scale)  # both say the same


def test_networks_that_are_averaged_label_before_the_regressor_and_judge_nothing(home, tmp_path, toy_weights):
    other = tmp_path / "other.labeller.h5"
    shutil.copy(toy_weights / "toy.labeller.h5", other)
    path, options = str(write_toy_recipe(tmp_path, toy_weights)), ("sample.count=2000",)
    plain = make_plan(load_recipe(path, options))
    mean = make_plan(load_recipe(path, (*options, f"regress.average_with=['{other}']")))
    assert "average_with" not in plain.regressor.parameters
    assert mean.regressor.fingerprint != plain.regressor.fingerprint
    titles = [step.title for step in mean.from_sample("regress")]
    assert titles[-2:] == ["label other.labeller", "regress"]
    judged = load_recipe(path, (f"regress.average_with=['{other}']", f"evaluate.judge='{other}'"))
    with pytest.raises(UserError, match=r"those of `regress\.average_with`"):
        _ = make_plan(judged).evaluation
    itself = load_recipe(path, (f"regress.average_with=['{toy_weights}/toy.labeller.h5']",))
    with pytest.raises(UserError, match="must name other networks than the labellers"):
        _ = make_plan(itself).averaged_labels
    with pytest.raises(UserError, match="must name networks"):
        _ = make_plan(load_recipe(path, ("regress.average_with=['hand.csv']",))).averaged_labels
