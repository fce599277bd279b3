"""Load a generator, whatever its file; every generator is a `LoadedGenerator`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from models.importers.file_kind import file_kind
from models.importers.foreign_generator import open_foreign_generator
from models.importers.foreign_network import ENDINGS
from models.importers.pggan.read import read_gan
from models.inference.batch_size import BatchSize, choose_batch_size, choose_foreign_batch_size
from models.inference.compile import compile_batch, compile_forward, run_in_batches, to_bytes
from models.inference.crop import CropWindow, crop_images
from models.inference.finite import finite_rows, refuse_non_finite
from models.networks.progressive_gan import ProgressiveGenerator, resolutions_to
from models.networks.variational_autoencoder import VaeConfig, build_vae_decoder
from models.weights.build import build_network, check_activations, largest_activation, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import Weights, read_weights
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

POLICIES = {"float32": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}


@dataclass(frozen=True)
class LoadedGenerator:
    """A `Generator` made of functions: a network's, or any others that draw images of latents.

    Attributes
    ----------
    name : str
    latent_dim : int
    latent_space : "sphere", "normal" or "uniform", where its latents lie
    resolution : int, pixels per side
    sha256 : str, hash of its weight file (and, for a foreign network, of what its sidecar says)
    draw : callable, float32 latents (n, latent_dim) to uint8 images (n, R, R, 3)
    draw_floats : callable or None, the same before rounding and, without a window, before clipping
    batch_size : BatchSize, the rows that go through at a time
    attributes : mapping, what an artefact must say of its images beside the above; empty in float32
    draw_tensors : callable or None, `draw_floats` for tensors, through which gradients pass
    """

    name: str
    latent_dim: int
    latent_space: str
    resolution: int
    sha256: str
    draw: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)
    draw_floats: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False, compare=False)
    batch_size: BatchSize = field(default_factory=lambda: BatchSize(64), repr=False, compare=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)
    draw_tensors: Callable[[Any], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def batch(self) -> int:
        """Rows that go through at a time."""
        return self.batch_size.rows

    def __call__(self, latents: np.ndarray) -> np.ndarray:
        """Draw one image for each latent, in batches of `batch`; `UserError` for latents of another size.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim)

        Returns
        -------
        images : uint8 array, shape (n, resolution, resolution, 3)
        """
        return self.draw(self._checked(latents))

    def floats(self, latents: np.ndarray) -> np.ndarray:
        """Draw without rounding: float32 (n, resolution, resolution, 3), black -1, white 1."""
        if self.draw_floats is None:
            raise UserError(f"generator {self.name} draws bytes alone. Call it without `floats`.")
        return self.draw_floats(self._checked(latents))

    def _checked(self, latents: np.ndarray) -> np.ndarray:
        latents = np.asarray(latents, dtype="float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise UserError(
                f"`latents` must have shape (n, {self.latent_dim}) for generator {self.name}. "
                f"Got {latents.shape}."
            )
        return latents


def load_generator(
    path_or_name: str | Path,
    latent_space: str | None = None,
    window: CropWindow | None = None,
    precision: str = "float32",
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> LoadedGenerator:
    """Load a generator from a file of any kind, or by the name of a pretrained or converted one.

    Parameters
    ----------
    path_or_name : a weight file of ours, a published pickle, a PyTorch, ONNX or Keras file; or a name
    latent_space : "sphere", "normal" or "uniform", the prior of a network that does not say its own
    window : what to draw of each image, and how large; `resolution` is then its size
    precision : "float32", "float16" or "bfloat16", what a network of ours computes in
    batch : rows at a time; None takes what fits the device, or what `batch_size_cache` says of it
    batch_size_cache : a mapping that outlives this run, from device and network to the rows that fitted

    Raises
    ------
    UserError
        Where there is none of that name, the file is not a generator, its latents lie elsewhere, or it
        does not compute in that precision.

    Example
    -------
    >>> generator = models.load_generator("celeba64")
    >>> images = generator(draw_latents(0, 16, generator.latent_dim, space=generator.latent_space))
    """
    path = find_weights(path_or_name, "generator")
    kind = file_kind(path)
    if precision not in POLICIES:
        raise UserError(f"`precision` must be one of {', '.join(POLICIES)}. Got {precision!r}.")
    weights = read_weights(path) if kind == "tlgan" else None
    is_autoencoder = weights is not None and weights.kind == "vae_decoder"
    if kind not in ENDINGS and not is_autoencoder:
        return _load_gan(path, kind, latent_space, window, precision, batch, batch_size_cache)
    if precision != "float32":
        raise UserError(
            f"{path}: an ONNX or Keras network or an autoencoder computes as its file says, so `precision` must be "
            f"'float32'. Got {precision!r}."
        )
    if weights is not None:
        return _load_vae_decoder(path, weights, latent_space, window, batch, batch_size_cache)
    return _load_foreign(path, latent_space, window, batch, batch_size_cache)


def plain_name(path: Path) -> str:
    """A network's name: that of its file, without endings and without its role."""
    name = path.name
    for ending in (".weights.h5", *ENDINGS.values(), path.suffix):
        name = name.removesuffix(ending)
    return name.removesuffix(".generator")


