"""How figures are written on pages."""

from __future__ import annotations

import numpy as np

from pipelines.report.template import around, card_areas, interval, labeller_area, number


def test_number_with_its_interval():
    assert interval(0.912, 0.9, 0.925) == "0.91 (0.90 to 0.93)"
    assert interval(0.912, np.nan, np.nan) == interval(0.912, None, None) == "0.91"
    assert interval(None, None, None) == number(None) == "–"
    assert around(0.912, 0.9, 0.925) == "0.91 ± 0.01"
    assert around(0.912, None, 0.925) == "0.91"


def test_area_of_a_card_has_the_interval_of_its_counts():
    assert labeller_area({"auc": 0.75, "base_rate": 0.01, "n": 1500.0}) == "0.75 (0.61 to 0.85)"
    assert labeller_area({"auc": 0.75}) == "0.75"  # a card that does not say how many


def test_areas_of_cards_stand_where_there_are_no_photographs():
    labellers = [{"attributes": {"Male": {"auc": 0.987}}}, {"attributes": {"Age": {"r2": 0.5}}}]
    assert card_areas(labellers, "Male", "Age") == "AUC 0.99, AUC –"
