"""A face of any photograph, found, aligned and cropped as the networks know faces."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.images.alignment import cut_square, place_square, place_upright, share_outside
from data.images.photograph import decode_photograph
from data.images.similarity import Similarity
from data.readers.celeba import DEFAULT_CROP, IMAGE_SIZE
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading

if TYPE_CHECKING:
    from models.inference.face_cascade import Faces
    from models.loaders.face_detector import FaceDetector
    from models.loaders.labeller import LoadedLabeller

# The square of an aligned photograph in which the detector's last network sees a face: the median of its
# boxes in CelebA.
DETECTOR_SQUARE = (31, 65, 116, 116)
MOST_OUTSIDE = 1 / 3  # of a crop
LEAST_OUTSIDE = 0.02  # of a crop, to be spoken of
# Pixels of a face that are equal to both neighbours: at most 0.16 in 2,000 photographs of CelebA and 1,000 of
# UTKFace, 0.31 in one enlarged 14 times, 0.98 in a drawing of lines and areas.
MOST_FLAT = 0.8
LEAST_SIZE, MOST_SIZE = 8, 1024  # pixels per side of a crop


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph in which faces were looked for.

    Attributes
    ----------
    pixels : uint8 array, shape (h, w, 3)
    faces : Faces or None
        The largest first; None where none were looked for, because the picture is aligned already.
    detector : FaceDetector or None
        What found them.
    note : str
        Why none were looked for, where nobody asked for that; else "".
    """

    pixels: np.ndarray
    faces: Faces | None = None
    detector: FaceDetector | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class AlignedFace:
    """A face cut out of a photograph, and where it lies there.

    Attributes
    ----------
    crop : uint8 array, shape (size, size, 3)
    placement : Similarity
        From the crop, whose corners are (0, 0) and (1, 1), to pixels of the photograph: what
        `data.images.paste` needs to put an edited crop back.
    """

    crop: np.ndarray
    placement: Similarity


def open_photograph(path: Path, aligned: bool = False, centred: bool = False) -> Photograph:
    """Read a photograph and look for faces in it.

    Parameters
    ----------
    path : Path
    aligned : bool
        Whether the picture is aligned already, so that no face is to be looked for.
    centred : bool
        Where no face can be looked for, take the largest centred square of any picture.

    Raises
    ------
    UserError
        As `decode_photograph` and `search_photograph`; starts with the path.
    """
    with reading(path, "a photograph"):
        return search_photograph(decode_photograph(path.read_bytes()), aligned, centred)


def search_photograph(pixels: np.ndarray, aligned: bool = False, centred: bool = False) -> Photograph:
    """Look for faces in a photograph; without the face detector, take one that is aligned as it is.

    Parameters
    ----------
    pixels : uint8 array, shape (h, w, 3)
    aligned : bool
        Whether the picture is aligned already, so that no face is to be looked for.
    centred : bool
        Where no face can be looked for, take the largest centred square of a picture that is not aligned.

    Raises
    ------
    UserError
        Where no face is found, or none is to be or can be looked for and the picture is neither square nor
        of 178×218 pixels.
    """
    if aligned:
        _check_aligned(pixels, remedy="Let the face be looked for, without `--aligned`.")
        return Photograph(pixels)
    from models.loaders.face_detector import load_face_detector

    try:
        detector = load_face_detector()
    except UserError as reason:
        if centred and not _may_be_aligned(pixels):
            note = f"Read is the largest centred square, for no face can be looked for. {reason}"
            return Photograph(_centred_square(pixels), note=note)
        _check_aligned(pixels, remedy=str(reason))
        return Photograph(pixels, note=f"Taken as aligned already, for no face can be looked for. {reason}")
    faces = detector(pixels)
    if not len(faces):
        raise UserError(
            "no face was found. Turn the photograph upright, or cut it nearer to the face; a picture that is "
            "aligned already can be taken as it is with `--aligned`."
        )
    return Photograph(pixels, faces, detector)


