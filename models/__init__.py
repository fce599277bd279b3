"""Networks in `keras.ops` alone, and loaders that make any network's file the same to a stage.

`models.load_generator`, `models.load_labeller`, `models.load_encoder`, `models.load_translator`,
`models.load_discriminator` and `models.load_embedder` take a path or a name. What they return fulfils a
protocol of `models.protocols`: `models.Generator`, `models.Labeller`, `models.Embedder`, …

Example
-------
>>> import models
>>> generator = models.load_generator("celeba64")
>>> images = generator(latents)  # float32 (n, D) to uint8 (n, R, R, 3)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.loaders.discriminator import load_discriminator
    from models.loaders.embedder import load_embedder
    from models.loaders.encoder import load_encoder
    from models.loaders.face_detector import face_share, load_face_detector
    from models.loaders.generator import load_generator
    from models.loaders.labeller import load_labeller
    from models.loaders.translator import load_translator
    from models.protocols import Embedder, Encoder, Generator, Labeller, Translator

_MODULES = {
    "Embedder": "models.protocols",
    "Encoder": "models.protocols",
    "Generator": "models.protocols",
    "Labeller": "models.protocols",
    "Translator": "models.protocols",
    "face_share": "models.loaders.face_detector",
    "load_discriminator": "models.loaders.discriminator",
    "load_embedder": "models.loaders.embedder",
    "load_encoder": "models.loaders.encoder",
    "load_face_detector": "models.loaders.face_detector",
    "load_generator": "models.loaders.generator",
    "load_labeller": "models.loaders.labeller",
    "load_translator": "models.loaders.translator",
}
__all__ = [
    "Embedder",
    "Encoder",
    "Generator",
    "Labeller",
    "Translator",
    "face_share",
    "load_discriminator",
    "load_embedder",
    "load_encoder",
    "load_face_detector",
    "load_generator",
    "load_labeller",
    "load_translator",
]


def __getattr__(name: str):
    # On first use: Keras takes seconds to import, and `--help` must not.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
