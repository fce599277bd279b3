"""Generators by name: weight files, or the built-in portraits with known axes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from models.weights.locate import find_weights
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import as_mapping
from pipelines.sources.labellers import labeller_source
from pipelines.sources.precision_check import FLOAT32, PrecisionTrial, check_precision
from pipelines.sources.source import BATCH_SIZES, Source
from pipelines.sources.synthetic import (
    KNOWN_AXES,
    portrait_generator,
    portraits_fingerprint,
)
from pipelines.workflow.file_hash import weights_hash
from pipelines.workflow.machine_cache import MachineCache
from pipelines.workflow.step import fingerprint_of
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.inference.crop import CropWindow
    from models.loaders.generator import LoadedGenerator


def generator_source(recipe: Recipe) -> Source:
    """The recipe's generator; opened in 16 bits only where these were measured to change next to nothing."""
    name, precision = recipe.sample.generator, recipe.sample.precision
    if name == KNOWN_AXES:
        if precision != FLOAT32:
            raise UserError(
                f"`sample.precision` must be {FLOAT32!r} for {KNOWN_AXES}, which no network draws. "
                f"Got {precision!r}."
            )
        fingerprint = portraits_fingerprint(recipe)
        return Source(KNOWN_AXES, fingerprint, lambda _: portrait_generator(recipe, fingerprint))
    weights = find_weights(name, "generator")

    def load(path: Path) -> LoadedGenerator:
        attributes = {}
        if precision != FLOAT32 and path == weights:  # a cluster's worker has them elsewhere; checked before
            attributes = check_precision(precision_trial(recipe), precision).attributes
        generator = _open_generator(recipe, path, precision, view_window(recipe))
        return replace(generator, attributes=attributes)

    title = weights.name.removesuffix(".h5").removesuffix(".generator")
    fingerprint = weights_hash(weights)
    if recipe.view is not None or recipe.sample.latent_space:
        seen = [fingerprint, as_mapping(recipe.view), recipe.sample.latent_space]
        fingerprint = fingerprint_of(seen)
    if precision != FLOAT32:
        fingerprint = fingerprint_of([fingerprint, precision])
    return Source(title, fingerprint, load, weights)


def precision_trial(recipe: Recipe) -> PrecisionTrial:
    """The comparison that decides whether the recipe's generator may compute in 16 bits.

    Raises
    ------
    UserError
        Where it is no network.
    """
    generator = generator_source(recipe)
    weights = generator.weights
    if weights is None:
        raise UserError(f"`sample.generator` must be a network to have a precision. Got {generator.name}.")
    labellers = [labeller_source(recipe, name) for name in recipe.label.labellers]
    network_labellers = [source for source in labellers if source.reads_images]
    facts = [generator.fingerprint, *(source.fingerprint for source in network_labellers)]
    return PrecisionTrial(
        name=generator.name,
        fingerprint=fingerprint_of(facts),
        draw=lambda precision: _open_generator(recipe, weights, precision),
        labellers=tuple(source.open for source in network_labellers),
        window=view_window(recipe),
    )


def view_window(recipe: Recipe) -> CropWindow | None:
    """The part of a picture that the recipe's labellers see; None for all of it."""
    if recipe.view is None:
        return None
    from models.inference.crop import CropWindow

    return CropWindow(**as_mapping(recipe.view))


def _open_generator(
    recipe: Recipe, weights: Path, precision: str, window: CropWindow | None = None
) -> LoadedGenerator:
    """The recipe's generator in any precision, with the batch that earlier runs found."""
    from models.loaders.generator import load_generator

    return load_generator(
        weights,
        latent_space=recipe.sample.latent_space or None,
        window=window,
        precision=precision,
        batch_size_cache=MachineCache(BATCH_SIZES),
    )


def picture_source(recipe: Recipe) -> Source:
    """The recipe's generator for pictures that people look at, on any device: in float32, whatever was sampled."""
    sample = msgspec.structs.replace(recipe.sample, precision=FLOAT32)
    return generator_source(msgspec.structs.replace(recipe, sample=sample))
