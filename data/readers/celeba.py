"""Open the CelebA data set (Liu et al. 2015, "Deep learning face attributes in the wild"), aligned and cropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from data.images.archives import REPEATED_NAME, FileArchive, index_base_names, open_archive, skipped_others
from data.images.labelled_images import UNKNOWN_IDENTITY, UNKNOWN_PARTITION, LabelledImages
from data.readers.celeba_tables import read_attributes, read_numbers
from data.readers.folder import open_folder
from tlgan.errors import UserError

IMAGE_SIZE = (178, 218)
# 128 x 128 around column 89, row 121: the face, with the hair line and the chin.
DEFAULT_CROP = (25, 57, 128, 128)
HOME_PAGE = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"

NO_TABLE_ROW = "image without a row in the attribute table"

# CelebAMask-HQ (Lee et al. 2020): 30,000 of these photographs as CelebA-HQ frames them, with the same 40 labels.
HQ_IMAGES, HQ_TABLE = "CelebA-HQ-img", "CelebAMask-HQ-attribute-anno.txt"

# The sub-folders of the official download; most copies have everything in one folder.
_PLACES = ("", "Img", "Anno", "Eval")


def open_celeba(folder: str | Path) -> LabelledImages:
    """Open CelebA in any of its usual layouts; only images that are present become rows.

    The folder holds the photographs as `img_align_celeba/`, `img_align_celeba.zip` or
    `img_align_celeba*.tar` (parts are joined), the attributes as `list_attr_celeba` .txt, .csv or
    .zip, and, where present, `list_eval_partition` .txt or .csv and `identity_CelebA` .txt or
    .txt.gz. The official sub-folders Img, Anno and Eval are looked into as well. A folder of CelebAMask-HQ
    (`CelebA-HQ-img/` and its attribute table) is opened as `data.readers.folder.open_folder` does.

    Parameters
    ----------
    folder : path

    Returns
    -------
    LabelledImages
        40 binary labels; rows sorted by file name; `default_crop` is the 128 x 128 square around
        the face in the 178 x 218 photograph.

    Raises
    ------
    UserError
        A part is missing or damaged, a table does not match its own header, holds a foreign
        attribute or value, or no image has a row in the table.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            f"{folder}: must be the folder that holds CelebA. Got {_what(folder)}. See {HOME_PAGE}."
        )
    if (folder / HQ_IMAGES).is_dir() and (folder / HQ_TABLE).is_file():
        return open_folder(folder / HQ_IMAGES, folder / HQ_TABLE)
    archive, image_paths = _open_images(folder)
    table = _find_attribute_table(folder)
    partition_table = _find(
        folder, "list_eval_partition.txt", "list_eval_partition.csv", "list_eval_partition.zip"
    )
    identity_table = _find(folder, "identity_CelebA.txt", "identity_CelebA.txt.gz", "identity_CelebA.gz")

    members, repeated = index_base_names(archive)
    _check_repeated(archive, members, repeated, table)
    attributes = read_attributes(table, members.keys())
    unlabelled = tuple(sorted(members.keys() - attributes.rows.keys()))
    files = tuple(sorted(attributes.rows))
    if not files:
        raise UserError(
            f"{table}: must have a row for the images in {image_paths[0]}. Got none for "
            f"{next(iter(members))}. Give the table that belongs to these images."
        )
    skipped = {REPEATED_NAME: repeated, NO_TABLE_ROW: unlabelled}
    return LabelledImages(
        names=attributes.names,
        kinds=("binary",) * len(attributes.names),
        units=("",) * len(attributes.names),
        labels=attributes.labels[[attributes.rows[name] for name in files]],
        files=files,
        archive=archive.select([members[name] for name in files]),
        identity=_column(identity_table, files, UNKNOWN_IDENTITY).astype(np.int32),
        partition=_column(partition_table, files, UNKNOWN_PARTITION, allowed=(0, 1, 2)).astype(np.uint8),
        default_crop=DEFAULT_CROP,
        image_size=IMAGE_SIZE,
        skipped={reason: names for reason, names in skipped.items() if names} | skipped_others(archive),
        table_rows_without_image=attributes.rows_without_image,
        inputs=(*image_paths, *(path for path in (table, partition_table, identity_table) if path)),
    )


def _open_images(folder: Path) -> tuple[FileArchive, tuple[Path, ...]]:
    pictures = _find(folder, "img_align_celeba")
    if pictures is not None and pictures.is_dir() and any(pictures.iterdir()):
        return open_archive(pictures), (pictures,)
    zipped = _find(folder, "img_align_celeba.zip")
    if zipped is not None:
        return open_archive(zipped), (zipped,)
    for place in _PLACES:
        tars = tuple(sorted((folder / place).glob("img_align_celeba*.tar")))
        if tars:
            return open_archive(*tars), tars
    raise UserError(
        f"{folder}: must hold the photographs as img_align_celeba/, img_align_celeba.zip or "
        f"img_align_celeba*.tar. Got none. Download them from {HOME_PAGE}."
    )


def _check_repeated(
    archive: FileArchive, members: dict[str, int], repeated: Sequence[str], table: Path
) -> None:
    """Refuse two different photographs of one name: the table does not say which of them it labels."""
    rows = {path: row for row, path in enumerate(archive.names)}
    for path in repeated:
        name = PurePosixPath(path).name
        if archive.read(rows[path]) != archive.read(members[name]):
            raise UserError(
                f"{table}: {name} must name one photograph. It may be {archive.names[members[name]]} or {path}, "
                "which differ. Move one away."
            )


def _find_attribute_table(folder: Path) -> Path:
    table = _find(folder, "list_attr_celeba.txt", "list_attr_celeba.csv", "list_attr_celeba.zip")
    if table is None:
        raise UserError(
            f"{folder}: must hold list_attr_celeba.txt, .csv or .zip beside the images. Got none. "
            f"Download it from {HOME_PAGE}."
        )
    return table


def _find(folder: Path, *names: str) -> Path | None:
    candidates = (folder / place / name for name in names for place in _PLACES)
    return next((path for path in candidates if path.exists()), None)


def _column(
    table: Path | None, files: tuple[str, ...], unknown: int, allowed: tuple[int, ...] = ()
) -> np.ndarray:
    values = {} if table is None else read_numbers(table, allowed)
    return np.array([values.get(name, unknown) for name in files], dtype=np.int64)


def _what(path: Path) -> str:
    return "a file" if path.exists() else "nothing there"
