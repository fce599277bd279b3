"""Embedders: unit vectors of a labeller's features, and their cosine distances."""

from __future__ import annotations

import numpy as np
import pytest

import models
from models.inference.crop import crop_images, face_chip_window
from models.loaders.embedder import LoadedEmbedder, cosine_distances, load_embedder
from models.loaders.labeller import load_labeller
from models.networks.face_recogniser import FaceRecogniserConfig, build_face_recogniser
from models.weights.weight_file import network_arrays, write_weights
from tests.models.loaders.test_labeller import images, write_labeller
from tests.models.networks.plain_layers import outputs, randomize
from tlgan.errors import UserError


@pytest.mark.network
def test_load_embedder_normalizes_the_labellers_features(tmp_path):
    write_labeller(tmp_path / "a.labeller.h5")
    embedder = load_embedder(tmp_path / "a.labeller.h5")
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    assert isinstance(embedder, models.Embedder)
    assert (embedder.name, embedder.sha256) == (labeller.name, labeller.sha256)
    assert embedder.same_person_threshold is None  # its features were not trained to tell people
    vectors = embedder(images(3, 16))
    features = labeller.features(labeller.crop(images(3, 16)))
    np.testing.assert_allclose(vectors, features / np.linalg.norm(features, axis=1)[:, None], rtol=1e-5)
    np.testing.assert_allclose(cosine_distances(vectors, vectors), 0, atol=1e-6)


def test_embedder_gives_zeros_where_there_is_no_feature():
    embedder = LoadedEmbedder("a", "b", lambda images: np.float32([[0, 0], [3, 4]]))
    vectors = embedder(np.zeros((2, 4, 4, 3), np.uint8))
    np.testing.assert_allclose(vectors, [[0, 0], [0.6, 0.8]], rtol=1e-6)


@pytest.mark.network
def test_load_embedder_shows_a_recogniser_the_chip_of_the_face(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    config = FaceRecogniserConfig(widths=(2, 3, 4, 5), features=6)
    network = build_face_recogniser(config)
    randomize(network)
    path = tmp_path / "artifacts" / "weights" / "toy.embedder.h5"
    write_weights(path, "face_recogniser", config, network_arrays(network), dtype="float32")
    embedder = load_embedder("toy")
    assert isinstance(embedder, models.Embedder)
    assert embedder.name == "toy.embedder"
    assert 0 < embedder.same_person_threshold < 1
    pictures = images(3, 64)
    chips = crop_images(pictures.astype("float32"), face_chip_window())
    wanted = outputs(network, (chips - np.float32([122.782, 117.001, 104.298])) / 256)[0]
    vectors = embedder(pictures)
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, 6))
    np.testing.assert_allclose(vectors, wanted / np.linalg.norm(wanted, axis=1)[:, None], atol=1e-4)
    np.testing.assert_array_equal(embedder(pictures[:1]), vectors[:1])
    assert embedder(pictures[:0]).shape == (0, 6)


def test_a_name_without_a_file_is_refused_with_what_fetches_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"Got 'face-api-recognition'. Fetch it with `make face-api`"):
        load_embedder("face-api-recognition")


def test_cosine_distances_run_from_same_to_opposite():
    first = np.array([[1.0, 0], [1, 0], [1, 0]])
    second = np.array([[1.0, 0], [0, 1], [-1, 0]])
    np.testing.assert_allclose(cosine_distances(first, second), [0, 1, 2])
