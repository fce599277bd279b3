"""Fits by workers in other processes equal those of this one to the last bit."""

from __future__ import annotations

import dataclasses
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest

from tests.tlgan.same_fits import assert_same
from tlgan.errors import UserError
from tlgan.regression.fit import fit_glms, probabilities
from tlgan.regression.stability import half_cosines, learning_curve
from tlgan.regression.streaming.lazy_tables import DrawnLatents
from tlgan.regression.streaming.row_stream import Rows, TargetColumn
from tlgan.regression.streaming.workers import shard_size

COUNT, LATENT_DIM, CHUNK = 1500, 6, 64  # 24 chunks, the last one shorter
NAMES, KINDS = ["smile", "beard", "age", "hair"], ["binary", "binary", "continuous", "categorical"]
LATENTS = DrawnLatents(LATENT_DIM, COUNT, "sphere", seed=4)


class Processes:
    """A worker pool of other processes: whatever it is given is pickled."""

    def __init__(self, pool, shard_chunks):
        self.pool, self.shard_chunks = pool, shard_chunks
        self.sent = []

    def map(self, function, shards):
        self.sent.append(len(pickle.dumps(function)))
        return self.pool.map(function, shards)


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def scores():
    """Logits, an age and hair colours of planted axes, some of them missing."""
    generator = np.random.default_rng(1)
    truth = 2 * generator.standard_normal((4, LATENT_DIM))
    scores = LATENTS[:] @ truth.T + generator.standard_normal((COUNT, 4))
    scores[:, 3] = np.digitize(scores[:, 3], [-2, 2])
    scores[::7, 1], scores[:40, 2] = np.nan, np.nan
    return scores


@pytest.mark.parametrize("family", ["gaussian", "huber", "binomial"])
@pytest.mark.parametrize(("ridge", "covariance"), [(0.0, "robust"), (0.0, "model"), ("held-out", "robust")])
def test_fit_by_worker_pool_has_the_same_bits(pool, scores, family, ridge, covariance):
    names, kinds, scores = NAMES[:3], KINDS[:3], scores[:, :3]
    responses = probabilities(scores, kinds) if family == "binomial" else scores
    options = {"family": family, "ridge": ridge, "covariance": covariance, "chunk_rows": CHUNK}
    expected = fit_glms(LATENTS[:], responses, names, kinds, **options)
    worker_pool = Processes(pool, 8)
    assert_same(fit_glms(LATENTS, responses, names, kinds, **options, worker_pool=worker_pool), expected)
    assert expected.held_out.min() > 0.7
    assert len(worker_pool.sent) >= 2


@pytest.mark.parametrize("shard_chunks", [8, 16, 32])
def test_the_number_of_shards_changes_no_bit(pool, scores, shard_chunks):
    expected = fit_glms(LATENTS[:], scores, NAMES, KINDS, chunk_rows=CHUNK)
    worker_pool = Processes(pool, shard_chunks)
    assert_same(fit_glms(LATENTS, scores, NAMES, KINDS, chunk_rows=CHUNK, worker_pool=worker_pool), expected)


def test_latents_are_not_sent_to_workers(pool, scores):
    worker_pool = Processes(pool, 8)
    fit_glms(LATENTS, scores, NAMES, KINDS, chunk_rows=CHUNK, worker_pool=worker_pool)
    assert max(worker_pool.sent) < scores.nbytes + 10_000
    assert COUNT * LATENT_DIM * 4 > 30_000


def test_stability_by_worker_pool_has_the_same_bits(pool, scores):
    data, worker_pool = (scores[:, :2], NAMES[:2], KINDS[:2]), Processes(pool, 8)
    expected = learning_curve(LATENTS[:], *data, [300, COUNT], chunk_rows=CHUNK)
    found = learning_curve(LATENTS, *data, [300, COUNT], chunk_rows=CHUNK, worker_pool=worker_pool)
    assert_same(found, expected)
    np.testing.assert_array_equal(
        half_cosines(LATENTS, *data, chunk_rows=CHUNK, worker_pool=worker_pool),
        half_cosines(LATENTS[:], *data, chunk_rows=CHUNK),
    )


def test_bad_latents_are_named_by_row(pool):
    latents = np.ones((300, 2))
    latents[290] = np.nan
    rows = Rows(latents, np.ones((300, 1)), (TargetColumn(0),), 32, worker_pool=Processes(pool, 8))
    with pytest.raises(UserError, match="Row 290 is not"):
        rows.total(total_of_latents)


def total_of_latents(latents, responses):
    return (latents.sum(axis=0),)


def test_a_total_without_rows_is_that_of_nothing(pool):
    rows = Rows(np.ones((300, 2)), np.ones((300, 1)), (TargetColumn(0),), CHUNK)
    for worker_pool in (None, Processes(pool, 8)):
        (total,) = dataclasses.replace(rows, worker_pool=worker_pool).total(total_of_latents, held=True)
        assert total.tolist() == [0, 0]
        assert list(dataclasses.replace(rows, worker_pool=worker_pool).map(total_of_latents, held=True)) == []


def test_results_per_row_come_in_the_order_of_the_rows(pool):
    latents = np.arange(1000.0)[:, None]
    rows = Rows(latents, latents, (TargetColumn(0),), 10, worker_pool=Processes(pool, 8))
    seen = np.concatenate(list(rows.map(partial(np.add))))
    np.testing.assert_array_equal(seen, 2 * latents)


@pytest.mark.parametrize("chunks", [0, 1, 7, 12, 24])
def test_a_shard_of_another_size_is_refused(scores, chunks):
    with pytest.raises(UserError, match=r"`worker_pool.shard_chunks` must be 8 times a power of two"):
        fit_glms(LATENTS, scores, NAMES, KINDS, worker_pool=Processes(None, chunks))


@pytest.mark.parametrize(
    ("n_chunks", "workers", "size"), [(1, 1, 8), (49, 1, 16), (49, 2, 8), (245, 2, 32), (10**6, 100, 2048)]
)
def test_every_worker_has_three_shards(n_chunks, workers, size):
    assert shard_size(n_chunks, workers) == size
