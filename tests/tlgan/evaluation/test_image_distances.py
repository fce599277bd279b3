"""Distances between sets of images, against formulas and against changes whose size is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, ndimage

from tlgan.errors import UserError
from tlgan.evaluation.image_distances import frechet_distance, laplacian_pyramid, sliced_wasserstein


def textures(n: int, seed: int, blur: float = 0.0, size: int = 32) -> np.ndarray:
    """Coloured noise, the same for equal seeds whatever the blur."""
    noise = np.random.default_rng(seed).normal(128, 60, (n, size, size, 3))
    if blur:
        noise = ndimage.gaussian_filter(noise, (0, blur, blur, 0), mode="wrap")
    return np.clip(noise, 0, 255).astype(np.uint8)


def test_pyramid_has_a_level_for_each_size_down_to_sixteen():
    shapes = [level.shape for level in laplacian_pyramid(textures(2, 0, size=64))]
    assert shapes == [(2, 64, 64, 3), (2, 32, 32, 3), (2, 16, 16, 3)]
    assert [level.shape for level in laplacian_pyramid(textures(2, 0, size=8))] == [(2, 8, 8, 3)]


def test_pyramid_of_one_colour_is_that_colour_in_the_last_level():
    *bands, rest = laplacian_pyramid(np.full((1, 64, 64, 3), 77, np.uint8))
    np.testing.assert_allclose(rest, 77, rtol=1e-6)
    for band in bands:
        np.testing.assert_allclose(band, 0, atol=1e-4)


@pytest.mark.parametrize(("period", "loudest"), [(3, 0), (8, 1), (32, 2)])
def test_pyramid_sorts_waves_by_their_length(period, loudest):
    wave = np.sin(2 * np.pi * np.arange(64) / period)
    levels = laplacian_pyramid(np.broadcast_to(wave[None, None, :, None], (1, 64, 64, 1)))
    assert int(np.argmax([level.std() for level in levels])) == loudest


def distances(real: np.ndarray, drawn: np.ndarray) -> dict[int, float]:
    return sliced_wasserstein(real, drawn, patches=16, directions=64)


def test_sliced_wasserstein_grows_with_the_change():
    real = textures(30, 0)
    by_blur = [distances(real, textures(30, 1, blur))[32] for blur in (0.0, 1.0, 2.0)]
    assert by_blur == sorted(by_blur)
    assert by_blur[-1] > 1.3 * by_blur[0]  # the first is the floor: other draws of the same kind


def test_sliced_wasserstein_tells_the_scale_of_the_change():
    """Grain of one pixel changes the level of 32 pixels and hardly reaches that of 16."""
    smooth = textures(30, 0, 3.0)
    grainy = np.clip(smooth + np.random.default_rng(2).normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
    floor, changed = distances(smooth, smooth), distances(smooth, grainy)
    assert changed[32] > 1.5 * floor[32]
    assert changed[16] < 1.3 * floor[16]


def test_sliced_wasserstein_does_not_see_brightness_or_contrast():
    """Patches are standardised by channel, as published."""
    real = textures(20, 3, 1.0).astype(np.float32)
    assert distances(real, real * 0.5 + 20) == pytest.approx(distances(real, real), rel=1e-3)


def test_sliced_wasserstein_golden_number():
    by_level = distances(textures(16, 0), textures(16, 1, 0.6))
    assert by_level == pytest.approx({32: 112.325, 16: 125.939}, rel=1e-3)


@pytest.mark.parametrize(
    ("real", "drawn", "message"),
    [
        ((4, 16, 16, 3), (5, 16, 16, 3), r"`drawn` must have the shape of `real` \(4, 16, 16, 3\)"),
        ((4, 6, 6, 3), (4, 6, 6, 3), "at least 7 pixels"),
        ((0, 16, 16, 3), (0, 16, 16, 3), "must be images"),
    ],
)
def test_images_that_cannot_be_compared_are_refused(real, drawn, message):
    with pytest.raises(UserError, match=message):
        sliced_wasserstein(np.zeros(real, np.uint8), np.zeros(drawn, np.uint8))


def features_with(mean, covariance, n: int = 50, seed: int = 0) -> np.ndarray:
    """Rows whose sample mean and covariance are exactly these."""
    rows = np.random.default_rng(seed).standard_normal((n, len(mean)))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(rows, rowvar=False)))).T
    return rows @ np.real(linalg.sqrtm(covariance)) + mean


def test_frechet_of_axis_parallel_gaussians_is_the_sum_over_axes():
    one = features_with([1.0, 2.0, 3.0], np.diag([1.0, 4.0, 9.0]))
    other = features_with([0.0, 2.0, 5.0], np.diag([4.0, 4.0, 1.0]), 80, 1)
    # (Δmean)² + (Δdeviation)² along each axis.
    assert frechet_distance(one, other) == pytest.approx((1 + 1) + 0 + (4 + 4))


def test_frechet_is_the_published_formula_where_covariances_do_not_commute():
    random = np.random.default_rng(4)
    first, second = (factor @ factor.T + np.eye(4) for factor in random.standard_normal((2, 4, 4)))
    gap = random.standard_normal(4)
    wanted = gap @ gap + np.trace(first + second - 2 * np.real(linalg.sqrtm(first @ second)))
    one, other = features_with(gap, first), features_with(np.zeros(4), second, 70, 5)
    assert frechet_distance(one, other) == pytest.approx(wanted)
    assert frechet_distance(other, one) == pytest.approx(wanted)
    assert frechet_distance(one, one[::-1]) == pytest.approx(0, abs=1e-9)


def test_frechet_of_fewer_rows_than_columns_is_finite():
    random = np.random.default_rng(6)
    distance = frechet_distance(random.standard_normal((5, 20)), random.standard_normal((6, 20)))
    assert np.isfinite(distance)
    assert distance > 0


def test_frechet_of_one_column_is_that_of_two_normal_distributions():
    one, other = features_with([3.0], [[4.0]]), features_with([1.0], [[1.0]])
    assert frechet_distance(one, other) == pytest.approx(5)


@pytest.mark.parametrize(
    ("real", "drawn", "message"),
    [
        ((5, 3), (5, 4), r"must have the columns of `real` \(5, 3\)\. Got \(5, 4\)"),
        ((5,), (5,), "must have the columns"),
        ((1, 3), (5, 3), r"at least 2 rows\. Got 1 and 5"),
        ((5, 3), (0, 3), r"at least 2 rows\. Got 5 and 0"),
    ],
)
def test_features_that_cannot_be_compared_are_refused(real, drawn, message):
    with pytest.raises(UserError, match=message):
        frechet_distance(np.zeros(real), np.zeros(drawn))
