"""The artefact of the stage `regress`: a latent regressor, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.workflow.step import Step
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.hdf5_validation import DAMAGE

if TYPE_CHECKING:
    from tlgan.axes.latent_regressor import LatentRegressor

REMEDY = "delete it, then run the same command again."


def write_regressor_file(regressor: LatentRegressor | None, reason: str, step: Step) -> None:
    """Write a regressor as an artefact; where there is none, the reason."""
    from tlgan.formats.regressor_group import write_regressor

    with replacing(step.output) as path, writing_hdf5(path) as file:
        file.attrs.update(step.attributes())
        file.attrs["reason"] = reason
        if regressor is not None:
            write_regressor(regressor, file)


def read_regressor_file(path: Path) -> LatentRegressor | None:
    """Read the regressor of an artefact; None where none was of use.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    from tlgan.formats.regressor_group import GROUP, read_regressor

    with reading(path, "an artefact", *DAMAGE, remedy=REMEDY), reading_hdf5(path) as file:
        return read_regressor(file) if GROUP in file else None
