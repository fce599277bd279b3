"""What one look at the training responses tells of every column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlgan.rows import Bool, Float, Int, Rows


@dataclass(frozen=True)
class Summary:
    """What one look at the training responses tells, per column.

    Attributes
    ----------
    counts : int array, shape (n_columns,)
        Responses that are not missing.
    means : float64 array, shape (n_columns,)
        0 where all are missing.
    constant : bool array, shape (n_columns,)
        Fewer than two different values.
    hard : bool array, shape (n_columns,)
        Only 0 and 1 occur.
    patterns : int array, shape (n_columns,)
        Columns that miss the same rows share a number, from 0 without gaps.
    """

    counts: Int
    means: Float
    constant: Bool
    hard: Bool
    patterns: Int


def summarise(rows: Rows) -> Summary:
    """Look once at the training responses."""
    width = len(rows.columns)
    counts = np.zeros(width, dtype=np.intp)
    sums = np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    hard = np.ones(width, dtype=np.bool_)
    patterns = np.zeros(width, dtype=np.intp)
    for _, responses, held in rows.response_chunks():
        responses = responses[~held]
        present = ~np.isnan(responses)
        counts += present.sum(axis=0)
        sums += responses.sum(axis=0, where=present)
        low = np.fmin(low, responses.min(axis=0, where=present, initial=np.inf))
        high = np.fmax(high, responses.max(axis=0, where=present, initial=-np.inf))
        hard &= ((responses == 0) | (responses == 1) | ~present).all(axis=0)
        if not present.all():
            local = np.unique(present, axis=1, return_inverse=True)[1].ravel()
            patterns = np.unique(patterns * width + local, return_inverse=True)[1]
    means = sums / np.maximum(counts, 1)
    return Summary(counts, means, low >= high, hard, np.asarray(patterns, dtype=np.intp))
