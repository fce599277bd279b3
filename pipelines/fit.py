"""Stage `fit`: one generalised linear model for each attribute of a labeller."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from pipelines.recipe import Recipe
from pipelines.steps import Step, in_cache
from tlgan.files import replacing
from tlgan.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from tlgan.fits import Fits

LISTS = ("names", "kinds", "families", "flags")


def plan_fit(recipe: Recipe, sample: Step, label: Step) -> Step:
    """The step that fits the axes of one labeller's attributes."""
    options = recipe.fit

    def work(step: Step) -> None:
        from tlgan.fits import fit_glms, probabilities

        latents = map_rows(sample.output, "latents", sample.rows)
        scores = map_rows(label.output, "scores", label.rows)
        facts = read_attributes(label.output)
        responses = probabilities(scores, facts["kinds"]) if options.family == "binomial" else scores
        fits = fit_glms(
            latents,
            responses,
            facts["names"],
            facts["kinds"],
            family=options.family,
            ridge=options.ridge,
            held_out=options.held_out,
            seed=options.seed,
            covariance=options.covariance,
        )
        # A categorical attribute gives one row for each category, "attribute=category".
        units = dict(zip(facts["names"], facts["units"], strict=True))
        write_fits(fits, [units.get(name, "logit") for name in fits.names], step)

    return Step(
        stage="fit",
        title=label.title.replace("label", "fit", 1),
        version=1,
        parameters={
            "count": sample.rows,
            "family": options.family,
            "held_out": options.held_out,
            "ridge": options.ridge,
            "covariance": options.covariance,
            "seed": options.seed,
        },
        inputs={"sample": sample.fingerprint, "label": label.fingerprint},
        place=in_cache("fits"),
        work=work,
    )


def write_fits(fits: Fits, units: list[str], step: Step) -> None:
    """Write fits as an artefact, with the unit of each row."""
    with replacing(step.output) as path, h5py.File(path, "w") as file:
        file.attrs.update(step.attributes())
        for field in dataclasses.fields(fits):
            value = getattr(fits, field.name)
            if field.name in LISTS:
                file.attrs[f"{field.name}_json"] = json.dumps(value)
            else:
                file.create_dataset(field.name, data=value)
        file.attrs["units_json"] = json.dumps(units)


def read_fits(path: Path) -> tuple[Fits, tuple[str, ...]]:
    """Fits of an artefact and the unit of each row."""
    from tlgan.fits import Fits

    facts = read_attributes(path)
    with h5py.File(path, "r") as file:
        arrays = {name: np.asarray(file[name][...]) for name in file}
    lists = {name: tuple(facts[name]) for name in LISTS}
    lists["flags"] = tuple(tuple(flags) for flags in lists["flags"])
    return Fits(**arrays, **lists), tuple(facts["units"])
