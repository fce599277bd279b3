"""The command that makes the figures of FaceMath."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.picture_output import FILE
from pipelines.commands.recipe_argument import with_recipe
from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from pipelines.editing.face_math import Gallery
    from pipelines.runs.face_space import FaceSpace

LEAST, MOST = 3, 64  # photographs of a figure
DEFAULT_RECIPE = "facemath"


@click.command()
@click.option(
    "--figure",
    "names",
    multiple=True,
    type=click.Choice(
        ["reconstruction", "morph", "ageing", "glasses", "femininity", "walk", "sharpening", "neighbours"]
    ),
    help="Make this one alone; repeated, these.",
)
@click.option(
    "--photos", type=FILE, help="Folder of photographs; else people of the data set, unseen in training."
)
@click.option("--aligned", is_flag=True, help="These photographs are aligned already: look for no face.")
@click.option("--count", type=click.IntRange(LEAST, MOST), default=8, show_default=True, help="Photographs.")
@click.option(
    "--strength",
    type=click.IntRange(0, 1000),
    default=80,
    show_default=True,
    help="Of the unsharp mask.",
)
@click.option("--out", type=FILE, help="Folder for the figures; else runs/RECIPE/facemath.")
@with_recipe
def facemath(
    recipe: Recipe,
    names: tuple[str, ...],
    photos: Path | None,
    aligned: bool,
    count: int,
    strength: int,
    out: Path | None,
) -> None:
    """Make the figures of FaceMath: reconstructed, morphed, aged, with glasses, a walk, sharpened, neighbours.

    Example: python -m pipelines facemath facemath --photos holiday/ --figure ageing --figure morph
    """
    from pipelines.editing.face_math import FIGURES
    from pipelines.images.animation import save_animation
    from pipelines.images.picture_files import save_picture
    from pipelines.runs.face_space import open_face_space
    from pipelines.workflow.paths import run_folder
    from pipelines.workflow.progress import say

    folder = out or run_folder(recipe.name) / "facemath"
    gallery = _hang(open_face_space(recipe), photos, aligned, count, strength)
    for name in names or FIGURES:
        for file, picture in FIGURES[name](gallery).items():
            path = folder / file
            if picture.ndim == 4:
                save_animation(picture, path)
            else:
                save_picture(picture, path)
            say(f"Wrote {path}")


def _hang(space: FaceSpace, photos: Path | None, aligned: bool, count: int, strength: int) -> Gallery:
    """The photographs of the figures: those of a folder, or people of the data set that no training saw."""
    import numpy as np

    from pipelines.editing.face_math import Gallery

    if photos is None:
        photographs, ages = space.unseen_photographs(count)
    else:
        photographs = np.stack(_crops(space, photos, aligned, count))
        ages = np.full(len(photographs), np.nan)
    scale = max(1.0, 128 / space.generator.resolution)
    return Gallery(space, photographs, space.encoder(photographs), ages, scale, strength)


def _crops(space: FaceSpace, folder: Path, aligned: bool, count: int) -> list[np.ndarray]:
    """Aligned faces of the first pictures of a folder that have one; the others are named."""
    from data.images.folder_walk import files_below
    from data.images.image_names import has_image_ending
    from pipelines.workflow.progress import say

    if not folder.is_dir():
        raise UserError(f"{folder}: must be a folder of photographs. Name one.")
    crops: list[np.ndarray] = []
    for path in sorted(folder / name for name in files_below(folder) if has_image_ending(str(name))):
        try:
            crops.append(space.crop_file(path, aligned=aligned))
        except UserError as reason:
            say(f"Left out: {reason}")
        if len(crops) == count:
            break
    if len(crops) < LEAST:
        raise UserError(
            f"{folder}: must hold at least {LEAST} pictures of faces. Got {len(crops)}. Put more there."
        )
    return crops
