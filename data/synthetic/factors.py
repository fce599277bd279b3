"""How the factors of portraits are labelled, and the default cosines between their axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Factor:
    """How a factor is labelled: score = offset + scale × factor, the factor having variance 1.

    A binary label is 1 where its score, a logit, is above 0; a continuous label is its score.
    """

    kind: str
    offset: float = 0.0
    scale: float = 1.0
    unit: str = ""


def _present_above(threshold: float) -> Factor:
    return Factor("binary", -4 * threshold, 4)


# Binary where people would say yes or no; what is drawn as absent or present turns at its threshold.
LABELLING: Mapping[str, Factor] = MappingProxyType(
    {
        "Male": _present_above(0.0),
        "Age": Factor("continuous", 45, 15, "years"),
        "Wavy_Hair": _present_above(0.3),
        "Fringe": _present_above(0.5),
        "Thick_Brows": _present_above(0.5),
        "Glasses": _present_above(0.8),
        "Smiling": _present_above(0.0),
        "Mouth_Open": _present_above(0.9),
        "Beard": _present_above(0.8),
        "Makeup": _present_above(0.5),
    }
)

COSINES: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("Beard", "Male"): 0.6,
        ("Makeup", "Male"): -0.5,
        ("Hair_Length", "Male"): -0.5,
        ("Thick_Brows", "Male"): 0.4,
        ("Makeup", "Hair_Length"): 0.3,
        ("Beard", "Hair_Length"): -0.3,
        ("Makeup", "Beard"): -0.3,
        ("Age", "Glasses"): 0.4,
        ("Age", "Wavy_Hair"): -0.2,
        ("Smiling", "Mouth_Open"): 0.5,
        ("Smiling", "Makeup"): 0.2,
        ("Skin_Tone", "Hair_Colour"): -0.5,
        ("Skin_Tone", "Eye_Colour"): -0.4,
        ("Hair_Colour", "Eye_Colour"): 0.4,
        ("Face_Width", "Nose_Size"): 0.3,
    }
)
