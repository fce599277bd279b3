"""Generators of other projects (ONNX, Keras): input, layout and range found out, the prior declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.importers.file_kind import open_network
from models.importers.foreign_network import ForeignNetwork
from models.importers.sidecar import GeneratorCard, card_path, identity, read_card
from models.inference.compile import in_batches
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.storage.file_hash import file_sha256

LARGEST = 4096  # pixels per side
PROBES = 8  # pictures that tell layout and range
RANGES = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))


@dataclass(frozen=True)
class ForeignGenerator:
    """A foreign generator in our terms.

    Attributes
    ----------
    card : GeneratorCard, with everything said
    resolution : int
    parameters : int or None
    sha256 : str, of the file and of what its card says
    batch : int or None, rows that `paint` must be given at a time; None where any number goes
    paint : callable, float32 latents (batch, latent_dim) to float32 images (batch, R, R, 1 or 3), black
        -1 and white 1
    """

    card: GeneratorCard
    resolution: int
    parameters: int | None
    sha256: str
    batch: int | None
    paint: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)


def open_foreign_generator(
    path: Path,
    latent_space: str | None = None,
    value_range: tuple[float, float] | None = None,
    kind: str | None = None,
) -> ForeignGenerator:
    """Open a generator in an ONNX or Keras file, with the card beside it if there is one.

    Parameters
    ----------
    latent_space : str or None, its prior, before what a card says
    value_range : (black, white) of its output or None, before what a card says
    kind : "onnx" or "keras"; None tells it from the file

    Raises
    ------
    UserError
        Where the file does not run, takes anything but latents or draws anything but square pictures,
        or neither a card nor `latent_space` says its prior.
    """
    card = read_card(card_path(path), GeneratorCard) if card_path(path).is_file() else GeneratorCard()
    space = latent_space or card.latent_space
    if space is None:
        raise UserError(
            f'{path}: its prior must be said; no file tells it. Write `latent_space = "normal"` '
            f"(or uniform, sphere) into {card_path(path)}, or set it in the recipe."
        )
    network = open_network(path, kind)
    input_shape = _latent_shape(network, card.latent_dim)
    latent_dim = int(np.prod(input_shape))
    probes = draw_latents(0, PROBES, latent_dim, space=space).reshape(PROBES, *input_shape)
    # One at a time: how much memory a picture takes is not known yet.
    images = in_batches(lambda rows: [_pictures(network, network.run(rows))], network.batch or 1)(probes)
    layout = _layout(network, images.shape[1:], card.layout)
    black, white = value_range or card.range or _range(network, images)
    resolution = images.shape[2]

    def paint(latents: np.ndarray) -> np.ndarray:
        pictures = _pictures(network, network.run(latents.reshape(-1, *input_shape)))
        pictures = pictures.transpose(0, 2, 3, 1) if layout == "NCHW" else pictures
        return (pictures.astype("float32") - np.float32(black)) * np.float32(2 / (white - black)) - 1

    said = GeneratorCard(latent_space=space, latent_dim=latent_dim, layout=layout, range=(black, white))
    return ForeignGenerator(
        card=said,
        resolution=resolution,
        parameters=network.parameters,
        sha256=identity(file_sha256(path), said, but=("latent_space",)),
        batch=network.batch,
        paint=paint,
    )


def _latent_shape(network: ForeignNetwork, latent_dim: int | None) -> tuple[int, ...]:
    """Shape of one latent as the network takes it: (D,), (D, 1, 1) or (1, 1, D)."""
    shape = network.input_shape
    places = [place for place, size in enumerate(shape) if size != 1] or [0]
    if len(shape) not in (1, 3) or len(places) > 1:
        raise UserError(
            f"{network.path}: must take latents of shape [N, D] or [N, D, 1, 1]. Got [N, {_shown(shape)}]."
        )
    found = shape[places[0]]
    if found is None and latent_dim is None:
        raise UserError(
            f"{network.path}: takes latents of any size. Write `latent_dim` into {card_path(network.path)}."
        )
    if found is not None and latent_dim not in (None, found):
        raise UserError(
            f"{network.path}: takes latents of {found} values. Its card says {latent_dim}; mend it."
        )
    return tuple(found or latent_dim if place == places[0] else 1 for place in range(len(shape)))


def _pictures(network: ForeignNetwork, outputs: Sequence[np.ndarray]) -> np.ndarray:
    if len(outputs) != 1:
        raise UserError(f"{network.path}: must have one output, images. Got {len(outputs)}; export it so.")
    images = outputs[0]
    if images.ndim != 4 or not np.issubdtype(images.dtype, np.number):
        raise UserError(f"{network.path}: must draw images [N, …, …, …]. Got shape {images.shape}.")
    return images


def _layout(network: ForeignNetwork, shape: tuple[int, ...], declared: str | None) -> str:
    channels_first = shape[0] in (1, 3) and shape[1] == shape[2]
    channels_last = shape[2] in (1, 3) and shape[0] == shape[1]
    fits = {"NCHW": channels_first, "NHWC": channels_last}
    found = declared or ("NCHW" if channels_first else "NHWC")
    if not fits[found] or shape[1] > LARGEST:
        raise UserError(
            f"{network.path}: must draw square pictures of 1 or 3 colours, at most {LARGEST} pixels wide"
            f"{f', {declared}' if declared else ''}. Got [N, {_shown(shape)}]."
        )
    return found


def _range(network: ForeignNetwork, images: np.ndarray) -> tuple[float, float]:
    """Black and white, from a few pictures: bytes reach beyond 2, signed pictures well below 0."""
    if not np.isfinite(images).all():
        raise UserError(f"{network.path}: must draw finite pictures. Got NaN or infinity; mend its export.")
    lowest, highest = float(images.min()), float(images.max())
    signed, unit, whole_bytes = RANGES
    if lowest >= -0.05:
        return whole_bytes if highest > 2 else unit
    if highest > 16:
        raise UserError(
            f"{network.path}: draws values from {lowest:.3g} to {highest:.3g}. Write what is black and what "
            f"is white into {card_path(network.path)}: range = [black, white]."
        )
    return signed


def _shown(shape: Sequence[int | None]) -> str:
    return ", ".join("any" if size is None else str(size) for size in shape)
