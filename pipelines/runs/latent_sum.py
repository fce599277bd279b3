"""Work out a sum of latents: photographs encoded, seeds drawn, means taken, axes looked up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.runs.face_space import FaceSpace
from pipelines.runs.finished_run import open_axes, seeded_latents
from tlgan.editing.algebra.attribute_means import attribute_mean
from tlgan.editing.algebra.expression import parse_latent_sum
from tlgan.editing.algebra.terms import (
    AxisTerm,
    ExpressionError,
    MeanTerm,
    PhotographTerm,
    SeedTerm,
    Term,
    WeightedTerm,
)
from tlgan.errors import UserError
from tlgan.latents.geometry import normalize_latents


@dataclass(frozen=True, eq=False)
class LatentSum:
    """A sum of latents, worked out.

    Attributes
    ----------
    latent : float64 array, shape (D,), where the generator's latents lie
    lines : tuple of str, what each term was, for people
    """

    latent: np.ndarray
    lines: tuple[str, ...]


def work_out(space: FaceSpace, text: str, *, aligned: bool = False) -> LatentSum:
    """Work out an expression of latents.

    Parameters
    ----------
    space : FaceSpace
    text : str
        See `tlgan.editing.algebra.expression`.
    aligned : bool
        Whether its photographs are aligned already.

    Raises
    ------
    ExpressionError
        With the column of what is wrong.
    """
    terms = parse_latent_sum(text)
    total, lines = np.zeros(space.generator.latent_dim), []
    for part in terms:
        try:
            latent, line = _latent_of(space, part.term, aligned)
        except UserError as error:
            raise ExpressionError(str(error), text, part.column) from error
        total += part.weight * latent
        lines.append(f"{part.weight:+g} × {line}")
    return LatentSum(_in_latent_space(space, total, text, terms), tuple(lines))


def _latent_of(space: FaceSpace, term: Term, aligned: bool) -> tuple[np.ndarray, str]:
    """The latent of a term, and what it is for people."""
    if isinstance(term, PhotographTerm):
        return _photograph(space, Path(term.path).expanduser(), aligned)
    if isinstance(term, SeedTerm):
        return _seed(space, term)
    return _mean(space, term) if isinstance(term, MeanTerm) else _axis(space, term)


def _photograph(space: FaceSpace, path: Path, aligned: bool) -> tuple[np.ndarray, str]:
    crop = space.crop_file(path, aligned=aligned)
    return space.encoder(crop[None])[0], f"the face of {path.name}"


def _seed(space: FaceSpace, term: SeedTerm) -> tuple[np.ndarray, str]:
    return seeded_latents(space.generator, [term.seed])[0], f"the face of seed {term.seed}"


def _mean(space: FaceSpace, term: MeanTerm) -> tuple[np.ndarray, str]:
    found = attribute_mean(space.table, term)
    name = space.table.names[space.table.column(term.name)]
    if found.bandwidth is None:
        words = f"without {name}" if term.negated else f"with {name}"
        return found.latent, f"mean of {found.rows:,.0f} of {space.table.source}, {words}"
    return found.latent, (
        f"mean of {space.table.source} near {name} {term.value:g}: bandwidth {found.bandwidth:.2g}, "
        f"as good as {found.rows:,.0f}"
    )


def _axis(space: FaceSpace, term: AxisTerm) -> tuple[np.ndarray, str]:
    axes = open_axes(space.recipe, space.generator)
    row = axes.index(term.name)
    return term.amount * axes.directions[row], f"{term.amount:g} along the axis {axes.names[row]}"


def _in_latent_space(
    space: FaceSpace, total: np.ndarray, text: str, terms: tuple[WeightedTerm, ...]
) -> np.ndarray:
    latent_space = space.generator.latent_space
    try:
        if latent_space == "uniform":
            return np.clip(total, -1.0, 1.0)
        latent: np.ndarray = normalize_latents(total[None], latent_space)[0]
    except UserError as error:
        raise ExpressionError(
            f"The sum must be a latent. Got none ({error})", text, terms[0].column
        ) from error
    return latent
