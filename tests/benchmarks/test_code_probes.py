"""Probes of codes that hold a factor, hold it bent, or do not hold it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.code_probes import explained, named, probe_table, standardised

COUNT = 1500
RANDOM = np.random.default_rng(0)
FACTOR, OTHER = RANDOM.standard_normal((2, COUNT))
MIXING = RANDOM.standard_normal((3, 12))


def code_of(*columns):
    """A code of 12 numbers that mixes three columns."""
    noise = RANDOM.standard_normal((3 - len(columns), COUNT))
    return standardised(np.stack([*columns, *noise], axis=1) @ MIXING, 2 * COUNT // 3)


def test_a_factor_that_a_code_holds_is_read():
    assert min(explained(code_of(FACTOR, OTHER), FACTOR)) > 0.97


def test_a_factor_that_a_code_does_not_hold_is_not_read():
    linear, small = explained(code_of(OTHER), FACTOR)
    assert abs(linear) < 0.02
    assert abs(small) < 0.1


def test_a_bent_factor_is_read_by_the_small_network_alone():
    linear, small = explained(code_of(FACTOR, OTHER), FACTOR**2)
    assert linear < 0.05
    assert small > 0.8


@pytest.mark.parametrize(("held", "share"), [(True, 1.0), (False, 0.25)])
def test_people_are_named_where_a_code_tells_them_and_by_chance_elsewhere(held, share):
    numbers = np.arange(COUNT) % 4
    code = code_of(3 * np.isin(numbers, [0, 1]), 3 * np.isin(numbers, [0, 2])) if held else code_of(OTHER)
    assert named(code, numbers) == pytest.approx((share, share), abs=0.07)


def test_columns_that_never_vary_are_left_out():
    codes = np.stack([np.full(30, 5.0), np.arange(30.0)], axis=1)
    standard = standardised(codes, 20)
    assert standard.shape == (30, 1)
    assert standard[:20].mean() == pytest.approx(0, abs=1e-6)


def test_table_has_a_row_for_each_code():
    lines = probe_table({"code": code_of(FACTOR)}, {"Light": FACTOR}, np.arange(COUNT) % 2).splitlines()
    assert lines[0] == "| code | numbers | person | Light |"
    assert lines[2].startswith("| code | 12 | ")
