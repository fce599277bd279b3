"""Feature axes of a generator's latent space: fit, orthogonalise, score, edit, store."""

from __future__ import annotations

import importlib
from typing import Any

from tlgan.version import __version__

# Public name -> module that defines it. Loaded on first use, so that `import tlgan` costs nothing.
_MODULES = {
    "Axes": "tlgan.axes.axes",
    "axes_from_directions": "tlgan.axes.axes",
    "check_generator": "tlgan.formats.axis_file",
    "read_axes": "tlgan.formats.axis_file",
    "write_axes": "tlgan.formats.axis_file",
    "compare_axes": "tlgan.axes.compare",
    "unit_rows": "tlgan.axes.unit_vectors",
    "LatentRegressor": "tlgan.axes.latent_regressor",
    "EditSession": "tlgan.editing.edit_session",
    "edit_latents": "tlgan.editing.edit_latents",
    "UserError": "tlgan.errors",
    "Fits": "tlgan.regression.fit",
    "fit_glms": "tlgan.regression.fit",
    "export_axes": "tlgan.formats.import_export",
    "import_axes": "tlgan.formats.import_export",
    "merge_axes": "tlgan.axes.merge",
    "interpolate": "tlgan.latents.geometry",
    "move_along": "tlgan.latents.geometry",
    "orthogonalize_axes": "tlgan.axes.orthogonalize",
    "gram_schmidt": "tlgan.axes.orthogonalization",
    "kept_cosines": "tlgan.axes.orthogonalization",
    "lowdin": "tlgan.axes.orthogonalization",
    "project_out": "tlgan.axes.orthogonalization",
    "FeatureAxes": "tlgan.regression.feature_axes",
}

__all__ = ["__version__", *sorted(_MODULES)]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'tlgan' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
