"""The picture of docs/known-axes.md: drawn portraits, and some moved along their planted axes.

python -m benchmarks.draw_known_axes docs/images/known-axes.png
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw

from data.synthetic.planted_axes import plant_axes
from pipelines.images.picture_files import contact_sheet, save_png
from tlgan.latents.sampling import draw_latents

SIDE, COLUMNS, MARGIN = 88, 9, 84
SHOWN = ("Male", "Age", "Smiling", "Glasses", "Beard", "Light")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def main(path: Path) -> None:
    """Draw the sheet: two rows of portraits, then one row for each of six axes, -2.5 to 2.5 sd."""
    known = plant_axes(resolution=SIDE)
    latents = draw_latents(0, 2 * COLUMNS, known.latent_dim, space="normal")
    rows = [latents]
    for number, name in enumerate(SHOWN):
        steps = np.linspace(-2.5, 2.5, COLUMNS)[:, None]
        direction = known.directions[known.names.index(name)]
        # From the middle of the axis, so that both ends show.
        start = latents[number] - (latents[number] @ direction) * direction
        rows.append(start + steps * direction)
    sheet = contact_sheet(known.generate(np.concatenate(rows)), COLUMNS)
    page = Image.new("RGB", (MARGIN + sheet.shape[1], sheet.shape[0]), "white")
    page.paste(Image.fromarray(sheet), (MARGIN, 0))
    pen = ImageDraw.Draw(page)
    for number, name in enumerate(("random", "", *SHOWN)):
        pen.text((6, number * SIDE + SIDE // 2 - 6), name, fill="black", font_size=13)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(np.asarray(page), path)


if __name__ == "__main__":
    main()
