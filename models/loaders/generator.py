"""The door for generators: whatever drew the network, stages see one `Generator` value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from models.importers.file_kind import file_kind
from models.importers.foreign_generator import open_foreign_generator
from models.importers.foreign_network import ENDINGS
from models.importers.pggan.read import gan_network, read_gan
from models.inference.batch_size import Batch, choose_batch, choose_foreign_batch
from models.inference.compile import compile_forward, compile_run, in_batches, to_bytes
from models.inference.crop import View, look
from models.networks.progressive_gan import ProgressiveDiscriminator, ProgressiveGenerator, resolutions_to
from models.weights.locate import find_weights
from models.weights.weight_file import assign_weights, read_weights
from tlgan.errors import UserError
from tlgan.storage.file_hash import file_sha256

POLICIES = {"float32": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}


@dataclass(frozen=True)
class Generator:
    """A generator as every stage sees it.

    Attributes
    ----------
    name : str
    latent_dim : int
    latent_space : "sphere", "normal" or "uniform", where its latents lie
    resolution : int, pixels per side
    sha256 : str, hash of its weight file (and, for a foreign network, of what its card says)
    draw : callable, float32 latents (n, latent_dim) to uint8 images (n, R, R, 3)
    draw_floats : callable, the same before rounding and, without a view, before clipping to -1 to 1
    batching : Batch, the rows that go through at a time
    attributes : mapping, what an artefact must say of its pictures beside the above; empty in float32
    """

    name: str
    latent_dim: int
    latent_space: str
    resolution: int
    sha256: str
    draw: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)
    draw_floats: Callable[[np.ndarray], np.ndarray] | None = field(default=None, repr=False, compare=False)
    batching: Batch = field(default_factory=lambda: Batch(64), repr=False, compare=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def batch(self) -> int:
        """Rows that go through at a time."""
        return self.batching.rows

    def __call__(self, latents: np.ndarray) -> np.ndarray:
        """Draw one image for each latent.

        Rows go through in batches of `batch`.

        Parameters
        ----------
        latents : float array, shape (n, latent_dim)

        Returns
        -------
        images : uint8 array, shape (n, resolution, resolution, 3)

        Raises
        ------
        UserError
            Where the latents are of another size.
        """
        return self.draw(self._checked(latents))

    def floats(self, latents: np.ndarray) -> np.ndarray:
        """Draw without rounding: float32 (n, resolution, resolution, 3), black -1, white 1."""
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
    view: View | None = None,
    precision: str = "float32",
    *,
    batch: int | None = None,
    remembered: MutableMapping[str, Any] | None = None,
) -> Generator:
    """Load a generator from a file of any kind, or by the name of a pretrained or converted one.

    Parameters
    ----------
    path_or_name : a weight file of ours, a published pickle, a PyTorch, ONNX or Keras file; or a name
    latent_space : "sphere", "normal" or "uniform", the prior of a network that does not say its own
    view : what to draw of each picture, and how large; `resolution` is then its size
    precision : "float32", "float16" or "bfloat16", what a network of ours computes in
    batch : rows at a time; None takes what fits the device, or what `remembered` says of it
    remembered : a mapping that outlives this run, from device and network to the rows that fitted

    Raises
    ------
    UserError
        Where there is none of that name, the file is not a generator, its latents lie elsewhere, or it
        does not compute in that precision.
    """
    path = find_weights(path_or_name, "generator")
    kind = file_kind(path)
    if precision not in POLICIES:
        raise UserError(f"`precision` must be one of {', '.join(POLICIES)}. Got {precision!r}.")
    if kind not in ENDINGS:
        return _gan_generator(path, kind, latent_space, view, precision, batch, remembered)
    if precision != "float32":
        raise UserError(
            f"{path}: an ONNX or Keras network computes as its file says, so `precision` must be 'float32'. "
            f"Got {precision!r}."
        )
    return _foreign_generator(path, latent_space, view, batch, remembered)


def load_discriminator(path_or_name: str | Path) -> Callable[[np.ndarray], np.ndarray]:
    """Load a discriminator: uint8 images (n, R, R, 3) to realism scores (n,), float32.

    Scores depend on the batch through the minibatch deviation; images go through four at a time,
    the last ones together with repeats of the very last.
    """
    path = find_weights(path_or_name, "discriminator")
    ported = gan_network(read_weights(path), path, "discriminator")
    network = ProgressiveDiscriminator(ported.config, name="discriminator")
    assign_weights(network, ported.variables, str(path))

    def score(images):
        images = ops.cast(images, "float32") / 127.5 - 1.0
        return network(ops.mean(images, axis=-1, keepdims=True) if ported.config.channels == 1 else images)

    return compile_forward(score, Batch(4, least=4))  # of fewer the score would be another


def plain_name(path: Path) -> str:
    """A network's name: that of its file, without endings and without its role."""
    name = path.name
    for ending in (".weights.h5", *ENDINGS.values(), path.suffix):
        name = name.removesuffix(ending)
    return name.removesuffix(".generator")


