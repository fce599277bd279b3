"""The command of the comparison: its help, and its tables on an editor whose every change is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.editors.__main__ import PARTS, compare, main
from benchmarks.editors.contenders import Contender
from tests.benchmarks.editors.exact_example import FACES, JUDGE, Shifting


def test_help_lists_the_parts(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"python -m benchmarks.editors {part}" in shown or f" {part} " in shown for part in PARTS)


def test_compare_prints_a_table_of_every_kind(capsys):
    contenders = [Contender(Shifting(leak), (1.0, 2.0, 3.0), 5.0) for leak in (0.5, 0.0)]
    found = compare("Smiling", FACES, contenders, JUDGE, [0.5])
    printed = capsys.readouterr().out
    assert "### Smiling, 60 faces" in printed
    assert "Where Smiling has changed by 0.5 sd" in printed
    assert printed.count("| leak 0 |") == 4
    assert found["flipped"] == {"leak 0.5": [0.0, 0.5, 1.0], "leak 0": [0.0, 0.5, 1.0]}
    first, second = found["at"][0]["editors"].values()
    assert first["leakage"] > 0.05
    np.testing.assert_allclose(second["leakage"], 0, atol=1e-9)
