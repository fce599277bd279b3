"""The doors: generators, labellers and judges by name, whether they are weight files, networks that the
recipe trains itself, tables of labels by hand, or the built-in portraits with known axes and their oracle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from models.files import find_weights
from pipelines.hashes import file_hash, weights_hash
from pipelines.label_table import ENDING as TABLE_ENDING
from pipelines.label_table import LabelTable, read_label_table
from pipelines.photographs import data_path, listing_hash
from pipelines.portraits import (
    KNOWN_AXES,
    ORACLE,
    Oracle,
    drawn_portraits,
    plant,
    portrait_generator,
    portraits_fingerprint,
)
from pipelines.precision import FLOAT32, PrecisionTrial, check_precision
from pipelines.recipe import Recipe
from pipelines.recipe_sections import Section
from pipelines.remembered import Remembered
from pipelines.steps import Step, canonical
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.generator import Generator
    from models.view import View

BATCH_SIZES = "batch-sizes"  # rows at a time, by device and network: artifacts/batch-sizes.json


@dataclass(frozen=True)
class Source:
    """Where something comes from, before it is there or opened.

    Attributes
    ----------
    name : str, for titles and tables
    fingerprint : str, of all that decides what it says
    opener : callable, gives what is meant from the Path of its weight file
    weights : Path of its weight file, which may be yet to be trained; None where it is built in
    by_hand : bool, whether it is a table of labels, which knows a few sampled images alone
    """

    name: str
    fingerprint: str
    opener: Callable[[Path | None], Any] = field(repr=False, compare=False)
    weights: Path | None = None
    by_hand: bool = False

    def open(self) -> Any:
        """The `Generator`, `Labeller`, `LabelTable`, `Oracle` or labelled images; opened once."""
        return self._opened

    @cached_property
    def _opened(self) -> Any:
        return self.opener(self.weights)


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

    def opened(path: Path):
        attributes = {}
        if precision != FLOAT32 and path == weights:  # who sent the weights elsewhere has looked
            attributes = check_precision(precision_trial(recipe), precision).attributes
        generator = _open_generator(recipe, path, precision, _view(recipe))
        return replace(generator, attributes=attributes)

    title = weights.name.removesuffix(".h5").removesuffix(".generator")
    fingerprint = weights_hash(weights)
    if recipe.view is not None or recipe.sample.latent_space:
        seen = [fingerprint, as_mapping(recipe.view), recipe.sample.latent_space]
        fingerprint = hashlib.sha256(canonical(seen).encode()).hexdigest()
    if precision != FLOAT32:
        fingerprint = hashlib.sha256(canonical([fingerprint, precision]).encode()).hexdigest()
    return Source(title, fingerprint, opened, weights)


def precision_trial(recipe: Recipe) -> PrecisionTrial:
    """What is compared to see whether the recipe's generator may compute in 16 bits.

    Raises
    ------
    UserError
        Where it is no network.
    """
    generator = generator_source(recipe)
    weights = generator.weights
    if weights is None:
        raise UserError(f"`sample.generator` must be a network to have a precision. Got {generator.name}.")
    labellers = [labeller_source(recipe, name) for name in recipe.label.labellers if name != ORACLE]
    readers = [source for source in labellers if not source.by_hand]
    facts = [generator.fingerprint, *(source.fingerprint for source in readers)]
    return PrecisionTrial(
        name=generator.name,
        fingerprint=hashlib.sha256(canonical(facts).encode()).hexdigest(),
        draw=lambda precision: _open_generator(recipe, weights, precision),
        readers=tuple(source.open for source in readers),
        view=_view(recipe),
    )


def _view(recipe: Recipe) -> View | None:
    if recipe.view is None:
        return None
    from models.view import View

    return View(**as_mapping(recipe.view))


def _open_generator(recipe: Recipe, weights: Path, precision: str, view: View | None = None) -> Generator:
    """The recipe's generator in any precision, with the batch that earlier runs found."""
    from models.generator import load_generator

    return load_generator(
        weights,
        latent_space=recipe.sample.latent_space or None,
        view=view,
        precision=precision,
        remembered=Remembered(BATCH_SIZES),
    )


def picture_source(recipe: Recipe) -> Source:
    """The recipe's generator for pictures that people look at, on any device: in float32, whatever was sampled."""
    sample = msgspec.structs.replace(recipe.sample, precision=FLOAT32)
    return generator_source(msgspec.structs.replace(recipe, sample=sample))


