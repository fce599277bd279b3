"""What the editing commands are told, in words: seeds, wishes, names, faces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.runs.finished_run import LARGEST_SEED, seeded_latents
from tlgan.array_types import Floats
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.runs.finished_run import OpenedRun
    from tlgan.axes.axes import Axes

MOST_SEEDS = 10_000


def parse_seeds(text: str, option: str = "--seeds") -> tuple[int, ...]:
    """Seeds from "3,8,21", "1-6" or both.

    Raises
    ------
    UserError
        For other words, a range that runs backwards, or numbers out of range.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,20})(?:\s*-\s*([0-9]{1,20}))?\s*", part, re.ASCII)
        if match is None:
            raise UserError(f"`{option}` must be whole numbers like 3,8,21 or 1-6. Got {part.strip()!r}.")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise UserError(
                f"`{option}` must have ranges that rise. Got {part.strip()!r}; write {last}-{first}."
            )
        if last > LARGEST_SEED:
            raise UserError(f"`{option}` must be seeds from 0 to {LARGEST_SEED}. Got {last}.")
        if len(seeds) + last - first >= MOST_SEEDS:
            raise UserError(f"`{option}` must name at most {MOST_SEEDS} seeds. Got {text!r}.")
        seeds.extend(range(first, last + 1))
    return tuple(seeds)


def parse_seed(text: str, option: str = "--seed") -> int:
    """One seed."""
    seeds = parse_seeds(text, option)
    if len(seeds) != 1:
        raise UserError(f"`{option}` must be one seed. Got {text!r}.")
    return seeds[0]


def parse_names(axes: Axes, texts: Iterable[str]) -> tuple[str, ...]:
    """Axis names from texts "A,B"; a name may itself hold a comma."""
    names = [name for text in texts for name in ([text] if text in axes.names else text.split(","))]
    return tuple(axes.names[axes.index(name.strip())] for name in names)


def wished(axes: Axes, before: Floats, texts: Sequence[str]) -> dict[str, float | Floats]:
    """Changes of predictors from "NAME=VALUE" (a probability of a binary attribute) or "NAME=±CHANGE".

    Parameters
    ----------
    axes : Axes
    before : float64 array, shape (n_latents, n_axes), the predictors now
    texts : sequence of str

    Raises
    ------
    UserError
        For other words, unknown names, probabilities outside (0, 1), or no words at all.
    """
    from tlgan.editing.linear_predictors import units
    from tlgan.editing.parse_changes import parse_changes

    if not texts:
        raise UserError("There must be something to edit. Give --set NAME=0.9 or --set NAME=+1.5.")
    changes, targets = [], []
    for text in texts:
        name, _, value = text.rpartition("=")
        if not re.match(r"[0-9.]", value):  # a sign, or no number: the message is that of a change
            changes.append(text)
        elif units(axes)[axes.index(name)] == "logit" and not value.endswith("%"):
            targets.append(f"{name}={_per_cent(text, value)}%")
        else:
            targets.append(text)
    return parse_changes(axes, before, changes, targets)


def chosen_latent(run: OpenedRun, seed: str | None, file: Path | None) -> np.ndarray:
    """The latent of a seed or from a .npy file, float array of shape (latent_dim,)."""
    if (seed is None) == (file is None):
        raise UserError("The face must be said once: give --seed NUMBER or --latent FILE.npy.")
    if file is None:
        return seeded_latents(run, [parse_seed(str(seed))])[0]
    from tlgan.editing.parse_changes import read_latents

    latents = np.atleast_2d(read_latents(file))
    if latents.shape != (1, run.axes.latent_dim):
        raise UserError(
            f"{file}: must hold one latent of {run.axes.latent_dim} numbers. Got {latents.shape}; save one."
        )
    return latents[0]


def nearby_latent(run: OpenedRun, text: str) -> tuple[np.ndarray, int]:
    """The latent of "seed:5" or of a .npy file, and the seed of its neighbours."""
    kind, colon, seed = text.partition(":")
    if kind == "seed" and colon:
        return seeded_latents(run, [parse_seed(seed, "--nearby seed:")])[0], int(seed)
    return chosen_latent(run, None, Path(text)), 0


def _per_cent(text: str, value: str) -> str:
    try:
        probability = float(value)
    except ValueError:
        raise UserError(f"`--set` must be NAME=NUMBER. Got {text!r}.") from None
    if not 0 < probability < 1:
        raise UserError(
            f"`--set` must be a probability inside (0, 1) for a binary attribute. Got {text!r}; "
            f"write +{value} to add so many logits."
        )
    return repr(100 * probability)
