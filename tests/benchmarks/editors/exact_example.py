"""An editor and a judge whose every change is known: pictures hold the scores in their pixels."""

from __future__ import annotations

import numpy as np

from benchmarks.editors.judges import Judge, Sight
from pipelines.evaluation.editors.editor import Faces

NAMES = ("Smiling", "Cheeks", "Male", "Age")
SIDES = np.array([0.0, 1.0] * 30)
RANDOM = np.random.default_rng(0)
# Scores that a picture shows: above the middle, 100, an attribute is there.
SHOWN = np.stack([60 + 80 * SIDES, *RANDOM.integers(60, 141, (3, 60))], axis=1)


def pictures_of(scores):
    images = np.zeros((len(scores), 8, 8, 3), np.uint8)
    images[:, 0, :4, 0] = np.rint(scores)
    return images


def look(pictures):
    scores = pictures[:, 0, :4, 0].astype(np.float64)
    second = np.full(scores.shape, np.nan)
    second[:, 0] = 2 * scores[:, 0]
    return Sight(scores, scores, scores[:, 2:], second)


JUDGE = Judge(
    "exact", NAMES, np.full(4, 100.0), (("Smiling", "Cheeks"),), look,
    lambda first, second: np.abs(first - second).mean(axis=1), same_person=10.0,
)  # fmt: skip


class Shifting:
    """An editor that adds 20 to the target for each amount, and `leak` of that to the sex; drawing costs `age`."""

    attributes = ("Smiling",)

    def __init__(self, leak=0.0, age=0.0):
        self.name, self.leak, self.age = f"leak {leak:g}", leak, age

    def __call__(self, faces, attribute, amounts):
        scores = look(faces.images).scores + np.outer(amounts, [20.0, 10.0, 20.0 * self.leak, 0.0])
        return pictures_of(scores + np.array([0, 0, 0, self.age]))


FACES = Faces(pictures_of(SHOWN), {"Smiling": SIDES})
