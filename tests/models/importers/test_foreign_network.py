"""Foreign networks: outputs by name or number."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.importers.foreign_network import ForeignNetwork
from tlgan.errors import UserError

NETWORK = ForeignNetwork(Path("a.onnx"), (3,), None, ("scores", "features"), run=lambda rows: [rows, rows])


@pytest.mark.parametrize(("output", "number"), [(0, 0), (1, 1), ("scores", 0), ("features", 1)])
def test_output_number_by_name_or_number(output, number):
    assert NETWORK.output_number(output) == number


@pytest.mark.parametrize("output", [2, "nothing"])
def test_output_number_refuses_an_unknown_output(output):
    with pytest.raises(UserError, match=r"a.onnx: has no output .* It has \['scores', 'features'\]"):
        NETWORK.output_number(output)
