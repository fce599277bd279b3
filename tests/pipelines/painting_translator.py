"""A translator whose drawings are known: it paints the middle of a picture as the attributes say."""

from __future__ import annotations

import numpy as np

from models.loaders.translator import LoadedTranslator
from models.networks.translators.conditions import Condition

SMILING = Condition("Smiling", "binary", "", (0.0, 1.0))
AGE = Condition("Age", "continuous", "years", (20.0, 40.0, 60.0))
PERSON = Condition("Person", "categorical", "", (0.0, 2.0, 5.0))
SIDE = 16
MIDDLE = (slice(None), slice(6, 10), slice(6, 10))


def painting_translator(*conditions: Condition) -> LoadedTranslator:
    """It leaves a picture as it is but for its middle, whose colours are the shares of the first levels, as greys.

    By default it takes Smiling, so red is 255 where nobody smiles, and green where somebody does.
    """

    def draw(images, shares):
        painted = images.copy()
        colours = np.zeros((len(images), 3))
        colours[:, : shares.shape[1]] = shares[:, :3]
        painted[MIDDLE] = np.clip(np.rint(255 * colours), 0, 255).astype(np.uint8)[:, None, None]
        return painted

    return LoadedTranslator(
        name="painting.translator",
        resolution=SIDE,
        sha256="cd" * 32,
        conditions=conditions or (SMILING,),
        blends=True,
        draw=draw,
        encode=lambda images: images.reshape(len(images), -1).astype(np.float32),
    )


def painted(*colour: int, side: int = SIDE) -> np.ndarray:
    """A grey picture with a middle of one colour, uint8 (side, side, 3)."""
    picture = np.full((1, SIDE, SIDE, 3), 120, np.uint8)
    picture[MIDDLE] = colour
    return picture[0].repeat(side // SIDE, axis=0).repeat(side // SIDE, axis=1)
