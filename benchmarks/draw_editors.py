"""Draw the pictures of docs/construction-or-discovery.md: faces edited by each way that is compared.

    python -m benchmarks.draw_editors drawn Smiling docs/images/editors-smiling.png
    python -m benchmarks.draw_editors people docs/images/editors-people.png
    python -m benchmarks.draw_editors generated Smiling docs/images/editors-generated-smiling.png

Drawn faces and faces of the committed generator alone, of which nobody has rights. Each row is one way to edit: the
face unedited, then growing amounts, as many as it has, towards the other side of the attribute. Of people: at the top
the portraits, below them each person's decoder, then arithmetic of latents towards each. Needs what
`benchmarks.editors` needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.editors.contenders import (
    DRAWN,
    PHOTOGRAPHED,
    Contender,
    balanced_rows,
    built_in_contenders,
    drawn_faces,
    generated_faces,
    latent_contenders,
)
from benchmarks.editors.identity import swap_by_arithmetic, unseen_people
from benchmarks.editors.sweep import directions_of
from benchmarks.options import command_parser
from pipelines.evaluation.editors.editor import Faces

SHOWN, MARGIN = 2, 130
REFERENCE = 400  # portraits of people, whose latents make the means

Rows = list[tuple[str, np.ndarray]]  # title and pictures (n, R, R, 3) of each row


def edited_rows(faces: Faces, attribute: str, contenders: Sequence[Contender]) -> Rows:
    """For each face a row of each editor: unedited, then the most of its amounts that fit."""
    most = min(len(one.amounts) for one in contenders if len(one.amounts) > 1)
    towards, rows = directions_of(faces.value_of(attribute)), []
    for number in range(len(faces)):
        for one in contenders:
            places = np.unique(np.linspace(0, len(one.amounts) - 1, most).astype(int))
            amounts = np.array([0.0, *np.take(one.amounts, places)])
            same = faces.select(np.full(len(amounts), number))
            drawn = one.editor(same, attribute, towards[number] * amounts)
            blank = np.full((most - len(places), *drawn.shape[1:]), 255, np.uint8)  # it has no more amounts
            rows.append((one.editor.name, np.concatenate([faces.images[[number]], drawn, blank])))
    return rows


def attribute_rows(part: str, attribute: str) -> Rows:
    """Rows of drawn faces or of faces of the generator."""
    from pipelines.recipe.load import load_recipe
    from pipelines.runs.finished_run import open_run
    from pipelines.sources.synthetic import planted_axes_of

    recipe = load_recipe("known-axes" if part == "drawn" else "celeba64")
    run = open_run(recipe)
    if part == "drawn":
        faces, networks = drawn_faces(planted_axes_of(recipe), SHOWN), DRAWN[attribute]
    else:
        many = generated_faces(run, 100)
        faces = many.select(balanced_rows(many.value_of(attribute), SHOWN))
        networks = PHOTOGRAPHED[attribute]
    contenders = [*latent_contenders(run, recipe), *built_in_contenders(networks)]
    return edited_rows(faces, attribute, contenders)


def people_rows() -> Rows:
    """Two portraits of each drawn person, by each decoder, and by arithmetic of latents."""
    from models.loaders.translator import load_translator
    from pipelines.recipe.load import load_recipe
    from pipelines.sources.synthetic import planted_axes_of

    recipe = load_recipe("deepfakes")
    known, count = planted_axes_of(recipe), recipe.data.people
    people = unseen_people(recipe, known, 2 * count + REFERENCE)
    shown, reference = people.select(slice(2 * count)), people.select(slice(2 * count, None))
    translator, arithmetic = load_translator("deepfakes-people"), swap_by_arithmetic(known, reference)
    rows: Rows = [("portraits", shown.images)]
    rows += [
        (f"decoder {person}", translator(shown.images, np.full((2 * count, 1), float(person))))
        for person in range(count)
    ]
    return rows + [(f"latents, person {person}", arithmetic(shown, person)) for person in range(count)]


def page_of(rows: Rows) -> np.ndarray:
    """Rows below each other, their titles at the left, uint8 (h, w, 3)."""
    from PIL import Image, ImageDraw

    from pipelines.images.picture_files import contact_sheet

    side, columns = rows[0][1].shape[1], max(len(pictures) for _, pictures in rows)
    page = Image.new("RGB", (MARGIN + columns * side, len(rows) * side), "white")
    pen = ImageDraw.Draw(page)
    for number, (title, pictures) in enumerate(rows):
        page.paste(Image.fromarray(contact_sheet(pictures, len(pictures))), (MARGIN, number * side))
        ascii_title = title.replace("ö", "oe")  # all that the font has
        pen.text((4, number * side + side // 2 - 6), ascii_title, fill="black", font_size=11)
    return np.asarray(page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw a page and write it."""
    parser = command_parser("draw_editors", __doc__)
    parser.add_argument("part", choices=("drawn", "people", "generated"))
    parser.add_argument("attribute", nargs="?", default="Smiling")
    parser.add_argument("path", type=Path, help="PNG file to write")
    options: Any = parser.parse_args(arguments)
    from pipelines.execution.keras_import import import_quietly
    from pipelines.images.picture_files import save_png

    import_quietly()
    people = options.part == "people"
    save_png(
        page_of(people_rows() if people else attribute_rows(options.part, options.attribute)), options.path
    )


if __name__ == "__main__":
    main()
