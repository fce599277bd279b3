"""The benchmark of alignment measures what it says, on photographs whose faces are dots."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.face_alignment import distance, fits, turn
from data.images.alignment import TEMPLATE
from data.images.similarity import Similarity
from tests.pipelines.dotted_faces import DotDetector, dotted_photograph, find_dots

ALIGNED = dotted_photograph(Similarity(1, 0), width=178, height=218)


def test_turn_says_where_each_point_went():
    random = np.random.default_rng(0)
    for _ in range(3):
        turned = turn(ALIGNED, random, degrees=20)
        assert 1.3 <= turned.truth.scale <= 3
        assert abs(turned.truth.degrees) <= 20
        np.testing.assert_allclose(find_dots(turned.pixels), turned.truth.points(TEMPLATE), atol=0.5)


def test_distance_is_in_pixels_of_the_aligned_photograph():
    truth = Similarity(2j, 7 + 0j)
    assert distance(truth, truth) == 0
    assert distance(Similarity(1, 6 + 8j).after(truth), truth) == pytest.approx(5)


def test_fits_of_a_detector_that_errs_at_the_first_look_alone():
    turned = turn(ALIGNED, np.random.default_rng(1), degrees=20)
    found = fits(turned.pixels, DotDetector((turned.truth,)))
    errors = {name: distance(fit, turned.truth) for name, fit in found.items()}
    assert errors["ours"] < 0.5
    assert errors["ours"] < errors["first look alone"] < errors["first look, eyes alone"]
    assert fits(turned.pixels, DotDetector(())) is None
