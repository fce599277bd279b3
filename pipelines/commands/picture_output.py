"""Shared by the commands on faces: options of edits and pictures, writing them, and the table of scores."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np

    from pipelines.images.picture_note import PictureNote
    from pipelines.runs.finished_run import OpenedRun

FILE = click.Path(path_type=Path)
# Pixels of a face where --scale is not given.
SINGLE_FACE, FACE_OF_SHEET, FACE_OF_ANIMATION = 512, 128, 256

Command = Callable[..., Any]

lock_option = click.option(
    "--lock", "locks", multiple=True, metavar="NAME", help="Leave unchanged; A,B or repeated."
)
fps_option = click.option("--fps", type=float, default=25.0, show_default=True, help="Frames per second.")


def method_options(command: Command, *, exact: bool = False) -> Command:
    """Give a command --method and --strictness, which say how it edits; with `exact` the slow method too."""
    slow = "exact: by the networks' own gradients, slowly; " if exact else ""
    for option in (
        click.option(
            "--strictness",
            type=float,
            show_default="1",
            help="Of all but --method straight: how much the other attributes are held; 10 is strict.",
        ),
        click.option(
            "--method",
            type=click.Choice(["local", "straight", *(["exact"] if exact else [])]),
            help="local: short steps along the regressor's gradient; straight: one move along the axis; "
            f"{slow}else local where the axes have a regressor.",
        ),
    ):
        command = option(command)
    return command


def edit_options(command: Command, *, exact: bool = False) -> Command:
    """Give a command the options of an edit; it receives them as `texts`, an `EditTexts`."""

    @functools.wraps(command)
    def with_texts(
        *arguments: Any,
        changes: tuple[str, ...],
        targets: tuple[str, ...],
        locks: tuple[str, ...],
        free_base: bool,
        method: str | None,
        strictness: float | None,
        **options: Any,
    ) -> Any:
        from tlgan.editing.edit_texts import EditTexts

        texts = EditTexts(changes, targets, locks, free_base, method, strictness)
        return command(*arguments, texts=texts, **options)

    decorated = method_options(with_texts, exact=exact)
    for option in (
        click.option(
            "--free-base",
            is_flag=True,
            help="With --method straight: let the base of the axes follow; else it holds.",
        ),
        lock_option,
        click.option(
            "--to",
            "targets",
            multiple=True,
            metavar="NAME=X",
            help="Bring to a value in label units, Smiling=1.5, or to a probability, Smiling=90%.",
        ),
        click.option(
            "--set",
            "changes",
            multiple=True,
            metavar="NAME=X",
            help="Smiling=0.9: bring to this probability (or value); Smiling=+1.5: change by label units.",
        ),
    ):
        decorated = option(decorated)
    return decorated


def picture_options(*, out: str) -> Callable[[Command], Command]:
    """Give a command the options of every picture: --out (with the help `out`), --scale and --sharpen."""

    def decorate(command: Command) -> Command:
        for option in (
            click.option("--sharpen", is_flag=True, help="Sharpen with an unsharp mask."),
            click.option(
                "--scale", type=float, help="Enlarge so many times, by Lanczos; else to a good size."
            ),
            click.option("--out", required=True, type=FILE, help=out),
        ):
            command = option(command)
        return command

    return decorate


def face_scale(run: OpenedRun, scale: float | None, pixels: int) -> float:
    """Enlargement of a run's faces as given, or to so many pixels; see `scale_to`."""
    return scale_to(run.generator.resolution, scale, pixels)


def scale_to(resolution: int, scale: float | None, pixels: int) -> float:
    """Enlargement as given, or to so many pixels; only the faces of sheets are ever shrunk to them."""
    if scale is not None:
        return scale
    fitting: float = pixels / resolution
    return fitting if pixels == FACE_OF_SHEET else max(1.0, fitting)


def write_sheet(
    images: np.ndarray, columns: int, out: Path, scale: float, sharpen: bool, note: PictureNote | None = None
) -> None:
    """Write images, uint8 (n, R, R, 3), as one picture of so many columns."""
    from pipelines.images.picture_files import contact_sheet, enlarge_images, save_picture
    from pipelines.workflow.progress import say

    save_picture(contact_sheet(enlarge_images(images, scale, sharpen), columns), out, note)
    say(f"Wrote {out}")


def write_animation(
    run: OpenedRun,
    latents: np.ndarray,
    out: Path,
    scale: float | None,
    sharpen: bool,
    fps: float,
    note: PictureNote | None = None,
) -> None:
    """Draw a path of latents, shape (frames, latent_dim), and write it as an animation."""
    from pipelines.images.animation import save_animation
    from pipelines.images.picture_files import enlarge_images
    from pipelines.workflow.progress import say

    frames = enlarge_images(run.draw(latents), face_scale(run, scale, FACE_OF_ANIMATION), sharpen)
    save_animation(frames, out, fps, note)
    say(f"Wrote {out}: {len(latents)} frames, {len(latents) / fps:.1f} s")


def say_sentences(sentences: Sequence[str]) -> None:
    """Print, each on a line, how far edits came that stopped early."""
    from pipelines.workflow.progress import say

    for sentence in sentences:
        say(sentence)


def print_scores(
    run: OpenedRun,
    columns: Mapping[str, np.ndarray],
    roles: Mapping[str, str],
    summary: str = "",
    compared: Sequence[str] = (),
) -> None:
    """Print the labeller's scores; see `pipelines.editing.score_table` for columns, roles and compared."""
    from pipelines.editing.score_table import score_table
    from pipelines.workflow.progress import print_table

    title = "Scores of the labeller" + (f", {summary}" if summary else "")
    print_table(score_table(run.axes, columns, roles, title=title, compared=compared))


def write_latent(latent: np.ndarray, path: Path) -> None:
    """Write one latent, shape (D,), as .npy, and say so."""
    from pipelines.workflow.progress import say
    from tlgan.storage.npy import write_npy

    write_npy(path, latent)
    say(f"Wrote {path}")
