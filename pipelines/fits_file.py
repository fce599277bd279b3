"""What the artefact of the stage `fit` holds beside the fits: how steady they are."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from pipelines.fit import STABILITY
from tlgan.files import reading


def read_stability(path: Path) -> dict[str, np.ndarray]:
    """The arrays that `pipelines.fit.stability` gave, by name; empty where a category was too rare for it.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    mend = "delete it, then run the same command again."
    with reading(path, "an artefact", mend=mend), h5py.File(path, "r") as file:
        return {name: np.asarray(values) for name, values in file.get(STABILITY, {}).items()}
