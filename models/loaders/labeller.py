"""Load a labeller, whatever its file: an attribute network of ours, or any network with its sidecar."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from keras import ops
from numpy.typing import NDArray

from models.importers.file_kind import file_kind
from models.importers.foreign_labeller import open_foreign_labeller
from models.importers.foreign_network import ENDINGS as FOREIGN_ENDINGS
from models.importers.sidecar import sidecar_path
from models.inference.batch_size import BatchSize, choose_batch_size
from models.inference.compile import compile_forward
from models.inference.crop import CropWindow, compile_crop
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.weights.build import build_network, check_activations, largest_activation, read_config
from models.weights.locate import find_weights
from models.weights.weight_file import REMEDY, Weights, read_weights
from tlgan.errors import UserError


@dataclass(frozen=True)
class LoadedLabeller:
    """A `Labeller` that reads images with a network.

    Attributes
    ----------
    name : str
    names, kinds, units : tuple of str, one entry per attribute
    resolution : int, pixels per side of the face that it reads
    sha256 : str, hash of its weight file
    read : callable, uint8 images (n, R, R, 3) to (scores (n, K), features (n, F)), float32
    window : CropWindow or None, the part of a face image that it reads (None: all of it)
    batch_size : BatchSize, the rows that go through `read` at a time
    read_tensors : callable or None, tensor of images (n, R, R, 3), 0 to 255, to tensors of scores and features, as
        `read`, through which the backend can differentiate; None for a network of another project
    """

    name: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    resolution: int
    sha256: str
    read: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] = field(repr=False, compare=False)
    window: CropWindow | None = None
    batch_size: BatchSize = field(default_factory=lambda: BatchSize(1), repr=False, compare=False)
    read_tensors: Callable[[Any], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def batch(self) -> int:
        """Rows that go through at a time."""
        return self.batch_size.rows

    @property
    def reads_images(self) -> bool:
        """True: its scores depend on nothing but the images."""
        return True

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Score images: calibrated logits of binary attributes, values of continuous ones.

        Parameters
        ----------
        images : uint8 array, shape (n, resolution, resolution, 3)

        Returns
        -------
        scores : float32 array, shape (n, K)

        Raises
        ------
        UserError
            Where the images are of another size or type.
        """
        return self.read(self._checked(images))[0]

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last layer reads, float32 (n, F): a description for distances between faces."""
        return self.read(self._checked(images))[1]

    def score_rows(
        self, images: NDArray[np.uint8], latents: NDArray[np.floating] | None = None, start: int = 0
    ) -> NDArray[np.float32]:
        """Score images of any size; see `models.protocols.Labeller`. Latents and row numbers are not used."""
        return self(self.crop(images))

    def score_and_features(
        self, images: NDArray[np.uint8], latents: NDArray[np.floating] | None = None, start: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and features of images of any size in one pass; see `models.protocols.Labeller`."""
        return self.read(self._checked(self.crop(images)))

    def crop(self, images: np.ndarray) -> np.ndarray:
        """Cut out of images what it reads of them, shrunk by area to its resolution.

        Parameters
        ----------
        images : uint8 array, shape (n, r, r, 3)

        Returns
        -------
        uint8 array, shape (n, resolution, resolution, 3)

        Raises
        ------
        UserError
            Where the images are not square, or no pictures at all.
        """
        images = _pictures(images)
        if images.shape[1] != images.shape[2]:
            raise UserError(
                f"`images` must be square. Got {images.shape[2]}×{images.shape[1]} pixels; cut a square out of them."
            )
        if self._crop_window == CropWindow(images.shape[1]):
            return images
        return self._compiled_crop(images)

    @property
    def _crop_window(self) -> CropWindow:
        return self.window or CropWindow(self.resolution)

    @cached_property
    def _compiled_crop(self) -> Callable[[np.ndarray], np.ndarray]:
        return compile_crop(self._crop_window)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = _pictures(images)
        size = self.resolution
        if images.shape[1:3] != (size, size):
            raise UserError(
                f"`images` must be {size}×{size} pixels for labeller {self.name}. Got "
                f"{images.shape[2]}×{images.shape[1]}. `score_rows(images)` shrinks square pictures first."
            )
        return images


