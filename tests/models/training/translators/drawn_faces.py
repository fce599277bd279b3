"""Small labelled faces to train translators on: a bright or dark face, on the left or the right."""

from __future__ import annotations

import numpy as np

from models.training.trainer import TrainingImages


def bright_and_dark_faces(count=200, resolution=16, mirror=False):
    random = np.random.default_rng(3)
    bright = np.arange(count) % 2
    place, person = random.integers(2, resolution // 2, count), np.arange(count) // 2 % 3
    images = np.full((count, resolution, resolution, 3), 90, np.uint8)
    for image, light, left in zip(images, bright, place, strict=True):
        image[4:12, left : left + 6] = 220 if light else 10
    labels = np.stack([bright, person, place / resolution, np.full(count, np.nan)], axis=1).astype("float32")
    split = np.where(np.arange(count) < 0.8 * count, 0, np.where(np.arange(count) < 0.9 * count, 1, 2))
    return TrainingImages(
        source="drawn.h5",
        images=images,
        labels=labels,
        split=split.astype(np.uint8),
        names=("Bright", "Person", "Place", "Unknown"),
        kinds=("binary", "categorical", "continuous", "binary"),
        units=("", "", "", ""),
        mirror=mirror,
    )
