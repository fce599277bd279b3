"""Commands that write pictures of faces of a finished run: edit, strip and grid."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pipelines.commands.photographs import search_options
from pipelines.commands.picture_output import (
    FACE_OF_SHEET,
    FILE,
    SINGLE_FACE,
    edit_options,
    face_scale,
    lock_option,
    method_options,
    picture_options,
    print_scores,
    say_sentences,
    write_latent,
    write_sheet,
)
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from pipelines.editing.photographs import EditedPhotograph, PhotographSearch
    from pipelines.runs.finished_run import OpenedRun
    from tlgan.editing.edit_texts import AskedEdit, EditTexts


@click.command()
@click.option(
    "--from",
    "source",
    type=FILE,
    help="The face and the edit of a PNG or GIF that tlgan wrote; options given here come on top.",
)
@click.option("--seed", metavar="NUMBER", help="The face of this seed.")
@click.option("--latent", type=FILE, help="The face of this latent: .npy of shape (D,).")
@click.option("--photo", type=FILE, help="The face of this photograph; its edit is pasted back into it.")
@click.option(
    "--paste",
    type=click.Choice(["change", "crop", "off"]),
    default="change",
    show_default=True,
    help="With --photo: add what the edit changes, or put the drawn face in its place, or write the face alone.",
)
@click.option("--tune", is_flag=True, help="With --photo: tune the generator for it (pivotal tuning).")
@search_options
@partial(edit_options, exact=True)
@click.option("--latent-out", type=FILE, help="Write the edited latent here (.npy, float64).")
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def edit(
    recipe: Recipe,
    source: Path | None,
    seed: str | None,
    latent: Path | None,
    photo: Path | None,
    paste: Literal["change", "crop", "off"],
    tune: bool,
    search: PhotographSearch,
    texts: EditTexts,
    latent_out: Path | None,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Edit one face of a run, or of a photograph; tell the labeller's scores before and after.

    Example: python -m pipelines edit celeba64 --seed 7 --set Smiling=0.9 --lock Male,Young --out smile.png
    """
    import numpy as np

    from pipelines.editing.edit_note import choose_face, note_of_faces
    from pipelines.editing.photographs import edit_photograph
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.exact_scores import edit_run
    from pipelines.runs.finished_run import open_run
    from tlgan.latents.geometry import normalize_latents

    picture_format(out, FORMATS)
    run = open_run(recipe)
    if photo is not None:
        if (source, seed, latent) != (None, None, None):
            raise UserError("The face must be said once: give --photo, --from, --seed or --latent.")
        edited = edit_photograph(recipe, run, photo, search, texts, tune)
        _write_photograph(edited, paste, search, out, scale, sharpen)
        _tell_edit(edited.run, edited.asked, edited.latents, edited.images, latent_out)
        return
    face = choose_face(run, source, seed, latent, texts)
    run = face.run
    start = normalize_latents(face.latent[None], run.axes.latent_space)
    asked = edit_run(run, recipe, start, face.edit)
    moved = asked.edited.latents
    both = np.concatenate([start, moved])
    images = run.draw(both)
    latent_of_note = None if face.seeds else face.latent
    note = note_of_faces(run, "edit", seeds=face.seeds, latent=latent_of_note, edit=asked.texts)
    write_sheet(images[1:], 1, out, face_scale(run, scale, SINGLE_FACE), sharpen, note)
    _tell_edit(run, asked, both, images, latent_out)


