"""The command that draws a sum of latents."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.picture_output import FILE, SINGLE_FACE, picture_options, write_sheet
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe


@click.command()
@click.option("--aligned", is_flag=True, help="The photographs are aligned already: look for no face.")
@click.option("--latent-out", type=FILE, help="Write the latent of the sum here (.npy, float64).")
@picture_options(out="Picture to write: .png, .jpg or .webp.")
@with_recipe
@click.argument("expression")
def algebra(
    recipe: Recipe,
    expression: str,
    aligned: bool,
    latent_out: Path | None,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Draw a sum of photographs, seeds, means of faces and axes.

    Terms are `me.jpg`, `"my face.jpg"`, `seed(3)`, `mean(Young)`, `mean(not Young)`, `mean(Age=70)` and
    `axis(Smiling, 1.2)`; numbers multiply. Photographs need an encoder of the recipe's generator.

    Example: python -m pipelines algebra facemath "me.jpg - mean(Young) + mean(not Young)" --out old.png
    """
    import numpy as np

    from pipelines.images.picture_files import FORMATS, picture_format
    from pipelines.runs.face_space import open_face_space
    from pipelines.runs.latent_sum import work_out
    from pipelines.workflow.progress import say
    from tlgan.editing.algebra.expression import parse_latent_sum
    from tlgan.editing.algebra.terms import ExpressionError
    from tlgan.storage.atomic_files import replacing

    picture_format(out, FORMATS)
    try:
        parse_latent_sum(expression)  # told before Keras is imported
        space = open_face_space(recipe)
        found = work_out(space, expression, aligned=aligned)
    except ExpressionError as error:
        click.echo(error.pointed)
        raise
    for line in found.lines:
        say(line)
    image = space.generator(found.latent[None])
    size = scale or SINGLE_FACE / space.generator.resolution
    write_sheet(image, 1, out, size, sharpen)
    if latent_out is not None:
        with replacing(latent_out) as partial, partial.open("wb") as stream:
            np.save(stream, found.latent)
        say(f"Wrote {latent_out}")
