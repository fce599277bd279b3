"""Commands on a face in a photograph: align it, read its attributes, find its latent, and edit it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.picture_output import FILE, Command
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.editing.photographs import PhotographSearch


face_option = click.option(
    "--face",
    "number",
    type=int,
    default=1,
    show_default=True,
    help="Which face of a photograph; 1 is the largest.",
)
aligned_option = click.option(
    "--aligned", is_flag=True, help="Photographs are aligned already: look for no face."
)


def search_options(command: Command) -> Command:
    """Give a command the options of a search for latents; it receives them as `search`, a `PhotographSearch`."""

    @functools.wraps(command)
    def with_search(
        *arguments: Any, number: int, aligned: bool, encoder: str, steps: int, starts: int, **options: Any
    ) -> Any:
        from pipelines.editing.photographs import PhotographSearch

        search = PhotographSearch(number, aligned, encoder, steps, starts)
        return command(*arguments, search=search, **options)

    decorated: Command = with_search
    for option in (
        click.option(
            "--starts",
            type=int,
            default=4,
            show_default=True,
            help="Latents from which the search begins; the nearest end is taken.",
        ),
        click.option(
            "--steps",
            "steps",
            type=int,
            default=200,
            show_default=True,
            help="Steps of the search; 0 takes what the encoder finds.",
        ),
        click.option(
            "--encoder", default="", help="Name or file of an encoder; else that of the generator's name."
        ),
        aligned_option,
        face_option,
    ):
        decorated = option(decorated)
    return decorated


@click.command()
@click.argument("photograph", type=FILE)
@click.option("--out", required=True, type=FILE, help="Picture to write: .png, .jpg or .webp.")
@click.option("--size", type=int, default=64, show_default=True, help="Pixels per side of the crop.")
@face_option
@click.option("--boxes", type=FILE, help="Also write the photograph with the faces found, numbered.")
@aligned_option
def align(photograph: Path, out: Path, size: int, number: int, boxes: Path | None, aligned: bool) -> None:
    """Find a face in a photograph, and cut it out as the networks know faces.

    Without the face detector (`make face-detector`) only a picture that is aligned already can be taken: a
    square, or 178×218 pixels as CelebA's photographs.

    Example: python -m pipelines align party.jpg --face 2 --boxes boxes.png --out crop.png
    """
    from pipelines.images.numbered_boxes import draw_numbered_boxes
    from pipelines.images.picture_files import FORMATS, picture_format, save_picture
    from pipelines.sources.photographs import align_face, check_size, describe_face, open_photograph
    from pipelines.workflow.progress import say
    from tlgan.storage.atomic_files import reading

    check_size(size)
    if aligned and boxes is not None:
        raise UserError("`--boxes` shows the faces found, and `--aligned` looks for none. Leave one of them.")
    opened = open_photograph(photograph, aligned)
    with reading(photograph, "a photograph"):
        face = align_face(opened, number, size)
    for path in (out, boxes):
        if path is not None:
            picture_format(path, FORMATS)
    for line in describe_face(opened, face, number):
        say(line)
    save_picture(face.crop, out)
    say(f"Wrote {out}")
    if boxes is not None and opened.faces is not None:
        save_picture(draw_numbered_boxes(opened.pixels, opened.faces.boxes), boxes)
        say(f"Wrote {boxes}")


@click.command()
@click.argument("photograph", type=FILE)
@click.option("--labeller", "name", default="celeba64", show_default=True, help="Name or file of a labeller.")
@face_option
@aligned_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
def read(photograph: Path, name: str, number: int, aligned: bool, as_json: bool) -> None:
    """Print what a labeller reads off a face: probabilities of attributes, values of others.

    The face is found and aligned; without the face detector (`make face-detector`) the largest centred square
    is read, which a labeller of tight crops misreads.

    Example: python -m pipelines read photo.jpg --labeller celeba64 --json
    """
    from pipelines.editing.score_table import reading_records, reading_table
    from pipelines.execution.keras_import import import_quietly
    from pipelines.sources.photographs import align_face, describe_face, open_photograph, size_for
    from pipelines.workflow.progress import print_table, say
    from tlgan.cli.terminal import print_json
    from tlgan.storage.atomic_files import reading

    import_quietly()
    opened = open_photograph(photograph, aligned, centred=True)
    from models.loaders.labeller import load_labeller

    labeller = load_labeller(name)
    with reading(photograph, "a photograph"):
        face = align_face(opened, number, size_for(labeller))
    scores = labeller.score_rows(face.crop[None])[0]
    records = reading_records(labeller.names, labeller.kinds, labeller.units, scores)
    notes = list(describe_face(opened, face, number))
    if as_json:
        read_by = {"labeller": labeller.name, "notes": notes, "attributes": records}
        print_json({"photograph": str(photograph)} | read_by)
        return
    print_table(reading_table(records, title=f"{photograph.name}, read by {labeller.name}"))
    for line in (*notes, "These are guesses of a network, with its biases."):
        say(line)


@click.command()
@with_recipe
@click.argument("photograph", type=FILE)
@click.option(
    "--out",
    required=True,
    type=FILE,
    help="The latent (.npy), or what the generator draws of it (.png, which holds the latent too; .jpg, .webp).",
)
@click.option("--steps-out", type=FILE, help="Also write a picture of the steps (.png).")
@click.option("--tune", is_flag=True, help="Tune the generator for this photograph (pivotal tuning).")
@click.option(
    "--generator-out", type=FILE, help="With --tune: write the tuned generator here (.generator.h5)."
)
@search_options
def invert(
    recipe: Recipe,
    photograph: Path,
    out: Path,
    steps_out: Path | None,
    tune: bool,
    generator_out: Path | None,
    search: PhotographSearch,
) -> None:
    """Find the latent of a photograph's face for the generator of a run, and tell how near it came.

    Example: python -m pipelines invert celeba64 me.jpg --out me.png --steps-out steps.png
    """
    from pipelines.editing.photographs import invert_photographs, note_of_photograph, tune_run
    from pipelines.images.picture_files import FORMATS, picture_format, save_picture
    from pipelines.inversion.steps_picture import draw_steps
    from pipelines.runs.finished_run import open_run
    from pipelines.workflow.progress import say
    from tlgan.storage.atomic_files import replacing
    from tlgan.storage.npy import write_npy

    picture_format(out, FORMATS | {".npy": "NPY"})
    if steps_out is not None:
        picture_format(steps_out, {".png": "PNG"})
    check_generator_out(generator_out, tune)
    run = open_run(recipe)
    opened, (inverted,) = invert_photographs(recipe, run, [photograph], search)
    generator = run.generator
    if tune:
        run, inverted = tune_run(recipe, run, opened, inverted, generator_out)
    if out.suffix.lower() == ".npy":
        write_npy(out, inverted.latent)
    else:
        save_picture(inverted.drawn, out, note_of_photograph(run, "invert", inverted, search))
    say(f"Wrote {out}")
    if steps_out is not None:
        content = draw_steps(generator, inverted.face.crop, inverted.found, inverted.likeness.as_text())
        with replacing(steps_out) as partial:
            partial.write_bytes(content)
        say(f"Wrote {steps_out}")


def check_generator_out(path: Path | None, tune: bool) -> None:
    """Refuse, before anything is searched for, a place for a tuned generator that cannot be meant."""
    if path is None:
        return
    if not tune:
        raise UserError("`--generator-out` needs `--tune`, which makes a generator to write. Add it.")
    if not path.name.endswith(".generator.h5"):
        raise UserError(f"{path}: must end in .generator.h5, by which commands know it. Rename it.")
