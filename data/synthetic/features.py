"""Draw the small parts of a portrait: nose, mouth, eyes, brows and glasses."""

from __future__ import annotations

import numpy as np

from data.synthetic.canvas import Canvas
from data.synthetic.face_parameters import Colour, FaceParameters, Scale, mix, tint

IRIS: Scale = ((66, 36, 20), (112, 72, 30), (104, 128, 72), (84, 152, 182), (70, 160, 232))
INK: Colour = (34, 26, 30)
WHITE: Colour = (252, 250, 246)
GUMS: Colour = (104, 28, 34)
LIPSTICK: Colour = (188, 44, 70)
EYE_SHADOW: Colour = (128, 74, 140)


def draw_nose(part: Canvas, face: FaceParameters) -> None:
    """Draw sides, ridge and lower edge of the nose."""
    size = face.level("Nose_Size")
    half, tip = 0.088 + 0.076 * size, 0.185 + 0.06 * size
    x = part.x - face.feature_x * 1.25
    bridge = 0.03 + (half - 0.03) * np.clip((part.y + 0.1) / (tip + 0.1), 0, 1) ** 2
    sides = np.minimum((bridge - np.abs(x)) * 0.9, np.minimum(part.y + 0.12, tip - part.y))
    part.paint(part.cover(sides, 0.03) * 0.30, face.skin * 0.58)
    ridge = np.minimum(0.020 + 0.008 * size - np.abs(x), np.minimum(part.y + 0.1, tip - 0.02 - part.y))
    part.paint(part.cover(ridge, 0.03) * 0.55, np.minimum(face.skin * 1.12, 1))
    under = tip - 0.55 * half * (x / half) ** 2 + 0.012
    line = np.minimum(0.017 + 0.007 * size - 0.8 * np.abs(part.y - under), half * 1.02 - np.abs(x))
    part.paint(part.cover(line, 0.005) * 0.85, face.skin * 0.45)


def draw_mouth(part: Canvas, face: FaceParameters) -> None:
    """Draw lips, and teeth where the mouth is open."""
    smile, makeup = face.smile, face.makeup
    opening = 0.14 * face.amount("Mouth_Open", 0.9, 1.1)
    half = 0.165 + 0.035 * smile
    x = (part.x - face.feature_x * 1.1) / half
    sides = (1 - np.abs(x)) * half
    taper = np.clip(1 - x * x, 0, None)
    root = np.sqrt(taper)
    middle = 0.415 - 0.085 * smile * (x * x - 0.35) - 0.3 * opening
    top, bottom = middle - 0.25 * opening * taper, middle + 0.95 * opening * taper
    upper, lower = top - (0.030 + 0.010 * makeup) * root, bottom + (0.045 + 0.012 * makeup) * root
    rose = mix(face.skin * np.array([0.86, 0.62, 0.60], dtype=np.float32), tint(LIPSTICK), 0.9 * makeup)
    part.paint(part.cover(np.minimum(np.minimum(part.y - upper, lower - part.y), sides)), rose)
    gap = np.minimum(part.y - top, bottom - part.y)
    part.paint(part.cover(np.minimum(gap, sides)) * np.clip(opening * 60, 0, 1), tint(GUMS))
    teeth = np.minimum(np.minimum(part.y - top, top + 0.45 * (bottom - top) - part.y), sides - 0.03)
    part.paint(part.cover(teeth) * np.clip(opening * 40, 0, 1), tint(WHITE))
    seam = np.minimum(0.010 - np.abs(part.y - middle), sides + 0.012)
    part.paint(part.cover(seam) * (0.75 * np.clip(1 - opening * 40, 0, 1)), rose * 0.45)


def draw_eye(part: Canvas, face: FaceParameters, side: int) -> None:
    """Draw the eye on the left (-1) or right (1), with eye shadow and lashes where there is make-up."""
    size, makeup = face.level("Eye_Size"), face.makeup
    width, height = 0.112 * (1 + 0.24 * size), 0.064 * (1 + 0.55 * size)
    x, y = part.x - face.feature_x - side * 0.195, part.y
    bow = 1 - (x / width) ** 2
    shadow = np.minimum(np.minimum(height * 2.3 * bow + 0.01, 0.2) + y, 0.01 - y)
    part.paint(part.cover(shadow, 0.03) * (0.75 * makeup), mix(face.skin, tint(EYE_SHADOW), 0.75))
    inside = part.cover((height * bow - np.abs(y)) * 0.85)
    part.paint(inside, tint(WHITE))
    radius = 0.056 * (1 + 0.22 * size)
    distance = np.sqrt(x * x + (y + 0.004) ** 2)
    part.paint(inside * part.cover(radius - distance), face.colour(IRIS, "Eye_Colour"))
    part.paint(inside * part.cover(radius * 0.45 - distance), tint(INK))
    glint = np.sqrt((x + 0.022) ** 2 + (y + 0.024) ** 2)
    part.paint(inside * part.cover(0.017 - glint) * 0.95, tint(WHITE))
    lid = (0.012 + 0.012 * makeup) - 0.85 * np.abs(y + height * bow)
    part.paint(part.cover(np.minimum(lid, width * 1.08 - np.abs(x))), tint(INK) + face.skin * 0.12)
    lower_lid = 0.006 - 0.85 * np.abs(y - height * bow)
    part.paint(part.cover(np.minimum(lower_lid, width * 0.95 - np.abs(x))) * 0.5, face.skin * 0.45)


def draw_brow(part: Canvas, face: FaceParameters, side: int) -> None:
    """Draw the brow on the left (-1) or right (1), thinner towards the temple."""
    thick = face.level("Thick_Brows")
    x = (part.x - face.feature_x - side * 0.20) * side
    arch = -0.205 + 0.015 * thick + 0.030 * (x / 0.15) ** 2 + 0.10 * np.clip(x - 0.02, 0, None)
    half = (0.023 + 0.017 * thick) * np.clip(1.15 - 2.6 * np.clip(x, 0, None), 0.3, None)
    line = np.minimum(half - np.abs(part.y - arch), 0.145 - np.abs(x))
    part.paint(part.cover(line) * 0.95, face.hair * 0.5)


def draw_glasses(part: Canvas, face: FaceParameters) -> None:
    """Draw glasses; the further the factor lies above its threshold, the heavier the frame."""
    amount = face.amount("Glasses", 0.8, 1.9)
    x = part.x - face.feature_x
    u, v = np.abs((np.abs(x) - 0.205) / 0.165), np.abs((part.y - 0.015) / 0.135)
    rim = (1 - np.cbrt(u**3 + v**3)) * 0.15
    part.paint(part.cover(rim) * (0.16 * amount), tint(WHITE))
    part.paint(part.cover(0.010 + 0.011 * amount - np.abs(rim)) * amount, tint(INK))
    bridge = np.minimum(0.016 - np.abs(part.y + 0.02), 0.05 - np.abs(x))
    part.paint(part.cover(bridge) * amount, tint(INK))
    to_ear = np.minimum(np.abs(x) - 0.37, face.face_width + 0.02 - np.abs(part.x - face.face_x))
    arm = np.minimum(0.014 - np.abs(part.y + 0.01), to_ear)
    part.paint(part.cover(arm) * amount, tint(INK))
