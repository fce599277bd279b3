"""Feature axes of a generator's latent space: fit, orthogonalise, score, edit, store."""

from __future__ import annotations

import importlib
from typing import Any

from tlgan.version import __version__

# Public name -> module that has it. Loaded on first use, so that `import tlgan` costs nothing.
_HOMES = {
    "Axes": "tlgan.axes",
    "axes_from_directions": "tlgan.axes",
    "check_generator": "tlgan.axis_file",
    "read_axes": "tlgan.axis_file",
    "write_axes": "tlgan.axis_file",
    "compare_axes": "tlgan.comparison",
    "unit_rows": "tlgan.directions",
    "EditSession": "tlgan.editing",
    "edit_latents": "tlgan.editing",
    "UserError": "tlgan.errors",
    "Fits": "tlgan.fits",
    "fit_glms": "tlgan.fits",
    "export_axes": "tlgan.formats",
    "import_axes": "tlgan.formats",
    "merge_axes": "tlgan.merging",
    "interpolate": "tlgan.moves",
    "move_along": "tlgan.moves",
    "orthogonalize_axes": "tlgan.orthogonal_axes",
    "gram_schmidt": "tlgan.orthogonalization",
    "kept_cosines": "tlgan.orthogonalization",
    "lowdin": "tlgan.orthogonalization",
    "project_out": "tlgan.orthogonalization",
    "FeatureAxes": "tlgan.regression.feature_axes",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tlgan' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
