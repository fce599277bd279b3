"""The latents of a recipe's faces: encoded photographs where there are some, else samples."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.runs import face_space
from pipelines.runs.face_space import encode_photographs, open_face_space
from tlgan.errors import UserError
from tlgan.storage.row_files import map_rows

pytestmark = pytest.mark.network


@pytest.fixture
def space(faces):
    return open_face_space(load_recipe(str(faces)))


def test_table_is_of_the_training_photographs(space):
    table, prepared = space.table, space.photographs
    training = np.asarray(map_rows(prepared, "split")) == 0
    images = np.asarray(map_rows(prepared, "images"))[training]
    assert table.source == f"{training.sum()} photographs"
    np.testing.assert_allclose(table.latents, space.encoder(images), atol=1e-5)
    np.testing.assert_array_equal(table.labels, np.asarray(map_rows(prepared, "labels"))[training])
    assert {"Age", "Male"} <= set(table.names)


def test_photographs_are_encoded_once(space, monkeypatch):
    monkeypatch.setattr(face_space, "CHUNK", 30)
    first = encode_photographs(space.photographs, space.encoder)
    written = first.stat().st_mtime_ns
    assert encode_photographs(space.photographs, space.encoder) == first
    assert first.stat().st_mtime_ns == written
    assert len(map_rows(first, "latents")) == 80


def test_table_is_of_the_samples_where_nothing_is_encoded(finished):
    table = open_face_space(load_recipe(str(finished))).table
    assert table.source == "600 samples"
    assert table.kinds == ["binary"] * 4
    assert set(np.unique(table.labels)) == {0, 1}


def test_unseen_photographs_are_of_the_test_part_with_their_ages(space):
    photographs, ages = space.unseen_photographs(3)
    test = np.asarray(map_rows(space.photographs, "split")) == 2
    images = np.asarray(map_rows(space.photographs, "images"))[test]
    assert photographs.shape == (3, 16, 16, 3)
    assert all((photograph == images).all(axis=(1, 2, 3)).any() for photograph in photographs)
    assert ((ages > -100) & (ages < 200)).all()


def test_training_photographs_have_their_latents(space):
    found = space.training_photographs()
    np.testing.assert_allclose(space.encoder(found.images[:4]), found.latents[:4], atol=1e-5)


def test_generator_without_encoder_says_so(finished):
    with pytest.raises(UserError, match="must have an encoder"):
        _ = open_face_space(load_recipe(str(finished))).encoder
