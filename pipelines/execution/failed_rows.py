"""Rows for which a network gives NaN or infinity: the stage stops, and says which row and latent it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlgan.errors import NonFiniteError, UserError

if TYPE_CHECKING:
    from models.protocols import Labeller


class FailedRow(UserError):
    """A row that cannot be computed.

    Parameters
    ----------
    message : str
        Why, a sentence.
    row : int
    latent : float array, shape (latent_dim,)
    """

    def __init__(self, message: str, row: int = 0, latent: np.ndarray | None = None) -> None:
        super().__init__(message)
        self.row, self.latent = row, latent


@contextmanager
def locating_rows(latents: np.ndarray, start: int = 0) -> Iterator[None]:
    """Turn the NonFiniteError of a function of latents into a FailedRow.

    Parameters
    ----------
    latents : float array, shape (n, latent_dim)
    start : int
        Number of the first row.
    """
    try:
        yield
    except NonFiniteError as error:
        first = error.rows[0]
        raise FailedRow(str(error), start + first, np.array(latents[first])) from error


def finite_scores(labeller: Labeller, scores: np.ndarray) -> np.ndarray:
    """The scores, float array (n, K); refused where one is infinite, or NaN for another reason than being unknown.

    Tables of labels by hand, which read no images, have NaN for what nobody labelled.

    Raises
    ------
    NonFiniteError
    """
    wrong = np.isinf(scores) | (np.isnan(scores) if labeller.reads_images else False)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise NonFiniteError(
            f"{labeller.name} gives {scores[row, column]} for {labeller.names[column]}.",
            np.flatnonzero(wrong.any(axis=1)).tolist(),
        )
    return scores


@contextmanager
def saving_failed_row(output: Path) -> Iterator[None]:
    """Save the latent of the row that a stage fails at as `<output>.row-<number>.npy`, and say so.

    Parameters
    ----------
    output : Path
        Of the stage. Latents saved beside it before are removed where the block ends well.

    Raises
    ------
    UserError
        In place of a FailedRow.
    """
    from tlgan.storage.npy import write_npy

    try:
        yield
    except FailedRow as error:
        path = output.with_name(f"{output.name}.row-{error.row}.npy")
        write_npy(path, np.asarray(error.latent))
        raise UserError(
            f"{output}: stopped at row {error.row}: {error} Its latent is in {path}; the rows before it stay. "
            "Mend or replace the network, then run the same command again."
        ) from error
    for path in output.parent.glob(f"{output.name}.row-*.npy"):
        path.unlink(missing_ok=True)