def as_mapping(section: Section | None) -> dict[str, Any]:
    """A section of a recipe by key; empty where it is absent."""
    return {} if section is None else {field: getattr(section, field) for field in section.__struct_fields__}


def labeller_source(
    recipe: Recipe, name: str, role: str = "labeller", trained: Iterable[Step] = ()
) -> Source:
    """A labeller or judge of the recipe.

    Parameters
    ----------
    name : a weight file, a name, a CSV of labels by hand, or "known-axes-oracle"
    role : "labeller" or "judge"
    trained : steps that train the recipe's own networks before they are read
    """
    if name == ORACLE:
        options = recipe.known_axes
        noise, seed = (options.noise, options.noise_seed) if role == "labeller" else (0.0, 0)
        fingerprint = portraits_fingerprint(recipe, noise=noise, noise_seed=seed)
        return Source(ORACLE, fingerprint, lambda _: Oracle(plant(recipe), noise, seed))
    if name.lower().endswith(TABLE_ENDING):
        return _label_table(Path(name), role)
    for step in trained:
        if step.stage == "classifier" and step.parameters["role"] == role and name == recipe.classifier.name:
            return _weight_file(step.output, step.fingerprint, role)
    weights = find_weights(name, role)
    return _weight_file(weights, weights_hash(weights), role)


def judge_source(recipe: Recipe, trained: Iterable[Step] = ()) -> Source:
    """The judge of the recipe's edits; refused where it is the network that the axes were fitted on."""
    name = recipe.evaluate.judge
    if not name:
        raise UserError(
            "`evaluate.judge` must name a judge: an attribute network that did not label the samples. Got "
            "nothing. Set it in the recipe; `make classifier` trains one."
        )
    judge = labeller_source(recipe, name, "judge", trained)
    for labeller in recipe.label.labellers:
        read = labeller_source(recipe, labeller, trained=trained).weights
        if judge.weights is not None and judge.weights == read:
            raise UserError(
                f"`evaluate.judge` must be another network than the labellers. Got {judge.weights}, which "
                "labelled the samples, and would agree with itself."
            )
    return judge


def faces_source(recipe: Recipe) -> Source:
    """The labelled images that the recipe's networks are trained on."""
    options = recipe.data
    if options.kind == KNOWN_AXES:
        return Source(
            KNOWN_AXES,
            portraits_fingerprint(recipe, count=options.count, seed=options.seed),
            lambda _: drawn_portraits(recipe),
        )
    path = data_path(recipe)

    def opened(_: None):
        from data import open_data_set

        return open_data_set(options.kind, path)

    return Source(options.kind, listing_hash(path), opened)


def read_scores(labeller: Any, images: np.ndarray, latents: np.ndarray, start: int = 0) -> np.ndarray:
    """What a labeller says of images; it sees its own part of them at its own size.

    The oracle is asked for the latents they came from, a table of labels for their numbers.

    Parameters
    ----------
    labeller : Labeller, LabelTable or Oracle
    images : uint8 array, shape (n, R, R, 3)
    latents : float array, shape (n, latent_dim)
    start : int, number of the first row

    Returns
    -------
    scores : float32 array, shape (n, K)
    """
    if isinstance(labeller, Oracle):
        return labeller.known.oracle(latents, labeller.noise, labeller.seed, start)
    if isinstance(labeller, LabelTable):
        return labeller.scores(start, len(latents))
    return labeller(labeller.look(images))


def _weight_file(weights: Path, fingerprint: str, role: str) -> Source:
    def opened(weights: Path):
        from models.labeller import load_labeller

        return load_labeller(weights, role, remembered=Remembered(BATCH_SIZES))

    return Source(weights.stem, fingerprint, opened, weights)


def _label_table(path: Path, role: str) -> Source:
    if role == "judge":
        raise UserError(
            f"{path}: a table of labels cannot judge edits, for it knows sampled images only. "
            "Set `evaluate.judge` to a network."
        )
    if not path.is_file():
        raise UserError(
            f"{path}: no such table of labels. Name a CSV; docs/labellers.md says how to make one."
        )
    return Source(path.stem, file_hash(path), read_label_table, path, by_hand=True)
