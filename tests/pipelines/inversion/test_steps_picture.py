"""The picture of a search."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from models.inversion.latent_descent import FoundLatents
from pipelines.inversion.steps_picture import draw_steps


def test_the_picture_shows_the_photograph_and_each_step():
    asked = []

    def generator(latents):
        asked.append(latents)
        return np.zeros((len(latents), 8, 8, 3), np.uint8)

    path = np.arange(12.0).reshape(3, 1, 4)
    found = FoundLatents(path[-1], np.zeros(1), path, (0, 5, 10))
    picture = Image.open(
        io.BytesIO(draw_steps(generator, np.zeros((8, 8, 3), np.uint8), found, "PSNR 20 dB"))
    )
    np.testing.assert_array_equal(asked[0], path[:, 0])
    assert picture.width > 3 * picture.height / 2
