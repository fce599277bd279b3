"""Latents of photographs, found in groups."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.editors.photographs import ROWS, found_latents
from pipelines.evaluation.editors.editor import Faces


def test_latents_come_in_the_order_of_the_photographs(monkeypatch):
    sizes = []

    def find(images, options):
        sizes.append(len(images))
        assert options.steps == 0
        return SimpleNamespace(latents=images[:, 0, 0, :2].astype(np.float32))

    opened = SimpleNamespace(inverter=find)
    monkeypatch.setattr("pipelines.inversion.open_inverter.open_inverter", lambda recipe, generator: opened)
    images = np.random.default_rng(0).integers(0, 256, (ROWS + 3, 8, 8, 3)).astype(np.uint8)
    found = found_latents(None, None, Faces(images), 0)
    np.testing.assert_array_equal(found.latents, images[:, 0, 0, :2])
    assert sizes == [ROWS, ROWS]  # a search compiles for so many
