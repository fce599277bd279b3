"""The artefact of the stage `fit`: fits, the unit of each row, and how steady they are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import h5py
import numpy as np

from pipelines.workflow.step import Step
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits

STABILITY = "stability"  # the group of the datasets that `pipelines.stages.fit.stability` gives
LISTS = ("names", "kinds", "families", "flags")


def write_fits(
    fits: Fits, units: list[str], step: Step, steadiness: Mapping[str, np.ndarray] = MappingProxyType({})
) -> None:
    """Write fits as an artefact, with the unit of each row and what `stability` says."""
    with replacing(step.output) as path, h5py.File(path, "w") as file:
        file.attrs.update(step.attributes())
        for field in dataclasses.fields(fits):
            value = getattr(fits, field.name)
            if field.name in LISTS:
                file.attrs[f"{field.name}_json"] = json.dumps(value)
            else:
                file.create_dataset(field.name, data=value)
        for name, values in steadiness.items():
            file.create_dataset(f"{STABILITY}/{name}", data=values)
        file.attrs["units_json"] = json.dumps(units)


def read_fits(path: Path) -> tuple[Fits, tuple[str, ...]]:
    """Fits of an artefact and the unit of each row."""
    from tlgan.regression.fit import Fits

    facts = read_attributes(path)
    with h5py.File(path, "r") as file:
        arrays = {name: np.asarray(item[...]) for name, item in file.items() if name != STABILITY}
    lists = {name: tuple(facts[name]) for name in LISTS}
    lists["flags"] = tuple(tuple(flags) for flags in lists["flags"])
    return Fits(**arrays, **lists), tuple(facts["units"])


def read_stability(path: Path) -> dict[str, np.ndarray]:
    """The arrays that `pipelines.stages.fit.stability` gave, by name; empty where a category was too rare for it.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    mend = "delete it, then run the same command again."
    with reading(path, "an artefact", mend=mend), h5py.File(path, "r") as file:
        return {name: np.asarray(values) for name, values in file.get(STABILITY, {}).items()}
