"""Find faces and five landmarks by a cascade of three networks (MTCNN).

Source: Zhang et al. 2016, "Joint face detection and alignment using multitask cascaded convolutional
networks" (arXiv 1604.02878), section II: an image pyramid through P-Net, whose candidates R-Net and O-Net
sort out and move; non-maximum suppression after each; O-Net adds the landmarks. The step of the pyramid and
the thresholds are those of the code that the authors published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.inference.face_boxes import cut_cells, move_boxes, square_boxes, suppress_overlaps

Run = Callable[[np.ndarray], list[np.ndarray]]

PROPOSAL_CELL, REFINEMENT_CELL, LANDMARK_CELL = 12, 24, 48  # pixels that the networks see
PROPOSAL_STRIDE = 2  # pixels between the cells of P-Net
PYRAMID_STEP = 0.709  # each image of the pyramid has about half the area of the one before
LEAST_SCORES = (0.6, 0.7, 0.7)  # of P-Net, R-Net and O-Net
BATCH = 256  # cells that go through R-Net and O-Net at a time


@dataclass(frozen=True)
class FaceNetworks:
    """The three networks; each takes float32 images (n, 3, h, w) of (pixel − 127.5) / 128, RGB.

    Attributes
    ----------
    propose : to box offsets (1, 4, y, x) and probabilities (1, 2, y, x), the second that of a face
    refine : to box offsets (n, 4) and probabilities (n, 2)
    mark : to landmarks (n, 10), first every x, then every y, in sides of the cell; offsets and probabilities
    """

    propose: Run = field(repr=False)
    refine: Run = field(repr=False)
    mark: Run = field(repr=False)


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of one image, the largest first.

    Attributes
    ----------
    boxes : float64 array, shape (n, 4)
        Left, top, right, bottom, in pixels from the top left corner of the image.
    landmarks : float64 array, shape (n, 5, 2)
        x and y of the eye on the left of the image, that on the right, the tip of the nose, and the corners
        of the mouth on the left and on the right.
    scores : float64 array, shape (n,)
        Probability that there is a face, as the last network says.
    """

    boxes: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, rows) -> Faces:
        """The faces of these rows, in this order."""
        return Faces(self.boxes[rows], self.landmarks[rows], self.scores[rows])


def find_faces(networks: FaceNetworks, image: Image.Image, smallest: float) -> Faces:
    """Find the faces of an image.

    Parameters
    ----------
    networks : FaceNetworks
    image : PIL image, RGB
    smallest : float
        Side in pixels of the smallest face that is looked for, at least 12.
    """
    boxes = propose_boxes(networks.propose, image, smallest)
    boxes = refine_boxes(networks.refine, image, boxes)
    faces = mark_faces(networks.mark, image, boxes)
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    return faces.select(np.argsort(-sides.prod(axis=1), kind="stable"))


def propose_boxes(propose: Run, image: Image.Image, smallest: float) -> NDArray[np.float64]:
    """Candidates of P-Net in all images of the pyramid, as squares of shape (n, 4)."""
    boxes, scores = [np.empty((0, 4))], [np.empty(0)]
    scale = PROPOSAL_CELL / smallest
    while scale * min(image.size) >= PROPOSAL_CELL:
        found, probabilities = _propose_at(propose, image, scale)
        chosen = suppress_overlaps(found, probabilities, most=0.5)
        boxes.append(found[chosen])
        scores.append(probabilities[chosen])
        scale *= PYRAMID_STEP
    every = np.concatenate(boxes)
    return square_boxes(every[suppress_overlaps(every, np.concatenate(scores), most=0.7)])


def refine_boxes(refine: Run, image: Image.Image, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The candidates, shape (n, 4), that R-Net takes for faces, moved to where it sees them, as squares."""
    offsets, probabilities = _run_on_cells(refine, image, boxes, REFINEMENT_CELL, widths=(4, 2))
    scores = probabilities[:, 1]
    likely = scores >= LEAST_SCORES[1]
    moved = move_boxes(boxes[likely], offsets[likely])
    return square_boxes(moved[suppress_overlaps(moved, scores[likely], most=0.7)])


def mark_faces(mark: Run, image: Image.Image, boxes: NDArray[np.float64]) -> Faces:
    """The candidates, shape (n, 4), that O-Net takes for faces, moved, with their landmarks."""
    numbers, offsets, probabilities = _run_on_cells(mark, image, boxes, LANDMARK_CELL, widths=(10, 4, 2))
    sides = boxes[:, 2:] - boxes[:, :2]
    points = _as_points(numbers) * sides[:, None] + boxes[:, None, :2]
    faces = Faces(move_boxes(boxes, offsets), points, probabilities[:, 1])
    faces = faces.select(faces.scores >= LEAST_SCORES[2])
    return faces.select(suppress_overlaps(faces.boxes, faces.scores, most=0.7, of_smaller=True))


def read_landmarks(mark: Run, cells: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What O-Net says of cells that a face fills: uint8 (n, 48, 48, 3) to (n, 5, 2), in sides of the cell."""
    return _as_points(mark(_network_input(cells))[0].astype(float))


def _as_points(numbers: np.ndarray) -> np.ndarray:
    return numbers.reshape(-1, 2, 5).swapaxes(1, 2)


def _propose_at(propose: Run, image: Image.Image, scale: float) -> tuple[np.ndarray, np.ndarray]:
    width, height = (max(PROPOSAL_CELL, round(side * scale)) for side in image.size)
    shrunk = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    offsets, probabilities = propose(_network_input(shrunk[None]))
    scores = probabilities[0, 1].astype(float)
    rows, columns = np.nonzero(scores >= LEAST_SCORES[0])
    corners = PROPOSAL_STRIDE * np.stack([columns, rows], axis=1)
    stretch = np.tile([image.width / width, image.height / height], 2)
    cells = np.concatenate([corners, corners + PROPOSAL_CELL], axis=1) * stretch
    return move_boxes(cells, offsets[0, :, rows, columns]), scores[rows, columns]


def _run_on_cells(
    run: Run, image: Image.Image, boxes: np.ndarray, size: int, widths: tuple[int, ...]
) -> list[np.ndarray]:
    """What a network says of boxes: float64 arrays (n, width)."""
    parts = [[np.empty((0, width)) for width in widths]]
    for start in range(0, len(boxes), BATCH):
        parts.append(run(_network_input(cut_cells(image, boxes[start : start + BATCH], size))))
    return [np.concatenate(columns).astype(float) for columns in zip(*parts, strict=True)]


def _network_input(images: np.ndarray) -> np.ndarray:
    """Float32 (n, 3, h, w) of uint8 images (n, h, w, 3)."""
    return ((images.astype("float32") - 127.5) / 128).transpose(0, 3, 1, 2)
