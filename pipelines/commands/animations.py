"""Commands that write animations of faces of a finished run: morph and walk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.picture_output import (
    edit_options,
    fps_option,
    picture_options,
    print_scores,
    say_sentences,
    write_animation,
)
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe

if TYPE_CHECKING:
    from tlgan.editing.edit_texts import EditTexts


@click.command()
@click.option("--seeds", required=True, metavar="LIST", help="The faces, in order: 3,8,21 or 1-6.")
@click.option("--frames", type=int, default=90, show_default=True)
@fps_option
@edit_options
@picture_options(out="Animation to write: .gif, .mp4 or .webp.")
@with_recipe
def morph(
    recipe: Recipe,
    seeds: str,
    frames: int,
    fps: float,
    texts: EditTexts,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Turn faces into one another and back to the first, along arcs of the latent sphere.

    With --set or --to each face has the edit; a single face turns into its edited self, along the path of the
    edit, and back.

    Example: python -m pipelines morph celeba64 --seeds 3,8,21 --frames 90 --out morph.gif
    """
    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import edit_path, morph_path
    from pipelines.editing.parse_options import parse_seeds
    from pipelines.images.animation import check_animation
    from pipelines.runs.finished_run import open_run, seeded_latents
    from tlgan.editing.edit_texts import edit_by_texts

    check_animation(out, fps)
    numbers = parse_seeds(seeds)
    run = open_run(recipe)
    faces, titles = seeded_latents(run, numbers), [f"seed {number}" for number in numbers]
    asked = edit_by_texts(run.axes, faces, texts) if texts.ask_for_an_edit else None
    faces = asked.edited.latents if asked else faces
    if asked and len(numbers) == 1:
        path = edit_path(asked.edited.path[:, 0], frames, run.axes.latent_space)
        faces, titles = asked.edited.path[[0, -1], 0], ["before", "after"]
    else:
        path = morph_path(faces, frames, run.axes.latent_space)
    edit = asked.texts if asked else None
    note = note_of_faces(run, "morph", seeds=numbers, edit=edit, frames=frames)
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
