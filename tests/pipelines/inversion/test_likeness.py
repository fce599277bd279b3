"""How near a picture comes to a photograph, in numbers and words."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.inversion.likeness import Likeness, measure_likeness

BLACK = np.zeros((2, 8, 8, 3), "uint8")


class Embedder(SimpleNamespace):
    """Tells the first pixel's brightness as a direction."""

    def __call__(self, images):
        angles = images[:, 0, 0, 0] / 255 * np.pi / 2
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def test_likeness_counts_pixels_features_and_persons():
    drawn = BLACK + np.array([0, 85], "uint8")[:, None, None, None]
    recogniser = Embedder(same_person_threshold=0.1)
    same, other = measure_likeness(BLACK, drawn, Embedder(same_person_threshold=None), recogniser)
    assert (same.psnr, same.feature_distance, same.identity_distance) == (np.inf, 0, 0)
    assert other.psnr == pytest.approx(20 * np.log10(3))
    assert other.identity_distance == pytest.approx(1 - np.cos(np.pi / 6), abs=1e-6)
    assert (same.same_person, other.same_person) == (True, False)


def test_what_is_not_there_is_left_out():
    (likeness, _) = measure_likeness(BLACK, BLACK + 1)
    assert (likeness.feature_distance, likeness.identity_distance, likeness.same_person) == (None,) * 3
    assert likeness.as_text() == "PSNR 48.1 dB."


@pytest.mark.parametrize(
    ("likeness", "text"),
    [
        (
            Likeness(20.04, 0.25, 0.09, 0.105),
            "PSNR 20.0 dB, feature distance 0.250, identity distance 0.090 (the same person; the threshold is 0.105).",
        ),
        (
            Likeness(20, None, 0.2, 0.105),
            "identity distance 0.200 (rather another person; the threshold is 0.105).",
        ),
        (Likeness(20, None, 0.2, None), "PSNR 20.0 dB, identity distance 0.200."),
        (Likeness(np.inf), "PSNR infinite."),
    ],
)
def test_likeness_is_a_sentence(likeness, text):
    assert likeness.as_text().endswith(text)
