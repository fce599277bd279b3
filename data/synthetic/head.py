"""Draw the large parts of a portrait: backdrop, hair, body, face, the lines of age, beard and light."""

from __future__ import annotations

import numpy as np

from data.synthetic.canvas import Array, Canvas
from data.synthetic.face_parameters import Colour, FaceParameters, Scale, mix, tint

BACKDROP: Scale = ((238, 118, 98), (236, 178, 124), (184, 200, 176), (118, 168, 208), (72, 138, 222))
CLOTHES: Scale = ((70, 92, 120), (96, 120, 110), (190, 106, 92), (226, 170, 98), (238, 206, 150))
ROUGE: Colour = (224, 88, 92)


def paint_backdrop(canvas: Canvas, face: FaceParameters) -> None:
    """Fill the picture with a colour that glows behind the head."""
    glow = 1.08 - 0.16 * (canvas.x**2 + (canvas.y + 0.2) ** 2)
    canvas.planes[:] = face.colour(BACKDROP, "Background").T[:, :, None, None] * glow


def strand_brightness(canvas: Canvas, face: FaceParameters) -> Array:
    """Return the brightness of the hair: strands, straight or wavy, and a sheen across the crown."""
    wave = 2.6 * face.waves * np.sin(15 * canvas.y + 1)
    sheen = 0.12 * np.exp(-(((canvas.y + 0.5) / 0.13) ** 2))
    return 0.97 + sheen + 0.09 * np.sin(30 * canvas.x + wave)


def paint_hair_behind(canvas: Canvas, face: FaceParameters) -> None:
    """Paint the whole shape of the hair, darkened as in its own shadow."""
    canvas.paint(canvas.cover(_hair_distance(canvas, face)), face.hair * 0.72)


def paint_hair_in_front(canvas: Canvas, face: FaceParameters, brightness: Array) -> None:
    """Paint the hair over forehead and temples; beside the face it falls to its ends."""
    length, fringe = face.level("Hair_Length"), face.level("Fringe")
    x = (canvas.x - face.face_x) / face.face_width
    # The hair line: high and round, or low and straight.
    line = -0.37 + 0.21 * fringe + (0.20 - 0.20 * fringe) * x * x
    line -= 0.02 * (1 + fringe) * np.abs(np.sin(13 * canvas.x + 0.6))
    falls = np.clip(np.abs(x) - (0.86 - 0.05 * length), 0, None)
    line += falls * falls * (38 + 24 * length)
    coverage = canvas.cover(np.minimum(_hair_distance(canvas, face), (line - canvas.y) * 0.8))
    canvas.paint(coverage, face.hair, brightness)


def paint_body(canvas: Canvas, face: FaceParameters) -> None:
    """Paint neck, shoulders and clothes."""
    part = canvas.window(-1, 0.4, 1, 1)
    male = face.level("Male")
    neck = 0.215 + 0.095 * male + 0.25 * np.clip(part.y - 0.75, 0, None)
    part.paint(part.cover(neck - np.abs(part.x)), face.skin * 0.82)
    shoulders = 0.75 + 0.245 * (part.x / (0.85 + 0.2 * male)) ** 2
    collar = 0.10 * np.clip(1 - (part.x / 0.30) ** 2, 0, None)
    part.paint(part.cover(part.y - shoulders - collar), face.colour(CLOTHES, "Background"))


def paint_face(canvas: Canvas, face: FaceParameters) -> None:
    """Paint ears, face and cheeks; youth and make-up redden the cheeks."""
    ears = canvas.window(-0.75, -0.2, 0.75, 0.3)
    cheeks = canvas.window(-0.5, 0.02, 0.5, 0.42)
    for side in (-1, 1):
        ear = ears.ellipse(face.face_x + side * (face.face_width + 0.01), 0.06, 0.07, 0.13)
        ears.paint(ears.cover(ear), face.skin * 0.9)
    distance = canvas.between(face.face_outline(canvas.y), face.face_x)
    coverage = canvas.cover(distance)
    canvas.paint(coverage, face.skin)
    edge = np.clip(1 - distance / 0.2, 0, 1)
    edge *= edge
    edge *= coverage
    canvas.shade(1 - 0.15 * edge)
    blush = 0.04 + 0.60 * face.amount("Age", -0.9, -0.9) + 0.42 * face.makeup
    for side in (-1, 1):
        cheek = cheeks.ellipse(face.feature_x + side * face.face_width * 0.58, 0.21, 0.15, 0.12)
        cheeks.paint(cheeks.cover(cheek - 0.03, 0.12) * blush, mix(face.skin, tint(ROUGE), 0.6))


def paint_age_lines(canvas: Canvas, face: FaceParameters) -> None:
    """Draw the lines of the forehead, beside the mouth and under the eyes."""
    strength = 0.72 * face.amount("Age", 0.6, 0.75)
    ink = face.skin * 0.52
    forehead = canvas.window(-0.4, -0.45, 0.4, -0.2)
    x = forehead.x - face.feature_x
    for height, half in ((-0.25, 0.20), (-0.325, 0.23), (-0.40, 0.19)):
        bend = height - 0.025 * np.cos(x * 9)
        line = np.minimum(0.011 - np.abs(forehead.y - bend), (half - np.abs(x)) * 0.3)
        forehead.paint(forehead.cover(line, 0.01) * strength, ink)
    part = canvas.window(-0.5, 0.02, 0.5, 0.56)
    x = np.abs(part.x - face.feature_x)
    below_nose = part.y - 0.19
    fold = 0.115 + (0.62 + 0.1 * face.smile) * below_nose - 0.9 * below_nose**2
    line = np.minimum(0.013 - 0.8 * np.abs(x - fold), np.minimum(below_nose, 0.21 - below_nose) * 0.4)
    part.paint(part.cover(line, 0.01) * strength, ink)
    bag = 0.075 + 0.07 * np.clip(1 - ((x - 0.19) / 0.12) ** 2, 0, None)
    line = np.minimum(0.010 - np.abs(part.y - bag), 0.11 - np.abs(x - 0.19))
    part.paint(part.cover(line, 0.01) * strength * 0.9, ink)


def paint_beard(canvas: Canvas, face: FaceParameters) -> None:
    """Paint a beard over jaw and upper lip, beyond the chin when it is full."""
    amount = face.amount("Beard", 0.8, 1.4)
    part = canvas.window(-0.65, 0.02, 0.65, 0.86)
    x = (part.x - face.feature_x) / face.face_width
    cheek_line = 0.295 - 0.30 * np.clip(np.abs(x) - 0.35, 0, None)
    grain = 0.95 + 0.05 * np.sin(61 * part.x) * np.sin(39 * part.y + 9 * part.x)
    inside = part.cover(part.between(face.face_outline(part.y, 0.05 * amount), face.face_x))
    part.paint(inside * part.cover(part.y - cheek_line, 0.05) * (0.94 * amount * grain), face.hair * 0.74)


def apply_light(canvas: Canvas, face: FaceParameters) -> None:
    """Light the picture from the left or the right; shadows are deeper than highlights are bright."""
    slope = 0.55 * face.level("Light") * np.tanh(1.8 * (canvas.x - face.face_x))
    canvas.shade(1 + np.where(slope > 0, 0.3 * slope, slope))


def _hair_distance(canvas: Canvas, face: FaceParameters) -> Array:
    return canvas.between(face.hair_outline(canvas.y), face.face_x * 0.6)
