"""Where the results of the stages lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tlgan.storage.home import home


def in_cache(kind: str) -> Callable[[str], Path]:
    """Place of an output that any recipe may share: `artifacts/<kind>-<key>.h5`."""
    return lambda fingerprint: home() / "artifacts" / f"{kind}-{fingerprint[:16]}.h5"


def run_folder(recipe_name: str) -> Path:
    """The folder `runs/<recipe>`, for what a person reads."""
    return home() / "runs" / recipe_name
