from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.face_parameters import FACTORS, SKIN, FaceParameters, mix, tint


def faces(name: str, *values: float) -> FaceParameters:
    """Faces that differ in one factor."""
    factors = np.zeros((len(values), len(FACTORS)), np.float32)
    factors[:, FACTORS.index(name)] = values
    return FaceParameters.from_factors(factors)


def test_level_grows_and_levels_off() -> None:
    level = faces("Age", -9, -1, 0, 1, 9).level("Age").ravel()
    assert (np.diff(level) > 0).all()
    np.testing.assert_allclose(level[[0, 2, 4]], [-1, 0, 1], atol=1e-3)


def test_amount_is_one_half_at_its_middle() -> None:
    np.testing.assert_allclose(
        faces("Beard", 0.8, 9, -9).amount("Beard", 0.8, 1.4).ravel(), [0.5, 1, 0], atol=1e-4
    )


@pytest.mark.parametrize(("factor", "place"), [(-2, 0), (0, 2), (2, 4)])
def test_colour_runs_along_its_scale(factor: float, place: int) -> None:
    np.testing.assert_allclose(faces("Skin_Tone", factor).skin[0] * 255, SKIN[place], atol=0.01)


def test_hair_turns_grey_with_age() -> None:
    young, old = faces("Age", -3, 3).hair
    assert np.ptp(old) < np.ptp(young)


def test_wider_faces_have_wider_outlines() -> None:
    y = np.linspace(-0.5, 0.5, 11, dtype=np.float32)[None, :, None]
    narrow, wide = faces("Face_Width", -1, 1).face_outline(y)[..., 0]
    assert (wide > narrow).all()


def test_mix_blends_by_share() -> None:
    black, white = tint((0, 0, 0)), tint((255, 255, 255))
    np.testing.assert_allclose(mix(black, white, 0.25), 0.25)
    np.testing.assert_allclose(mix(black, white, np.float32([[[0.5]], [[1]]])), [[0.5] * 3, [1] * 3])
