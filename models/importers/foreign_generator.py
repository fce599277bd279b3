"""Open a generator of another project (ONNX, Keras): input, layout and range are found out, the prior is declared."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from models.importers.file_kind import file_kind, open_network
from models.importers.first_pass.trial import PassedNetworks, open_apart
from models.importers.foreign_network import ForeignNetwork
from models.importers.sidecar import (
    Colours,
    GeneratorSidecar,
    LatentSpace,
    Layout,
    hash_with_sidecar,
    read_sidecar,
    sidecar_path,
)
from models.inference.compile import run_in_batches
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.storage.file_hash import file_sha256

LARGEST = 4096  # pixels per side
MOST_INPUTS = 2**20  # values of the latents that a network takes at a time
PROBES, PROBE_BYTES = 8, 2**27  # images that tell layout and range, and what they may take together
RANGES = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))


@dataclass(frozen=True)
class ForeignGenerator:
    """A foreign generator that runs.

    Attributes
    ----------
    latent_space : "sphere", "normal" or "uniform"
    latent_dim : int
    layout : "NCHW" or "NHWC", of the network's own images
    value_range : (black, white) of the network's own images
    colours : "RGB" or "BGR", of the network's own images
    extremes : (least, most) value of the pictures that told range and layout
    resolution : int
    parameters : int or None
    sha256 : str, of the file and of what its sidecar says
    batch : int or None, rows that `draw` must be given at a time; None where any number goes
    floats_per_row : int, memory that a row was measured to take, in float32 numbers; 0 where that is unknown
    draw : callable, float32 latents (batch, latent_dim) to float32 images (batch, R, R, 1 or 3), black
        -1 and white 1
    """

    latent_space: LatentSpace
    latent_dim: int
    layout: Layout
    value_range: tuple[float, float]
    colours: Colours
    extremes: tuple[float, float]
    resolution: int
    parameters: int | None
    sha256: str
    batch: int | None
    floats_per_row: int
    draw: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)

    @property
    def sidecar(self) -> GeneratorSidecar:
        """A sidecar that says all of it."""
        return GeneratorSidecar(
            latent_space=self.latent_space,
            latent_dim=self.latent_dim,
            layout=self.layout,
            range=self.value_range,
            colours="BGR" if self.colours == "BGR" else None,
        )


def open_foreign_generator(
    path: Path,
    latent_space: str | None = None,
    value_range: tuple[float, float] | None = None,
    kind: str | None = None,
    *,
    colours: Colours | None = None,
    cache: MutableMapping[str, Any] | None = None,
) -> ForeignGenerator:
    """Open a generator in an ONNX or Keras file, with the sidecar beside it if there is one.

    It first runs in a process of its own; see `models.importers.first_pass.trial`.

    Parameters
    ----------
    path : Path
    latent_space : str or None, its prior, before what a sidecar says
    value_range : (black, white) of its output or None, before what a sidecar says
    kind : "onnx" or "keras"; None tells it from the file
    colours : "RGB" or "BGR", the order of its colours, before what a sidecar says
    cache : mapping that outlives this process: networks noted there are known to run within bounds

    Raises
    ------
    UserError
        Where the file does not run within bounds, takes anything but latents or draws anything but square images,
        or neither a sidecar nor `latent_space` says its prior.
    """
    beside = sidecar_path(path)
    sidecar = read_sidecar(beside, GeneratorSidecar) if beside.is_file() else GeneratorSidecar()
    space = latent_space or sidecar.latent_space
    if space is None:
        raise UserError(
            f"{path}: its prior must be said; no file tells it. Give `--prior normal` (or uniform, sphere) to `try` or "
            f'`convert`, write `latent_space = "normal"` into {beside}, or set `sample.latent_space` in the recipe.'
        )
    kind = kind or file_kind(path)
    file_hash, passed = file_sha256(path), PassedNetworks(cache)
    known = passed.floats_per_row(f"{file_hash} {sidecar.latent_dim}")
    look = partial(_look, sidecar=sidecar, space=space, value_range=value_range)
    if known is None:
        with open_apart(path, kind) as trial:
            looks = look(trial.network)
            known = trial.floats_per_row(looks.probes)
        passed.add(f"{file_hash} {sidecar.latent_dim}", known)
        network = open_network(path, kind, trial.network.parameters)
    else:
        network = open_network(path, kind)
        looks = look(network)
    input_shape, layout, black_white = looks.probes.shape[1:], looks.layout, looks.value_range
    latent_dim = int(np.prod(input_shape))
    order: Colours = colours or sidecar.colours or "RGB"
    foreign = ForeignGenerator(
        latent_space=cast(LatentSpace, space),
        latent_dim=latent_dim,
        layout=layout,
        value_range=black_white,
        colours=order,
        extremes=looks.extremes,
        resolution=looks.resolution,
        parameters=network.parameters,
        sha256="",
        batch=network.batch,
        floats_per_row=known,
        draw=_draw_with(network, input_shape, layout, black_white, order),
    )
    # Where latents lie changes nothing about the image of a given latent; generators of earlier versions have the
    # hash that they had before colours could be said.
    ignored = ("latent_space",) if order == "BGR" else ("latent_space", "colours")
    sha256 = hash_with_sidecar(file_hash, foreign.sidecar, ignored)
    return replace(foreign, sha256=sha256)


@dataclass(frozen=True, eq=False)
class _Looks:
    """What a few images of a generator tell: layout, black and white, extremes, pixels per side; their latents."""

    probes: np.ndarray
    layout: Layout
    value_range: tuple[float, float]
    extremes: tuple[float, float]
    resolution: int


def _look(
    network: ForeignNetwork, sidecar: GeneratorSidecar, space: str, value_range: tuple[float, float] | None
) -> _Looks:
    """Draw a few images of a generator, one at a time: how much memory an image takes is not known yet."""
    input_shape = _latent_shape(network, sidecar.latent_dim)
    latent_dim = int(np.prod(input_shape))
    probes = draw_latents(0, PROBES, latent_dim, space=space).reshape(PROBES, *input_shape)
    draw = run_in_batches(lambda rows: [_images(network, network.run(rows))], network.batch or 1)
    first = draw(probes[:1])
    layout = _layout(network, first.shape[1:], sidecar.layout)
    more = min(PROBES, PROBE_BYTES // first.nbytes)
    images = draw(probes[:more]) if more > 1 else first
    black_white = value_range or sidecar.range or _range(network, images)
    extremes = (float(images.min()), float(images.max()))
    return _Looks(probes, layout, black_white, extremes, images.shape[2])


def _draw_with(
    network: ForeignNetwork,
    input_shape: tuple[int, ...],
    layout: str,
    value_range: tuple[float, float],
    colours: Colours,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that draws RGB images from -1 to 1, channels last, of latents (n, latent_dim)."""
    black, white = value_range

    def draw(latents: np.ndarray) -> np.ndarray:
        drawn = _images(network, network.run(latents.reshape(-1, *input_shape)))
        drawn = drawn.transpose(0, 2, 3, 1) if layout == "NCHW" else drawn
        drawn = drawn[..., ::-1] if colours == "BGR" else drawn
        return (drawn.astype("float32") - np.float32(black)) * np.float32(2 / (white - black)) - 1

    return draw


