"""Notes of edited faces, and faces from notes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipelines.editing.parse_options import choose_latent, parse_seed
from pipelines.images.picture_note import PictureNote, read_note
from pipelines.runs.finished_run import seeded_latents
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.runs.finished_run import OpenedRun

EDITS = ("edit", "explore")  # commands whose pictures show one edited face


def note_of_faces(
    run: OpenedRun,
    command: str,
    *,
    seeds: Sequence[int] = (),
    latent: np.ndarray | None = None,
    edit: dict[str, Any] | None = None,
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
    edit : dict, optional
        `changes`, `targets` and `locks`, lists of texts, and `free_base`.
    options
        What else decided the picture.
    """
    return PictureNote(
        command=command,
        generator=run.generator.name[:200],
        generator_sha256=run.generator.sha256,
        seeds=tuple(seeds),
        latent="" if latent is None else encode_latent(latent),
        edit=edit or {},
        options=options,
    )


class ChosenFace(NamedTuple):
    """A face and its edit: latent, float array (latent_dim,); its seed, or none; the texts of the edit."""

    latent: np.ndarray
    seeds: Sequence[int]
    edit: dict[str, Any]


def choose_face(
    run: OpenedRun, source: Path | None, seed: str | None, latent: Path | None, edit: Mapping[str, Any]
) -> ChosenFace:
    """The face of a seed, a .npy file or a picture that tlgan wrote; of a picture its edit too.

    Parameters
    ----------
    run : OpenedRun
    source : Path, optional
        A PNG or GIF file with a note.
    seed : str, optional
    latent : Path, optional
    edit : mapping
        What is asked for here, by the names of a note's `edit`; it comes on top of what the note says.

    Raises
    ------
    UserError
        Where none or several of the three are given, or as `read_edit_note`.
    """
    if source is None:
        chosen = choose_latent(run, seed, latent)
        return ChosenFace(chosen, () if seed is None else (parse_seed(seed),), dict(edit))
    if seed is not None or latent is not None:
        raise UserError("The face must be said once: give --from, --seed or --latent.")
    note = read_edit_note(source, run)
    return ChosenFace(start_of_note(source, note, run), note.seeds, add_noted_edit(source, note, edit))


def edit_as_texts(changes: Mapping[str, float], locks: Sequence[str]) -> dict[str, Any]:
    """An edit in label units as the command line says it: `changes`, `targets`, `locks` and `free_base`."""
    return {
        "changes": [f"{name}={change:+.17g}" for name, change in changes.items()],
        "targets": [],
        "locks": list(locks),
        "free_base": False,
    }


def read_edit_note(path: Path, run: OpenedRun) -> PictureNote:
    """Read the note of a picture of one edited face of this run's generator.

    Raises
    ------
    UserError
        As `read_note`; or where another generator drew it, or it shows several faces.
    """
    note = read_note(path)
    if note.generator_sha256 != run.generator.sha256:
        raise UserError(
            f"{path}: must have been drawn by {run.generator.name} (SHA-256 {run.generator.sha256[:12]}…). Its note "
            f"says {note.generator!r} ({note.generator_sha256[:12]!r}…); name a recipe with that generator."
        )
    if note.command not in EDITS or len(note.seeds) + bool(note.latent) != 1:
        raise UserError(
            f"{path}: must show one edited face. Its note says that `{note.command}` drew it; draw one of its "
            "faces with `edit --seed`."
        )
    return note


def add_noted_edit(path: Path, note: PictureNote, texts: Mapping[str, Any]) -> dict[str, Any]:
    """The edit of a note, and after it what is asked for here.

    Parameters
    ----------
    path : Path
        Of the picture, for the message.
    note : PictureNote
    texts : mapping
        By the names of the note's `edit`: sequences of texts are put behind those of the note; a switch or
        number that the note does not have stays as it is.

    Raises
    ------
    UserError
        Where the note's edit has another shape.
    """
    edit = dict(texts)
    for name, given in texts.items():
        noted = note.edit.get(name)
        if isinstance(given, tuple | list):
            if not isinstance(noted, list) or not all(isinstance(text, str) for text in noted):
                raise UserError(f"{path}: `{name}` of its note must be texts. It is damaged.")
            replaced = {text.rpartition("=")[0] for text in given if "=" in text}
            edit[name] = [*(text for text in noted if text.rpartition("=")[0] not in replaced), *given]
        elif type(noted) is type(given):
            edit[name] = given or noted
    return edit


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
