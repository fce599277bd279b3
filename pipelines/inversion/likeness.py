"""How near a drawn picture comes to a photograph: pixels, features of a judge, and whether it is the same person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlgan.evaluation.image_quality import signal_to_noise

if TYPE_CHECKING:
    from models.protocols import Embedder


@dataclass(frozen=True)
class Likeness:
    """How near a drawn picture comes to a photograph; None is not known.

    Attributes
    ----------
    psnr : float, peak signal-to-noise ratio in dB
    feature_distance : float or None, cosine distance of the judge's features
    identity_distance : float or None, cosine distance of the recogniser's vectors
    threshold : float or None, identity distance below which two pictures rather show one person
    """

    psnr: float
    feature_distance: float | None = None
    identity_distance: float | None = None
    threshold: float | None = None

    @property
    def same_person(self) -> bool | None:
        """Whether the recogniser takes both for one person."""
        if self.identity_distance is None or self.threshold is None:
            return None
        return self.identity_distance < self.threshold

    def as_text(self) -> str:
        """All of it in a sentence."""
        parts = [f"PSNR {self.psnr:.1f} dB" if math.isfinite(self.psnr) else "PSNR infinite"]
        if self.feature_distance is not None:
            parts.append(f"feature distance {self.feature_distance:.3f}")
        if self.identity_distance is not None:
            parts.append(f"identity distance {self.identity_distance:.3f}")
        text = ", ".join(parts)
        if self.same_person is not None:
            word = "the same person" if self.same_person else "rather another person"
            text += f" ({word}; the threshold is {self.threshold:.3f})"
        return f"{text}."


def measure_likeness(
    photographs: np.ndarray,
    drawn: np.ndarray,
    judge: Embedder | None = None,
    recogniser: Embedder | None = None,
) -> list[Likeness]:
    """Compare pictures with photographs, row by row.

    Parameters
    ----------
    photographs, drawn : uint8 arrays, shape (n, R, R, 3)
    judge, recogniser : Embedder or None
    """
    psnr = signal_to_noise(photographs, drawn).tolist()
    features, identity = (_distances(embedder, photographs, drawn) for embedder in (judge, recogniser))
    threshold = recogniser.same_person_threshold if recogniser else None
    return [Likeness(*values, threshold) for values in zip(psnr, features, identity, strict=True)]


def _distances(embedder: Embedder | None, first: np.ndarray, second: np.ndarray) -> list[float | None]:
    from models.loaders.embedder import cosine_distances

    if embedder is None:
        return [None] * len(first)
    return [float(value) for value in cosine_distances(embedder(first), embedder(second))]
