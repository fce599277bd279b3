"""Words of verdicts in resamples of the edited faces."""

from __future__ import annotations

import numpy as np

from pipelines.evaluation.verdict_rules import resampled_words

AMONG = np.array([[False, True], [False, True], [False, True], [False, True]])


def test_each_resample_gives_a_word_and_the_samples_own_is_the_first():
    # Axes: one on the edge of entangled, one that hardly moves, one that does not reach, one not seen to move.
    furthest = np.array([[1.5, 0.05, 0.9, np.nan]] * 5)
    furthest[1:3, 1] = 0.2
    furthest[1, 2] = 1.1
    changes = np.full((5, 4, 2), np.nan)
    changes[:, 0] = np.array([[1, 0.4], [1, 0.6], [1, -0.7], [1, 0.45], [1, 0.3]])
    words = resampled_words(furthest, changes, AMONG, 1.0)
    assert words[0] == {"usable": 0.5, "entangled": 0.5}
    assert words[1] == {"not found": 0.5, "weak": 0.5}
    assert words[2] == {
        "weak": 0.75,
        "": 0.25,
    }  # it reaches so far in one resample, where nothing else is known
    assert words[3] == {"not found": 1.0}
    assert [next(iter(row)) for row in words] == ["usable", "not found", "weak", "not found"]


def test_attribute_that_does_not_count_entangles_nothing():
    changes = np.array([[[1.0, 0.9]]] * 3)
    assert resampled_words(np.full((3, 1), 2.0), changes, np.zeros((1, 2), bool), 1.0) == [{"usable": 1.0}]


def test_faces_that_become_somebody_else_entangle():
    same = np.array([[0.4], [0.4], [0.6], [0.3], [np.nan]])
    changes = np.array([[[1.0, 0.0]]] * 5)
    (words,) = resampled_words(np.full((5, 1), 2.0), changes, AMONG[:1], 1.0, same)
    assert words == {"entangled": 0.5, "usable": 0.5}
