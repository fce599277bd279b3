"""Two runs on one page."""

from __future__ import annotations

import re


def test_comparison_of_a_run_with_itself_has_cosines_of_one(finished, command, home):
    other = finished.with_name("again.toml")
    other.write_text(finished.read_text().replace('name = "toy"', 'name = "again"'))
    status, out, err = command("report", finished, other)
    assert status == 0, err
    assert "compare-toy-again.html" in out
    text = (home / "runs/compare-toy-again.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<th scope="row">\w+</th><td>1\.00</td>', text)) == 4
    assert text.count("data:image/png;base64,") == 8
    assert f"not judged (python -m pipelines evaluate {finished})" in text


def test_run_without_axes_is_a_one_line_error(toy_recipe, command):
    status, _, err = command("report", toy_recipe, toy_recipe)
    assert status == 1
    assert f"python -m pipelines run {toy_recipe}`" in err
    assert "Traceback" not in err
