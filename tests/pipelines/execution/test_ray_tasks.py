"""Blocks of rows on a Ray cluster of two workers: the rows of one process, whatever dies."""

from __future__ import annotations

import dataclasses
import os
import signal
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipelines.execution.block_jobs import Block, BlockJob, blocks, drawing
from pipelines.execution.ray_cluster import join
from pipelines.execution.ray_tasks import StoredJob, _open, _pack, run_blocks_on_cluster
from pipelines.planning.plan import make_plan
from pipelines.planning.run import run
from pipelines.recipe.load import load_recipe
from pipelines.recipe.sections import Ray
from pipelines.sources.generators import generator_source
from pipelines.workflow.file_hash import file_hash
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")

ON_RAY = ("-s", "engine=ray", "-s", "ray.workers=2", "-s", "ray.rows=50")


@pytest.fixture(scope="module")
def cluster():
    """A Ray of two workers on this machine."""
    yield join(Ray(workers=2))
    ray.shutdown()


def plan_of(recipe, *overrides):
    return make_plan(load_recipe(str(recipe), overrides))


def rows_of(recipe, *overrides):
    plan = plan_of(recipe, *overrides)
    sample, label = plan.sample, plan.labels[0]
    columns = [(sample, "latents"), (label, "scores")]
    if "sample.keep_images=false" not in overrides:
        columns.append((sample, "images"))
    return {name: np.array(map_rows(step.output, name)) for step, name in columns}


@pytest.mark.parametrize("overrides", [(), ("sample.keep_images=false",)])
def test_rows_are_those_of_one_process(cluster, toy_recipe, toy_results, monkeypatch, command, overrides):
    settings = [part for override in overrides for part in ("-s", override)]
    assert command("label", toy_recipe, *ON_RAY, *settings)[0] == 0
    mine = rows_of(toy_recipe, *overrides)
    monkeypatch.setenv("TLGAN_HOME", str(toy_results))
    for name, values in mine.items():
        np.testing.assert_array_equal(values, rows_of(toy_recipe)[name], err_msg=name)


def slowly(folder, workers=2):
    """A transform that notes who works on which block, and goes on when so many have been at work, or after a while."""

    def transform(block: Block) -> tuple[int, int]:
        (folder / f"{block.start}-{os.getpid()}").touch()
        patience = time.monotonic() + 120
        while block.start >= 30 and len(workers_in(folder)) < workers and time.monotonic() < patience:
            time.sleep(0.05)
        time.sleep(0.1)
        return block.start, block.count

    return (transform,)


def workers_in(folder) -> set[int]:
    return {int(path.name.split("-")[1]) for path in folder.iterdir()}


def test_killed_worker_loses_and_repeats_no_row(cluster, tmp_path):
    taken = run_blocks_on_cluster(
        Ray(workers=2), BlockJob((), partial(slowly, tmp_path, workers=3)), blocks(0, 60, 5)
    )
    rows = [next(taken)]
    os.kill(min(workers_in(tmp_path)), signal.SIGKILL)
    rows += taken
    assert rows == [(start, 5) for start in range(0, 60, 5)]
    assert len(workers_in(tmp_path)) == 3  # another came in place of the one that died


def deadly(first: int):
    def transform(block: Block) -> Block:
        if block.start >= first:
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    return (transform,)


def test_block_that_kills_every_worker_is_a_one_line_error(cluster, monkeypatch):
    monkeypatch.setattr("pipelines.execution.ray_tasks.ATTEMPTS", 1)
    taken = run_blocks_on_cluster(Ray(workers=2), BlockJob((), partial(deadly, 10)), blocks(0, 20, 5))
    assert [next(taken).start, next(taken).start] == [0, 5]
    with pytest.raises(UserError, match=r"keep a worker alive in one of 2 attempts.*ray\.workers") as error:
        next(taken)
    assert "\n" not in str(error.value)


def refusing(error: Exception):
    def transform(block: Block) -> Block:
        raise error

    return (transform,)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("`images` must be square. Got none."), r"^`images` must be square\. Got none\.$"),
        (ZeroDivisionError(), r"(?s)ray::_work.*in transform"),  # a bug, with the worker's own traceback
    ],
)
def test_error_of_a_task_is_raised_here(cluster, error, told):
    with pytest.raises(type(error), match=told):
        list(run_blocks_on_cluster(Ray(workers=2), BlockJob((), partial(refusing, error)), blocks(0, 4, 2)))


def test_job_opens_on_a_machine_without_its_files(cluster, toy_recipe, toy_weights, tmp_path, monkeypatch):
    weights = tmp_path / "mine.generator.h5"
    weights.write_bytes((toy_weights / "toy.generator.h5").read_bytes())
    source = generator_source(load_recipe(str(toy_recipe), (f"sample.generator={weights}",)))
    digest, expected = file_hash(weights), source.open()(np.eye(3, 8, dtype="f4"))
    packed = _pack(drawing(source, 0))
    assert list(packed.files) == [Path(digest) / weights.name]
    weights.unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "elsewhere"))
    files = tuple((path, ray.put(content)) for path, content in packed.files.items())
    stored = StoredJob("first", ray.put(packed.job), files)
    _, draw_images = _open(stored)
    drawn = draw_images(Block(0, 3, latents=np.eye(3, 8, dtype="f4")))
    np.testing.assert_array_equal(drawn.images, expected)
    without_files = dataclasses.replace(stored, files=tuple((path, None) for path, _ in files))
    again = _open(without_files)  # nothing is fetched twice
    np.testing.assert_array_equal(again[1](drawn).images, expected)


def test_edits_judged_on_ray_are_those_of_one_process(cluster, tmp_path, monkeypatch):
    known_factors = ("label.labellers=['known-axes-factors']", "evaluate.judge=known-axes-factors")
    small = ("known_axes.resolution=8", "data.resolution=8", "sample.count=200", "evaluate.count=16")
    rows = {}
    for engine in ("local", "ray"):
        monkeypatch.setenv("TLGAN_HOME", str(tmp_path / engine))
        recipe = load_recipe(
            "known-axes", (*known_factors, *small, "evaluate.edits=['raw']", f"engine={engine}")
        )
        plan = make_plan(recipe)
        run(recipe, plan.until("rescore"))
        output = plan.rescore.output
        rows[engine] = {
            name: np.array(map_rows(output, name)) for name in ("scores", "unedited", "saturated")
        }
    for name, values in rows["local"].items():
        assert len(values) == 16
        np.testing.assert_array_equal(rows["ray"][name], values, err_msg=name)


def test_lost_node_loses_and_repeats_no_row(tmp_path):
    from ray.cluster_utils import Cluster

    ray.shutdown()
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        lost = nodes.add_node(num_cpus=1)
        options = Ray(address=nodes.address)
        assert join(options) == 2
        taken = run_blocks_on_cluster(options, BlockJob((), partial(slowly, tmp_path)), blocks(0, 60, 5))
        rows = [next(taken)]
        nodes.remove_node(lost, allow_graceful=False)
        rows += taken
        assert rows == [(start, 5) for start in range(0, 60, 5)]
    finally:
        ray.shutdown()
        nodes.shutdown()
