"""Faces of photographs as latents: aligned, found, measured, and what was edited pasted back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from data.images.paste import paste_change, paste_crop
from pipelines.inversion.likeness import Likeness, measure_likeness
from pipelines.inversion.open_inverter import OpenedInverter
from pipelines.sources.photographs import AlignedFace, Photograph, align_face, open_photograph
from pipelines.workflow.ledger import command_line
from pipelines.workflow.progress import counting
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading

if TYPE_CHECKING:
    from models.inversion.inverter import SearchOptions
    from models.inversion.latent_descent import FoundLatents
    from models.loaders.generator import LoadedGenerator
    from models.protocols import Generator

Paste = Literal["change", "crop"]


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """A face of a photograph, and what a network draws of it.

    Attributes
    ----------
    photograph : Photograph
    face : AlignedFace
    drawn : uint8 array, shape (R, R, 3)
    """

    photograph: Photograph
    face: AlignedFace
    drawn: np.ndarray


@dataclass(frozen=True, eq=False)
class InvertedFace(DrawnFace):
    """A face of a photograph, and the latent that was found for it; `drawn` is what the generator draws of that.

    Attributes
    ----------
    latent : float32 array, shape (latent_dim,)
    likeness : Likeness
        Of what is drawn to the crop.
    found : FoundLatents
        The search, of this one photograph.
    """

    latent: np.ndarray
    likeness: Likeness
    found: FoundLatents


def open_face(path: Path, number: int, aligned: bool, size: int) -> tuple[Photograph, AlignedFace]:
    """Read a photograph and align one of its faces; messages start with the path."""
    opened = open_photograph(path, aligned)
    with reading(path, "a photograph"):
        return opened, align_face(opened, number, size)


def invert_face(
    opened: OpenedInverter,
    photograph: Photograph,
    face: AlignedFace,
    options: SearchOptions,
    advance: Callable[[int], object] = lambda count: None,
) -> InvertedFace:
    """Find the latent of an aligned face, and measure how near what is drawn of it comes.

    Parameters
    ----------
    advance : callable
        Told 1 after each step of the search.
    """
    inverter, crops = opened.inverter, face.crop[None]
    found = inverter(crops, options, advance)
    drawn = inverter.objective.generator(found.latents)
    (likeness,) = measure_likeness(crops, drawn, opened.judge, opened.recogniser)
    return InvertedFace(photograph, face, drawn[0], found.latents[0], likeness, found)


def tune_for_face(
    opened: OpenedInverter, generator: str | Path, inverted: InvertedFace, out: Path | None, seed: int = 0
) -> LoadedGenerator:
    """Tune the generator for a face, with a progress bar.

    Parameters
    ----------
    generator : str or Path
        Name or file of the run's generator.
    out : Path or None
        Where its weights and their card are written; None keeps them in memory.
    seed : int
        Of the latents around the face's, at which the generator is to draw as before.
    """
    from models.inversion.pivotal_tuning import TuningOptions, tune_generator, write_tuned_generator
    from models.loaders.generator import load_generator

    options, objective = TuningOptions(seed=seed), opened.inverter.objective
    with counting("tune", options.steps) as progress:
        tuned = tune_generator(
            generator, objective, inverted.face.crop, inverted.latent, options, progress.advance
        )
    with tempfile.TemporaryDirectory() as folder:
        path = out or Path(folder) / f"{tuned.name}-tuned.generator.h5"
        write_tuned_generator(path, tuned, command_line.get())
        return load_generator(path)


def drawn_by(opened: OpenedInverter, inverted: InvertedFace, generator: Generator) -> InvertedFace:
    """The face as another generator, a tuned one, draws it, measured again."""
    drawn = generator(inverted.latent[None])[0]
    (likeness,) = measure_likeness(inverted.face.crop[None], drawn[None], opened.judge, opened.recogniser)
    return replace(inverted, drawn=drawn, likeness=likeness)


def paste_face(face: DrawnFace, edited: np.ndarray, how: Paste) -> np.ndarray:
    """Paste an edited face, uint8 (R, R, 3), back into its photograph; nothing outside its square changes.

    Parameters
    ----------
    how : "change" adds what the edit changed, so that the photograph's own detail stays; "crop" puts what the
        network draws in its place, in matched colours
    """
    pixels, placement = face.photograph.pixels, face.face.placement
    if how == "change":
        return paste_change(pixels, face.drawn, edited, placement)
    if how == "crop":
        return paste_crop(pixels, edited, placement)
    raise UserError(f"`paste` must be change or crop. Got {how!r}.")
