"""Parse the options of the commands on faces: seeds and latents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.runs.finished_run import LARGEST_SEED, seeded_latents
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.runs.finished_run import OpenedRun

MOST_SEEDS = 10_000


def parse_seeds(text: str, option: str = "--seeds") -> tuple[int, ...]:
    """Seeds from a text: "3,8,21", "1-6" or both.

    Parameters
    ----------
    text : str
    option : str, to name in errors

    Returns
    -------
    tuple of int, 0 to `LARGEST_SEED`

    Raises
    ------
    UserError
        For another text, a range that runs backwards, or numbers out of range.

    Examples
    --------
    >>> parse_seeds("9,1-3")
    (9, 1, 2, 3)
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
    """Parse one seed; see `parse_seeds`."""
    seeds = parse_seeds(text, option)
    if len(seeds) != 1:
        raise UserError(f"`{option}` must be one seed. Got {text!r}.")
    return seeds[0]


def check_columns(columns: int) -> None:
    """Refuse a number of columns of a strip that has no middle, or is out of range."""
    if columns < 3 or columns % 2 == 0 or columns > 101:
        raise UserError(f"`steps` must be an odd number from 3 to 101. Got {columns}.")


def choose_latent(run: OpenedRun, seed: str | None, file: Path | None) -> np.ndarray:
    """The latent of a seed or from a .npy file.

    Returns
    -------
    float array, shape (latent_dim,)

    Raises
    ------
    UserError
        Where both or none is given, or the file does not hold one latent of the run's size.
    """
    if (seed is None) == (file is None):
        raise UserError("The face must be said once: give --seed NUMBER or --latent FILE.npy.")
    if file is None:
        (latent,) = seeded_latents(run, [parse_seed(str(seed))])
        return np.asarray(latent)
    from tlgan.editing.parse_changes import read_latents

    latents = np.atleast_2d(read_latents(file))
    if latents.shape != (1, run.axes.latent_dim):
        raise UserError(
            f"{file}: must hold one latent of {run.axes.latent_dim} numbers. Got {latents.shape}; save one."
        )
    return np.asarray(latents[0])


def choose_nearby_latent(run: OpenedRun, text: str) -> tuple[np.ndarray, int]:
    """The latent of "seed:5" or of a .npy file, and the seed of its neighbours."""
    kind, colon, seed = text.partition(":")
    if kind == "seed" and colon:
        return seeded_latents(run, [parse_seed(seed, "--nearby seed:")])[0], int(seed)
    return choose_latent(run, None, Path(text)), 0
