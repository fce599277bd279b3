"""Shared by the commands on faces: options of pictures, writing them, and the table of scores."""

from __future__ import annotations

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
    """Enlargement as given, or to so many pixels; only the faces of sheets are ever shrunk to them."""
    if scale is not None:
        return scale
    fitting: float = pixels / run.generator.resolution
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


def print_scores(
    run: OpenedRun,
    columns: Mapping[str, np.ndarray],
    roles: Mapping[str, str],
    summary: str = "",
    compared: Sequence[str] = (),
) -> None:
    """Print the labeller's scores; see `pipelines.editing.score_table` for columns, roles and compared."""
    from rich.console import Console

    from pipelines.editing.score_table import score_table
    from pipelines.workflow import progress

    console = progress.console
    title = "Scores of the labeller" + (f", {summary}" if summary else "")
    table = score_table(run.axes, columns, roles, title=title, compared=compared)
    if not console.is_terminal:  # there is no edge to cut at
        console = Console(width=max(200, console.width), highlight=False, markup=False, emoji=False)
    console.print(table)
