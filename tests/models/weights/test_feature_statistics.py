"""Statistics of a labeller's features: other people are near, what the scores do not explain is far."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.weights.feature_statistics import (
    FeatureStatistics,
    fit_feature_statistics,
    read_feature_statistics,
    statistics_path,
    write_feature_statistics,
)
from tlgan.errors import UserError

SCORES, FEATURES = 3, 12


def photographs(count, seed, *, score_shift=0.0, feature_shift=0.0):
    """Scores, and features that are a table times the scores plus noise of deviation 2."""
    random = np.random.default_rng(seed)
    table = np.random.default_rng(99).standard_normal((SCORES, FEATURES))
    scores = random.standard_normal((count, SCORES)) + score_shift
    return scores, scores @ table + 2 * random.standard_normal((count, FEATURES)) + feature_shift


@pytest.fixture(scope="module")
def statistics() -> FeatureStatistics:
    found = fit_feature_statistics(*photographs(2_000, 0))
    assert found is not None
    return found


def test_parts_of_the_photographs_have_mean_zero_and_deviation_one(statistics):
    scores, features = photographs(2_000, 0)
    parts = features @ statistics.feature_weights + scores @ statistics.score_weights + statistics.offsets
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(parts.std(axis=0), 1, atol=0.01)
    assert np.abs(np.corrcoef(np.hstack([scores, parts]).T)[:SCORES, SCORES:]).max() < 1e-9


@pytest.mark.parametrize("score_shift", [0.0, 2.0, -2.0])
def test_other_people_framed_alike_are_near(statistics, score_shift):
    assert statistics.distance(*photographs(256, 1, score_shift=score_shift)) < 0.5


@pytest.mark.parametrize("shift", [0.5, 2.0])
def test_distance_is_the_shift_in_deviations(statistics, shift):
    scores, features = photographs(4_000, 1, feature_shift=shift)
    # The shift of all 12 features is `shift` · √12 long, and the noise deviates by 2.
    assert statistics.distance(scores, features) == pytest.approx(shift * np.sqrt(FEATURES) / 2, rel=0.08)


def test_few_pictures_are_not_far_for_being_few(statistics):
    distances = [statistics.distance(*photographs(16, seed)) for seed in range(2, 40)]
    assert np.mean(np.square(distances)) < 0.7  # of 12 parts, 16 pictures would be 0.75 away by chance alone


def test_unknown_scores_have_no_distance(statistics):
    scores, features = photographs(10, 1)
    scores[3, 1] = np.nan
    assert np.isnan(statistics.distance(scores, features))


@pytest.mark.parametrize("count", [0, 5, 24])
def test_too_few_photographs_give_none(count):
    assert fit_feature_statistics(*photographs(count, 0)) is None


def test_constant_features_give_none():
    assert fit_feature_statistics(photographs(500, 0)[0], np.ones((500, FEATURES))) is None


def test_statistics_are_read_back_for_their_network_alone(statistics, tmp_path):
    network = tmp_path / "mine.labeller.h5"
    network.write_bytes(b"network")
    assert read_feature_statistics(network) is None
    write_feature_statistics(network, statistics)
    assert statistics_path(network).name == "mine.labeller.features.json"
    found = read_feature_statistics(network)
    pictures = photographs(300, 3, feature_shift=0.7)
    assert found.distance(*pictures) == pytest.approx(statistics.distance(*pictures), rel=1e-3)
    network.write_bytes(b"another")
    assert read_feature_statistics(network) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("offsets"),
        lambda content: content["offsets"].pop(),
        lambda content: content.update(feature_weights=[1.0]),
        lambda content: content.update(score_weights=[[1.0], [1.0, 2.0]]),
        lambda content: content.update(more=1),
    ],
)
def test_damaged_statistics_are_one_sentence(statistics, tmp_path, change):
    network = tmp_path / "mine.labeller.h5"
    network.write_bytes(b"network")
    write_feature_statistics(network, statistics)
    content = json.loads(statistics_path(network).read_bytes())
    change(content)
    statistics_path(network).write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"mine.labeller.features.json: "):
        read_feature_statistics(network)
