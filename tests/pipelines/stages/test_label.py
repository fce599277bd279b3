"""Scores of labellers: with and without kept images, of one labeller or several."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np

import pipelines.stages.label
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.sources.generators import generator_source
from tlgan.storage.row_files import map_rows, partial_path

DROPPED = ("-s", "sample.keep_images=false")


def output_of(recipe, stage, *overrides):
    plan = make_plan(load_recipe(str(recipe), overrides))
    return (plan.sample if stage == "sample" else plan.labels[0]).output


def test_scores_are_the_same_whether_images_are_kept_or_not(finished, tmp_path, monkeypatch, command):
    with_images = np.array(map_rows(output_of(finished, "label"), "scores"))
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "other"))
    assert command("label", finished, *DROPPED)[0] == 0
    np.testing.assert_array_equal(map_rows(output_of(finished, "label"), "scores"), with_images)
    sample = output_of(finished, "sample", "sample.keep_images=false")
    with h5py.File(sample) as file:
        assert set(file) == {"latents", "rows_done", "checksums"}
    assert not output_of(finished, "sample").exists()


def two_labellers(recipe, toy_weights):
    """The recipe with a second labeller, a copy of the first under another name."""
    second = recipe.with_name("second.labeller.h5")
    second.write_bytes((toy_weights / "toy.labeller.h5").read_bytes() + b" ")
    text = recipe.read_text().replace('toy.labeller.h5"]', f'toy.labeller.h5", "{second}"]')
    both = recipe.with_name("both.toml")
    both.write_text(text.replace('name = "toy"', 'name = "both"'))
    return both


class WatchedGenerator:
    """A generator that counts the rows it draws, and is interrupted in one of its calls."""

    def __init__(self, generator, interrupted_call=0):
        self.generator, self.interrupted_call = generator, interrupted_call
        self.calls = self.rows = 0

    def __getattr__(self, name):
        return getattr(self.generator, name)

    def __call__(self, latents):
        self.calls += 1
        if self.calls == self.interrupted_call:
            raise KeyboardInterrupt
        self.rows += len(latents)
        return self.generator(latents)


def watch(patch, recipe, **options) -> WatchedGenerator:
    """Let the stage draw with a watched generator of the recipe."""
    watched = WatchedGenerator(generator_source(load_recipe(str(recipe))).open(), **options)

    def source_of(recipe):
        return replace(generator_source(recipe), opener=lambda weights: watched)

    patch.setattr(pipelines.stages.label, "generator_source", source_of)
    return watched


def test_one_pass_serves_all_labellers_and_a_later_one_draws_again(
    toy_recipe, toy_weights, monkeypatch, command
):
    both = two_labellers(toy_recipe, toy_weights)
    counted = watch(monkeypatch, toy_recipe)
    status, out, _ = command("label", both, *DROPPED)
    assert (status, counted.rows) == (0, 600)
    assert "label second.labeller: fresh" in out
    first, second = make_plan(load_recipe(str(both), DROPPED[1:])).labels
    np.testing.assert_array_equal(map_rows(first.output, "scores"), map_rows(second.output, "scores"))
    second.output.unlink()
    assert command("label", both, *DROPPED)[0] == 0
    assert counted.rows == 1200


def test_labellers_of_one_pass_resume_from_their_own_rows(
    toy_recipe, toy_weights, tmp_path, monkeypatch, command
):
    both = two_labellers(toy_recipe, toy_weights)
    assert command("label", toy_recipe, *DROPPED)[0] == 0  # the first alone, 600 rows
    counted = watch(monkeypatch, toy_recipe)
    more = (*DROPPED, "-s", "sample.count=1300")
    assert command("label", both, *more)[0] == 0
    assert counted.rows == 1300
    grown = [
        np.array(map_rows(step.output, "scores"))
        for step in make_plan(load_recipe(str(both), more[1::2])).labels
    ]
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "other"))
    assert command("label", toy_recipe, *more)[0] == 0
    for scores in grown:
        np.testing.assert_array_equal(scores, map_rows(output_of(toy_recipe, "label", *more[1::2]), "scores"))


def test_labeller_named_twice_is_run_once(toy_recipe, toy_weights, command):
    twice = toy_recipe.with_name("twice.toml")
    name = f'"{toy_weights}/toy.labeller.h5"'
    twice.write_text(toy_recipe.read_text().replace(f"[{name}]", f"[{name}, {name}]"))
    assert command("label", twice, *DROPPED)[0] == 0


def test_labellers_of_one_name_have_titles_of_their_own(toy_recipe, toy_weights, tmp_path):
    other = tmp_path / "other" / "toy.labeller.h5"
    other.parent.mkdir()
    other.write_bytes((toy_weights / "toy.labeller.h5").read_bytes() + b" ")
    both = f"label.labellers=['{toy_weights}/toy.labeller.h5', '{other}']"
    plan = make_plan(load_recipe(str(toy_recipe), (both,)))
    assert [step.title for step in plan.labels] == ["label toy.labeller", "label toy.labeller (2)"]
    assert {"fit toy.labeller", "fit toy.labeller (2)"} <= plan.axes.inputs.keys()


def test_labelling_without_images_resumes(toy_recipe, toy_results, monkeypatch, command):
    with monkeypatch.context() as patch:
        watch(patch, toy_recipe, interrupted_call=2)
        assert command("label", toy_recipe, *DROPPED)[0] == 130
    output = output_of(toy_recipe, "label", "sample.keep_images=false")
    assert len(map_rows(partial_path(output), "scores")) == 512
    assert command("label", toy_recipe, *DROPPED)[0] == 0
    mine = np.array(map_rows(output, "scores"))
    monkeypatch.setenv("TLGAN_HOME", str(toy_results))
    np.testing.assert_array_equal(mine, map_rows(output_of(toy_recipe, "label"), "scores"))


def test_labels_by_hand_need_no_images(toy_recipe, command):
    table = toy_recipe.with_name("freckles.csv")
    table.write_text("row,attribute,value\n0,Freckles,1\n599,Freckles,0\n")
    recipe = toy_recipe.with_name("hand.toml")
    recipe.write_text(toy_recipe.read_text().replace('toy.labeller.h5"]', f'toy.labeller.h5", "{table}"]'))
    assert command("label", recipe, *DROPPED)[0] == 0
    steps = make_plan(load_recipe(str(recipe), DROPPED[1:])).labels
    scores = map_rows(next(step for step in steps if "freckles" in step.title).output, "scores")
    assert np.flatnonzero(~np.isnan(scores[:, 0])).tolist() == [0, 599]
