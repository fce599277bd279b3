"""The engine: order, overlap, and images that are not kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial

import h5py
import numpy as np
import pytest

import pipelines.execution.block_jobs
from pipelines.execution.block_jobs import Block, BlockJob, block_rows, blocks
from pipelines.execution.local import prefetch, run_blocks_here
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from tlgan.storage.row_files import map_rows, partial_path

DROPPED = ("-s", "sample.keep_images=false")


@pytest.mark.parametrize(("start", "stop", "rows"), [(0, 10, 4), (4, 10, 3), (0, 4, 8), (5, 5, 2)])
def test_blocks_hold_every_row_once_and_in_order(start, stop, rows):
    found = list(blocks(start, stop, rows))
    assert [row for block in found for row in range(block.start, block.start + block.count)] == list(
        range(start, stop)
    )
    assert all(block.count == rows for block in found[:-1])


@pytest.mark.parametrize(
    ("resolution", "batch", "rows"), [(64, 64, 512), (64, 1, 8), (1024, 1, 8), (1024, 16, 16), (1024, 64, 64)]
)
def test_blocks_are_whole_batches_and_hold_few_large_pictures(toy_recipe, resolution, batch, rows):
    assert block_rows(load_recipe(str(toy_recipe)), resolution, batch) == rows


def test_the_recipe_says_how_many_rows_a_cluster_gets(toy_recipe):
    here, there = (load_recipe(str(toy_recipe), ("ray.rows=40", f"engine={who}")) for who in ("local", "ray"))
    assert [block_rows(recipe, 64) for recipe in (here, there)] == [512, 40]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_prefetch_keeps_the_order(count):
    assert list(prefetch(iter(range(count)))) == list(range(count))


def test_prefetch_makes_the_next_item_while_one_is_in_use():
    made = [threading.Event() for _ in range(3)]

    def items():
        for number, event in enumerate(made):
            event.set()
            yield number

    for number in prefetch(items()):
        if number < 2:
            assert made[number + 1].wait(timeout=20)


def test_prefetch_raises_an_error_in_the_place_of_its_item():
    def items():
        yield 1
        raise OSError("second")

    taken = prefetch(items())
    assert next(taken) == 1
    with pytest.raises(OSError, match="second"):
        next(taken)


def test_transforms_run_on_different_blocks_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)  # either transform alone would wait in vain

    def first(number):
        if number > 0:
            meeting.wait()
        return number

    def second(number):
        if number < 3:
            meeting.wait()
        return 10 * number

    assert list(run_blocks_here(BlockJob((), lambda: (first, second)), range(4))) == [0, 10, 20, 30]


def output_of(recipe, stage, *overrides):
    plan = make_plan(load_recipe(str(recipe), overrides))
    return (plan.sample if stage == "sample" else plan.labels[0]).output


def test_scores_are_the_same_whether_images_are_kept_or_not(finished, tmp_path, monkeypatch, command):
    kept = np.array(map_rows(output_of(finished, "label"), "scores"))
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "other"))
    assert command("label", finished, *DROPPED)[0] == 0
    np.testing.assert_array_equal(map_rows(output_of(finished, "label"), "scores"), kept)
    sample = output_of(finished, "sample", "sample.keep_images=false")
    with h5py.File(sample) as file:
        assert set(file) == {"latents", "rows_done"}
    assert not output_of(finished, "sample").exists()


def test_the_whole_run_needs_no_images(toy_recipe, toy_results, home, command):
    assert command("run", toy_recipe, *DROPPED)[0] == 0
    for figure in ("samples", "cosines-raw"):
        mine, kept = (folder / f"runs/toy/figures/{figure}.png" for folder in (home, toy_results))
        assert mine.read_bytes() == kept.read_bytes()
    assert command("images", toy_recipe, *DROPPED, "--rows", "60-70", "--folder", home / "mine")[0] == 0
    assert len(list((home / "mine").iterdir())) == 11


def two_labellers(recipe, toy_weights):
    """The recipe with a second labeller, a copy of the first under another name."""
    second = recipe.with_name("second.labeller.h5")
    second.write_bytes((toy_weights / "toy.labeller.h5").read_bytes() + b" ")
    text = recipe.read_text().replace('toy.labeller.h5"]', f'toy.labeller.h5", "{second}"]')
    both = recipe.with_name("both.toml")
    both.write_text(text)
    return both


@dataclass
class Counted:
    """A generator's calls, counted."""

    rows: int = 0

    def watch(self, monkeypatch):
        drawing = pipelines.execution.block_jobs._drawing

        def counted(seed, generator):
            draw, paint = drawing(seed, generator)

            def count(block):
                self.rows += block.count
                return paint(block)

            return draw, count

        monkeypatch.setattr(pipelines.execution.block_jobs, "_drawing", counted)


def test_one_pass_serves_all_labellers_and_a_later_one_draws_again(
    toy_recipe, toy_weights, monkeypatch, command
):
    both = two_labellers(toy_recipe, toy_weights)
    counted = Counted()
    counted.watch(monkeypatch)
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
    counted = Counted()
    counted.watch(monkeypatch)
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


def test_labelling_without_images_resumes(toy_recipe, toy_results, monkeypatch, command):
    calls = []

    def failing(block, paint):
        calls.append(block.start)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return paint(block)

    drawing = pipelines.execution.block_jobs._drawing

    def interrupted(seed, generator):
        draw, paint = drawing(seed, generator)
        return draw, partial(failing, paint=paint)

    with monkeypatch.context() as patch:
        patch.setattr(pipelines.execution.block_jobs, "_drawing", interrupted)
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


def test_labelled_block_holds_scores_alone():
    read = pipelines.execution.block_jobs._labelling()[0]
    block = read(Block(3, 2, np.zeros((2, 4)), np.zeros((2, 8, 8, 3), "u1")))
    assert (block.latents, block.images, block.count) == (None, None, 2)
