"""The door for labellers: whatever reads a face, stages see one `Labeller` value."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from models.importers.file_kind import file_kind
from models.importers.foreign_labeller import open_foreign_labeller
from models.importers.foreign_network import ENDINGS as FOREIGN_ENDINGS
from models.inference.batch_size import Batch, choose_batch
from models.inference.compile import compile_forward
from models.inference.crop import View, compile_view
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.weights.locate import find_weights
from models.weights.weight_file import assign_weights, read_weights
from tlgan.errors import UserError


@dataclass(frozen=True)
class Labeller:
    """A labeller as every stage sees it.

    Attributes
    ----------
    name : str
    names, kinds, units : tuple of str, one entry per attribute
    resolution : int, pixels per side of the face it reads
    sha256 : str, hash of its weight file
    read : callable, uint8 images (n, R, R, 3) to (scores (n, K), features (n, F)), float32
    view : View or None, the part of a face picture that it reads (None: all of it); see `look`
    batching : Batch, the rows that go through `read` at a time
    """

    name: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    resolution: int
    sha256: str
    read: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] = field(repr=False, compare=False)
    view: View | None = None
    batching: Batch = field(default_factory=lambda: Batch(1), repr=False, compare=False)

    @property
    def batch(self) -> int:
        """Rows that go through at a time."""
        return self.batching.rows

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Scores of each image: calibrated logits of binary attributes, values of continuous ones.

        Parameters
        ----------
        images : uint8 array, shape (n, resolution, resolution, 3)

        Returns
        -------
        scores : float32 array, shape (n, K)
        """
        return self.read(self._checked(images))[0]

    reads_images = True

    def score_rows(self, images: np.ndarray, latents: np.ndarray, start: int) -> np.ndarray:
        """Scores (n, K) of the rows of a sample, by their images (n, r, r, 3) of any size."""
        return self(self.look(images))

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last layer reads, float32 (n, F): a description for distances between faces."""
        return self.read(self._checked(images))[1]

    def look(self, images: np.ndarray) -> np.ndarray:
        """What it reads of face pictures of any size: its part of them, shrunk by area to its resolution.

        Parameters
        ----------
        images : uint8 array, shape (n, r, r, 3)

        Returns
        -------
        uint8 array, shape (n, resolution, resolution, 3)
        """
        if self._seen == View(images.shape[1]):
            return images
        return self._look(images)

    @property
    def _seen(self) -> View:
        return self.view or View(self.resolution)

    @cached_property
    def _look(self) -> Callable[[np.ndarray], np.ndarray]:
        return compile_view(self._seen)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        shape = (self.resolution, self.resolution, 3)
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            raise UserError(
                f"`images` must be uint8 of shape (n, {', '.join(map(str, shape))}) for labeller "
                f"{self.name}. Got {images.dtype} {images.shape}. Set `view.size` in the recipe."
            )
        return images


def load_labeller(
    path_or_name: str | Path,
    role: str = "labeller",
    *,
    batch: int | None = None,
    remembered: MutableMapping[str, Any] | None = None,
) -> Labeller:
    """Load a labeller from a weight file, an ONNX or Keras file with its card, or by name.

    Parameters
    ----------
    role : "labeller" or "judge", which of the networks of that name
    batch, remembered : as for `models.load_generator`

    Raises
    ------
    UserError
        Where there is none of that name, or the file is not a labeller.
    """
    path = find_weights(path_or_name, role)
    if file_kind(path) in FOREIGN_ENDINGS:
        foreign = open_foreign_labeller(path, batch=batch, remembered=remembered)
        return Labeller(name=path.stem, **foreign)
    weights = read_weights(path)
    if weights.kind != "attribute_cnn":
        raise UserError(f"{path}: must be an attribute_cnn. Got a {weights.kind}. Name another file.")
    config = AttributeCnnConfig(**{**weights.config, "application_weights": ""})
    network = build_attribute_cnn(config)
    assign_weights(network, weights.variables, str(path))
    card = weights.card
    mirror = bool(card.get("mirror", True))  # whether a mirrored face has the same attributes
    scales = ops.convert_to_tensor(np.asarray(card["scales"], "float32"))
    offsets = ops.convert_to_tensor(np.asarray(card["offsets"], "float32"))

    batching = choose_batch(_largest_activation(network), f"{weights.sha256} | reads", remembered, batch)

    def read(images):
        outputs, features = read_faces(network, images, mirror)
        return [outputs * scales + offsets, features]

    return Labeller(
        name=path.name.removesuffix(".h5"),
        names=tuple(card["names"]),
        kinds=tuple(card["kinds"]),
        units=tuple(card["units"]),
        resolution=config.resolution,
        sha256=weights.sha256,
        read=compile_forward(read, batching),
        batching=batching,
    )


def _largest_activation(network: keras.layers.Layer) -> int:
    """Numbers in the largest output of a layer for one picture."""
    if isinstance(network, keras.Model):
        return max(map(_largest_activation, network.layers))
    return max(math.prod(output.shape[1:]) for output in keras.tree.flatten(network.output))
