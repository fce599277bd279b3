"""Blocks of rows, and the transforms that they go through."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.execution.block_jobs import (
    Block,
    block_rows,
    blocks,
    drawing,
    drawing_and_labelling,
    drawing_latents,
    labelling,
)
from pipelines.recipe.load import load_recipe
from pipelines.sources.source import Source
from tlgan.latents.sampling import draw_latents


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
def test_blocks_are_whole_batches_and_hold_few_large_pictures(resolution, batch, rows):
    assert block_rows(load_recipe("known-axes"), resolution, batch) == rows


def test_the_recipe_says_how_many_rows_a_cluster_gets():
    here, there = (load_recipe("known-axes", ("ray.rows=40", f"engine={who}")) for who in ("local", "ray"))
    assert [block_rows(recipe, 64) for recipe in (here, there)] == [512, 40]


class Tones:
    """A generator of one pixel: the first three numbers of a latent."""

    latent_dim, latent_space = 4, "uniform"

    def __call__(self, latents):
        return np.uint8(127 + 100 * latents[:, None, None, :3])


class RowNumbers:
    """A labeller that scores a row by its number and the red of its picture."""

    reads_images = True

    def score_rows(self, images, latents, start):
        return np.stack([start + np.arange(len(latents)), images[:, 0, 0, 0]], axis=1).astype("f4")


def source_of(value) -> Source:
    return Source("toy", "fingerprint", lambda weights: value)


def run_job(job, block):
    for transform in job.transforms():
        block = transform(block)
    return block


def test_drawing_gives_latents_of_their_rows_and_pictures_of_the_latents():
    block = run_job(drawing(source_of(Tones()), seed=3), Block(5, 2))
    np.testing.assert_array_equal(block.latents, draw_latents(5, 2, 4, space="uniform", seed=3))
    np.testing.assert_array_equal(block.images, Tones()(block.latents))
    alone = run_job(drawing_latents(source_of(Tones()), seed=3), Block(5, 2))
    np.testing.assert_array_equal(alone.latents, block.latents)
    assert alone.images is None


def test_labelled_block_holds_scores_alone():
    drawn = run_job(drawing(source_of(Tones()), seed=3), Block(5, 2))
    block = run_job(labelling([source_of(RowNumbers())]), drawn)
    assert (block.latents, block.images, block.start, block.count) == (None, None, 5, 2)
    np.testing.assert_array_equal(block.scores[0][:, 0], [5, 6])


def test_drawing_and_labelling_scores_as_two_passes_do():
    generator, labeller = source_of(Tones()), source_of(RowNumbers())
    both = run_job(drawing_and_labelling(generator, 3, [labeller, labeller]), Block(5, 2))
    one = run_job(labelling([labeller]), run_job(drawing(generator, 3), Block(5, 2)))
    assert len(both.scores) == 2
    for scores in both.scores:
        np.testing.assert_array_equal(scores, one.scores[0])
