"""The command that changes faces of photographs by a translator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pipelines.commands.photographs import aligned_option, face_option
from pipelines.commands.picture_output import (
    FACE_OF_SHEET,
    FILE,
    SINGLE_FACE,
    picture_options,
    scale_to,
    write_sheet,
)
from tlgan.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from models.loaders.translator import LoadedTranslator
    from pipelines.editing.translated_faces import TranslatedFace


@click.command()
@click.argument("name")
@click.option(
    "--photo",
    "photographs",
    multiple=True,
    required=True,
    type=FILE,
    help="The face of this photograph; the change is pasted back into it. Several with --strip.",
)
@click.option(
    "--set",
    "texts",
    multiple=True,
    metavar="NAME=X",
    help="Smiling=1: 0 or 1 of a binary attribute, the number of a category, the value of a continuous one.",
)
@click.option(
    "--strip",
    is_flag=True,
    help="A row for each photograph: the face, redrawn, and changed as --set says or, without it, at every level.",
)
@click.option(
    "--paste",
    type=click.Choice(["change", "crop", "off"]),
    default="change",
    show_default=True,
    help="Add what the change changes, or put the drawn face in its place, or write the face alone.",
)
@face_option
@aligned_option
@picture_options(out="Picture to write: .png, .jpg or .webp.")
def translate(
    name: str,
    photographs: tuple[Path, ...],
    texts: tuple[str, ...],
    strip: bool,
    paste: Literal["change", "crop", "off"],
    number: int,
    aligned: bool,
    out: Path,
    scale: float | None,
    sharpen: bool,
) -> None:
    """Change a face in a photograph by the translator NAME, a trained Fader network or a DeepFakes autoencoder.

    Attributes that are not set stay as the network redraws the face best. Faces are found and aligned; without the
    face detector (`make face-detector`) only a picture that is aligned already can be taken.

    Example: python -m pipelines translate fader-celeba64-smile --photo me.jpg --set Smiling=1 --out smiling.png
    """
    from pipelines.editing.translated_faces import (
        describe_change,
        note_of_translation,
        parse_values,
        translate_face,
    )
    from pipelines.execution.keras_import import import_quietly
    from pipelines.images.picture_files import FORMATS, picture_format, save_picture
    from pipelines.inversion.photograph_faces import open_face
    from pipelines.sources.photographs import describe_face
    from pipelines.sources.translators import translator_source
    from pipelines.workflow.progress import say

    if len(photographs) > 1 and not strip:
        raise UserError(
            f"`--photo` must be given once without `--strip`. Got {len(photographs)}. Add `--strip`."
        )
    if (scale is not None or sharpen) and paste != "off" and not strip:
        raise UserError(
            "`--scale` and `--sharpen` must stand with `--strip` or `--paste off`: a photograph keeps its size. "
            "Leave them out."
        )
    picture_format(out, FORMATS)
    source = translator_source(name)
    import_quietly()
    translator = source.open()
    values = parse_values(translator.conditions, texts)
    if not values and not strip:
        known = "; ".join(f"{one.name} ({one.listed_levels})" for one in translator.conditions)
        raise UserError(
            f"There must be something to change. {source.name} knows {known}. Give --set or --strip."
        )
    opened = [open_face(path, number, aligned, translator.resolution) for path in photographs]
    translated = []
    for path, (photograph, aligned_face) in zip(photographs, opened, strict=True):
        translated.append(translate_face(translator, photograph, aligned_face, values))
        told = [describe_change(translator.conditions, translated[-1])] if values else []
        told += [f"Redrawn without a change: {translated[-1].likeness.as_text()}"]
        for line in (*describe_face(photograph, aligned_face, number), f"{path.name}: {' '.join(told)}"):
            say(line)
    if strip:
        sheet, columns = _draw_strip(translator, translated, bool(values))
        say(f"Columns: {', '.join(columns)}.")
        write_sheet(sheet, len(columns), out, scale_to(translator.resolution, scale, FACE_OF_SHEET), sharpen)
        return
    (face,) = translated
    note = note_of_translation(translator, face, paste)
    if paste == "off":
        large = scale_to(translator.resolution, scale, SINGLE_FACE)
        write_sheet(face.changed[None], 1, out, large, sharpen, note)
        return
    save_picture(face.paste(paste), out, note)
    say(f"Wrote {out}")


def _draw_strip(
    translator: LoadedTranslator, faces: Sequence[TranslatedFace], is_set: bool
) -> tuple[np.ndarray, list[str]]:
    """A row for each face: as it is, redrawn, and as asked or at every level.

    Returns
    -------
    uint8 array, shape (faces · columns, R, R, 3), row by row, and what the columns are
    """
    import numpy as np

    from models.networks.translators.conditions import level_variations

    crops = np.stack([face.face.crop for face in faces])
    columns = {"the face": crops, "redrawn": np.stack([face.drawn for face in faces])}
    if is_set:
        columns["changed"] = np.stack([face.changed for face in faces])
    else:
        own = np.stack([face.own for face in faces])
        for name, level, condition in level_variations(translator.conditions, own):
            columns[f"{name} {level:g}"] = translator(crops, condition)
    return np.stack(list(columns.values()), axis=1).reshape(-1, *crops.shape[1:]), list(columns)
