"""Commands that write pictures of faces of a finished run: edit, strip and grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.picture_output import (
    FACE_OF_SHEET,
    FILE,
    SINGLE_FACE,
    face_scale,
    lock_option,
    picture_options,
    print_scores,
    write_sheet,
)
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe

if TYPE_CHECKING:
    import numpy as np


@click.command()
@click.option(
    "--from",
    "source",
    type=FILE,
    help="The face and the edit of a PNG or GIF that tlgan wrote; options given here come on top.",
)
@click.option("--seed", metavar="NUMBER", help="The face of this seed.")
@click.option("--latent", type=FILE, help="The face of this latent: .npy of shape (D,).")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=X",
    help="Smiling=0.9: bring to this probability (or value); Smiling=+1.5: change by label units.",
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    metavar="NAME=X",
    help="Bring to a value in label units, Smiling=1.5, or to a probability, Smiling=90%.",
)
@lock_option
@click.option("--free-base", is_flag=True, help="Let the base of the axes follow; else it holds.")
@click.option("--latent-out", type=FILE, help="Write the edited latent here (.npy, float64).")
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def edit(
    recipe: Recipe,
    source: Path | None,
    seed: str | None,
    latent: Path | None,
    changes: tuple[str, ...],
    targets: tuple[str, ...],
    locks: tuple[str, ...],
    free_base: bool,
    latent_out: Path | None,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Edit one face of a run; tell the labeller's scores before and after.

    Example: python -m pipelines edit celeba64 --seed 7 --set Smiling=0.9 --lock Male,Young --out smile.png
    """
    import numpy as np

    from pipelines.editing.edit_note import choose_face, note_of_faces
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run
    from pipelines.workflow.progress import say
    from tlgan.editing.edit_session import edit_latents
    from tlgan.editing.linear_predictors import predictors
    from tlgan.editing.parse_changes import edit_roles, parse_changes, split_names
    from tlgan.latents.geometry import angles_between, normalize_latents

    picture_format(out, FORMATS)
    run = open_run(recipe)
    asked = {"changes": changes, "targets": targets, "locks": locks, "free_base": free_base}
    face = choose_face(run, source, seed, latent, asked)
    start, texts = normalize_latents(face.latent[None], run.axes.latent_space), face.edit
    wanted = parse_changes(run.axes, predictors(run.axes, start), texts["changes"], texts["targets"])
    locked = split_names(run.axes, texts["locks"])
    hold_base = not texts["free_base"]
    moved = edit_latents(run.axes, start, wanted, lock=locked, hold_base=hold_base)
    both = np.concatenate([start, moved])
    images = run.draw(both)
    note = note_of_faces(
        run, "edit", seeds=face.seeds, latent=None if face.seeds else face.latent, edit=texts
    )
    write_sheet(images[1:], 1, out, face_scale(run, scale, SINGLE_FACE), sharpen, note)
    if latent_out is not None:
        _write_latent(moved[0], latent_out)
    scores = run.read(both, images)
    after = predictors(run.axes, moved)[0]
    columns = {"before": scores[0], "after": scores[1], "after, says the fit": after}
    roles = edit_roles(run.axes, wanted, locked, hold_base=hold_base)
    print_scores(run, columns, roles, compared=("before", "after"))
    say(f"The latent moved by {angles_between(start, moved)[0]:.1f} degrees.")


@click.command()
@click.option("--axis", required=True, metavar="NAME", help="The axis to move along.")
@click.option("--seeds", required=True, metavar="LIST", help="A row for each: 1-6 or 3,8,21.")
@click.option("--steps", type=int, default=7, show_default=True, help="Columns; odd, the middle is the face.")
@click.option(
    "--reach", type=float, default=3.0, show_default=True, help="Ends, in standard deviations of the axis."
)
@lock_option
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def strip(
    recipe: Recipe,
    axis: str,
    seeds: str,
    steps: int,
    reach: float,
    locks: tuple[str, ...],
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Show faces at several strengths of one axis, a row for each face.

    Example: python -m pipelines strip celeba64 --axis Eyeglasses --seeds 1-6 --out strip.png
    """
    import numpy as np

    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.parse_options import check_columns, parse_seeds
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run, seeded_latents
    from tlgan.editing.axis_strip import axis_strip, strip_strengths
    from tlgan.editing.parse_changes import edit_roles, split_names

    picture_format(out, FORMATS)
    numbers = parse_seeds(seeds)
    check_columns(steps)
    run = open_run(recipe)
    locked = split_names(run.axes, locks)
    strengths = strip_strengths(reach, steps)
    moved = axis_strip(run.axes, seeded_latents(run, numbers), axis, strengths, lock=locked)
    latents = moved.reshape(-1, run.axes.latent_dim)
    images = run.draw(latents)
    note = note_of_faces(run, "strip", seeds=numbers, axis=axis, steps=steps, reach=reach, locks=locked)
    write_sheet(images, steps, out, face_scale(run, scale, FACE_OF_SHEET), sharpen, note)
    middle = np.median(run.read(latents, images).reshape(len(numbers), steps, -1), axis=0)
    titles = [f"{strength:+.2g} sd" for strength in strengths]
    titles[steps // 2] = "unmoved"
    roles = edit_roles(run.axes, [axis], locked, hold_base=True)
    print_scores(run, dict(zip(titles, middle, strict=True)), roles, "median of the faces")


@click.command()
@click.option("--rows", type=int, default=8, show_default=True)
@click.option("--cols", type=int, default=8, show_default=True)
@click.option(
    "--nearby", metavar="seed:NUMBER", help="Neighbours of this face, which comes first; or of a .npy latent."
)
@click.option("--degrees", type=float, default=25.0, show_default=True, help="How far neighbours are.")
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def grid(
    recipe: Recipe,
    rows: int,
    cols: int,
    nearby: str | None,
    degrees: float,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Show a sheet of faces: the neighbours of one, or else those of seeds 1, 2, 3 and so on.

    Example: python -m pipelines grid celeba64 --rows 8 --cols 8 --nearby seed:5 --out grid.png
    """
    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import neighbour_latents
    from pipelines.editing.parse_options import choose_nearby_latent
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run, seeded_latents
    from tlgan.errors import UserError
    from tlgan.latents.sampling import draw_latents

    picture_format(out, FORMATS)
    for name, value in (("rows", rows), ("cols", cols)):
        if not 1 <= value <= 100:
            raise UserError(f"`--{name}` must be from 1 to 100. Got {value}.")
    run = open_run(recipe)
    if nearby is None:
        latents = seeded_latents(run, range(1, rows * cols + 1))
    else:
        start, seed = choose_nearby_latent(run, nearby)
        space = run.axes.latent_space
        towards = draw_latents(1, rows * cols - 1, run.axes.latent_dim, space=space, seed=seed)
        latents = neighbour_latents(start, towards, degrees, space)
    images = run.draw(latents)
    seeds = range(1, rows * cols + 1) if nearby is None else ()
    note = note_of_faces(run, "grid", seeds=seeds, nearby=nearby, degrees=degrees)
    write_sheet(images, cols, out, face_scale(run, scale, FACE_OF_SHEET), sharpen, note)
    scores = run.read(latents, images)
    columns = {"first face": scores[0], "least": scores.min(axis=0), "most": scores.max(axis=0)}
    print_scores(run, columns, {})


def _write_latent(latent: np.ndarray, path: Path) -> None:
    from pipelines.workflow.progress import say
    from tlgan.storage.npy import write_npy

    write_npy(path, latent)
    say(f"Wrote {path}")
