"""Faces that differ in one factor, and blank canvases to draw them on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from data.synthetic.canvas import Canvas
from data.synthetic.face_parameters import FACTORS, FaceParameters


def faces(name: str, *values: float) -> FaceParameters:
    """Faces whose factor `name` has the values; the others are 0."""
    factors = np.zeros((len(values), len(FACTORS)), np.float32)
    factors[:, FACTORS.index(name)] = values
    return FaceParameters.from_factors(factors)


def drawn(paint: Callable[..., None], face: FaceParameters, *arguments: object, grey: float = 0.5) -> Canvas:
    """A grey canvas of 64 × 64 pixels, one picture for each face, after `paint`."""
    canvas = Canvas.blank(len(face.skin), 64)
    canvas.planes[:] = grey
    paint(canvas, face, *arguments)
    return canvas


def painted(canvas: Canvas, grey: float = 0.5) -> np.ndarray:
    """Which pixels are no longer grey, shape (N, 64, 64)."""
    return np.abs(canvas.planes - grey).max(axis=0) > 0.02
