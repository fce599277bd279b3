"""Draw numbered boxes into a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

COLOUR, LETTERS = (255, 214, 0), (0, 0, 0)


def draw_numbered_boxes(image: np.ndarray, boxes: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Draw boxes into a copy of a picture, each with its number, 1, 2, 3, … in the order given.

    Parameters
    ----------
    image : uint8 array, shape (h, w, 3)
    boxes : float array, shape (n, 4)
        Left, top, right, bottom, in pixels from the top left corner; they may reach outside the picture.

    Returns
    -------
    uint8 array, shape (h, w, 3)
    """
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    line = max(1, round(max(picture.size) / 400))
    # The last box is drawn first, so that the first, the largest, lies above the others.
    for number, (left, top, right, bottom) in reversed(list(enumerate(boxes, start=1))):
        letters = max(10.0, (right - left) / 5)
        pen.rectangle((left, top, right, bottom), outline=COLOUR, width=line)
        # The number stands in the corner of the box, or of the picture where the box begins outside.
        corner = (max(left, 0) + line, max(top, 0) + line)
        frame = pen.textbbox(corner, str(number), font_size=letters)
        pen.rectangle((corner[0], corner[1], frame[2] + line, frame[3] + line), fill=COLOUR)
        pen.text(corner, str(number), fill=LETTERS, font_size=letters)
    return np.asarray(picture)
