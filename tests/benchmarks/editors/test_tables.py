"""Tables of editors, and their paired differences."""

from __future__ import annotations

import numpy as np

from benchmarks.editors.sweep import AtChange, Sweep
from benchmarks.editors.tables import change_table, paired_differences, redrawn_table, swap_share_table
from tlgan.evaluation.rescoring import Rescoring

RANDOM = np.random.default_rng(1)


def at(leakage):
    others = np.ones(len(leakage))
    return AtChange(others, leakage, leakage, leakage, others, others, 1.0)


def sweep_of(name, leak, reach=2.0):
    shares = np.array([0.5, 1.0])
    changes = np.zeros((30, 1, 2, 2))
    changes[:, 0, :, 0] = reach * shares
    changes[:, 0, :, 1] = leak * shares + 0.01 * RANDOM.standard_normal((30, 2))
    rescoring = Rescoring(("Smiling",), ("Smiling", "Male"), shares, changes)
    flipped = np.repeat([[False, True]], 30, axis=0)
    identity = np.tile([0.02, 0.05, 0.2], (30, 1))
    return Sweep(
        name, "Smiling", rescoring, changes[:, 0, :, 0], flipped, identity, np.array([1.0, 2.0, 4.0]),
        np.full(30, 0.1), np.full(30, 25.0), 3.21,
    )  # fmt: skip


def test_differences_are_paired():
    common = RANDOM.standard_normal(401)  # what resampled faces do to both editors
    found = paired_differences({"one": at(1 + common), "other": at(1.5 + common)})
    difference, low, high = found["other"]["leakage"]
    np.testing.assert_allclose([difference, low, high], 0.5)


def test_change_table_tells_what_is_not_reached():
    text, numbers = change_table([sweep_of("axis", 0.3), sweep_of("weak", 0.1, reach=0.5)], 1.0, 0.1)
    lines = text.splitlines()
    assert lines[2].startswith("| axis | 2.00")
    assert "100%" in lines[2]
    assert "3.2" in lines[2]
    assert lines[3].startswith("| weak | 0.50")
    assert lines[3].count("–") == 6
    assert lines[-1] == "| weak | – | – | – |"
    assert abs(numbers["editors"]["axis"]["leakage"] - 0.15) < 0.01


def test_tables_of_redrawn_faces_and_of_flips():
    assert redrawn_table([sweep_of("axis", 0.3)], 0.1, {"axis": 12.4}).splitlines()[2] == (
        "| axis | 25.0 | 0.10 | 0.020 | 100% | 1.00 | 12 |"
    )
    assert "| axis | 0% at 0.5, 100% at 1 |" in swap_share_table([sweep_of("axis", 0.3)], 0.9)
