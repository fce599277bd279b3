"""The artefact of the stage `fit`: fits, the unit of each row, and how stable the axes are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipelines.workflow.step import Step
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits

STABILITY = "stability"  # the group of the datasets that `pipelines.stages.fit.measure_stability` returns
LISTS = ("names", "kinds", "families", "flags")


def write_fits(
    fits: Fits, units: Sequence[str], step: Step, stability: Mapping[str, np.ndarray] = MappingProxyType({})
) -> None:
    """Write fits as an artefact, with the unit of each row and the arrays of `measure_stability`."""
    with replacing(step.output) as path, writing_hdf5(path) as file:
        file.attrs.update(step.attributes())
        for field in dataclasses.fields(fits):
            value = getattr(fits, field.name)
            if field.name in LISTS:
                file.attrs[f"{field.name}_json"] = json.dumps(value)
            else:
                file.create_dataset(field.name, data=value)
        for name, values in stability.items():
            file.create_dataset(f"{STABILITY}/{name}", data=values)
        file.attrs["units_json"] = json.dumps(list(units))


class FitsWithUnits(NamedTuple):
    """Fits, and the unit of each of their rows."""

    fits: Fits
    units: tuple[str, ...]


def read_fits(path: Path) -> FitsWithUnits:
    """Read the fits of an artefact and the unit of each row.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    from tlgan.regression.fit import Fits

    facts = read_attributes(path)
    fields: dict[str, Any] = {name: tuple(facts[name]) for name in LISTS}
    fields["flags"] = tuple(tuple(flags) for flags in facts["flags"])
    with reading_hdf5(path) as file:
        fields |= {name: np.asarray(item[...]) for name, item in file.items() if name != STABILITY}
    return FitsWithUnits(Fits(**fields), tuple(facts["units"]))


def read_stability(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of `pipelines.stages.fit.measure_stability`, by name; empty where it found none.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    remedy = "delete it, then run the same command again."
    with reading(path, "an artefact", remedy=remedy), reading_hdf5(path) as file:
        return {name: np.asarray(values) for name, values in file.get(STABILITY, {}).items()}
