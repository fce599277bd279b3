"""Fits that are equal to the last bit."""

from __future__ import annotations

import dataclasses

import numpy as np

from tlgan.regression.fit import Fits


def assert_same(found: Fits, expected: Fits) -> None:
    """Every field of the one is that of the other, NaN where NaN."""
    for field in dataclasses.fields(expected):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, np.ndarray):
            np.testing.assert_array_equal(ours, theirs, field.name)
        else:
            assert ours == theirs
