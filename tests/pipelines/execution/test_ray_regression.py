"""Fits whose rows lie with Ray workers equal those of one process to the last bit."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.recipe.sections import Ray
from pipelines.stages.fit import plan_fit
from pipelines.workflow.step import Step
from tests.tlgan.same_fits import assert_same
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.regression.fit import fit_glms, probabilities
from tlgan.regression.streaming.lazy_tables import DrawnLatents
from tlgan.regression.streaming.row_stream import Rows, TargetColumn
from tlgan.storage import row_files

ray = pytest.importorskip("ray")

from pipelines.execution.ray_regression import shard_tables, worker_nodes  # noqa: E402

TWO = Ray(workers=2)
LATENTS = DrawnLatents(3, 70_000, "sphere", seed=2)  # 18 chunks: three shards
NAMES, KINDS = ["smile", "beard", "hat"], ["binary"] * 3


@pytest.fixture(scope="module")
def responses():
    """Two logits and a probability of planted axes, some of them missing."""
    generator = np.random.default_rng(0)
    logits = LATENTS[:] @ np.diag([2.0, 1, 3]) + generator.standard_normal((LATENTS.count, 3))
    logits[::5, 1] = np.nan
    logits[:, 2:] = probabilities(logits[:, 2:], KINDS[2:])
    return logits.astype(np.float32)


@pytest.fixture(scope="module")
def nodes():
    """A cluster of two machines with a core each, both on this one."""
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    ray.init(nodes.address, log_to_driver=False)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture(scope="module")
def on_two(nodes, responses):
    """The tables for two workers, one on each machine, and these workers."""
    with shard_tables(TWO, LATENTS, responses) as tables:
        yield tables


def fit(latents, responses, **options):
    return fit_glms(latents, responses, NAMES, KINDS, family=["gaussian", "huber", "binomial"], **options)


class PoolThatLosesAWorker:
    """A pool that loses a worker before its second pass."""

    def __init__(self, pool):
        self.pool, self.shard_chunks, self.passes = pool, pool.shard_chunks, 0

    def map(self, function, shards):
        self.passes += 1
        if self.passes == 2:
            ray.kill(self.pool.workers[1], no_restart=False)
        return self.pool.map(function, shards)


def test_a_fit_on_two_workers_is_the_same_to_the_last_bit(on_two, responses):
    latents, shards, pool = on_two.latents, on_two.responses, on_two.pool
    expected = fit(LATENTS[:], responses)
    assert_same(fit(latents, shards, worker_pool=pool), expected)
    assert expected.held_out.min() > 0.8
    assert_same(fit(latents, shards, worker_pool=PoolThatLosesAWorker(pool)), expected)


def process(shard):
    return os.getpid()


def test_a_shard_stays_with_its_worker_and_a_dead_worker_is_replaced(on_two):
    pool = on_two.pool
    before = list(pool.map(process, range(4)))
    assert before[:2] == before[2:]
    ray.kill(pool.workers[0], no_restart=False)
    while Path(f"/proc/{before[0]}").exists():  # killing takes a moment
        time.sleep(0.05)
    after = list(pool.map(process, range(4)))
    assert after[1] == before[1]
    assert after[0] == after[2] != before[0]


def latent_sum(latents, responses):
    return (latents.sum(axis=0),)


@pytest.mark.parametrize(("workers", "count", "machines"), [(1, 1, 1), (2, 2, 2), (9, 2, 2), (0, 2, 2)])
def test_workers_are_dealt_out_to_the_machines(nodes, workers, count, machines):
    dealt = worker_nodes(workers)
    assert (len(dealt), len(set(dealt))) == (count, machines)


def test_error_of_a_worker_is_one_line(on_two):
    shards, pool = on_two.responses, on_two.pool
    with pytest.raises(UserError, match=r"^`latents` must be finite. Row 0 is not; leave it out.$"):
        Rows(Endless(), shards, (TargetColumn(0),), worker_pool=pool).total(latent_sum)


class Endless:
    """Latents that are not finite."""

    shape = LATENTS.shape

    def __getitem__(self, rows):
        return np.full((rows.stop - rows.start, self.shape[1]), np.inf)


def test_stored_table_travels_without_its_rows(on_two, responses):
    shards, pool = on_two.responses, on_two.pool
    assert len(ray.cloudpickle.dumps(shards)) < 2000 < responses.nbytes
    np.testing.assert_array_equal(shards[60_000:60_010], responses[60_000:60_010])
    for read in pool.map(partial(part, shards), range(1)):
        np.testing.assert_array_equal(read, responses[61_440:65_536])


def part(table, shard):
    assert table.table is None
    return table[61_440:65_536]


def test_workers_end_with_their_context(on_two, responses):
    with shard_tables(TWO, LATENTS, responses) as tables:
        pass
    with pytest.raises(UserError, match="must outlive its shards"):
        list(tables.pool.map(process, range(2)))


def written(path, stage, columns, attributes):
    """A step whose finished output holds these columns."""
    count = len(next(iter(columns.values())))
    layout = [row_files.RowDataset(name, rows.shape[1:], "<f4") for name, rows in columns.items()]
    with row_files.RowWriter(path, layout, count, attributes) as writer:
        writer.append(columns)
    return Step(stage, stage, 1, {}, {}, place=lambda _: path, work=lambda _: None, rows=count)


@pytest.fixture
def sample(tmp_path):
    facts = {"latent_dim": 4, "latent_space": "normal"}
    latents = draw_latents(0, 1000, 4, space="normal", seed=7)
    return written(tmp_path / "samples.h5", "sample", {"latents": latents}, facts)


@pytest.fixture
def label(tmp_path):
    scores = draw_latents(0, 1000, 4, space="normal", seed=7)[:, :2] + draw_latents(0, 1000, 2, seed=8)
    facts = {
        "names_json": '["a", "b"]',
        "kinds_json": '["binary", "continuous"]',
        "units_json": '["logit", ""]',
    }
    return written(tmp_path / "labels.h5", "label", {"scores": scores}, facts)


def recipe_of(folder, *overrides):
    path = folder / "r.toml"
    path.write_text('name = "r"\n[sample]\ngenerator = "g"\n[label]\nlabellers = ["l"]\n')
    return load_recipe(str(path), ("sample.seed=7", *overrides))


def test_the_stage_writes_the_same_whatever_the_engine(on_two, sample, label, tmp_path, home):
    found = {}
    (home / "artifacts").mkdir(parents=True)
    for engine in ("local", "ray"):
        step = plan_fit(recipe_of(tmp_path, f"engine={engine}", "ray.workers=2"), sample, label)
        step.work(step)
        found[engine] = arrays(step.output)
        step.output.unlink()
    assert {"coefficients", "stability/half_cosines", "stability/curve_cosines"} < found["local"].keys()
    for name, values in found["local"].items():
        np.testing.assert_array_equal(found["ray"][name], values, name)


def arrays(path):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def test_latents_that_the_seed_does_not_draw_are_refused(sample, label, tmp_path, home):
    step = plan_fit(recipe_of(tmp_path, "engine=ray", "sample.seed=6"), sample, label)
    with pytest.raises(UserError, match=r"samples.h5: latents must be those that `sample.seed` draws"):
        step.work(step)


def test_total_is_the_same_after_a_machine_is_lost(nodes, on_two, responses):
    latents, shards, pool = on_two.latents, on_two.responses, on_two.pool
    (expected,) = Rows(LATENTS, responses, (TargetColumn(0),)).total(latent_sum)
    nodes.remove_node(nodes.worker_nodes.copy().pop(), allow_graceful=False)
    (total,) = Rows(latents, shards, (TargetColumn(0),), worker_pool=pool).total(latent_sum)
    np.testing.assert_array_equal(total, expected)
