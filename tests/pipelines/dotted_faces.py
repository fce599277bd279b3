"""Photographs of made-up faces, five dots of different colours, and a detector that finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from data.images.alignment import TEMPLATE
from data.images.similarity import Similarity
from models.inference.face_cascade import Faces

COLOURS = np.array([(250, 20, 20), (20, 250, 20), (20, 20, 250), (250, 250, 20), (20, 250, 250)])
DOT = 5  # pixels of the aligned photograph, radius of a dot
# Two faces in a photograph of 500 × 400 pixels: from the aligned photograph to it. The second is the smaller.
LARGE, SMALL = Similarity(1.5 * np.exp(0.3j), 230 + 20j), Similarity(0.8 * np.exp(-0.2j), 10 + 60j)


def dotted_photograph(*placements: Similarity, width: int = 500, height: int = 400) -> np.ndarray:
    """A grey photograph with some grain, uint8 (height, width, 3), with a face at each placement."""
    picture = np.random.default_rng(0).integers(128, 131, (height, width, 3), dtype=np.uint8)
    middles = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    for placement in placements:
        for centre, colour in zip(placement.points(TEMPLATE), COLOURS, strict=True):
            picture[np.linalg.norm(middles - centre, axis=-1) <= DOT * placement.scale] = colour
    return picture


def find_dots(picture: np.ndarray) -> np.ndarray:
    """Where the dots of one face lie, shape (5, 2), in pixels."""
    apart = np.linalg.norm(picture[:, :, None] - COLOURS.astype(float), axis=-1)
    weights = np.where(apart < 100, 100 - apart, 0)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    total = weights.sum(axis=(0, 1))
    return np.stack(
        [(weights * axis[..., None]).sum(axis=(0, 1)) / total for axis in (columns, rows)], axis=1
    )


@dataclass
class DotDetector:
    """Finds the faces of `placements`, `error` pixels beside the truth; what it sees of an upright face is exact."""

    placements: Sequence[Similarity]
    cell: int = 48
    error: float = 3.0
    looked: list[np.ndarray] = field(default_factory=list)

    def __call__(self, image: np.ndarray) -> Faces:
        marks = np.array([placement.points(TEMPLATE) for placement in self.placements]).reshape(-1, 5, 2)
        errors = np.random.default_rng(0).normal(size=marks.shape)
        boxes = np.concatenate([marks.min(axis=1) - 9, marks.max(axis=1) + 9], axis=1)
        return Faces(boxes, marks + self.error * errors, np.full(len(marks), 0.99))

    def landmarks(self, faces: np.ndarray) -> np.ndarray:
        self.looked.extend(faces)
        return np.array([find_dots(face) for face in faces]) / self.cell


def use_dot_detector(monkeypatch, *placements: Similarity) -> DotDetector:
    """Let a detector that finds faces at these placements be loaded in the place of the real one."""
    detector = DotDetector(placements)
    monkeypatch.setattr("models.loaders.face_detector.load_face_detector", lambda: detector)
    return detector
