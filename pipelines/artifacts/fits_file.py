"""The artefact of the stage `fit`: fits, the unit of each row, and how stable the axes are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading, replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers
from tlgan.storage.row_files import read_attributes

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits

STABILITY = "stability"  # the group of the datasets that `pipelines.stages.fit.measure_stability` returns
REMEDY = "delete it, then run the same command again."
LISTS = ("names", "kinds", "families", "flags")
# Unknown of files of earlier versions.
SINCE_0_4 = ("held_out_low", "held_out_high", "held_out_samples", "held_out_positives")


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

    with reading(path, "an artefact of the stage fit", *DAMAGE, remedy=REMEDY):
        facts = read_attributes(path)
        fields: dict[str, Any] = {name: msgspec.convert(facts[name], tuple[str, ...]) for name in LISTS[:3]}
        fields["flags"] = msgspec.convert(facts["flags"], tuple[tuple[str, ...], ...])
        units = msgspec.convert(facts["units"], tuple[str, ...])
        with reading_hdf5(path) as file:
            check_own_numbers(file, REMEDY)
            fields |= {name: np.asarray(item[...]) for name, item in file.items() if name != STABILITY}
        count, latent_dim = fields["coefficients"].shape
        for name in SINCE_0_4:
            fields.setdefault(name, np.full(count, np.nan))
        for name, value in fields.items():
            shape = (len(value),) if name in LISTS else value.shape
            wanted = (count, latent_dim) if name in ("coefficients", "standard_errors") else (count,)
            if shape != wanted:
                raise UserError(f"`{name}` must have shape {wanted}. Got {shape}.")
        if len(units) != count:
            raise UserError(f"`units` must be {count}. Got {len(units)}.")
        return FitsWithUnits(Fits(**fields), units)


def without_direction(path: Path) -> dict[str, str]:
    """Attributes of an artefact of fits that have no direction, each with the reason in words.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    from tlgan.regression.fit import CONSTANT

    fits = read_fits(path).fits
    return {
        name: f"{CONSTANT}: all its labels are equal" if CONSTANT in flags else "; ".join(flags) or "slope 0"
        for name, flags, slope in zip(fits.names, fits.flags, fits.slopes, strict=True)
        if not slope > 0
    }


def read_stability(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of `pipelines.stages.fit.measure_stability`, by name; empty where it found none.

    Raises
    ------
    UserError
        Where the file is no readable artefact.
    """
    with reading(path, "an artefact of the stage fit", *DAMAGE, remedy=REMEDY), reading_hdf5(path) as file:
        check_own_numbers(file, REMEDY)
        arrays = file.get(STABILITY, {})
        if not isinstance(arrays, Mapping):
            raise TypeError(f"{STABILITY} is no group")
        return {name: arrays[name][...] for name in arrays}
