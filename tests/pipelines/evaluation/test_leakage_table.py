"""Leakage side by side: which axes and edits are compared, paired differences, intervals over latents and axes."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.leakage_table import (
    MeasuredEdit,
    leakage_draws,
    leakage_table,
    least_sentences,
    with_interval,
)
from tests.tlgan.evaluation.linear_example import planted, rescore, truth
from tlgan.evaluation.bootstrap import bootstrap_weights

NATURAL = np.full(4, 0.2)


def measured(leakage: np.ndarray, identity: float = 0.9) -> MeasuredEdit:
    """An edit with this leakage, whose axes reach 1.2 sd where it is known."""
    furthest = np.where(np.isnan(leakage[0]), 0.1, 1.2)
    pictures = {"identity": np.full(leakage.shape[2], identity), "realism_change": np.full(4, np.nan)}
    return MeasuredEdit(leakage, furthest, pictures)


def test_edit_that_reaches_few_axes_is_left_out_of_the_comparison():
    reached, lost = np.ones((3, 5, 4)), np.full((3, 5, 4), np.nan)
    partly = reached * 2
    partly[:, :, 3] = np.nan
    edits = {"raw": measured(reached), "lowdin": measured(partly), "all-locked": measured(lost)}
    table = leakage_table(1.0, edits, NATURAL)
    assert (table["change"], table["axes"]) == (1.0, 3)
    counts = [count["value"] for count in table["axes_reached"].values()]
    assert counts == pytest.approx([4, 3, 0])
    assert list(table["edits"]) == ["raw", "lowdin"]
    assert table["edits"]["lowdin"]["mean_minus_first"]["value"] == 1.0
    assert table["unedited"]["value"] == pytest.approx(0.2)
    assert leakage_table(1.0, {"raw": measured(lost)}, NATURAL)["edits"] == {}


def test_leakage_table_names_the_edit_with_the_least_mean_and_pairs_differences():
    random = np.random.default_rng(0)
    raw = random.uniform(1, 2, (3, 30, 4))
    table = leakage_table(0.5, {"raw": measured(raw), "locked": measured(raw - 0.5)}, NATURAL)
    assert table["least"] == "locked"
    difference = table["edits"]["locked"]["mean_minus_first"]
    assert (difference["value"], difference["low"], difference["high"]) == pytest.approx((-0.5, -0.5, -0.5))
    assert table["edits"]["raw"]["mean"]["value"] == pytest.approx(raw[0, 0].mean())
    assert table["edits"]["raw"]["identity"] == pytest.approx(0.9)
    assert np.isnan(table["edits"]["raw"]["realism_change"])
    assert table["unedited"]["value"] == pytest.approx(0.1)


def test_intervals_are_over_the_axes_too():
    by_axis = np.random.default_rng(1).normal(1, 0.5, 40)
    certain = np.broadcast_to(by_axis, (3, 401, 40))  # nothing depends on the latents
    edit = MeasuredEdit(certain, np.where(by_axis > 1, 2.0, 0.3) * np.ones((401, 1)), {})
    table = leakage_table(1.0, {"raw": edit}, by_axis)
    mean = table["edits"]["raw"]["mean"]
    half = 1.96 * by_axis.std() / np.sqrt(40)
    assert mean["value"] == pytest.approx(by_axis.mean())
    assert mean["high"] - mean["low"] == pytest.approx(2 * half, rel=0.15)
    count = table["axes_reached"]["raw"]
    share = (by_axis > 1).mean()
    assert count["value"] == pytest.approx((by_axis > 1).sum())
    assert count["high"] - count["low"] == pytest.approx(
        2 * 1.96 * np.sqrt(40 * share * (1 - share)), rel=0.2
    )


def test_draws_of_a_linear_example_are_the_cosines():
    axes = planted()
    weights = bootstrap_weights(40, 10)
    draws = leakage_draws(rescore(axes, "raw", truth(axes)), 0.8, weights)
    others = 0.8 * (np.abs(axes.raw_directions @ axes.raw_directions.T) - np.eye(4))
    assert draws.shape == (3, 11, 4)
    np.testing.assert_allclose(draws[0, 0], others.sum(axis=1) / 3, atol=1e-5)
    np.testing.assert_allclose(draws[1, 0], others.max(axis=1), atol=1e-5)
    np.testing.assert_allclose(draws[2, 0], others.sum(axis=1) / 3, atol=1e-5)  # no scatter to average out


def test_interval_stands_beside_the_figure():
    found = with_interval(np.array([5.0, 1.0, 2.0, 3.0]))
    assert found["value"] == 5.0
    assert 1 <= found["low"] < found["high"] <= 3


def difference(value: float, away: float) -> dict[str, float]:
    return {"value": value, "low": value - away, "high": value + away}


EDITS = {
    "raw": {"mean": {"value": 0.4}},
    "lowdin": {"mean": {"value": 0.35}},
    "local": {"mean": {"value": 0.2}},
}


def test_sentences_say_what_leaks_least_and_what_the_files_axes_do():
    others = {"raw": difference(-0.2, 0.05), "lowdin": difference(-0.15, 0.2)}
    exported = {"raw": difference(-0.05, 0.1), "project": difference(-0.1, 0.05)}
    leakage = {
        "edits": EDITS,
        "least_minus": {"edit": "local", "others": others},
        "exported_minus": {"edit": "lowdin", "others": exported},
    }
    first, second, third = least_sentences(leakage, "project")
    assert first == (
        "local leaks least: 0.200 sd, 0.150 less than lowdin (-0.050 to 0.350, no certain difference) and "
        "0.200 less than raw (0.150 to 0.250)."
    )
    assert second == (
        "Of straight axes, which can be exported, lowdin leaks least, 0.050 less than raw (-0.050 to 0.150, no certain "
        "difference) and 0.100 less than project (0.050 to 0.150)."
    )
    assert third == 'The recipe should say `orthogonalize.method = "none"`.'
    assert len(least_sentences(leakage, "none")) == 2
    leakage["exported_minus"]["others"]["raw"] = difference(-0.05, 0.01)
    assert least_sentences(leakage, "none")[2] == 'The recipe should say `orthogonalize.method = "lowdin"`.'
    assert len(least_sentences(leakage, "lowdin")) == 2


def test_sentences_advise_the_raw_axes_where_they_leak_less():
    exported = {"orthogonalized": difference(-0.1, 0.05)}
    leakage = {"edits": EDITS, "exported_minus": {"edit": "raw", "others": exported}}
    first, second = least_sentences(leakage, "project")
    assert first.endswith("raw leaks least, 0.100 less than orthogonalized (0.050 to 0.150).")
    assert second == 'The recipe should say `orthogonalize.method = "none"`.'
    assert least_sentences(leakage | {"exported_minus": {"edit": "raw", "others": {}}}, "none") == []  # alone


def test_nothing_compared_gives_no_sentence():
    assert least_sentences({"edits": {}}, "project") == []
