"""Pictures that a labeller reads as something else, and the part of them that it knows."""

from __future__ import annotations

import math
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from models.weights.feature_statistics import fit_feature_statistics
from pipelines.recipe.sections import View
from pipelines.sources.framing_check import (
    FAR,
    Framing,
    check_framing,
    cut_part,
    pictures_to_look_at,
    read_framing,
)

SIZE = 32


def disc_pictures(count, *, centre=(0.5, 0.5), radius=0.35, seed=0, size=SIZE):
    """Faces as simple as can be: a red disc on grey, of varying brightness, position and size."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / size + 0.5 / size
    pictures = np.full((count, size, size, 3), 110.0)
    for picture in pictures:
        x, y = np.array(centre) + random.normal(0, 0.01, 2)
        inside = (columns - x) ** 2 + (rows - y) ** 2 < (radius * random.normal(1, 0.03)) ** 2
        picture[inside] = (random.normal(200, 20), 60, 40)
        picture += random.normal(0, 4, picture.shape)
    return np.clip(pictures, 0, 255).astype(np.uint8)


class BlockLabeller:
    """Scores are the brightness of red; features the means of 16 blocks and three colours."""

    name, resolution, window = "blocks", SIZE, None

    def score_and_features(self, images, latents=None, start=0):
        size = images.shape[1] // 4
        blocks = images.astype("float32").reshape(len(images), 4, size, 4, size, 3).mean(axis=(2, 4)) / 255
        features = blocks.reshape(len(images), -1)
        return blocks[..., 0].mean(axis=(1, 2))[:, None], features


LABELLER = BlockLabeller()
STATISTICS = fit_feature_statistics(*LABELLER.score_and_features(disc_pictures(400, seed=9)))


@pytest.fixture(autouse=True)
def no_detector(home):
    """A home without the face detector's files."""


def test_pictures_like_the_photographs_are_not_warned_about():
    framing = check_framing(LABELLER, STATISTICS, disc_pictures(200))
    assert framing.distance < FAR / 2
    assert (framing.far, framing.sentences, framing.view) == (False, (), None)


def test_wider_pictures_are_far_and_their_middle_is_proposed():
    # A disc of radius 0.35 in a part of side 0.6 around (0.45, 0.55).
    wide = disc_pictures(200, centre=(0.45, 0.55), radius=0.35 * 0.6, size=64)
    framing = check_framing(LABELLER, STATISTICS, wide)
    assert framing.far
    left, top, side = framing.view
    assert abs(side - 0.6) < 0.06
    assert abs(left + side / 2 - 0.45) < 0.05
    assert abs(top + side / 2 - 0.55) < 0.05
    assert framing.nearer < framing.distance / 2
    assert f"left = {left:g}, top = {top:g}, side = {side:g}" in framing.sentences[1]


def test_part_of_a_view_is_told_as_a_part_of_the_whole_picture():
    wide = disc_pictures(200, centre=(0.5, 0.5), radius=0.35 * 0.6, size=64)
    alone = check_framing(LABELLER, STATISTICS, wide)
    within = check_framing(LABELLER, STATISTICS, wide, View(size=64, left=0.2, top=0.4, side=0.5))
    wanted = (0.2 + 0.5 * alone.view[0], 0.4 + 0.5 * alone.view[1], 0.5 * alone.view[2])
    np.testing.assert_allclose(within.view, wanted, atol=0.002)
    left, top, side = within.view
    View(size=64, left=left, top=top, side=side)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda images: images[..., ::-1], "red and blue swapped"),
        (lambda images: 255 - images, "as negatives"),
    ],
)
def test_swapped_colours_and_negatives_are_named(change, words):
    framing = check_framing(LABELLER, STATISTICS, change(disc_pictures(200)))
    assert framing.far
    assert framing.view is None
    assert words in framing.sentences[1]


def test_pictures_without_anything_known_get_no_view():
    noise = np.random.default_rng(0).integers(0, 256, (100, SIZE, SIZE, 3)).astype(np.uint8)
    framing = check_framing(LABELLER, STATISTICS, noise)
    assert (framing.far, framing.view) == (True, None)
    assert "doubt the labels" in framing.sentences[1]


def test_too_few_pictures_or_no_scores_tell_nothing():
    assert check_framing(LABELLER, STATISTICS, disc_pictures(10)) is None
    unknown = SimpleNamespace(
        name="x",
        score_and_features=lambda images, *_: (
            np.full((len(images), 1), np.nan),
            np.zeros((len(images), 48)),
        ),
    )
    assert check_framing(unknown, STATISTICS, disc_pictures(100)) is None


@pytest.mark.parametrize(
    "framing",
    [
        Framing("a", 0.5, False),
        Framing("a", 1.5, True),
        Framing("a", 1.5, True, (0.1, 0.2, 0.3), 0.25),
        Framing("a", 4.0, True, None, 0.5, "upside down"),
    ],
)
def test_what_was_told_is_read_back(framing):
    found = read_framing(msgspec.json.decode(msgspec.json.encode(framing.record)))
    assert found.sentences == framing.sentences
    assert (found.labeller, found.view, found.far) == (framing.labeller, framing.view, framing.far)
    assert found.nearer == framing.nearer or (math.isnan(found.nearer) and math.isnan(framing.nearer))


def test_part_is_cut_out_by_area():
    picture = np.zeros((1, 64, 64, 3), np.uint8)
    picture[:, 16:48, 32:64] = 200
    for size in (16, 32, 64):
        cut = cut_part(picture, (0.5, 0.25, 0.5), size)
        assert cut.shape == (1, size, size, 3)
        assert (cut == 200).all()


def test_fewer_large_pictures_are_looked_at():
    assert [pictures_to_look_at(size) for size in (64, 512, 1024, 4096)] == [256, 256, 85, 64]
