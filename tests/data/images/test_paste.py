"""Pasting back: nothing changes outside the mask, and inside it the crop lies where it was cut."""

from __future__ import annotations

import numpy as np
import pytest

from data.images.alignment import cut_square, place_upright
from data.images.paste import paste_change, paste_crop, paste_mask
from data.images.similarity import Similarity
from tlgan.errors import UserError

SIZE = 32
TURNED = Similarity(90 * np.exp(0.35j), 60 + 20j)
PARTLY_OUTSIDE = Similarity(90 * np.exp(-0.2j), 110 - 30j)


def smooth_photograph(height: int = 140, width: int = 170) -> np.ndarray:
    """Slow waves of light, which survive being cut out at a lower resolution."""
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 25 + colour) + np.cos(columns / 30 - colour) for colour in range(3)]
    return (120 + 45 * np.stack(waves, axis=-1)).astype(np.uint8)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("placement", [TURNED, PARTLY_OUTSIDE, place_upright((20, 30, 64, 64))])
@pytest.mark.parametrize("match", [True, False])
def test_no_pixel_outside_the_mask_changes(placement: Similarity, match: bool) -> None:
    photograph, crop = noise(140, 170, 3), noise(SIZE, SIZE, 3, seed=1)
    mask = paste_mask(140, 170, placement)
    for pasted in (
        paste_crop(photograph, crop, placement, match=match),
        paste_change(photograph, crop, 255 - crop, placement),
    ):
        changed = (pasted != photograph).any(axis=-1)
        assert not changed[mask == 0].any()
        assert changed[mask > 0.5].mean() > 0.9
    assert (mask == 0).mean() > 0.4


def test_the_mask_is_one_in_the_middle_and_falls_to_zero_at_the_edge() -> None:
    mask = paste_mask(100, 100, place_upright((10, 20, 50, 50)), feather=0.2)
    assert (mask[30:60, 20:50] == 1).all()
    assert mask[20:70, 10:60].all()
    mask[20:70, 10:60] = 0
    assert not mask.any()
    across = paste_mask(100, 100, place_upright((10, 20, 50, 50)), feather=0.2)[45, 10:21]
    assert (np.diff(across) >= 0).all()
    assert across[0] < 0.01


@pytest.mark.parametrize("placement", [TURNED, PARTLY_OUTSIDE])
def test_an_unchanged_crop_gives_the_photograph_back(placement: Similarity) -> None:
    photograph = smooth_photograph()
    pasted = paste_crop(photograph, cut_square(photograph, placement, 90), placement)
    assert np.abs(pasted.astype(int) - photograph).max() <= 4
    crop = cut_square(photograph, placement, SIZE)
    np.testing.assert_array_equal(paste_change(photograph, crop, crop, placement), photograph)


def test_a_spot_lands_where_it_lies_in_the_crop() -> None:
    photograph = np.zeros((140, 170, 3), dtype=np.uint8)
    crop = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    crop[10:14, 18:22] = 200  # its centre is (20, 12)
    for pasted in (
        paste_crop(photograph, crop, TURNED, match=False),
        paste_change(photograph, np.zeros_like(crop), crop, TURNED),
    ):
        light = pasted[..., 0].astype(float)
        rows, columns = np.mgrid[:140, :170] + 0.5
        centre = [(light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()]
        np.testing.assert_allclose(centre, TURNED.points(np.array([20, 12]) / SIZE), atol=0.2)


def test_the_colour_match_takes_a_tint_away() -> None:
    photograph = smooth_photograph()
    crop = cut_square(photograph, TURNED, 90)
    tinted = np.clip(0.8 * crop.astype(float) + (25, 0, 10), 0, 255).astype(np.uint8)
    error = {
        match: np.abs(paste_crop(photograph, tinted, TURNED, match=match).astype(int) - photograph).mean()
        for match in (True, False)
    }
    assert error[True] < 0.2 * error[False]


def test_the_colour_match_leaves_what_an_edit_did_in_the_middle() -> None:
    photograph = smooth_photograph()
    crop = cut_square(photograph, TURNED, 64)
    crop[24:40, 24:40] = (250, 10, 10)
    pasted = paste_crop(photograph, crop, TURNED)
    column, row = TURNED.points([0.5, 0.5]).astype(int)
    np.testing.assert_allclose(pasted[row, column].astype(int), (250, 10, 10), atol=8)


def test_strips_join_without_a_seam() -> None:
    """A square taller than a strip of rows is the same as one drawn whole."""
    photograph = np.zeros((700, 600, 3), dtype=np.uint8)
    placement = place_upright((20, 10, 560, 560))
    pasted = paste_crop(photograph, np.full((8, 8, 3), 200, np.uint8), placement, match=False)
    np.testing.assert_array_equal(pasted[10:570], pasted[10:570][::-1])


@pytest.mark.parametrize(
    ("paste", "message"),
    [
        (lambda image, crop: paste_crop(image, crop[:4], TURNED), r"square.* Got \(4, 8, 3\)"),
        (lambda image, crop: paste_crop(image, crop, TURNED, feather=0), "`feather` must be above 0"),
        (lambda image, crop: paste_crop(image, crop, TURNED, feather=0.6), "Got 0.6"),
        (lambda image, crop: paste_change(image, crop, crop[:4, :4], TURNED), r"\(8, 8, 3\), \(4, 4, 3\)"),
    ],
)
def test_bad_input_is_refused(paste, message: str) -> None:
    with pytest.raises(UserError, match=message):
        paste(noise(140, 170, 3), noise(8, 8, 3))