def _latent_shape(network: ForeignNetwork, latent_dim: int | None) -> tuple[int, ...]:
    """Shape of one latent as the network takes it: (D,), (D, 1, 1) or (1, 1, D)."""
    shape = network.input_shape
    places = [place for place, size in enumerate(shape) if size != 1] or [0]
    if len(shape) not in (1, 3) or len(places) > 1:
        raise UserError(
            f"{network.path}: must take latents of shape [N, D] or [N, D, 1, 1]. Got [N, {_shown(shape)}]."
        )
    found = shape[places[0]]
    size = latent_dim if found is None else found
    if size is None:
        raise UserError(
            f"{network.path}: takes latents of any size. Write `latent_dim` into {sidecar_path(network.path)}."
        )
    if latent_dim not in (None, size):
        raise UserError(
            f"{network.path}: takes latents of {found} values. Its sidecar says {latent_dim}; correct it."
        )
    if size * (network.batch or 1) > MOST_INPUTS:
        raise UserError(
            f"{network.path}: must take at most {MOST_INPUTS} values at a time. Got {network.batch or 1} latents "
            f"of {size}; export it for fewer."
        )
    return tuple(size if place == places[0] else 1 for place in range(len(shape)))


def _images(network: ForeignNetwork, outputs: Sequence[np.ndarray]) -> np.ndarray:
    if len(outputs) != 1:
        raise UserError(f"{network.path}: must have one output, images. Got {len(outputs)}; export it so.")
    images = outputs[0]
    if images.ndim != 4 or not np.issubdtype(images.dtype, np.number):
        raise UserError(f"{network.path}: must draw images [N, …, …, …]. Got shape {images.shape}.")
    return images


def _layout(network: ForeignNetwork, shape: tuple[int, ...], declared: Layout | None) -> Layout:
    channels_first = shape[0] in (1, 3) and shape[1] == shape[2]
    channels_last = shape[2] in (1, 3) and shape[0] == shape[1]
    fits = {"NCHW": channels_first, "NHWC": channels_last}
    found: Layout = declared or ("NCHW" if channels_first else "NHWC")
    if not fits[found] or shape[1] > LARGEST:
        raise UserError(
            f"{network.path}: must draw square pictures of 1 or 3 colours, at most {LARGEST} pixels wide"
            f"{f', {declared}' if declared else ''}. Got [N, {_shown(shape)}]."
        )
    return found


def _range(network: ForeignNetwork, images: np.ndarray) -> tuple[float, float]:
    """Black and white, told from a few images: bytes reach beyond 2, signed images well below 0."""
    if not np.isfinite(images).all():
        raise UserError(
            f"{network.path}: must draw finite pictures. Got NaN or infinity; correct its export."
        )
    lowest, highest = float(images.min()), float(images.max())
    signed, unit, whole_bytes = RANGES
    if lowest >= -0.05:
        return whole_bytes if highest > 2 else unit
    if highest > 16:
        raise UserError(
            f"{network.path}: draws values from {lowest:.3g} to {highest:.3g}. Say what is black and what is white: "
            f"`--range BLACK,WHITE` of `try` or `convert`, or range = [black, white] in {sidecar_path(network.path)}."
        )
    return signed


def _shown(shape: Sequence[int | None]) -> str:
    return ", ".join("any" if size is None else str(size) for size in shape)