def align_face(photograph: Photograph, number: int = 1, size: int = 64) -> AlignedFace:
    """Align one of the faces of a photograph and cut it out.

    A similarity is fitted to the five landmarks. The detector then looks again at the face as that turns it
    upright, and the fit to what it sees there stands: so the crop depends little on how the photograph was
    turned. A picture that is aligned already is cropped as CelebA's photographs are, or, if square, whole.

    Parameters
    ----------
    photograph : Photograph
    number : int
        Of the face, from 1, the largest.
    size : int
        Pixels per side of the crop, 8 to 1024.

    Raises
    ------
    UserError
        Where there is no face of that number, it is drawn in flat colours, the photograph's edge cuts more than
        a third of its crop off, or the size is out of range.
    """
    check_size(size)
    count = 1 if photograph.faces is None else len(photograph.faces)
    if not 1 <= number <= count:
        raise UserError(f"`--face` must be from 1 to {count}, the faces found. Got {number}.")
    flat = 0.0 if photograph.faces is None else _flat_share(photograph, number)
    if flat > MOST_FLAT:
        raise UserError(
            f"face {number} must be photographed, not drawn: at most {MOST_FLAT:.0%} of its pixels like those beside "
            f"them. Got {flat:.0%}. Give a photograph; a drawing that is aligned is taken with `--aligned`."
        )
    placement = _place_face(photograph, number)
    outside = share_outside(placement, *photograph.pixels.shape[1::-1])
    if outside > MOST_OUTSIDE:
        raise UserError(
            f"face {number} must lie in the photograph: at most {MOST_OUTSIDE:.0%} of its crop outside. Got "
            f"{outside:.0%}. Give a photograph that shows all of it, or choose another with `--face`."
        )
    return AlignedFace(cut_square(photograph.pixels, placement, size), placement)


def describe_face(photograph: Photograph, face: AlignedFace, number: int) -> Iterator[str]:
    """What a person should know about the crop."""
    if photograph.note:
        yield photograph.note
    if photograph.faces is not None:
        count = len(photograph.faces)
        which = (
            "Found one face" if count == 1 else f"Found {count} faces, took number {number} of them by size"
        )
        yield f"{which}: {face.placement.scale:.0f} pixels, turned by {face.placement.degrees:+.0f} degrees."
    if face.placement.scale < len(face.crop):
        yield f"The crop is enlarged: it shows {face.placement.scale:.0f} pixels of the photograph."
    outside = share_outside(face.placement, *photograph.pixels.shape[1::-1])
    if outside >= LEAST_OUTSIDE:
        yield f"{outside:.0%} of the crop lies outside the photograph, where its edge is repeated."


def size_for(labeller: LoadedLabeller) -> int:
    """Pixels per side of a crop that has all that a labeller reads of a face, and no more where that is all."""
    window = labeller.window
    needed = labeller.resolution if window is None else math.ceil(window.size / window.side)
    return min(max(needed, LEAST_SIZE), MOST_SIZE)


def _may_be_aligned(pixels: np.ndarray) -> bool:
    height, width = pixels.shape[:2]
    return width == height or (width, height) == IMAGE_SIZE


def _centred_square(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _check_aligned(pixels: np.ndarray, remedy: str) -> None:
    height, width = pixels.shape[:2]
    if not _may_be_aligned(pixels):
        raise UserError(
            "must be square, or of 178×218 pixels, to be taken as aligned already. "
            f"Got {width}×{height}. {remedy}"
        )


def check_size(size: int) -> None:
    """Refuse a crop of too few or too many pixels."""
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise UserError(f"`size` must be from {LEAST_SIZE} to {MOST_SIZE} pixels. Got {size}.")


def _flat_share(photograph: Photograph, number: int) -> float:
    """Share of pixels between eyes and mouth that are equal to their neighbours to the right and below.

    The networks cannot tell a drawing: the detector finds faces in it, and the labeller's features are as usual.
    """
    assert photograph.faces is not None
    height, width = photograph.pixels.shape[:2]
    marks = np.clip(photograph.faces.landmarks[number - 1], 0, [width, height]).astype(int)
    (left, top), (right, bottom) = marks.min(axis=0), marks.max(axis=0) + 2
    face = photograph.pixels[top:bottom, left:right]
    equal = (face[:-1, :-1] == face[:-1, 1:]) & (face[:-1, :-1] == face[1:, :-1])
    return float(equal.all(axis=-1).mean()) if equal.size else 0.0


def _place_face(photograph: Photograph, number: int) -> Similarity:
    if photograph.faces is None or photograph.detector is None:
        height, width = photograph.pixels.shape[:2]
        return place_upright((0, 0, width, height) if width == height else DEFAULT_CROP)
    first = place_square(photograph.faces.landmarks[number - 1], DETECTOR_SQUARE)
    upright = cut_square(photograph.pixels, first, photograph.detector.cell)
    landmarks = first.points(photograph.detector.landmarks(upright[None])[0])
    return place_square(landmarks, DEFAULT_CROP)
