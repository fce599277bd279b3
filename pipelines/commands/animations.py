"""Commands that write animations of faces of a finished run: morph and walk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.photographs import search_options
from pipelines.commands.picture_output import (
    FACE_OF_SHEET,
    FILE,
    edit_options,
    face_scale,
    fps_option,
    picture_options,
    print_scores,
    say_sentences,
    write_animation,
    write_sheet,
)
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.editing.photographs import PhotographSearch
    from tlgan.editing.edit_texts import EditTexts

FRAMES, ROW_FRAMES = 90, 9
ROWS = (".png", ".jpg", ".jpeg")  # .webp is an animation


@click.command()
@click.option("--seeds", metavar="LIST", help="The faces, in order: 3,8,21 or 1-6.")
@click.option(
    "--photo", "photos", type=FILE, multiple=True, help="A face of a photograph, in place of seeds; repeated."
)
@click.option("--frames", type=int, show_default="90, and 9 of a row")
@fps_option
@search_options
@edit_options
@picture_options(out="Animation to write: .gif, .mp4 or .webp; or a row of pictures: .png or .jpg.")
@with_recipe
def morph(
    recipe: Recipe,
    seeds: str | None,
    photos: tuple[Path, ...],
    frames: int | None,
    fps: float,
    search: PhotographSearch,
    texts: EditTexts,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Turn faces of seeds or photographs into one another and back to the first, along arcs of the latent sphere.

    With --set or --to each face has the edit; a single face turns into its edited self, along the path of the
    edit, and back. A row ends at the last face.

    Example: python -m pipelines morph celeba64 --seeds 3,8,21 --frames 90 --out morph.gif
    """
    import numpy as np

    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import check_faces, edit_path, morph_path, row_path
    from pipelines.editing.parse_options import parse_seeds
    from pipelines.editing.photographs import invert_photographs
    from pipelines.images.animation import check_animation
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run, seeded_latents
    from tlgan.editing.edit_texts import edit_by_texts

    is_row = out.suffix.lower() in ROWS
    if is_row:
        picture_format(out, FORMATS)
    else:
        check_animation(out, fps)
    if (seeds is None) != bool(photos):
        raise UserError("The faces must be said once: give --seeds, or --photo for each.")
    numbers = [] if seeds is None else parse_seeds(seeds)
    count = frames or (ROW_FRAMES if is_row else FRAMES)
    run = open_run(recipe)
    space, inverted = run.axes.latent_space, []
    if photos:
        inverted = invert_photographs(recipe, run, photos, search)[1]
        faces, titles = np.stack([face.latent for face in inverted]), [path.name for path in photos]
    else:
        faces, titles = seeded_latents(run, numbers), [f"seed {number}" for number in numbers]
    asked = edit_by_texts(run.axes, faces, texts) if texts.ask_for_an_edit else None
    faces = asked.edited.latents if asked else faces
    if asked and len(faces) == 1:
        points, titles = asked.edited.path[:, 0], ["before", "after"]
        path = (row_path if is_row else edit_path)(points, count, space)
        faces = points[[0, -1]]
    elif is_row:
        path = row_path(check_faces(faces), count, space)
    else:
        path = morph_path(faces, count, space)
    edit = asked.texts if asked else None
    note = note_of_faces(run, "morph", seeds=numbers, edit=edit, frames=count)
    if is_row:
        crops = [face.face.crop for face in inverted]
        row = np.stack([*crops[:1], *run.draw(path), *crops[1:][-1:]])
        write_sheet(row, len(row), out, face_scale(run, scale, FACE_OF_SHEET), sharpen, note)
    else:
        write_animation(run, path, out, scale, sharpen, fps, note)
    scores = run.read(faces, run.draw(faces))
    print_scores(run, dict(zip(titles, scores, strict=True)), asked.roles if asked else {})
    say_sentences(asked.edited.sentences if asked else ())


@click.command()
@click.option("--seed", required=True, metavar="NUMBER", help="The face where the walk begins and ends.")
@click.option("--steps", type=int, default=200, show_default=True, help="Frames.")
@fps_option
@picture_options(out="Animation to write: .gif, .mp4 or .webp.")
@with_recipe
def walk(
    recipe: Recipe, seed: str, steps: int, fps: float, out: Path, scale: float | None, sharpen: bool
) -> None:
    """Walk smoothly among random faces, at constant speed, and return; a seed names the whole walk.

    Example: python -m pipelines walk celeba64 --seed 5 --steps 200 --out walk.mp4
    """
    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import count_waypoints, walk_path
    from pipelines.editing.parse_options import parse_seed
    from pipelines.images.animation import check_animation
    from pipelines.runs.finished_run import open_run
    from tlgan.latents.sampling import draw_latents

    check_animation(out, fps)
    number = parse_seed(seed)
    run = open_run(recipe)
    space = run.axes.latent_space
    waypoints = draw_latents(0, count_waypoints(steps), run.axes.latent_dim, space=space, seed=number)
    path = walk_path(waypoints, steps, space)
    write_animation(
        run, path, out, scale, sharpen, fps, note_of_faces(run, "walk", seeds=[number], steps=steps)
    )
    quarters = path[[round(part * len(path) / 4) for part in range(4)]]
    scores = run.read(quarters, run.draw(quarters))
    print_scores(run, dict(zip(("start", "1/4", "1/2", "3/4"), scores, strict=True)), {})
