"""Labellers and judges by name, and what they say of images.

They are weight files, networks that the recipe trains itself, tables of labels by hand, or the labeller that
knows the factors of the built-in portraits.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from models.weights.locate import find_weights
from pipelines.recipe.load import Recipe
from pipelines.sources.label_table import ENDING as TABLE_ENDING
from pipelines.sources.label_table import LabelTable, read_label_table
from pipelines.sources.source import BATCH_SIZES, Source
from pipelines.sources.synthetic import (
    ORACLE,
    Oracle,
    plant,
    portraits_fingerprint,
)
from pipelines.workflow.file_hash import file_hash, weights_hash
from pipelines.workflow.machine_cache import Remembered
from pipelines.workflow.step import Step
from tlgan.errors import UserError


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
        if step.parameters.get("role") == role and step.parameters.get("name") == name:
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
        return labeller.known.noisy_scores(latents, labeller.noise, labeller.seed, start)
    if isinstance(labeller, LabelTable):
        return labeller.scores(start, len(latents))
    return labeller(labeller.crop(images))


def _weight_file(weights: Path, fingerprint: str, role: str) -> Source:
    def opened(weights: Path):
        from models.loaders.labeller import load_labeller

        return load_labeller(weights, role, batch_size_cache=Remembered(BATCH_SIZES))

    return Source(weights.stem, fingerprint, opened, weights)


def _label_table(path: Path, role: str) -> Source:
    if role == "judge":
        raise UserError(
            f"{path}: a table of labels cannot judge edits, for it knows sampled images only. "
            "Set `evaluate.judge` to a network."
        )
    if not path.is_file():
        raise UserError(
            f"{path}: no such table of labels. Name a CSV; docs/how-to/bring-labels.md says how to make one."
        )
    return Source(path.stem, file_hash(path), read_label_table, path, by_hand=True)
