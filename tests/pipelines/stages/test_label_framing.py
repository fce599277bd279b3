"""The stage `label` warns of pictures that the labeller does not know, and the page says so too."""

from __future__ import annotations

import os
import shutil
import signal

import numpy as np
import pytest

from models.loaders.generator import load_generator
from models.loaders.labeller import load_labeller
from models.weights.feature_statistics import fit_feature_statistics, write_feature_statistics
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.stages.label import framings
from tlgan.latents.sampling import draw_latents
from tlgan.storage.row_files import RowWriter, rows_done

pytestmark = pytest.mark.network
WARNING = "knows faces that are framed otherwise"


@pytest.fixture
def with_statistics(toy_weights, tmp_path):
    """Write the statistics of pictures beside a copy of the toy labeller; its file, and the settings of a small run."""

    def write(pictures):
        labeller = tmp_path / "framed.labeller.h5"
        shutil.copyfile(toy_weights / "toy.labeller.h5", labeller)
        statistics = fit_feature_statistics(*load_labeller(labeller).read(pictures))
        write_feature_statistics(labeller, statistics)
        return "-s", f"label.labellers=['{labeller}']", "-s", "sample.count=200"

    return write


@pytest.fixture
def drawn(toy_weights):
    """Pictures of the toy generator, none of which a run of these tests draws."""
    generator = load_generator(toy_weights / "toy.generator.h5")
    return generator(draw_latents(5_000, 400, generator.latent_dim, space="sphere"))


def test_pictures_that_the_labeller_does_not_know_are_warned_about(
    toy_recipe, with_statistics, command, home
):
    noise = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 3)).astype(np.uint8)
    settings = with_statistics(noise)
    status, out, err = command("run", toy_recipe, *settings)
    assert status == 0, err
    assert out.count(WARNING) == 1
    plan = make_plan(load_recipe(str(toy_recipe), settings[1::2]))
    (framing,) = framings(plan.labels)
    assert framing.far
    page = (home / "runs/toy/report.html").read_text(encoding="utf-8")
    assert "Read with doubt." in page
    assert WARNING in page
    assert WARNING not in command("label", toy_recipe, *settings)[1]  # fresh


def test_pictures_that_it_knows_are_not(toy_recipe, with_statistics, drawn, command, home):
    settings = with_statistics(drawn)
    status, out, err = command("run", toy_recipe, *settings)
    assert status == 0, err
    assert WARNING not in out
    (framing,) = framings(make_plan(load_recipe(str(toy_recipe), settings[1::2])).labels)
    assert not framing.far
    assert "Read with doubt." not in (home / "runs/toy/report.html").read_text(encoding="utf-8")


def test_pictures_that_are_not_kept_are_looked_at_too(toy_recipe, with_statistics, drawn, command):
    settings = (*with_statistics(drawn[:, ::-1]), "-s", "sample.keep_images=false")
    status, _, err = command("label", toy_recipe, *settings)
    assert status == 0, err
    assert len(framings(make_plan(load_recipe(str(toy_recipe), settings[1::2])).labels)) == 1


def test_the_framing_stays_with_more_rows_and_after_a_kill_before_the_first(
    toy_recipe, with_statistics, drawn, command, monkeypatch
):
    settings = with_statistics(drawn)
    plan = make_plan(load_recipe(str(toy_recipe), settings[1::2]))
    with monkeypatch.context() as patch:
        patch.setattr(RowWriter, "append", lambda self, rows: os.kill(os.getpid(), signal.SIGINT))
        assert command("label", toy_recipe, *settings)[0] == 130
    assert not plan.labels[0].output.exists()
    assert command("label", toy_recipe, *settings)[0] == 0
    first = framings(plan.labels)
    assert len(first) == 1
    assert command("label", toy_recipe, *settings[:2], "-s", "sample.count=300")[0] == 0
    assert rows_done(plan.labels[0].output) == 300
    assert framings(plan.labels) == first


def test_labeller_without_statistics_says_nothing(finished, command):
    assert framings(make_plan(load_recipe(str(finished))).labels) == []
