"""The layers of the progressive GAN against their plain forms and against NumPy."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy.ndimage import gaussian_filter

from models.networks.equalized_layers import (
    EqualizedConv,
    EqualizedDense,
    convolve_downscale,
    downscale,
    leaky_relu,
    minibatch_deviation,
    pixel_norm,
    smooth,
    upscale,
    upscale_convolve,
)

pytestmark = pytest.mark.network


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def numpy_of(values):
    return ops.convert_to_numpy(values)


def convolve(features, kernel):
    """3×3 convolution with zero borders, written out: sum over window and channels."""
    n, height, width, _ = features.shape
    padded = np.pad(features, ((0, 0), (1, 1), (1, 1), (0, 0)))
    total = np.zeros((n, height, width, kernel.shape[-1]))
    for row in range(3):
        for column in range(3):
            total += padded[:, row : row + height, column : column + width] @ kernel[row, column].astype(
                float
            )
    return total


@pytest.mark.parametrize(("height", "width"), [(4, 4), (5, 7)])
def test_upscale_convolve_equals_upscaling_then_convolving(height, width):
    features, kernel = draw(2, height, width, 3), draw(3, 3, 3, 5, seed=1)
    doubled = features.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(
        numpy_of(upscale_convolve(features, kernel)), convolve(doubled, kernel), atol=2e-5
    )


@pytest.mark.parametrize(("height", "width"), [(4, 4), (6, 10)])
def test_convolve_downscale_equals_convolving_then_averaging(height, width):
    features, kernel = draw(2, height, width, 3), draw(3, 3, 3, 5, seed=1)
    whole = convolve(features, kernel)
    halved = whole.reshape(2, height // 2, 2, width // 2, 2, 5).mean(axis=(2, 4))
    np.testing.assert_allclose(numpy_of(convolve_downscale(features, kernel)), halved, atol=2e-5)


def test_upscale_repeats_pixels_and_downscale_averages_them():
    images = draw(2, 3, 5, 4)
    doubled = numpy_of(upscale(images))
    np.testing.assert_array_equal(doubled[:, 1::2, ::2], images)
    np.testing.assert_array_equal(doubled[:, ::2, 1::2], images)
    np.testing.assert_allclose(numpy_of(downscale(doubled)), images, atol=1e-6)
    np.testing.assert_allclose(numpy_of(downscale(np.float32([[[[1], [2]], [[3], [6]]]])))[0, 0, 0, 0], 3.0)


def test_pixel_norm_gives_unit_mean_square():
    normed = numpy_of(pixel_norm(ops.convert_to_tensor(draw(3, 2, 2, 16) * 9)))
    np.testing.assert_allclose((normed**2).mean(axis=-1), 1.0, atol=1e-5)


@pytest.mark.parametrize("size", [1e-3, 1.0, 3e4])
def test_pixel_norm_in_float16_neither_overflows_nor_vanishes(size):
    """Squares would overflow from 256 on, and fall below the smallest number from 2e-4 down."""
    vectors = ops.cast(np.sign(draw(3, 16)) * size, "float16")
    normed = pixel_norm(vectors)
    assert keras.backend.standardize_dtype(normed.dtype) == "float16"
    np.testing.assert_allclose(np.abs(numpy_of(normed)), 1.0, atol=0.01)


def test_pixel_norm_epsilon_bounds_small_vectors():
    np.testing.assert_allclose(
        numpy_of(pixel_norm(ops.convert_to_tensor([[3.0, 4.0]]), epsilon=12.5)), [[0.6, 0.8]]
    )


@pytest.mark.parametrize("leak", [0.2, 0.0])
def test_leaky_relu_slopes(leak):
    np.testing.assert_allclose(numpy_of(leaky_relu(np.float32([-5, 0, 3]), leak)), [-5 * leak, 0, 3])


@pytest.mark.parametrize(("n", "groups"), [(8, 2), (4, 1), (3, 1), (1, 1)])
def test_minibatch_deviation_against_numpy(n, groups):
    features = draw(n, 4, 4, 5)
    # The samples of group g are rows g, g + groups, g + 2 groups, …
    wanted = np.empty(n)
    for group in range(groups):
        rows = features[group::groups].astype(float)
        wanted[group::groups] = np.sqrt(rows.var(axis=0) + 1e-8).mean()
    appended = numpy_of(minibatch_deviation(features))
    np.testing.assert_array_equal(appended[..., :5], features)
    np.testing.assert_allclose(appended[..., 5], np.broadcast_to(wanted[:, None, None], (n, 4, 4)), rtol=1e-5)


@pytest.mark.parametrize(
    ("size", "gain", "wanted"),
    [(3, math.sqrt(2), math.sqrt(2 / (9 * 6))), (1, 1.0, 1 / math.sqrt(6)), (3, 1.0, 1 / math.sqrt(9 * 6))],
)
def test_conv_scale_is_he_constant(size, gain, wanted):
    layer = EqualizedConv(6, 2, size=size, gain=gain)
    assert layer.scale == pytest.approx(wanted)
    kernel, bias = draw(size, size, 6, 2), np.float32([1, -2])
    layer.kernel.assign(kernel)
    layer.bias.assign(bias)
    # One pixel sees the centre of the kernel alone.
    pixel = draw(1, 1, 1, 6, seed=1)
    centre = kernel[size // 2, size // 2]
    np.testing.assert_allclose(
        numpy_of(layer(pixel))[0, 0, 0], pixel[0, 0, 0] @ centre * wanted + bias, rtol=1e-5
    )


def test_conv_resampling_changes_the_size_only_as_asked():
    image = draw(1, 4, 4, 2)
    shapes = {how: numpy_of(EqualizedConv(2, 3, resample=how)(image)).shape for how in (None, "up", "down")}
    assert shapes == {None: (1, 4, 4, 3), "up": (1, 8, 8, 3), "down": (1, 2, 2, 3)}


@pytest.mark.parametrize("bias_shape", [(3,), None])
def test_dense_scale_and_bias(bias_shape):
    layer = EqualizedDense(8, (2, 2, 3), bias_shape=bias_shape, gain=math.sqrt(2) / 4)
    bias = draw(*(bias_shape or (2, 2, 3)))
    layer.bias.assign(bias)
    latents = draw(4, 8, seed=1)
    wanted = latents @ numpy_of(layer.kernel.value) * (math.sqrt(2) / 4 / math.sqrt(8))
    np.testing.assert_allclose(numpy_of(layer(latents)), wanted.reshape(4, 2, 2, 3) + bias, atol=1e-5)


@pytest.mark.parametrize("layer", [EqualizedConv, EqualizedDense])
def test_layers_keep_float32_weights_and_compute_in_their_dtype(layer):
    made = layer(2, 3) if layer is EqualizedConv else layer(2, (3,))
    half = (
        layer(2, 3, dtype="mixed_float16")
        if layer is EqualizedConv
        else layer(2, (3,), dtype="mixed_float16")
    )
    half.kernel.assign(made.kernel)
    given = draw(1, 4, 4, 2) if layer is EqualizedConv else draw(1, 2)
    assert half.kernel.dtype == half.bias.dtype == "float32"
    assert keras.backend.standardize_dtype(half(given).dtype) == "float16"
    np.testing.assert_allclose(numpy_of(half(given)), numpy_of(made(given)), atol=5e-3)


def test_new_kernels_are_standard_normal_and_biases_zero():
    keras.utils.set_random_seed(0)
    layer = EqualizedConv(64, 64)
    kernel = numpy_of(layer.kernel.value)
    assert abs(kernel.mean()) < 0.02
    assert kernel.std() == pytest.approx(1.0, abs=0.02)
    assert not numpy_of(layer.bias.value).any()


def test_smoothing_is_a_gaussian_of_its_deviation():
    pictures = draw(3, 16, 16, 3)
    got = numpy_of(smooth(ops.convert_to_tensor(pictures), 0.8))
    wanted = gaussian_filter(pictures, (0, 0.8, 0.8, 0))
    np.testing.assert_allclose(got[:, 5:11, 5:11], wanted[:, 5:11, 5:11], atol=1e-3)


def test_smoothing_leaves_flat_pictures_as_they_are():
    flat = np.full((2, 8, 8, 3), 0.7, "float32")
    np.testing.assert_allclose(numpy_of(smooth(ops.convert_to_tensor(flat), 2.0)), flat, atol=1e-6)


def test_smoothing_by_zero_leaves_pictures_as_they_are():
    pictures = np.zeros((1, 4, 4, 3), "float32")
    assert smooth(pictures, 0.0) is pictures
