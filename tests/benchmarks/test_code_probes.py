"""Probes of codes that hold a factor, hold it bent, or do not hold it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.code_probes import explained, named, prepare_code, probe_table

COUNT = 1500
RANDOM = np.random.default_rng(0)
FACTOR, OTHER = RANDOM.standard_normal((2, COUNT))
MIXING = RANDOM.standard_normal((3, 12))


def code_of(*columns):
    """A code of 12 numbers that mixes three columns."""
    noise = RANDOM.standard_normal((3 - len(columns), COUNT))
    return np.concatenate([columns, noise]).T @ MIXING


def read(factor, *columns):
    """R² of a factor in a code of these columns, linear and by the small network."""
    return [values[0] for values in explained(prepare_code(code_of(*columns)), factor[:, None])]


def test_a_factor_that_a_code_holds_is_read():
    assert min(read(FACTOR, FACTOR, OTHER)) > 0.97


def test_a_factor_that_a_code_does_not_hold_is_not_read():
    linear, small = read(FACTOR, OTHER)
    assert abs(linear) < 0.02
    assert abs(small) < 0.1


def test_a_bent_factor_is_read_by_the_small_network_alone():
    linear, small = read(FACTOR**2, FACTOR, OTHER)
    assert linear < 0.05
    assert small > 0.8


def test_several_factors_are_read_side_by_side():
    linear, small = explained(prepare_code(code_of(FACTOR)), np.stack([OTHER, FACTOR], axis=1))
    assert linear[1] > 0.97 > 0.02 > abs(linear[0])
    assert small[1] > 0.95 > 0.1 > abs(small[0])


@pytest.mark.parametrize(("held", "share"), [(True, 1.0), (False, 0.25)])
def test_people_are_named_where_a_code_tells_them_and_by_chance_elsewhere(held, share):
    numbers = np.arange(COUNT) % 4
    code = code_of(3 * np.isin(numbers, [0, 1]), 3 * np.isin(numbers, [0, 2])) if held else code_of(OTHER)
    assert named(prepare_code(code), numbers) == pytest.approx((share, share), abs=0.07)


def test_numbers_that_never_vary_are_left_out():
    code = prepare_code(np.stack([np.full(30, 5.0), np.arange(30.0)], axis=1))
    assert code.numbers.shape == (30, 1)
    assert code.fitted == 20
    assert code.numbers[:20].mean() == pytest.approx(0, abs=1e-6)


def test_table_has_a_row_for_each_code():
    lines = probe_table({"code": code_of(FACTOR)}, {"Light": FACTOR}, np.arange(COUNT) % 2).splitlines()
    assert lines[0] == "| code | numbers | person | Light |"
    assert lines[2].startswith("| code | 12 | ")
