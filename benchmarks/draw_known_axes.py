"""Draw the picture of docs/known-axes.md: random portraits, and some moved along their planted axes.

    python -m benchmarks.draw_known_axes docs/images/known-axes.png       # seconds

Writes a PNG file: two rows of portraits, then one row for each of six axes, -2.5 to 2.5 standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.options import command_parser

SIDE, COLUMNS, MARGIN = 88, 9, 84
SHOWN = ("Male", "Age", "Smiling", "Glasses", "Beard", "Light")


def draw_sheet() -> np.ndarray:
    """The portraits, row below row, as a uint8 image."""
    from data.synthetic.planted_axes import plant_axes
    from pipelines.images.picture_files import contact_sheet
    from tlgan.latents.sampling import draw_latents

    known = plant_axes(resolution=SIDE)
    latents = draw_latents(0, 2 * COLUMNS, known.latent_dim, space="normal")
    rows = [latents]
    for number, name in enumerate(SHOWN):
        amounts = np.linspace(-2.5, 2.5, COLUMNS)[:, None]
        direction = known.directions[known.names.index(name)]
        # From the middle of the axis, so that both ends show.
        start = latents[number] - (latents[number] @ direction) * direction
        rows.append(start + amounts * direction)
    return contact_sheet(known.generate(np.concatenate(rows)), COLUMNS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the sheet with the names at its left, and write it."""
    parser = command_parser("draw_known_axes", __doc__)
    parser.add_argument("path", type=Path, help="PNG file to write")
    path = parser.parse_args(arguments).path
    from PIL import Image, ImageDraw

    from pipelines.images.picture_files import save_png

    sheet = draw_sheet()
    page = Image.new("RGB", (MARGIN + sheet.shape[1], sheet.shape[0]), "white")
    page.paste(Image.fromarray(sheet), (MARGIN, 0))
    pen = ImageDraw.Draw(page)
    for number, name in enumerate(("random", "", *SHOWN)):
        pen.text((6, number * SIDE + SIDE // 2 - 6), name, fill="black", font_size=13)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(np.asarray(page), path)


if __name__ == "__main__":
    main()
