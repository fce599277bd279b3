"""Latents: row i is the same whatever is drawn with it, and is distributed as its space says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tlgan.axes.axes import LATENT_SPACES
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents, to_sphere


@pytest.mark.parametrize("space", LATENT_SPACES)
@pytest.mark.parametrize("latent_dim", [1, 3, 4, 9, 128])
def test_rows_do_not_depend_on_batch_or_total(space, latent_dim):
    whole = draw_latents(0, 50, latent_dim, space=space, seed=5)
    assert whole.shape == (50, latent_dim)
    assert whole.dtype == np.float32
    for block in (1, 7, 32):
        parts = [
            draw_latents(start, min(block, 50 - start), latent_dim, space=space, seed=5)
            for start in range(0, 50, block)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_rows_and_seeds_differ():
    drawn = np.concatenate([draw_latents(0, 500, 8, seed=seed) for seed in range(3)])
    assert len(np.unique(drawn, axis=0)) == 1500


# What earlier versions drew; sampled files can grow only while these hold.
GOLDEN_NORMAL = (0.19809987, 0.28739107, 0.30339718)
GOLDEN_SPHERE = (-2.1837993, -0.67413622, -1.1717182)


def test_golden_numbers():
    np.testing.assert_allclose(
        draw_latents(10_000_000, 1, 3, space="normal", seed=0)[0], GOLDEN_NORMAL, rtol=1e-6
    )
    np.testing.assert_allclose(draw_latents(0, 1, 128, seed=0)[0, :3], GOLDEN_SPHERE, rtol=1e-6)


@pytest.mark.parametrize(
    ("space", "distribution"), [("normal", stats.norm), ("uniform", stats.uniform(-1, 2))]
)
def test_values_follow_the_distribution_of_the_space(space, distribution):
    drawn = draw_latents(0, 4000, 5, space=space, seed=1)
    assert stats.kstest(drawn.ravel(), distribution.cdf).pvalue > 1e-3
    assert np.abs(np.corrcoef(drawn, rowvar=False) - np.eye(5)).max() < 0.06  # columns are uncorrelated
    assert abs(np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]) < 0.06  # nor do rows


def test_sphere_has_its_radius_and_every_direction():
    drawn = draw_latents(0, 4000, 6, seed=2).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), np.sqrt(6), rtol=1e-6)
    assert np.abs(drawn.mean(axis=0)).max() < 0.06
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), np.eye(6), atol=0.08)


def test_sphere_is_the_normal_draw_scaled():
    normal = draw_latents(3, 4, 10, space="normal", seed=9)
    np.testing.assert_allclose(draw_latents(3, 4, 10, seed=9), to_sphere(normal), rtol=1e-5)


def test_largest_seed_and_far_rows_are_drawn():
    assert np.isfinite(draw_latents(2**40, 2, 512, seed=2**32 - 1)).all()


def test_draw_latents_of_no_rows_is_empty():
    assert draw_latents(5, 0, 7).shape == (0, 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"space": "cube"}, r"`space` must be one of sphere, normal, uniform\. Got 'cube'"),
        ({"start": -1}, r"`start` must be at least 0\. Got -1"),
        ({"count": -2}, r"`count` must be at least 0\. Got -2"),
        ({"latent_dim": 0}, r"`latent_dim` must be at least 1\. Got 0"),
        ({"seed": -1}, r"`seed` must be at least 0\. Got -1"),
    ],
)
def test_impossible_requests_are_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        draw_latents(**({"start": 0, "count": 3, "latent_dim": 2} | arguments))


@pytest.mark.parametrize("row", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_rows_without_a_direction_are_refused(row):
    with pytest.raises(UserError, match="finite rows of positive length"):
        to_sphere(np.array([[1.0, 2.0], row]))
