"""The folder that holds the working files of this project."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder that holds `artifacts/` and `runs/`: the environment variable `TLGAN_HOME`, by default "."."""
    return Path(os.environ.get("TLGAN_HOME", ".")).expanduser()
