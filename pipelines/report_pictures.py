"""Pictures of the report: strips of edited faces and heat maps, as data for a page without network."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np

from pipelines.pictures import contact_sheet, png_bytes
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
    moved = np.stack([move_along(latents, direction, amount, generator.latent_space) for amount in amounts], axis=1)
    images = generator(moved.reshape(-1, latents.shape[1]).astype(np.float32))
    return contact_sheet(images, columns=len(amounts))


def data_uri(picture: np.ndarray) -> str:
    """A uint8 picture as a PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(png_bytes(picture)).decode()


def heat_map(cosines: np.ndarray, names: Sequence[str], title: str) -> str:
    """A matrix of cosines as a PNG inside an address; blue is −1, white 0, red 1."""
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
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