def _load_gan(
    path: Path,
    kind: str,
    latent_space: str | None,
    window: CropWindow | None,
    precision: str,
    batch: int | None,
    batch_size_cache: MutableMapping[str, Any] | None,
) -> LoadedGenerator:
    """A progressive GAN; its images are clipped, cropped and rounded on the device that draws them."""
    gan = read_gan(path, kind).generator
    config = gan.config
    if config.channels not in (1, 3):
        raise UserError(f"{path}: must draw 1 or 3 colours. Got {config.channels}.")
    if config.normalize_latents and latent_space not in (None, "sphere"):
        raise UserError(
            f"{path}: puts its latents on the sphere itself, so its prior must be 'sphere'. "
            f"Got {latent_space!r}."
        )
    network = build_network(
        lambda: ProgressiveGenerator(config, dtype=POLICIES[precision], name="generator"),
        gan.variables,
        str(path),
    )
    levels = zip(resolutions_to(config.resolution), config.maps, strict=True)
    largest, sha256 = max(size * size * maps for size, maps in levels), file_sha256(path)
    check_activations(largest, gan.variables, str(path))
    batch_size = choose_batch_size(largest, _cache_key(sha256, window, precision), batch_size_cache, batch)
    space = "sphere" if config.normalize_latents else latent_space or "normal"
    return _from_network(path, network, config, sha256, space, window, batch_size)


def _load_vae_decoder(
    path: Path,
    weights: Weights,
    latent_space: str | None,
    window: CropWindow | None,
    batch: int | None,
    batch_size_cache: MutableMapping[str, Any] | None,
) -> LoadedGenerator:
    """The decoder of a variational autoencoder, in latents that are standard normal."""
    if latent_space not in (None, "normal"):
        raise UserError(f"{path}: the prior of an autoencoder must be 'normal'. Got {latent_space!r}.")
    config = read_config(weights.config, VaeConfig, str(path))
    network = build_network(lambda: build_vae_decoder(config), weights.variables, str(path))
    largest = largest_activation(network)
    check_activations(largest, weights.variables, str(path))
    key = _cache_key(weights.sha256, window, "float32")
    batch_size = choose_batch_size(largest, key, batch_size_cache, batch)
    draw = partial(network, training=False)
    return _from_network(path, draw, config, weights.sha256, "normal", window, batch_size)


def _from_network(
    path: Path,
    network: Callable,
    config: Any,
    sha256: str,
    latent_space: str,
    window: CropWindow | None,
    batch_size: BatchSize,
) -> LoadedGenerator:
    def draw_tensors(latents: Any) -> Any:
        return _crop(network(latents), window)

    name, finish = plain_name(path), lambda rows: _finish(network(rows), window)
    return LoadedGenerator(
        name=name,
        latent_dim=config.latent_dim,
        latent_space=latent_space,
        resolution=window.size if window else config.resolution,
        sha256=sha256,
        draw=refuse_non_finite(compile_forward(finish, batch_size), name),
        draw_floats=compile_forward(draw_tensors, batch_size),
        batch_size=batch_size,
        draw_tensors=draw_tensors,
    )


def _load_foreign(
    path: Path,
    latent_space: str | None,
    window: CropWindow | None,
    batch: int | None,
    batch_size_cache: MutableMapping[str, Any] | None,
) -> LoadedGenerator:
    """A network that draws arrays, batch by batch; what follows is as for ours."""
    foreign = open_foreign_generator(path, latent_space, cache=batch_size_cache)
    key = _cache_key(foreign.sha256, window, "float32")
    batch_size = choose_foreign_batch_size(
        foreign.batch, foreign.resolution, key, batch_size_cache, batch, foreign.floats_per_row
    )
    finish = compile_batch(lambda images: _finish(images, window))
    finish_floats = compile_batch(lambda images: _crop(images, window))
    return LoadedGenerator(
        name=plain_name(path),
        latent_dim=foreign.latent_dim,
        latent_space=foreign.latent_space,
        resolution=window.size if window else foreign.resolution,
        sha256=foreign.sha256,
        draw=refuse_non_finite(
            run_in_batches(lambda latents: finish(foreign.draw(latents)), batch_size), plain_name(path)
        ),
        draw_floats=run_in_batches(lambda latents: finish_floats(foreign.draw(latents)), batch_size),
        batch_size=batch_size,
    )


def _cache_key(sha256: str, window: CropWindow | None, precision: str) -> str:
    """What a batch size is cached for: a network, what is drawn of its images, and how."""
    drawn = "whole pictures"
    if window is not None:
        # The words of earlier versions, whose caches lie on disks.
        drawn = f"View(size={window.size}, left={window.left}, top={window.top}, side={window.side})"
    return f"{sha256} | draws {drawn} in {precision}"


def _crop(images, window: CropWindow | None):
    """Three colours, and of each image what the window shows, clipped but not yet rounded."""
    if images.shape[-1] == 1:
        images = ops.repeat(images, 3, axis=-1)
    return images if window is None else crop_images(ops.clip(images, -1.0, 1.0), window)


def _finish(images, window: CropWindow | None):
    """Bytes of pictures, and whether each picture was finite before it was clipped and rounded."""
    return [ops.cast(to_bytes(_crop(images, window)), "uint8"), finite_rows(images)]
