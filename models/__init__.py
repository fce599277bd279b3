"""Networks, their training and their files, in `keras.ops` alone.

Two entries: `models.load_generator(path_or_name)` and `models.load_labeller(path_or_name)`.
"""

from __future__ import annotations

from importlib import import_module

_MODULES = {
    "Generator": "models.loaders.generator",
    "load_generator": "models.loaders.generator",
    "load_discriminator": "models.loaders.generator",
    "Labeller": "models.loaders.labeller",
    "load_labeller": "models.loaders.labeller",
}
__all__ = sorted(_MODULES)


def __getattr__(name: str):
    # On first use: Keras takes seconds to import, and `--help` must not.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
