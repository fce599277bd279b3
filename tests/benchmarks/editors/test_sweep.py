"""Sweeps of an editor whose every change is known: pictures hold the scores in their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.editors.sweep import at_change, directions_of, sweep_editor
from tests.benchmarks.editors.exact_example import FACES, JUDGE, SHOWN, Shifting, look
from tlgan.evaluation.bootstrap import bootstrap_weights

DEVIATIONS = SHOWN.std(axis=0)


def swept(**how):
    return sweep_editor(Shifting(**how), FACES, "Smiling", (1.0, 2.0, 3.0), JUDGE, look(FACES.images))


def test_directions_lead_to_the_other_side():
    assert directions_of(np.array([0.0, 1.0, 1.0])).tolist() == [1, -1, -1]
    assert directions_of(np.array([-2.0, 0.4, 3.0])).tolist() == [1, 1, -1]


def test_leakage_is_what_the_editor_does_outside_the_group_at_equal_change():
    weights = bootstrap_weights(len(FACES), 50)
    change = 40 / DEVIATIONS[0]  # amount 2
    found = at_change(swept(leak=0.5), change, weights, 10.0)
    assert found.reached[0] == pytest.approx(60 / DEVIATIONS[0], rel=1e-5)
    expected = 20 / DEVIATIONS[2] / 2  # the mean of sex and age; cheeks belong to the smile
    assert found.leakage[0] == pytest.approx(expected, rel=1e-5)
    assert found.scatter[0] == pytest.approx(expected, rel=1e-5)
    assert found.identity[0] == pytest.approx(10.0, rel=1e-5)  # 20 of the sex, 0 of the age
    assert found.second[0] == pytest.approx(80 / (2 * DEVIATIONS[0]), rel=1e-5)
    clean = at_change(swept(), change, weights, 10.0)
    assert clean.leakage[0] == 0
    assert clean.same_person[0] == pytest.approx(1)


def test_an_editor_that_does_not_get_there_has_no_figures():
    found = at_change(swept(), 61 / DEVIATIONS[0], bootstrap_weights(len(FACES), 50))
    assert np.isnan(found.leakage[0])
    assert np.isnan(found.frechet)
    assert np.isfinite(found.reached[0])


def test_flips_are_seen_where_the_score_crosses_the_middle():
    # From 60 over 100, and from 140 to 100 or below: at 40 the one arrives and the other does not.
    assert swept().flipped.mean(axis=0).tolist() == [0.0, 0.5, 1.0]


def test_what_drawing_unedited_costs_is_no_leakage():
    sweep = swept(age=30.0)
    assert sweep.drift.mean() == pytest.approx(30 / DEVIATIONS[3] / 4, rel=1e-5)
    assert sweep.identity[:, 0].mean() == pytest.approx(15.0)
    assert sweep.frechet[0] == pytest.approx(900, rel=1e-6)
    assert at_change(sweep, 0.5, bootstrap_weights(len(FACES), 5)).leakage[0] == pytest.approx(0, abs=1e-6)
    assert np.isinf(swept().psnr).all()
