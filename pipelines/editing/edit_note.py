"""Notes of edited faces, and faces from notes."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from pipelines.editing.parse_options import choose_latent, parse_seed
from pipelines.images.picture_note import PictureNote, read_note
from pipelines.runs.finished_run import seeded_latents
from tlgan.editing.edit_texts import EditTexts
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.runs.finished_run import OpenedRun

EDITS = ("edit", "explore", "invert")  # commands whose pictures show one edited face


def note_of_faces(
    run: OpenedRun,
    command: str,
    *,
    seeds: Sequence[int] = (),
    latent: np.ndarray | None = None,
    edit: EditTexts | None = None,
    **options: Any,
) -> PictureNote:
    """The note of a picture of faces of a run.

    Parameters
    ----------
    run : OpenedRun
    command : str
        What drew it.
    seeds : sequence of int
        Of the faces.
    latent : float array, shape (latent_dim,), optional
        The face before the edit, where no seed says it.
    edit : EditTexts, optional
    options
        What else decided the picture.
    """
    return PictureNote(
        command=command,
        generator=run.generator.name[:200],
        generator_sha256=run.generator.sha256,
        seeds=tuple(seeds),
        latent="" if latent is None else encode_latent(latent),
        edit=msgspec.to_builtins(edit) if edit else {},
        options=options | ({"gains": dict(run.gains)} if edit and run.gains else {}),
    )


class ChosenFace(NamedTuple):
    """A face and its edit: latent, float array (latent_dim,); its seed, or none; the edit, and the run to make it with.

    A picture's edit is made again with the gains that it was drawn with.
    """

    latent: np.ndarray
    seeds: Sequence[int]
    edit: EditTexts
    run: OpenedRun


def choose_face(
    run: OpenedRun, source: Path | None, seed: str | None, latent: Path | None, edit: EditTexts
) -> ChosenFace:
    """The face of a seed, a .npy file or a picture that tlgan wrote; of a picture its edit too.

    Parameters
    ----------
    run : OpenedRun
    source : Path, optional
        A PNG or GIF file with a note.
    seed : str, optional
    latent : Path, optional
    edit : EditTexts
        What is asked for here; it comes on top of what the note says.

    Raises
    ------
    UserError
        Where none or several of the three are given, or as `read_edit_note`.
    """
    if source is None:
        chosen = choose_latent(run, seed, latent)
        return ChosenFace(chosen, () if seed is None else (parse_seed(seed),), edit, run)
    if seed is not None or latent is not None:
        raise UserError("The face must be said once: give --from, --seed or --latent.")
    note = read_edit_note(source, run)
    noted, run = add_noted_edit(source, note, edit), run.with_gains(noted_gains(source, note))
    return ChosenFace(start_of_note(source, note, run), note.seeds, noted, run)


def noted_gains(path: Path, note: PictureNote) -> dict[str, float]:
    """The gains that a picture was drawn with; none where its note is silent.

    Raises
    ------
    UserError
        Where they have another shape.
    """
    try:
        gains = msgspec.convert(note.options.get("gains", {}), dict[str, float])
        if not all(0 < gain < math.inf for gain in gains.values()):
            raise msgspec.ValidationError("Gains must be finite and above 0")
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: its note must hold gains. It is damaged: {error}.") from error
    return gains


def edit_as_texts(
    changes: Mapping[str, float], locks: Sequence[str], method: str, strictness: float
) -> EditTexts:
    """An edit in label units, and how it is made, as the command line says it."""
    texts = tuple(f"{name}={change:+.17g}" for name, change in changes.items())
    return EditTexts(changes=texts, locks=tuple(locks), method=method, strictness=strictness)


def read_edit_note(path: Path, run: OpenedRun) -> PictureNote:
    """Read the note of a picture of one edited face of this run's generator.

    Raises
    ------
    UserError
        As `read_note`; or where another generator drew it, or it shows several faces.
    """
    from models.weights.locate import name_of_weights

    note = read_note(path)
    if note.generator_sha256 != run.generator.sha256:
        drawn_by = name_of_weights(note.generator_sha256, "generator")
        remedy = f"add `-s sample.generator={drawn_by}`" if drawn_by else "name a recipe with that generator"
        raise UserError(
            f"{path}: must have been drawn by {run.generator.name} (SHA-256 {run.generator.sha256[:12]}…). Its note "
            f"says {note.generator!r} ({note.generator_sha256[:12]!r}…); {remedy}."
        )
    if note.command not in EDITS or len(note.seeds) + bool(note.latent) != 1:
        raise UserError(
            f"{path}: must show one edited face. Its note says that `{note.command}` drew it; draw one of its "
            "faces with `edit --seed`."
        )
    return note


def add_noted_edit(path: Path, note: PictureNote, given: EditTexts) -> EditTexts:
    """The edit of a note, and after it what is asked for here.

    Parameters
    ----------
    path : Path
        Of the picture, for the message.
    note : PictureNote
    given : EditTexts
        Its changes and targets replace those of the note for the same attributes and join the others; its locks
        join those of the note; what it leaves open stays as the note says.

    Raises
    ------
    UserError
        Where the note's edit has another shape.
    """
    try:
        noted = msgspec.convert(note.edit, EditTexts)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: its note must hold an edit. It is damaged: {error}.") from error
    again = {_attribute(text) for text in (*given.changes, *given.targets)}
    changes, targets = (
        tuple(text for text in texts if _attribute(text) not in again)
        for texts in (noted.changes, noted.targets)
    )
    return EditTexts(
        changes=changes + given.changes,
        targets=targets + given.targets,
        locks=noted.locks + given.locks,
        free_base=noted.free_base or given.free_base,
        method=given.method or noted.method,
        strictness=noted.strictness if given.strictness is None else given.strictness,
    )


def _attribute(text: str) -> str:
    """The attribute that a text of a change names."""
    return text.rpartition("=")[0]


def start_of_note(path: Path, note: PictureNote, run: OpenedRun) -> np.ndarray:
    """The face before the edit of a note, float array (latent_dim,).

    Raises
    ------
    UserError
        Where the note holds no latent of this run's size.
    """
    if note.seeds:
        return np.asarray(seeded_latents(run, note.seeds)[0])
    latent = decode_latent(note.latent)
    if latent is None or latent.shape != (run.axes.latent_dim,) or not np.isfinite(latent).all():
        raise UserError(
            f"{path}: its note must hold a latent of {run.axes.latent_dim} numbers. It is damaged."
        )
    return latent


def encode_latent(latent: np.ndarray) -> str:
    """A latent as text: float32 in base64."""
    return base64.urlsafe_b64encode(np.asarray(latent, "<f4").tobytes()).decode("ascii")


def decode_latent(text: str) -> np.ndarray | None:
    """A latent from such a text, float64; None where it is none."""
    try:
        return np.frombuffer(base64.urlsafe_b64decode(text), "<f4").astype(np.float64)
    except (binascii.Error, ValueError):
        return None
