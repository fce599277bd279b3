"""Pictures of the report: strips of edited faces and heat maps, as data for a page without network."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np

from pipelines.pictures import contact_sheet
from tlgan.moves import move_along


def strip(generator, latents: np.ndarray, direction: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """Faces moved along one direction: a row for each face, a column for each amount.

    Parameters
    ----------
    latents : float array, shape (faces, latent_dim)
    direction : float array, shape (latent_dim,), unit length
    amounts : float array, shape (steps,), standard deviations of the latent along the direction

    Returns
    -------
    uint8 array, shape (faces · R, steps · R, 3)
    """
    moved = np.stack(
        [move_along(latents, direction, amount, generator.latent_space) for amount in amounts], axis=1
    )
    images = generator(moved.reshape(-1, latents.shape[1]).astype(np.float32))
    return contact_sheet(images, columns=len(amounts))


def data_uri(png: bytes) -> str:
    """A PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def knobs(strips: Sequence[np.ndarray], names: Sequence[str]) -> bytes:
    """One strip of a single face for each name, one below the other, as a labelled PNG."""
    from matplotlib.figure import Figure

    height, width = strips[0].shape[:2]
    figure = Figure(figsize=(2.0 + 0.9 * width / height, 0.9 * len(strips)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(strips), 1))
    for panel, picture, name in zip(panels, strips, names, strict=True):
        panel.imshow(picture, interpolation="bicubic")
        panel.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center", fontsize=11)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    return _png(figure, dpi=100)


def heat_map(cosines: np.ndarray, names: Sequence[str], title: str) -> bytes:
    """A matrix of cosines as a PNG; blue is −1, white 0, red 1."""
    from matplotlib.figure import Figure

    side = 2.2 + 0.17 * len(names)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(cosines, cmap="RdBu_r", vmin=-1, vmax=1)
    labels = [name.replace("_", " ") for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), labels, fontsize=7)
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, shrink=0.6, label="cosine")
    return _png(figure, dpi=110)


def _png(figure, dpi: int) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()
