"""Matching of features, on pictures whose features are the means of their colours."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.kinds.progressive_gan import ProgressiveGanOptions
from models.training.gan.feature_matching import (
    KEEP,
    MEAN_WEIGHT,
    FeatureMatching,
    describe_patches,
    describe_small,
    match_photographs,
)
from tlgan.errors import UserError

pytestmark = pytest.mark.network


def colours(images):
    return ops.mean(images, axis=(1, 2))


def pictures(features):
    return np.broadcast_to(features[:, None, None, :], (len(features), 2, 2, 3)).astype("float32")


@pytest.fixture
def features():
    random = np.random.default_rng(0)
    turned = random.standard_normal((400, 3)) * (0.1, 0.2, 0.4) @ [[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, 1]]
    return turned + np.array((0.5, 0.0, -0.5))


def distance(matching, rows):
    return float(ops.convert_to_numpy(matching(ops.convert_to_tensor(pictures(rows)))))


def test_photographs_themselves_are_at_no_distance(features):
    matching = FeatureMatching(colours, features)
    assert distance(matching, features) < 1e-4


def test_components_have_the_root_of_their_variance(features):
    matching = FeatureMatching(colours, features)
    codes = (features - matching.centre) @ matching.components
    np.testing.assert_allclose(np.cov(codes.T), matching.target, atol=1e-5)
    roots = np.sqrt(np.linalg.eigvalsh(np.cov(features.T)))[::-1]
    np.testing.assert_allclose(np.diag(matching.target), roots / roots.mean(), rtol=1e-4)


def test_equal_faces_are_far_and_farther_with_every_step(features):
    matching = FeatureMatching(colours, features)
    middle = np.repeat(features.mean(axis=0)[None], 8, axis=0)
    whole = float((matching.target**2).sum())
    assert distance(matching, middle) == pytest.approx((1 - KEEP) ** 2 * whole, rel=1e-3)
    assert distance(matching, middle) == pytest.approx((1 - KEEP**2) ** 2 * whole, rel=1e-3)


def test_a_shifted_mean_counts(features):
    matching = FeatureMatching(colours, features)
    shift = np.array([0.3, -0.2, 0.1])
    code = shift @ matching.components
    mean = (1 - KEEP) * code
    second = (1 - KEEP) * np.outer(code, code)
    wanted = MEAN_WEIGHT * (mean**2).sum() + (second**2).sum()
    assert distance(matching, features + shift) == pytest.approx(wanted, rel=0.02)


def test_components_without_variance_are_left_out():
    flat = np.zeros((50, 3))
    flat[:, 0] = np.linspace(-1, 1, 50)
    matching = FeatureMatching(colours, flat)
    assert matching.target.shape == (1, 1)
    assert distance(matching, flat) < 1e-3


@pytest.mark.parametrize("count", [1, 5])
def test_photographs_that_are_all_alike_are_a_one_line_error(count):
    with pytest.raises(UserError, match=f"Got {count} of them, all alike"):
        FeatureMatching(colours, np.ones((count, 3)))


def test_the_weight_multiplies_the_distance(features):
    shifted = features + 0.3
    once = distance(FeatureMatching(colours, features), shifted)
    assert distance(FeatureMatching(colours, features, weight=2.5), shifted) == pytest.approx(2.5 * once)


def test_only_the_largest_components_are_matched(features):
    matching = FeatureMatching(colours, features, most=1)
    assert matching.target.shape == (1, 1)


def smooth_photographs(count=60, side=16):
    random = np.random.default_rng(1)
    slopes = random.uniform(-3, 3, (count, 2, 1, 1, 3))
    down, across = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    values = 128 + slopes[:, 0] * down[..., None] + slopes[:, 1] * across[..., None]
    noise = random.uniform(-8, 8, values.shape)
    return np.clip(values + noise, 0, 255).astype("uint8")


def test_patches_are_windows_of_pixels():
    images = np.arange(2 * 10 * 10 * 3, dtype="float32").reshape(2, 10, 10, 3)
    rows = ops.convert_to_numpy(describe_patches(images))
    assert rows.shape == (2 * 4, 147)
    np.testing.assert_array_equal(rows[5].reshape(7, 7, 3), images[1, :7, 3:10])


def test_small_pictures_are_means_of_pixels():
    images = np.random.default_rng(2).random((3, 64, 64, 3)).astype("float32")
    wanted = images.reshape(3, 16, 4, 16, 4, 3).mean(axis=(2, 4)).reshape(3, 768)
    np.testing.assert_allclose(ops.convert_to_numpy(describe_small(images)), wanted, atol=1e-6)
    assert describe_small(images[:, :8, :8]).shape == (3, 192)


def test_pictures_with_less_light_and_shade_are_far():
    photographs = smooth_photographs()
    matching = match_photographs(ProgressiveGanOptions(pixel_weight=1.0), photographs)["small"]
    plain = (photographs / 127.5 - 1.0).astype("float32")
    near = float(matching(ops.convert_to_tensor(plain)))
    far = float(matching(ops.convert_to_tensor(0.5 * plain)))
    assert near < 1e-3
    assert far > 100 * near


def test_a_texture_that_photographs_do_not_have_is_far():
    photographs = smooth_photographs()
    matching = match_photographs(ProgressiveGanOptions(pixel_weight=1.0), photographs)["patches"]
    plain = photographs / 127.5 - 1.0
    dots = np.where(np.add.outer(np.arange(16), np.arange(16)) % 2, 0.1, -0.1)[..., None]
    near = float(matching(ops.convert_to_tensor(plain.astype("float32"))))
    far = float(matching(ops.convert_to_tensor((plain + dots).astype("float32"))))
    assert near < 1e-3
    assert far > 100 * near


def test_nothing_is_matched_where_nothing_is_said():
    assert match_photographs(ProgressiveGanOptions(), smooth_photographs()) == {}


def test_a_labeller_that_is_not_there_is_a_one_line_error():
    with pytest.raises(UserError, match="nobody") as caught:
        match_photographs(ProgressiveGanOptions(features="nobody"), np.zeros((4, 8, 8, 3), "uint8"))
    assert "\n" not in str(caught.value)