def _write_photograph(
    edited: EditedPhotograph,
    paste: Literal["change", "crop", "off"],
    search: PhotographSearch,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Write the photograph with the edit in it, as large as it was; or the edited face alone."""
    from pipelines.editing.photographs import note_of_photograph
    from pipelines.images.picture_files import save_picture
    from pipelines.workflow.progress import say

    note = note_of_photograph(
        edited.run, "edit", edited.inverted, search, edit=edited.asked.texts, paste=paste
    )
    if paste == "off":
        write_sheet(edited.images[1:], 1, out, face_scale(edited.run, scale, SINGLE_FACE), sharpen, note)
        return
    save_picture(edited.paste(paste), out, note)
    say(f"Wrote {out}")


def _tell_edit(
    run: OpenedRun, asked: AskedEdit, both: np.ndarray, images: np.ndarray, latent_out: Path | None
) -> None:
    """Write the edited latent where asked; print scores before and after, and how far it went."""
    from pipelines.workflow.progress import say
    from tlgan.latents.geometry import angles_between

    if latent_out is not None:
        write_latent(both[1], latent_out)
    scores = run.read(both, images)
    predicted = {"local": "after, says the regressor", "straight": "after, says the fit"}
    columns = {"before": scores[0], "after": scores[1]}
    if asked.method in predicted:  # what the networks say of a rounded picture is `after`
        columns[predicted[asked.method]] = asked.after[0]
    print_scores(run, columns, asked.roles, compared=("before", "after"))
    say_sentences(asked.edited.sentences)
    say(f"The latent moved by {angles_between(both[:1], both[1:])[0]:.1f} degrees.")


@click.command()
@click.option("--axis", required=True, metavar="NAME", help="The axis to move along.")
@click.option("--seeds", required=True, metavar="LIST", help="A row for each: 1-6 or 3,8,21.")
@click.option("--steps", type=int, default=7, show_default=True, help="Columns; odd, the middle is the face.")
@click.option(
    "--reach",
    type=float,
    default=3.0,
    show_default=True,
    help="Ends, in standard deviations of the attribute.",
)
@lock_option
@partial(method_options, exact=True)
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def strip(
    recipe: Recipe,
    axis: str,
    seeds: str,
    steps: int,
    reach: float,
    locks: tuple[str, ...],
    method: str | None,
    strictness: float | None,
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
    from pipelines.runs.exact_scores import EXACT, exact_axes
    from pipelines.runs.finished_run import open_run, seeded_latents
    from tlgan.editing.axis_strip import strip_strengths, trace_strip
    from tlgan.editing.parse_changes import edit_roles, split_names
    from tlgan.editing.predictions import choose_method

    picture_format(out, FORMATS)
    numbers = parse_seeds(seeds)
    check_columns(steps)
    run = open_run(recipe)
    locked = split_names(run.axes, locks)
    strengths = strip_strengths(reach, steps)
    method = EXACT if method == EXACT else choose_method(run.axes, method)
    strictness = 1.0 if strictness is None else strictness
    moved = trace_strip(
        exact_axes(run, recipe) if method == EXACT else run.axes,
        seeded_latents(run, numbers),
        axis,
        strengths,
        edit="least-change" if method == "straight" else "local",
        strictness=strictness,
        lock=locked,
    )
    latents = moved.latents.reshape(-1, run.axes.latent_dim)
    images = run.draw(latents)
    chosen: dict[str, Any] = {"axis": axis, "steps": steps, "reach": reach, "locks": locked}
    note = note_of_faces(run, "strip", seeds=numbers, **chosen, method=method, strictness=strictness)
    write_sheet(images, steps, out, face_scale(run, scale, FACE_OF_SHEET), sharpen, note)
    middle = np.median(run.read(latents, images).reshape(len(numbers), steps, -1), axis=0)
    titles = [f"{strength:+.2g} sd" for strength in strengths]
    titles[steps // 2] = "unmoved"
    roles = edit_roles(run.axes, [axis], locked, hold_base=method == "straight")
    print_scores(run, dict(zip(titles, middle, strict=True)), roles, "median of the faces")
    say_sentences([moved.sentence] if moved.sentence else [])


@click.command()
@click.option("--rows", type=int, default=8, show_default=True)
@click.option("--cols", type=int, default=8, show_default=True)
@click.option(
    "--nearby", metavar="seed:NUMBER", help="Neighbours of this face, which comes first; or of a .npy latent."
)
@click.option("--degrees", type=float, default=25.0, show_default=True, help="How far neighbours are.")
@click.option(
    "--best-of",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Each face is that of the best of so many seeds, by the discriminator's score.",
)
@edit_options
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def grid(
    recipe: Recipe,
    rows: int,
    cols: int,
    nearby: str | None,
    degrees: float,
    best_of: int,
    texts: EditTexts,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Show a sheet of faces, each with the edit asked for: the neighbours of one, or else seeds 1, 2, 3 and so on.

    Example: python -m pipelines grid celeba64 --rows 8 --cols 8 --nearby seed:5 --out grid.png
    """
    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import neighbour_latents
    from pipelines.editing.parse_options import choose_nearby_latent
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run, seeded_latents
    from pipelines.workflow.progress import say
    from tlgan.editing.edit_texts import edit_by_texts
    from tlgan.latents.sampling import draw_latents

    picture_format(out, FORMATS)
    for name, value in (("rows", rows), ("cols", cols)):
        if not 1 <= value <= 100:
            raise UserError(f"`--{name}` must be from 1 to 100. Got {value}.")
    if best_of > 1 and nearby is not None:
        raise UserError(f"`--best-of` must be 1 with `--nearby`. Got {best_of}.")
    run, seeds = open_run(recipe), []
    if nearby is None:
        seeds = list(range(1, rows * cols * best_of + 1))
        latents = seeded_latents(run, seeds)
        if best_of > 1:
            chosen = run.best_rows(latents, best_of)
            latents, seeds = latents[chosen], (chosen + 1).tolist()
            say(f"Seeds: {', '.join(map(str, seeds))}")
    else:
        start, seed = choose_nearby_latent(run, nearby)
        space = run.axes.latent_space
        towards = draw_latents(1, rows * cols - 1, run.axes.latent_dim, space=space, seed=seed)
        latents = neighbour_latents(start, towards, degrees, space)
    asked = edit_by_texts(run.axes, latents, texts) if texts.ask_for_an_edit else None
    latents = asked.edited.latents if asked else latents
    images = run.draw(latents)
    edit = asked.texts if asked else None
    note = note_of_faces(run, "grid", seeds=seeds, edit=edit, nearby=nearby, degrees=degrees)
    write_sheet(images, cols, out, face_scale(run, scale, FACE_OF_SHEET), sharpen, note)
    scores = run.read(latents, images)
    columns = {"first face": scores[0], "least": scores.min(axis=0), "most": scores.max(axis=0)}
    print_scores(run, columns, asked.roles if asked else {})
    say_sentences(asked.edited.sentences if asked else ())
