"""Open the UTKFace data set (Zhang et al. 2017, arXiv 1702.08423), aligned and cropped to 200 x 200."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from data.images.archives import REPEATED_NAME, FileArchive, index_base_names, open_archive, skipped_others
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from tlgan.errors import UserError

RACES = ("White", "Black", "Asian", "Indian", "Other")
HOME_PAGE = "https://susanqq.github.io/UTKFace/"

# UTKFace frames faces closer than CelebA: eyes and mouth of its mean face lie where those of the mean
# CelebA face lie in this square of the photograph, (11, 22, 106, 106) of CelebA's default crop.
CELEBA_CROP_OF_SAME_FRAMING = (36, 79, 106, 106)

# So this square of UTKFace's own pictures shows what CelebA's default crop shows; a third of it lies outside.
IMAGE_SIZE = (200, 200)
SQUARE_OF_CELEBA_CROP = (-21, -42, 242, 242)

MALFORMED = "name is not age_gender_race_date"

# The date is free text: some names have a short one, or a space before the suffix.
_NAME = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_(?P<race>[0-4])_.+", re.ASCII)
_GREATEST_AGE = 120


def open_utkface(path: str | Path) -> LabelledImages:
    """Open UTKFace; the labels are read from the file names, `age_gender_race_date.jpg`.

    Parameters
    ----------
    path : path
        The folder of images, the folder that holds `UTKFace*.tar`, or a .tar or .zip itself.

    Returns
    -------
    LabelledImages
        `Age` (continuous, years), `Male` (binary: 1 = male; UTKFace itself writes 0 for male, so its
        gender is turned round to agree with CelebA) and `Race` (categorical, UTKFace's own five
        classes in its own order). Partition and identity are unknown.

    Raises
    ------
    UserError
        Nothing there, a damaged archive, or not one well-formed name.
    """
    path = Path(path)
    archive, inputs = _open_images(path)
    members, repeated = index_base_names(archive)
    labels: dict[str, tuple[int, int, int]] = {}
    malformed: list[str] = []
    for name in members:
        match = _NAME.fullmatch(name)
        if match is None or not 0 <= int(match["age"]) <= _GREATEST_AGE:
            malformed.append(name)
        else:
            labels[name] = (int(match["age"]), 1 - int(match["gender"]), int(match["race"]))
    if not labels:
        raise UserError(
            f"{path}: images must be named age_gender_race_date.jpg. Got none of {len(malformed)}, "
            f"for instance {malformed[0]}. Give UTKFace's aligned and cropped faces, see {HOME_PAGE}."
        )
    files = tuple(sorted(labels))
    skipped = {REPEATED_NAME: repeated, MALFORMED: tuple(malformed)}
    return LabelledImages(
        names=("Age", "Male", "Race"),
        kinds=("continuous", "binary", "categorical"),
        units=("years", "", ""),
        labels=np.array([labels[name] for name in files], dtype=np.float32),
        files=files,
        archive=archive.select([members[name] for name in files]),
        identity=np.full(len(files), UNKNOWN_IDENTITY, dtype=np.int32),
        partition=np.full(len(files), UNKNOWN_PARTITION, dtype=np.uint8),
        categories={"Race": RACES},
        skipped={reason: names for reason, names in skipped.items() if names} | skipped_others(archive),
        inputs=inputs,
    )


def frame_as_celeba(images: LabelledImages) -> LabelledImages:
    """Show the faces of UTKFace as CelebA's default crop shows faces; outside a photograph its edge repeats.

    Parameters
    ----------
    images : LabelledImages
        As `open_utkface` gives them.
    """
    return replace(images, default_crop=SQUARE_OF_CELEBA_CROP, image_size=IMAGE_SIZE, repeat_edge=True)


def _open_images(path: Path) -> tuple[FileArchive, tuple[Path, ...]]:
    tars = tuple(sorted(path.glob("UTKFace*.tar"))) if path.is_dir() else ()
    return open_archive(*(tars or (path,))), tars or (path,)
