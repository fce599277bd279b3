"""Pictures of NaN or infinity are found before they become bytes."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from models.inference.finite import finite_rows, refuse_non_finite
from models.loaders.generator import load_generator
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.weight_file import network_arrays, write_weights
from tlgan.errors import NonFiniteError

pytestmark = pytest.mark.network


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_finite_rows_finds_one_number(wrong, dtype):
    images = np.ones((3, 4, 4, 3), dtype)
    images[1, 2, 3, 0] = wrong
    found = ops.convert_to_numpy(finite_rows(ops.convert_to_tensor(images)))
    assert found.tolist() == [True, False, True]


def test_refuse_non_finite_names_the_rows():
    images, finite = np.zeros((3, 4, 4, 3), np.uint8), np.array([True, False, False])
    draw = refuse_non_finite(lambda latents: (images[: len(latents)], finite[: len(latents)]), "toy")
    assert draw(np.zeros((1, 2))).shape == (1, 4, 4, 3)
    with pytest.raises(NonFiniteError, match=r"toy draws NaN or infinity\.") as caught:
        draw(np.zeros((3, 2)))
    assert caught.value.rows == (1, 2)


@pytest.mark.parametrize("window", [False, True])
def test_a_generator_that_overflows_says_for_which_latents(tmp_path, window):
    from models.inference.crop import CropWindow

    config = GanConfig(8, 4, (3, 2), normalize_latents=False, pixel_norm=False)
    arrays = network_arrays(ProgressiveGenerator(config, name="generator"))
    write_weights(tmp_path / "toy.generator.h5", "generator", config, arrays, dtype="float32")
    generator = load_generator(tmp_path / "toy.generator.h5", window=CropWindow(4) if window else None)
    latents = np.random.default_rng(0).standard_normal((5, 4)).astype("f4")
    assert generator(latents).dtype == np.uint8
    latents[3, 0] = np.inf
    with pytest.raises(NonFiniteError, match="toy draws NaN or infinity") as caught:
        generator(latents)
    assert caught.value.rows == (3,)
