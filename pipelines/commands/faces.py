"""Commands on single faces of a finished run: edit, strip, morph, walk and grid."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.recipe_argument import with_recipe

FILE = click.Path(path_type=Path)
# Pixels of a face where --scale is not said.
LARGE, SMALL, MOVING = 512, 128, 256


def _shown(*, out: str):
    """The options of every picture."""

    def decorate(command):
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


def _timed(command):
    return click.option("--fps", type=float, default=25.0, show_default=True, help="Frames per second.")(
        command
    )


@click.command()
@click.option("--seed", metavar="NUMBER", help="The face of this seed.")
@click.option("--latent", type=FILE, help="The face of this latent: .npy of shape (D,).")
@click.option(
    "--set",
    "wishes",
    multiple=True,
    metavar="NAME=X",
    help="Smiling=0.9: bring to this probability (or value); Smiling=+1.5: change by label units.",
)
@click.option("--lock", "locks", multiple=True, metavar="NAME", help="Leave unchanged; A,B or repeated.")
@click.option("--free-base", is_flag=True, help="Let the base of the axes follow; else it holds.")
@click.option("--latent-out", type=FILE, help="Write the edited latent here (.npy, float64).")
@_shown(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def edit(recipe, seed, latent, wishes, locks, free_base, latent_out, out, scale, sharpen):
    """Edit one face of a run; tell what the labeller reads before and after.

    Example: python -m pipelines edit celeba64 --seed 7 --set Smiling=0.9 --lock Male,Young --out smile.png
    """
    import numpy as np

    from pipelines.editing.parse_options import chosen_latent, parse_names, wished
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run
    from pipelines.workflow.progress import say
    from tlgan.editing.edit_session import edit_latents
    from tlgan.editing.linear_predictors import predictors
    from tlgan.latents.geometry import angles_between, normalize_latents
    from tlgan.storage.atomic_files import replacing

    picture_format(out, FORMATS)
    run = open_run(recipe)
    start = normalize_latents(chosen_latent(run, seed, latent)[None], run.axes.latent_space)
    before = predictors(run.axes, start)
    changes = wished(run.axes, before, wishes)
    held = parse_names(run.axes, locks)
    moved = edit_latents(run.axes, start, changes, lock=held, hold_base=not free_base)
    both = np.concatenate([start, moved])
    images = run.draw(both)
    _write(images[1:], 1, out, _scale(run, scale, LARGE), sharpen)
    if latent_out is not None:
        with replacing(latent_out) as partial, partial.open("wb") as stream:
            np.save(stream, moved[0], allow_pickle=False)
        say(f"Wrote {latent_out}")
    readings = run.read(both, images)
    roles = dict.fromkeys(changes, "edited") | dict.fromkeys(held, "locked")
    if not free_base:
        roles = dict.fromkeys(run.axes.base, "held (base)") | roles
    after = predictors(run.axes, moved)[0]
    columns = {"before": readings[0], "after": readings[1], "after, says the fit": after}
    order = {name: roles[name] for name in [*changes, *held, *roles]}
    _tell(run, columns, order, compared=("before", "after"))
    say(f"The latent moved by {angles_between(start, moved)[0]:.1f} degrees.")


@click.command()
@click.option("--axis", required=True, metavar="NAME", help="The axis to move along.")
@click.option("--seeds", required=True, metavar="LIST", help="A row for each: 1-6 or 3,8,21.")
@click.option("--steps", type=int, default=7, show_default=True, help="Columns; odd, the middle is the face.")
@click.option(
    "--reach", type=float, default=3.0, show_default=True, help="Ends, in standard deviations of the axis."
)
@click.option("--lock", "locks", multiple=True, metavar="NAME", help="Leave unchanged; A,B or repeated.")
@_shown(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def strip(recipe, axis, seeds, steps, reach, locks, out, scale, sharpen):
    """Show faces at several strengths of one axis, a row for each face.

    Example: python -m pipelines strip celeba64 --axis Eyeglasses --seeds 1-6 --out strip.png
    """
    import numpy as np

    from pipelines.editing.latent_paths import strip as strip_of
    from pipelines.editing.parse_options import parse_names, parse_seeds
    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.finished_run import open_run, seeded_latents

    picture_format(out, FORMATS)
    numbers = parse_seeds(seeds)
    run = open_run(recipe)
    held = parse_names(run.axes, locks)
    moved = strip_of(run.axes, seeded_latents(run, numbers), axis, steps=steps, reach=reach, lock=held)
    latents = moved.reshape(-1, run.axes.latent_dim)
    images = run.draw(latents)
    _write(images, steps, out, _scale(run, scale, SMALL), sharpen)
    middle = np.median(run.read(latents, images).reshape(len(numbers), steps, -1), axis=0)
    titles = [f"{amount:+.2g} sd" for amount in np.linspace(-reach, reach, steps)]
    titles[steps // 2] = "unmoved"
    roles = {axis: "edited"} | dict.fromkeys(held, "locked")
    roles |= {name: "held (base)" for name in run.axes.base if name not in roles}
    _tell(run, dict(zip(titles, middle, strict=True)), roles, "median of the faces")


@click.command()
@click.option("--seeds", required=True, metavar="LIST", help="The faces, in order: 3,8,21 or 1-6.")
@click.option("--frames", type=int, default=90, show_default=True)
@_timed
@_shown(out="Movement to write: .gif, .mp4 or .webp.")
@with_recipe
def morph(recipe, seeds, frames, fps, out, scale, sharpen):
    """Turn faces into one another and back to the first, along arcs of the latent sphere.

    Example: python -m pipelines morph celeba64 --seeds 3,8,21 --frames 90 --out morph.gif
    """
    from pipelines.editing.latent_paths import morph as morph_of
    from pipelines.editing.parse_options import parse_seeds
    from pipelines.images.animation import check_animation
    from pipelines.runs.finished_run import open_run, seeded_latents

    check_animation(out, fps)
    numbers = parse_seeds(seeds)
    run = open_run(recipe)
    faces = seeded_latents(run, numbers)
    path = morph_of(faces, frames, run.axes.latent_space)
    _write_movement(run, path, out, scale, sharpen, fps)
    readings = run.read(faces, run.draw(faces))
    _tell(run, {f"seed {seed}": row for seed, row in zip(numbers, readings, strict=True)}, {})


@click.command()
@click.option("--seed", required=True, metavar="NUMBER", help="The face where the walk begins and ends.")
@click.option("--steps", type=int, default=200, show_default=True, help="Frames.")
@_timed
@_shown(out="Movement to write: .gif, .mp4 or .webp.")
@with_recipe
def walk(recipe, seed, steps, fps, out, scale, sharpen):
    """Walk smoothly among random faces, at constant speed, and return; a seed names the whole walk.

    Example: python -m pipelines walk celeba64 --seed 5 --steps 200 --out walk.mp4
    """
    from pipelines.editing.latent_paths import walk as walk_of
    from pipelines.editing.latent_paths import waypoints_of
    from pipelines.editing.parse_options import parse_seed
    from pipelines.images.animation import check_animation
    from pipelines.runs.finished_run import open_run
    from tlgan.latents.sampling import draw_latents

    check_animation(out, fps)
    number = parse_seed(seed)
    run = open_run(recipe)
    space = run.axes.latent_space
    waypoints = draw_latents(0, waypoints_of(steps), run.axes.latent_dim, space=space, seed=number)
    path = walk_of(waypoints, steps, space)
    _write_movement(run, path, out, scale, sharpen, fps)
    quarters = path[[round(part * len(path) / 4) for part in range(4)]]
    readings = run.read(quarters, run.draw(quarters))
    _tell(run, dict(zip(("start", "1/4", "1/2", "3/4"), readings, strict=True)), {})


@click.command()
@click.option("--rows", type=int, default=8, show_default=True)
@click.option("--cols", type=int, default=8, show_default=True)
@click.option(
    "--nearby", metavar="seed:NUMBER", help="Neighbours of this face, which comes first; or of a .npy latent."
)
@click.option("--degrees", type=float, default=25.0, show_default=True, help="How far neighbours are.")
@_shown(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
def grid(recipe, rows, cols, nearby, degrees, out, scale, sharpen):
    """Show a sheet of faces: the neighbours of one, or else those of seeds 1, 2, 3 and so on.

    Example: python -m pipelines grid celeba64 --rows 8 --cols 8 --nearby seed:5 --out grid.png
    """
    from pipelines.editing.latent_paths import nearby as nearby_of
    from pipelines.editing.parse_options import nearby_latent
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
        start, seed = nearby_latent(run, nearby)
        space = run.axes.latent_space
        towards = draw_latents(1, rows * cols - 1, run.axes.latent_dim, space=space, seed=seed)
        latents = nearby_of(start, towards, degrees, space)
    images = run.draw(latents)
    _write(images, cols, out, _scale(run, scale, SMALL), sharpen)
    readings = run.read(latents, images)
    columns = {"first face": readings[0], "least": readings.min(axis=0), "most": readings.max(axis=0)}
    _tell(run, columns, {})


def _scale(run, wished: float | None, pixels: int) -> float:
    """Enlargement as wished, or to so many pixels; only the faces of sheets are ever shrunk to them."""
    if wished is not None:
        return wished
    scale = pixels / run.generator.resolution
    return scale if pixels == SMALL else max(1.0, scale)


def _write(images, columns: int, out: Path, scale: float, sharpen: bool) -> None:
    from pipelines.images.picture_files import contact_sheet, enlarged, save_picture
    from pipelines.workflow.progress import say

    save_picture(contact_sheet(enlarged(images, scale, sharpen), columns), out)
    say(f"Wrote {out}")


def _write_movement(run, path, out: Path, scale: float | None, sharpen: bool, fps: float) -> None:
    from pipelines.images.animation import save_animation
    from pipelines.images.picture_files import enlarged
    from pipelines.workflow.progress import say

    save_animation(enlarged(run.draw(path), _scale(run, scale, MOVING), sharpen), out, fps)
    say(f"Wrote {out}: {len(path)} frames, {len(path) / fps:.1f} s")


def _tell(run, columns, roles, what: str = "", compared=()) -> None:
    from rich.console import Console

    from pipelines.editing.score_table import readings_table
    from pipelines.workflow import progress

    console = progress.console

    title = "What the labeller reads" + (f", {what}" if what else "")
    table = readings_table(run.axes, columns, roles, title=title, compared=compared)
    if not console.is_terminal:  # there is no edge to cut at
        console = Console(width=max(200, console.width), highlight=False, markup=False, emoji=False)
    console.print(table)
