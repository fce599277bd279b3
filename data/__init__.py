"""Readers of labelled image sets, and faces drawn with known axes."""

from __future__ import annotations

from pathlib import Path

from data.images.labelled_images import LabelledImages
from tlgan.errors import UserError

__all__ = ["LabelledImages", "open_data_set"]


def open_data_set(
    kind: str, path: str | Path, table: str | Path | None = None, framing: str = "own"
) -> LabelledImages:
    """Open a labelled image set.

    Parameters
    ----------
    kind : str
        "celeba", "folder" or "utkface".
    path : path
        The folder (or archive) that holds it.
    table : path or None
        Of a "folder": the table of labels, where it is not the only one there.
    framing : str
        "own", or "celeba": show the faces of UTKFace as CelebA's are shown, see
        `data.readers.utkface.frame_as_celeba`.

    Raises
    ------
    UserError
        An unknown kind, or whatever is wrong with the set.
    """
    # Readers bring Pillow and more, which other modules of `data` do without.
    from data.readers.celeba import open_celeba
    from data.readers.folder import open_folder
    from data.readers.utkface import frame_as_celeba, open_utkface

    readers = {"celeba": open_celeba, "folder": open_folder, "utkface": open_utkface}
    if kind not in readers:
        raise UserError(f"data set must be one of {', '.join(readers)}. Got {kind!r}. Name one of these.")
    if framing != "own" and kind != "utkface":
        raise UserError(f"`framing` must be 'own' for {kind}. Got {framing!r}. Leave it out.")
    if kind == "folder":
        return open_folder(path, table)
    if table is not None:
        raise UserError(f"`table` must be left out for {kind}, which has tables of its own. Got {table}.")
    images = readers[kind](path)
    return frame_as_celeba(images) if framing == "celeba" else images
