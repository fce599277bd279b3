"""Tables of an evaluation: what is compared, and at what change."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.tables import EqualChange, known_level_means, leakage_table


def test_edit_that_reaches_few_axes_is_left_out_of_the_comparison():
    reached, lost = np.ones((3, 5, 4)), np.full((3, 5, 4), np.nan)
    partly = reached * 2
    partly[:, :, 3] = np.nan
    rows = [{"identity": 0.9, "realism_change": -1.0, "saturated_change": 0.0}] * 4
    edits = {name: {"by_axis": rows} for name in ("raw", "lowdin", "all-locked")}
    table = leakage_table({"raw": reached, "lowdin": partly, "all-locked": lost}, edits)
    assert table["axes"] == 3
    assert table["axes_reached"] == {"raw": 4, "lowdin": 3, "all-locked": 0}
    assert list(table["edits"]) == ["raw", "lowdin"]
    assert table["edits"]["lowdin"]["mean_minus_first"]["value"] == 1.0
    assert leakage_table({"raw": lost}, {"raw": {"by_axis": rows}})["edits"] == {}


def test_leakage_table_names_the_edit_with_the_least_mean_and_pairs_differences():
    random = np.random.default_rng(0)
    raw = random.uniform(1, 2, (3, 30, 4))
    rows = [{"identity": 0.9, "realism_change": np.nan, "saturated_change": 0.0}] * 4
    edits = {name: {"by_axis": rows} for name in ("raw", "locked")}
    table = leakage_table({"raw": raw, "locked": raw - 0.5}, edits)
    assert table["least"] == "locked"
    difference = table["edits"]["locked"]["mean_minus_first"]
    assert (difference["value"], difference["low"], difference["high"]) == pytest.approx((-0.5, -0.5, -0.5))
    assert table["edits"]["raw"]["mean"]["value"] == pytest.approx(raw[0, 0].mean())
    assert table["edits"]["raw"]["identity"] == pytest.approx(0.9)
    assert np.isnan(table["edits"]["raw"]["realism_change"])


def test_known_level_means_are_over_latents_and_signs():
    achieved = np.array([[[-2.0, -1.0, 1.0, 2.0]], [[np.nan, 0.0, 2.0, np.nan]]])
    np.testing.assert_allclose(known_level_means(achieved, (-2.0, -1.0, 1.0, 2.0)), [[0.5, 0.0]])
    unknown = known_level_means(np.full((2, 1, 2), np.nan), (-1.0, 1.0))
    assert unknown.tolist() == [[-np.inf]]


def test_equal_change_reads_values_where_the_target_has_changed_so_far():
    achieved = np.array([[[1.0, 3.0]]])
    at = EqualChange(achieved, (1.0, 2.0), 2.0, np.ones((1, 1)))
    np.testing.assert_allclose(at.read(np.array([[[0.1, 0.3]]])), [[0.2]])
    np.testing.assert_allclose(at.read(achieved), [[2.0]])
