"""Commands that write animations of faces of a finished run: morph and walk."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.picture_output import fps_option, picture_options, print_scores, write_animation
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe


@click.command()
@click.option("--seeds", required=True, metavar="LIST", help="The faces, in order: 3,8,21 or 1-6.")
@click.option("--frames", type=int, default=90, show_default=True)
@fps_option
@picture_options(out="Animation to write: .gif, .mp4 or .webp.")
@with_recipe
def morph(
    recipe: Recipe, seeds: str, frames: int, fps: float, out: Path, scale: float | None, sharpen: bool
) -> None:
    """Turn faces into one another and back to the first, along arcs of the latent sphere.

    Example: python -m pipelines morph celeba64 --seeds 3,8,21 --frames 90 --out morph.gif
    """
    from pipelines.editing.edit_note import note_of_faces
    from pipelines.editing.latent_paths import morph_path
    from pipelines.editing.parse_options import parse_seeds
    from pipelines.images.animation import check_animation
    from pipelines.runs.finished_run import open_run, seeded_latents

    check_animation(out, fps)
    numbers = parse_seeds(seeds)
    run = open_run(recipe)
    faces = seeded_latents(run, numbers)
    path = morph_path(faces, frames, run.axes.latent_space)
    note = note_of_faces(run, "morph", seeds=numbers, frames=frames)
    write_animation(run, path, out, scale, sharpen, fps, note)
    scores = run.read(faces, run.draw(faces))
    print_scores(run, {f"seed {seed}": row for seed, row in zip(numbers, scores, strict=True)}, {})


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
