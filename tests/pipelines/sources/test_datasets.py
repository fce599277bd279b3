"""Labelled images to train on."""

from __future__ import annotations

import pytest

from pipelines.recipe.load import load_recipe
from pipelines.sources.datasets import faces_source
from tlgan.errors import UserError

SMALL = ("known_axes.resolution=16", "data.resolution=16", "data.count=40")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))


def test_drawn_faces_are_the_training_set():
    recipe = load_recipe("known-axes", SMALL)
    faces = faces_source(recipe)
    assert len(faces.open()) == 40
    assert faces.open().image_size == (16, 16)
    more = faces_source(load_recipe("known-axes", (*SMALL[:2], "data.count=41")))
    assert faces.fingerprint != more.fingerprint


def test_drawn_faces_of_another_size_are_refused():
    with pytest.raises(UserError, match=r"`data\.resolution` must be that of the portraits"):
        faces_source(load_recipe("known-axes", ("data.resolution=32",))).open()
