"""The command that writes sampled images, to be labelled by hand."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import click

from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

TABLE = "labels.csv"
BLOCK = 64  # images in memory at a time


@click.command()
@click.option("--rows", default="0-99", show_default=True, help="Numbers of the images, first-last.")
@click.option(
    "--folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where they go."
)
@click.option("--attribute", multiple=True, help="Write a labels.csv with an empty value for each image.")
@with_recipe
def images(recipe: Recipe, rows: str, folder: Path, attribute: tuple[str, ...]) -> None:
    """Write sampled images as PNG files named by their row, to label them by hand.

    Example: python -m pipelines images celeba64 --rows 0-299 --folder faces --attribute Freckles
    """
    from pipelines.images.picture_files import save_png
    from pipelines.planning.plan import make_plan
    from pipelines.sources.generators import picture_source
    from pipelines.stages.sample import sampled_images
    from pipelines.workflow.progress import say
    from tlgan.storage.row_files import rows_done

    sample = make_plan(recipe).sample
    done = rows_done(sample.output)
    wanted = _parse_rows(rows, done, recipe)
    table = folder / TABLE
    if attribute and table.exists():
        raise UserError(
            f"{table}: is there already, with labels perhaps. Move it away, or leave --attribute."
        )
    folder.mkdir(parents=True, exist_ok=True)
    source = picture_source(recipe)
    for start in wanted[::BLOCK]:
        block = slice(start, min(start + BLOCK, wanted.stop))
        for row, image in enumerate(sampled_images(sample, block, source.open), start):
            save_png(image, folder / f"{row:06d}.png")
    say(f"Wrote {len(wanted)} images to {folder}")
    if attribute:
        from pipelines.sources.label_table import HEADER
        from tlgan.storage.atomic_files import replacing

        with replacing(table) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows((row, name, "") for name in attribute for row in wanted)
        say(f"Wrote {table}: fill in the values, then add it to `label.labellers`")


def _parse_rows(text: str, done: int, recipe: Recipe) -> range:
    found = re.fullmatch(r"([0-9]{1,12})-([0-9]{1,12})", text)
    if not done:
        raise UserError(f"There are no sampled images yet. Run `{recipe.command('sample')}` first.")
    if not found or not int(found[1]) <= int(found[2]) < done:
        raise UserError(f"`--rows` must be first-last, from 0 to {done - 1}. Got {text!r}.")
    return range(int(found[1]), int(found[2]) + 1)
