"""Columns to fit: their names and families."""

from __future__ import annotations

import numpy as np

from tlgan.regression.targets import build_targets


def targets_of(responses, kinds, family="huber"):
    names = [f"attribute {column}" for column in range(responses.shape[1])]
    latents = np.ones((len(responses), 2))
    return build_targets(latents, responses, names, kinds, family, held_out=0.1, seed=0, chunk_rows=4)


def test_categories_of_negative_zero_are_named_zero():
    codes = np.array([-0.0, -0.0, 1.0, -1.0, -0.0])[:, None]
    assert targets_of(codes, ["categorical"]).names == ("attribute 0=-1", "attribute 0=0", "attribute 0=1")


def test_binary_columns_of_zeros_and_ones_are_fitted_as_binomial():
    responses = np.array([[0.0, 0.5, 0.2], [1.0, -2.0, 0.7], [np.nan, 3.0, 0.1]])
    targets = targets_of(responses, ["binary", "binary", "continuous"])
    assert targets.families == ("binomial", "huber", "huber")
    assert targets.thresholds.tolist() == [0.5, 0, 0]
