"""The pickle of the original TL-GAN: ``{'direction': (D, A) unit columns, 'name': list of A texts}``."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.errors import UserError
from tlgan.formats.columns import (
    KINDS_NOT_STATED,
    NAMES_AND_DIRECTIONS,
    ImportedAxes,
    choose_latent_space,
    length_notes,
    lost_fields,
    shortened,
)
from tlgan.storage.atomic_files import check_size, reading, replacing
from tlgan.storage.safe_pickle import load_plain_pickle


def read_original_pickle(path: Path, latent_space: str | None = None) -> ImportedAxes:
    """Read axes from a pickle of the original TL-GAN; nothing in it is run.

    Parameters
    ----------
    path : Path
    latent_space : str or None
        None stands for "sphere": the original moved latents of PG-GAN.

    Returns
    -------
    ImportedAxes
        Slopes, intercepts and scores are unknown: the original did not store them.

    Raises
    ------
    UserError
        Where the pickle names anything but NumPy arrays, or has another content.
    """
    with reading(path, "a TL-GAN pickle"):
        check_size(path)
        content = load_plain_pickle(path.read_bytes())
        if not isinstance(content, dict) or not {"direction", "name"} <= content.keys():
            there = (
                shortened(sorted(map(str, content))) if isinstance(content, dict) else type(content).__name__
            )
            raise UserError(
                f"must hold a dict with 'direction' and 'name'. It has {there}. {NAMES_AND_DIRECTIONS}"
            )
        names, direction = content["name"], content["direction"]
        if isinstance(names, str):
            names = [names]
        elif isinstance(names, np.ndarray | tuple):
            names = np.asarray(names).tolist()
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"'name' must be a list of texts. Got {names!r:.80}.")
        if not isinstance(direction, np.ndarray) or direction.ndim != 2 or direction.dtype.kind != "f":
            raise UserError("'direction' must be a float array of shape (D, A).")
        if direction.shape[1] != len(names):
            raise UserError(
                f"'direction' must have one column per name ({len(names)}). Got shape {direction.shape}; "
                "its axes are columns."
            )
        rows = np.ascontiguousarray(direction.T, dtype=np.float64)
        space, _ = choose_latent_space(None, latent_space or "sphere")
        notes = [*length_notes(rows), KINDS_NOT_STATED]
        return ImportedAxes(axes_from_directions(names, rows, latent_space=space), notes)


def write_original_pickle(axes: Axes, path: Path) -> list[str]:
    """Write a pickle that the original TL-GAN reads (protocol 2, NumPy's names of its time).

    Returns
    -------
    list of str
        What is lost.
    """
    # C order, as the original wrote; a transposed view would be pickled in Fortran order.
    content = {"direction": np.ascontiguousarray(axes.directions.T), "name": list(axes.names)}
    data = pickle.dumps(content, protocol=2)
    # NumPy 2 names its module numpy._core, which the NumPy of 2018 does not have. The first mention is the
    # instruction itself; the array's bytes come later.
    data = data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n", 1)
    with replacing(path) as partial:
        partial.write_bytes(data)
    return lost_fields(axes, [])
