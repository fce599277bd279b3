"""Faces of photographs to edit: their latents found, the generator tuned for one, edits pasted back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.editing.edit_note import note_of_faces
from pipelines.images.picture_note import PictureNote
from pipelines.inversion.open_inverter import OpenedInverter, open_inverter
from pipelines.inversion.photograph_faces import (
    InvertedFace,
    Paste,
    drawn_by,
    invert_face,
    open_face,
    paste_face,
    tune_for_face,
)
from pipelines.recipe.load import Recipe
from pipelines.runs.finished_run import OpenedRun
from pipelines.sources.photographs import describe_face
from pipelines.workflow.progress import counting, say
from tlgan.editing.edit_texts import AskedEdit, EditTexts, edit_by_texts
from tlgan.latents.geometry import normalize_latents


@dataclass(frozen=True)
class PhotographSearch:
    """How faces of photographs become latents, as the options of a command say it.

    Attributes
    ----------
    number : int, of the face, from 1, the largest
    aligned : bool, whether the photograph is aligned already
    encoder : str, name or file; empty for that of the generator's name
    steps, starts : int, see `models.inversion.inverter.SearchOptions`
    """

    number: int = 1
    aligned: bool = False
    encoder: str = ""
    steps: int = 200
    starts: int = 4


@dataclass(frozen=True, eq=False)
class EditedPhotograph:
    """A photograph whose face was edited.

    Attributes
    ----------
    run : OpenedRun, its generator tuned where that was asked for
    inverted : InvertedFace, before the edit
    asked : AskedEdit
    images : uint8 array, shape (2, R, R, 3), what the generator draws before and after
    """

    run: OpenedRun
    inverted: InvertedFace
    asked: AskedEdit
    images: np.ndarray

    @property
    def latents(self) -> np.ndarray:
        """Before and after the edit, float64 (2, latent_dim)."""
        return np.concatenate([self.asked.edited.path[0], self.asked.edited.latents])

    def paste(self, how: Paste) -> np.ndarray:
        """The photograph with the edit pasted back, uint8 (h, w, 3)."""
        return paste_face(self.inverted, self.images[1], how)


def invert_photographs(
    recipe: Recipe, run: OpenedRun, paths: Sequence[Path], search: PhotographSearch
) -> tuple[OpenedInverter, list[InvertedFace]]:
    """Find latents of the faces of photographs; print what is not there, and how near each came.

    Raises
    ------
    UserError
        Where one is no photograph with a face, before any is searched for; or as `open_inverter`.
    """
    from models.inversion.inverter import SearchOptions

    options = SearchOptions(search.steps, search.starts)
    faces = [open_face(path, search.number, search.aligned, run.generator.resolution) for path in paths]
    opened = open_inverter(recipe, run.generator, search.encoder)
    for note in opened.notes:
        say(note)
    inverted = []
    for path, (photograph, face) in zip(paths, faces, strict=True):
        for line in describe_face(photograph, face, search.number):
            say(line)
        with counting("search", opened.inverter.count_steps(1, options)) as progress:
            inverted.append(invert_face(opened, photograph, face, options, progress.advance))
        say(f"{path.name}: {inverted[-1].likeness.as_text()}")
    return opened, inverted


def tune_run(
    recipe: Recipe, run: OpenedRun, opened: OpenedInverter, inverted: InvertedFace, out: Path | None = None
) -> tuple[OpenedRun, InvertedFace]:
    """Tune the generator for a face; axes and labellers stay those of the run.

    Parameters
    ----------
    out : Path or None
        Where the tuned generator is written.

    Returns
    -------
    the run with the tuned generator, and the face as that draws it
    """
    generator = tune_for_face(opened, recipe.sample.generator, inverted, out)
    generator.batch_size.fix(run.generator.batch)
    tuned = drawn_by(opened, inverted, generator)
    say(f"After tuning: {tuned.likeness.as_text()}")
    if out is not None:
        say(f"Wrote {out}")
    return replace(run, generator=generator), tuned


def edit_photograph(
    recipe: Recipe, run: OpenedRun, path: Path, search: PhotographSearch, texts: EditTexts, tune: bool
) -> EditedPhotograph:
    """Find the latent of a photograph's face, and edit it as texts ask.

    Raises
    ------
    UserError
        As `invert_photographs` and `tlgan.editing.edit_texts.edit_by_texts`.
    """
    opened, (inverted,) = invert_photographs(recipe, run, [path], search)
    start = normalize_latents(inverted.latent[None], run.axes.latent_space)
    asked = edit_by_texts(run.axes, start, texts)
    if tune:
        run, inverted = tune_run(recipe, run, opened, inverted)
    images = run.draw(np.concatenate([start, asked.edited.latents]))
    return EditedPhotograph(run, inverted, asked, images)


def note_of_photograph(
    run: OpenedRun, command: str, inverted: InvertedFace, search: PhotographSearch, **more: Any
) -> PictureNote:
    """The note of a picture of a photograph's face; it holds the latent, and nothing else of the photograph."""
    return note_of_faces(
        run, command, latent=inverted.latent, steps=search.steps, starts=search.starts, **more
    )
