"""Embedders: unit vectors of a labeller's features, and their cosine distances."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import models
from models.loaders.embedder import LoadedEmbedder, cosine_distances, load_embedder
from models.loaders.labeller import load_labeller
from tests.models.loaders.test_labeller import images, write_labeller


@pytest.mark.network
def test_load_embedder_normalizes_the_labellers_features(tmp_path):
    write_labeller(tmp_path / "a.labeller.h5")
    embedder = load_embedder(tmp_path / "a.labeller.h5")
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    assert isinstance(embedder, models.Embedder)
    assert (embedder.name, embedder.sha256) == (labeller.name, labeller.sha256)
    vectors = embedder(images(3, 16))
    features = labeller.features(labeller.crop(images(3, 16)))
    np.testing.assert_allclose(vectors, features / np.linalg.norm(features, axis=1)[:, None], rtol=1e-5)
    np.testing.assert_allclose(cosine_distances(vectors, vectors), 0, atol=1e-6)


def test_embedder_gives_zeros_where_there_is_no_feature():
    labeller = SimpleNamespace(
        crop=lambda images: images, features=lambda images: np.float32([[0, 0], [3, 4]])
    )
    vectors = LoadedEmbedder("a", "b", labeller)(np.zeros((2, 4, 4, 3), np.uint8))
    np.testing.assert_allclose(vectors, [[0, 0], [0.6, 0.8]], rtol=1e-6)


def test_cosine_distances_run_from_same_to_opposite():
    first = np.array([[1.0, 0], [1, 0], [1, 0]])
    second = np.array([[1.0, 0], [0, 1], [-1, 0]])
    np.testing.assert_allclose(cosine_distances(first, second), [0, 1, 2])