def _gan_generator(
    path: Path,
    kind: str,
    latent_space: str | None,
    view: View | None,
    precision: str,
    batch: int | None,
    remembered: MutableMapping[str, Any] | None,
) -> Generator:
    """A progressive GAN; its picture is clipped, seen and rounded where it is drawn."""
    ported = read_gan(path, kind).generator
    config = ported.config
    if config.channels not in (1, 3):
        raise UserError(f"{path}: must draw 1 or 3 colours. Got {config.channels}.")
    if config.normalize_latents and latent_space not in (None, "sphere"):
        raise UserError(
            f"{path}: puts its latents on the sphere itself, so its prior must be 'sphere'. "
            f"Got {latent_space!r}."
        )
    network = ProgressiveGenerator(config, dtype=POLICIES[precision], name="generator")
    assign_weights(network, ported.variables, str(path))
    levels = zip(resolutions_to(config.resolution), config.maps, strict=True)
    largest, sha256 = max(size * size * maps for size, maps in levels), file_sha256(path)
    batching = choose_batch(largest, _drawn(sha256, view, precision), remembered, batch)
    return Generator(
        name=plain_name(path),
        latent_dim=config.latent_dim,
        latent_space="sphere" if config.normalize_latents else latent_space or "normal",
        resolution=view.size if view else config.resolution,
        sha256=sha256,
        draw=compile_forward(lambda latents: _rounded(_seen(network(latents), view)), batching),
        draw_floats=compile_forward(lambda latents: _seen(network(latents), view), batching),
        batching=batching,
    )


def _foreign_generator(
    path: Path,
    latent_space: str | None,
    view: View | None,
    batch: int | None,
    remembered: MutableMapping[str, Any] | None,
) -> Generator:
    """A network that draws arrays, batch by batch; what follows is as for ours."""
    foreign = open_foreign_generator(path, latent_space)
    drawn = _drawn(foreign.sha256, view, "float32")
    batching = choose_foreign_batch(foreign.batch, foreign.resolution, drawn, remembered, batch)
    finish = compile_run(lambda images: _rounded(_seen(images, view)))
    finish_floats = compile_run(lambda images: _seen(images, view))
    return Generator(
        name=plain_name(path),
        latent_dim=foreign.card.latent_dim,
        latent_space=foreign.card.latent_space,
        resolution=view.size if view else foreign.resolution,
        sha256=foreign.sha256,
        draw=in_batches(lambda latents: finish(foreign.paint(latents)), batching),
        draw_floats=in_batches(lambda latents: finish_floats(foreign.paint(latents)), batching),
        batching=batching,
    )


def _drawn(sha256: str, view: View | None, precision: str) -> str:
    """What a batch is remembered for: a network, what is drawn of its pictures, and how."""
    return f"{sha256} | draws {view or 'whole pictures'} in {precision}"


def _seen(images, view: View | None):
    """Three colours, and of each picture what the view shows of it, clipped but not yet rounded."""
    if images.shape[-1] == 1:
        images = ops.repeat(images, 3, axis=-1)
    return images if view is None else look(ops.clip(images, -1.0, 1.0), view)


def _rounded(images):
    return ops.cast(to_bytes(images), "uint8")
