"""The command that compares precisions."""

from __future__ import annotations

import re

import pytest


@pytest.mark.network
def test_the_command_prints_a_table(toy_recipe, command):
    status, out, _ = command("precision", toy_recipe)
    assert status == 0
    assert re.search(r"float32 .* 100\.0000% .* 0\.0000 .* 0\.0000 .* yes", out)
    assert re.search(r"bfloat16 .* \d\d\.\d{4}% .* 0\.\d{4} .* (yes|no)", out)
    assert "toy.generator.h5 on " in out