def _pictures(images: np.ndarray) -> np.ndarray:
    """Images as an array, checked to be pictures of three colours."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3:
        one = "; one picture is `images[None]`" if images.ndim == 3 else ""
        raise UserError(
            f"`images` must be uint8 of shape (n, R, R, 3). Got {images.dtype} {images.shape}{one}."
        )
    return images


def load_labeller(
    path_or_name: str | Path,
    role: str = "labeller",
    *,
    batch: int | None = None,
    batch_size_cache: MutableMapping[str, Any] | None = None,
) -> LoadedLabeller:
    """Load a labeller from a weight file, from any network with its sidecar, or by name.

    Parameters
    ----------
    path_or_name : a file, or the name of a trained, converted or pretrained network
    role : "labeller" or "judge", which of the networks of that name
    batch, batch_size_cache : as for `models.load_generator`

    Raises
    ------
    UserError
        Where there is none of that name, or the file is not a labeller.

    Example
    -------
    >>> labeller = models.load_labeller("celeba64")
    >>> dict(zip(labeller.names, labeller(images)[0]))  # uint8 (n, R, R, 3); logits of the first face
    """
    path = find_weights(path_or_name, role)
    if file_kind(path) in FOREIGN_ENDINGS or sidecar_path(path).is_file():
        return _load_foreign(path, batch, batch_size_cache)
    return _load_attribute_cnn(path, batch, batch_size_cache)


def _load_foreign(
    path: Path, batch: int | None, batch_size_cache: MutableMapping[str, Any] | None
) -> LoadedLabeller:
    foreign = open_foreign_labeller(path, batch=batch, batch_size_cache=batch_size_cache)
    attributes = foreign.sidecar.attributes
    return LoadedLabeller(
        name=path.stem,
        names=tuple(attribute.name for attribute in attributes),
        kinds=tuple(attribute.kind for attribute in attributes),
        units=tuple(attribute.unit for attribute in attributes),
        resolution=foreign.window.size,
        sha256=foreign.sha256,
        read=foreign.read,
        window=foreign.window,
        batch_size=foreign.batch_size,
    )


def _load_attribute_cnn(
    path: Path, batch: int | None, batch_size_cache: MutableMapping[str, Any] | None
) -> LoadedLabeller:
    weights = read_weights(path)
    if weights.kind != "attribute_cnn":
        raise UserError(f"{path}: must be an attribute_cnn. Got a {weights.kind}. Name another file.")
    config = read_config({**weights.config, "application_weights": ""}, AttributeCnnConfig, str(path))
    network = build_network(lambda: build_attribute_cnn(config), weights.variables, str(path))
    check_activations(largest_activation(network), weights.variables, str(path))
    card = _read_card(weights, config.outputs, path)
    scales = ops.convert_to_tensor(np.asarray(card.scales, "float32"))
    offsets = ops.convert_to_tensor(np.asarray(card.offsets, "float32"))
    batch_size = choose_batch_size(
        largest_activation(network), f"{weights.sha256} | reads", batch_size_cache, batch
    )

    def read(images):
        outputs, features = read_faces(network, images, card.mirror)
        return [outputs * scales + offsets, features]

    return LoadedLabeller(
        name=path.name.removesuffix(".h5"),
        names=card.names,
        kinds=card.kinds,
        units=card.units,
        resolution=config.resolution,
        sha256=weights.sha256,
        read=compile_forward(read, batch_size),
        batch_size=batch_size,
        read_tensors=read,
    )


class _Card(msgspec.Struct, frozen=True):
    """What a weight file says of its attributes: score = scale · output + offset, of the face and its mirror."""

    names: tuple[str, ...]
    kinds: tuple[Literal["binary", "continuous", "categorical"], ...]
    units: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    mirror: bool = True  # whether a mirrored face has the same attributes


def _read_card(weights: Weights, outputs: int, path: Path) -> _Card:
    try:
        card = msgspec.convert(weights.metadata, _Card)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: `card` is not that of a labeller ({error}). {REMEDY}") from error
    lengths = {len(getattr(card, name)) for name in ("names", "kinds", "units", "scales", "offsets")}
    if lengths != {outputs} or not np.isfinite([card.scales, card.offsets]).all():
        raise UserError(
            f"{path}: `card` must have finite scales and one entry for each of {outputs} outputs. {REMEDY}"
        )
    return card
