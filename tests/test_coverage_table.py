"""The table of coverage: totals over the modules of a package."""

from __future__ import annotations

from tests.coverage_table import coverage_lines


def test_modules_are_summed_by_package():
    files = {"tlgan/axes.py": (9, 10), "tlgan/formats/npz_file.py": (990, 1000), "data/splits.py": (1, 2)}
    assert coverage_lines(files) == [
        "Coverage: tlgan       99 %  (999 of 1,010 lines)",
        "Coverage: data        50 %  (1 of 2 lines)",
        "Coverage: all         99 %  (1,000 of 1,012 lines)",
    ]


def test_a_package_without_lines_has_no_row():
    assert coverage_lines({"models/__init__.py": (0, 0)}) == []
