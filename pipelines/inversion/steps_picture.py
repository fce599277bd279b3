"""A picture of a search for a latent: the photograph, and what was drawn on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.images.charts import titled_pictures

if TYPE_CHECKING:
    from models.inversion.latent_descent import FoundLatents
    from models.protocols import Generator


def draw_steps(generator: Generator, crop: np.ndarray, found: FoundLatents, title: str) -> bytes:
    """The photograph and the pictures after some of the steps, as a PNG.

    Parameters
    ----------
    generator : Generator
    crop : uint8 array, shape (R, R, 3)
    found : FoundLatents, of that one photograph
    title : str
    """
    drawn = generator(found.path[:, 0])
    titles = [f"step {step}" for step in found.steps]
    row = [(crop, "photograph"), *zip(drawn, titles, strict=True)]
    return titled_pictures([row], title)
