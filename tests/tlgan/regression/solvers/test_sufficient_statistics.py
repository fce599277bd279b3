"""Counts, means, kinds and patterns of the training responses."""

from __future__ import annotations

import numpy as np

from tlgan.regression.solvers.sufficient_statistics import summarise_responses
from tlgan.regression.streaming.row_stream import Rows, TargetColumn


def test_summarise_responses_finds_counts_means_kinds_and_patterns():
    nan = np.nan
    responses = np.array(
        [[1, 5.0, 2, nan, 0], [0, nan, 2, 1, nan], [1, 7.0, 2, 1, nan], [nan, 9.0, 2, nan, 1]]
    )
    responses = np.hstack([responses, responses[:, 1:2] * 2])
    rows = Rows(np.zeros((4, 1)), responses, tuple(map(TargetColumn, range(6))))
    summary = summarise_responses(rows)
    assert summary.counts.tolist() == [3, 3, 4, 2, 2, 3]
    np.testing.assert_allclose(summary.means, [2 / 3, 7, 2, 1, 0.5, 14])
    assert summary.constant.tolist() == [False, False, True, True, False, False]
    assert summary.hard.tolist() == [True, False, False, True, True, False]
    assert summary.patterns[1] == summary.patterns[5]
    assert len(set(summary.patterns.tolist())) == 5
