"""The face detector: its files are checked, large images are shrunk, and real faces are found where it is there."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import models
from models.importers import onnx_file
from models.loaders import face_detector
from models.loaders.face_detector import FILES, FaceDetector, face_share, load_face_detector
from models.weights.locate import weights_folder
from tests.models.conftest import FLOAT, write_onnx
from tests.models.inference.bright_squares import MARKS, picture_of_squares, square_networks
from tlgan.errors import UserError

SQUARES = FaceDetector(square_networks())


def test_faces_of_an_image_as_it_is_and_of_a_large_one():
    for scale in (1, 5):
        left, top, side = square = (180 * scale, 90 * scale, 120 * scale)
        faces = SQUARES(picture_of_squares(500 * scale, 300 * scale, square))
        assert len(faces) == 1
        np.testing.assert_allclose(
            faces.boxes[0], (left, top, left + side, top + side), atol=0.06 * side, err_msg=str(scale)
        )
        np.testing.assert_allclose(faces.landmarks[0], MARKS * side + (left, top), atol=0.06 * side)


def test_landmarks_are_shares_of_the_image():
    cell = picture_of_squares(SQUARES.cell, SQUARES.cell, (12, 0, 36))
    np.testing.assert_allclose(SQUARES.landmarks(cell[None])[0], MARKS * 0.75 + (0.25, 0), atol=0.01)


def test_face_share_counts_the_images_with_a_face():
    images = np.zeros((4, 64, 64, 3), dtype=np.uint8)
    images[1] = images[3] = picture_of_squares(64, 64, (16, 16, 32))
    assert face_share(images, SQUARES) == 0.5
    with pytest.raises(UserError, match="at least one image"):
        face_share(images[:0], SQUARES)


@pytest.fixture
def made_up_files(tmp_path, monkeypatch):
    """Three files of one little network, whose hashes are those that are asked for."""
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    folder = weights_folder()
    folder.mkdir(parents=True)
    hashes = {}
    for name in FILES:
        write_onnx(
            folder / name,
            lambda helper: [helper.make_node("Neg", ["x"], ["y"])],
            [("x", FLOAT, ["N", 3, 48, 48])],
            [("y", FLOAT, ["N", 3, 48, 48])],
        )
        hashes[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(face_detector, "FILES", hashes)
    return folder


def test_load_face_detector_opens_the_files_of_its_home(made_up_files):
    pytest.importorskip("onnxruntime")
    detector = load_face_detector()
    cells = np.ones((2, 3, 48, 48), dtype="float32")
    for run in (detector.networks.propose, detector.networks.refine, detector.networks.mark):
        np.testing.assert_array_equal(run(cells)[0], -cells)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_another_file_says_how_to_fetch_it(made_up_files, monkeypatch, name):
    monkeypatch.setattr(
        face_detector, "open_onnx", lambda path: onnx_file.ForeignNetwork(path, (), 1, (), len)
    )
    (made_up_files / name).write_bytes(b"another")
    with pytest.raises(UserError, match=f"{name}: must have the SHA-256 .*make face-detector"):
        load_face_detector()
    (made_up_files / name).unlink()
    with pytest.raises(UserError, match=f"{name}: no such file .*make face-detector"):
        load_face_detector()


@pytest.mark.network
def test_generated_faces_are_found_where_they_are_aligned():
    if not all((weights_folder() / name).is_file() for name in FILES):
        pytest.skip("the face detector is not there (make face-detector)")
    from tlgan.latents.sampling import draw_latents

    generator = models.load_generator("celeba64")
    images = generator(draw_latents(0, 12, generator.latent_dim, space=generator.latent_space))
    detector = models.load_face_detector()
    assert face_share(images, detector) > 0.8
    marks = np.median([faces.landmarks[0] for faces in map(detector, images) if len(faces)], axis=0)
    # Eyes and mouth of the alignment, in pixels of the crop.
    template = (np.array([(69.4, 111.4), (108.6, 111.6), (71.4, 152.9), (106.7, 153.1)]) - (25, 57)) / 2
    np.testing.assert_allclose(marks[[0, 1, 3, 4]], template, atol=2)
