"""The command that finds a face in a photograph and aligns it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tlgan.errors import UserError

if TYPE_CHECKING:
    from pipelines.sources.photographs import AlignedFace, Photograph

FILE = click.Path(path_type=Path)
LEAST_OUTSIDE = 0.02  # of the crop, to be spoken of


@click.command()
@click.argument("photograph", type=FILE)
@click.option("--out", required=True, type=FILE, help="Picture to write: .png, .jpg or .webp.")
@click.option("--size", type=int, default=64, show_default=True, help="Pixels per side of the crop.")
@click.option(
    "--face", "number", type=int, default=1, show_default=True, help="Which face; 1 is the largest."
)
@click.option("--boxes", type=FILE, help="Also write the photograph with the faces found, numbered.")
@click.option("--aligned", is_flag=True, help="The picture is aligned already: look for no face.")
def align(photograph: Path, out: Path, size: int, number: int, boxes: Path | None, aligned: bool) -> None:
    """Find a face in a photograph, and cut it out as the networks know faces.

    Without the face detector (`make face-detector`) only a picture that is aligned already can be taken: a
    square, or 178×218 pixels as CelebA's photographs.

    Example: python -m pipelines align party.jpg --face 2 --boxes boxes.png --out crop.png
    """
    from pipelines.images.numbered_boxes import draw_numbered_boxes
    from pipelines.images.picture_files import FORMATS, picture_format, save_picture
    from pipelines.sources.photographs import align_face, check_size, open_photograph
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
    for line in _describe(opened, face, number):
        say(line)
    save_picture(face.crop, out)
    say(f"Wrote {out}")
    if boxes is not None and opened.faces is not None:
        save_picture(draw_numbered_boxes(opened.pixels, opened.faces.boxes), boxes)
        say(f"Wrote {boxes}")


def _describe(photograph: Photograph, face: AlignedFace, number: int) -> Iterator[str]:
    """What a person should know about the crop."""
    from data.images.alignment import share_outside

    if photograph.note:
        yield photograph.note
    if photograph.faces is not None:
        count = len(photograph.faces)
        which = (
            "Found one face" if count == 1 else f"Found {count} faces, took number {number} of them by size"
        )
        yield f"{which}: {face.placement.scale:.0f} pixels, turned by {face.placement.degrees:+.0f} degrees."
    if face.placement.scale < len(face.crop):
        yield f"The crop is enlarged: it shows {face.placement.scale:.0f} pixels of the photograph."
    outside = share_outside(face.placement, *photograph.pixels.shape[1::-1])
    if outside >= LEAST_OUTSIDE:
        yield f"{outside:.0%} of the crop lies outside the photograph, where its edge is repeated."
