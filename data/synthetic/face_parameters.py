"""Parameters of the drawn faces: the factors, and the colours and outlines that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.canvas import Array

FACTORS = (
    *("Male", "Age", "Skin_Tone", "Face_Width", "Hair_Length", "Hair_Colour", "Wavy_Hair", "Fringe"),
    *("Thick_Brows", "Eye_Size", "Eye_Colour", "Glasses", "Nose_Size", "Smiling", "Mouth_Open", "Beard"),
    *("Makeup", "Head_Turn", "Light", "Background"),
)

Colour = tuple[int, int, int]
Scale = tuple[Colour, ...]

# Colours along a factor from -2 to +2, as red, green, blue from 0 to 255.
SKIN: Scale = ((255, 232, 214), (250, 212, 184), (232, 180, 144), (176, 120, 86), (108, 70, 50))
HAIR: Scale = ((30, 24, 28), (74, 44, 34), (142, 84, 44), (212, 160, 88), (246, 222, 160))
GREY: Colour = (206, 206, 210)

# Factors level off along tanh(factor / _REACH).
_REACH = 1.7


@dataclass(frozen=True, eq=False)
class FaceParameters:
    """Parameters of N faces; every quantity has shape (N, 1, 1), every colour (N, 3).

    Lengths are in the units of the canvas: the face is centred on (0, 0.05), the eyes lie on y = 0.

    Attributes
    ----------
    factors : dict of name to array, shape (N, 1, 1), in standard deviations
    """

    factors: dict[str, Array]

    @classmethod
    def from_factors(cls, factors: Array) -> FaceParameters:
        """Take a factor from each column of an array of shape (N, 20)."""
        return cls({name: factors[:, i, None, None] for i, name in enumerate(FACTORS)})

    def level(self, name: str, shift: float = 0.0) -> Array:
        """Return a factor on a scale from -1 to 1, 0 where it equals -shift."""
        return np.tanh((self.factors[name] + shift) / _REACH)

    def amount(self, name: str, middle: float, steepness: float) -> Array:
        """Return a factor as an opacity from 0 to 1, one half where it equals `middle`."""
        return (1 + np.tanh(steepness * (self.factors[name] - middle))) / 2

    def colour(self, scale: Scale, name: str) -> Array:
        """Return the colour that a factor has on a scale."""
        level = self.level(name)[:, 0, 0] / np.tanh(2 / _REACH)
        places = np.linspace(-1, 1, len(scale))
        channels = np.asarray(scale, dtype=np.float64).T / 255
        return np.stack([np.interp(level, places, channel) for channel in channels], axis=1).astype(
            np.float32
        )

    @property
    def face_x(self) -> Array:
        """Centre of the face."""
        return 0.03 * self.level("Head_Turn")

    @property
    def feature_x(self) -> Array:
        """Centre of eyes and mouth: they lie in front of the outline and move further when the head turns."""
        return 0.15 * self.level("Head_Turn")

    @property
    def face_width(self) -> Array:
        """Half the width of the face."""
        return 0.43 + 0.085 * self.level("Face_Width") + 0.02 * self.level("Male")

    @property
    def smile(self) -> Array:
        """Curvature of the mouth, -1 to 1; a face whose factors are all 0 smiles a little."""
        return self.level("Smiling", shift=0.8)

    @property
    def makeup(self) -> Array:
        """Strength of the make-up, 0 to 1."""
        return self.amount("Makeup", 0.5, 1.2)

    @property
    def waves(self) -> Array:
        """How wavy the hair is, 0 to 1."""
        return self.amount("Wavy_Hair", 0.3, 0.9)

    @property
    def skin(self) -> Array:
        """Colour of the skin."""
        return self.colour(SKIN, "Skin_Tone")

    @property
    def hair(self) -> Array:
        """Colour of the hair, which turns grey with age."""
        return mix(self.colour(HAIR, "Hair_Colour"), tint(GREY), 0.85 * self.amount("Age", 1.0, 0.9))

    def face_outline(self, y: Array, margin: Array | float = 0.0) -> Array:
        """Return half the width of the face on every row; `margin` grows it downwards and sideways."""
        male = self.level("Male")
        chin = 0.60 + 0.04 * male + 0.05 * self.level("Age") + margin
        above = np.clip((0.05 - y) / 0.62, 0, None)
        below = np.clip((y - 0.05) / chin, 0, None)
        inside = 1 - above**2 - below ** (2.6 * np.exp(0.65 * male))
        return _outline((self.face_width + margin), inside)

    def hair_outline(self, y: Array) -> Array:
        """Return half the width of the hair on every row, from the crown down to its ends."""
        length = self.level("Hair_Length")
        above = np.clip((-0.08 - y) / (0.70 + 0.07 * length), 0, None)
        below = np.clip(y + 0.08, 0, None)
        end, curl = 0.44 + 0.54 * length, 0.17 + 0.08 * length
        ends = np.clip((y - end + curl) / curl, 0, None)
        width = self.face_width + 0.075 + 0.055 * length + 0.06 * below * (1 + length)
        waves = 0.045 * self.waves * np.sin(15 * y + 1) * np.clip(below * 5 + 0.4, 0, 1)
        return _outline(width + waves, 1 - above**2 - ends**2)


def tint(colour: Colour) -> Array:
    """Return a colour as an array of shape (1, 3), 0 to 1."""
    return np.asarray([colour], dtype=np.float32) / 255


def mix(first: Array, second: Array, share: Array | float) -> Array:
    """Blend two colours, shape (N, 3), with a share of the second of shape (N, 1, 1)."""
    weight = share if isinstance(share, float) else share[:, :, 0]
    return first + (second - first) * weight


def _outline(width: Array, inside: Array) -> Array:
    outline = np.where(inside > 0, width * np.sqrt(np.clip(inside, 0, None)), -0.05)
    return outline.astype(np.float32)
