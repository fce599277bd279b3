"""Trainings small enough for a test."""

from __future__ import annotations

import numpy as np

from models.kinds.progressive_gan import Phase, ProgressiveGanOptions
from models.networks.efficientnet_lite import EfficientNetLite
from models.training.gan.progressive_gan import ProgressiveGanTrainer
from models.training.trainer import TrainingImages

GROWING = (Phase(4, 0, 100, 10), Phase(8, 40, 60, 5))
OPTIONS = ProgressiveGanOptions(latent_dim=4, maps=(4, 4), schedule=GROWING)


def photographs(n=40, resolution=8):
    """Pictures of a bright square on dark ground, at several places."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 60, (n, resolution, resolution, 3)).astype("uint8")
    for picture, (top, left) in zip(pictures, random.integers(0, 4, (n, 2)), strict=True):
        picture[top : top + 4, left : left + 4] = (250, 200, 120)
    return pictures


def training_images(pictures):
    n = len(pictures)
    return TrainingImages(
        "faces.h5", pictures, np.zeros((n, 1), "float32"), np.zeros(n, int), ["a"], ["binary"], [""]
    )


def trainer_of(options=OPTIONS, pictures=None):
    return ProgressiveGanTrainer(
        options, "none", training_images(photographs() if pictures is None else pictures)
    )


def frozen_network():
    """A backbone of random weights, in place of the one that `make backbone` fetches."""
    backbone = EfficientNetLite(name="backbone")
    for variable in backbone.variables:
        random = np.random.default_rng(len(variable.shape))
        variable.assign(0.1 * random.standard_normal(variable.shape).astype("float32"))
    return backbone
