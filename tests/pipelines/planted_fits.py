"""Planted axes, and steps at a given place, for the tests of fits and axes."""

from __future__ import annotations

import numpy as np

from pipelines.workflow.step import Step

NAMES, KINDS = ("smile", "beard", "noise"), ("binary",) * 3


def plant_logits():
    """Latents and logits of two axes and of nothing."""
    generator = np.random.default_rng(0)
    latents = generator.standard_normal((2000, 8)).astype(np.float32)
    truth = np.zeros((3, 8))
    truth[0, 0], truth[1, 1] = 2.0, 1.0
    return latents, latents @ truth.T + generator.standard_normal((2000, 3))


def step_at(path, stage="fit"):
    """A step whose output is at `path`."""
    return Step(stage, stage, 1, {}, {}, place=lambda _: path, work=lambda _: None)
