"""What every stage may expect of a network: `Generator`, `Encoder`, `Translator`, `Labeller`, `Embedder`.

A network of this project, a file of another project and a source without any network (portraits drawn from
known factors, a table of labels) are the same to a stage: it asks for what its protocol says and nothing
else, and never asks of which class a value is.

Shapes: n rows, D latent size, R pixels per side, K attributes, F features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.inference.batch_size import BatchSize

Images = NDArray[np.uint8]
Latents = NDArray[np.floating]
Float32 = NDArray[np.float32]


@runtime_checkable
class Generator(Protocol):
    """Draws images from latents; see `models.load_generator`."""

    @property
    def name(self) -> str:
        """For titles and messages."""

    @property
    def latent_dim(self) -> int:
        """D, the length of a latent."""

    @property
    def latent_space(self) -> str:
        """Either "sphere", "normal" or "uniform", where its latents lie."""

    @property
    def resolution(self) -> int:
        """R, pixels per side of its images."""

    @property
    def sha256(self) -> str:
        """What identifies it in axis files and artefacts."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What an artefact must say of its images beside the above."""

    @property
    def batch_size(self) -> BatchSize:
        """Rows that go through at a time; they can be fixed."""

    @property
    def batch(self) -> int:
        """The number of these rows as it stands."""

    def __call__(self, latents: Latents) -> Images:
        """Draw uint8 images (n, R, R, 3) of latents (n, D); `UserError` for latents of another size."""


@runtime_checkable
class Encoder(Protocol):
    """Finds latents of one named generator for images."""

    @property
    def name(self) -> str:
        """For titles and messages."""

    @property
    def resolution(self) -> int:
        """R, pixels per side of the images that it reads."""

    @property
    def latent_dim(self) -> int:
        """D, the length of a latent of its generator."""

    @property
    def generator_sha256(self) -> str:
        """Which generator its latents belong to."""

    def __call__(self, images: Images) -> Float32:
        """Latents, float32 (n, D), of uint8 images (n, R, R, 3)."""


@runtime_checkable
class Translator(Protocol):
    """Changes images, as a condition says where it takes one."""

    @property
    def name(self) -> str:
        """For titles and messages."""

    @property
    def resolution(self) -> int:
        """R, pixels per side of the images that it takes and gives."""

    def __call__(self, images: Images, condition: np.ndarray | None = None) -> Images:
        """Changed images, uint8 (n, R, R, 3).

        Parameters
        ----------
        images : uint8 array, shape (n, R, R, 3)
        condition : array with n rows or None
            Attribute scores (n, K), identity features (n, F) or reference images (n, R, R, 3), as the
            translator was trained; None for one without a condition.
        """


@runtime_checkable
class Labeller(Protocol):
    """Scores attributes of sampled rows; see `models.load_labeller`.

    A network reads the images, a table of labels the numbers of the rows, and known factors the latents.
    """

    @property
    def name(self) -> str:
        """For titles and messages."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its attributes, K of them, in the order of the columns of its scores."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Either "binary" (the score is a logit) or "continuous" (the score is a value), for each attribute."""

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each attribute's scores; "" where there is none."""

    @property
    def reads_images(self) -> bool:
        """Whether scores depend on the images, so that it can score images that were never sampled."""

    def score_rows(self, images: Images, latents: Latents, start: int) -> Float32:
        """Scores, float32 (n, K), of rows `start` to `start + n` of a sample; NaN where unknown.

        Parameters
        ----------
        images : uint8 array, shape (n, r, r, 3)
            Of any size; the labeller crops and shrinks them to what it reads. May be None for one that
            reads no images.
        latents : float array, shape (n, D)
            What the images were drawn from.
        start : int
            Number of the first row in the sample.
        """

    def score_and_features(self, images: Images, latents: Latents, start: int) -> tuple[Float32, Float32]:
        """Scores as `score_rows`, and a description of each image for distances between faces, in one pass.

        Parameters
        ----------
        images, latents, start : as for `score_rows`

        Returns
        -------
        scores : float32 array, shape (n, K)
        features : float32 array, shape (n, F)
            The cosine between two rows tells how alike their images are. One column of NaN where the
            labeller reads no images.
        """


@runtime_checkable
class Embedder(Protocol):
    """Describes images by unit vectors whose cosine distance tells how alike two images are."""

    @property
    def name(self) -> str:
        """For titles and messages."""

    @property
    def sha256(self) -> str:
        """What identifies it in artefacts."""

    @property
    def same_person_threshold(self) -> float | None:
        """Cosine distance below which two images rather show one person; None where that is not known."""

    def __call__(self, images: Images) -> Float32:
        """Unit vectors, float32 (n, F), of uint8 images (n, r, r, 3) of any size."""
