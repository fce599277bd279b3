"""Every promise of docs/reliability.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (?!promise|---)(.+?) \| (.+?) \|$", re.MULTILINE)


def promises(text: str) -> list[tuple[str, list[Path]]]:
    """What is promised, and the tests beside it; those of the line before where it says "the same"."""
    found: list[tuple[str, list[Path]]] = []
    for promise, tests in ROW.findall(re.sub(r"## Tallies.*?(?=\n## )", "", text, flags=re.DOTALL)):
        named = [Path(name) for name in re.findall(r"`([\w/]*test_\w+\.py)`", tests)]
        # A file without a folder lies beside the one named before it.
        paths = [path if len(path.parts) > 1 else named[0].with_name(path.name) for path in named]
        if "the same" in tests:
            paths = found[-1][1] + paths
        if paths:
            found.append((promise, paths))
        else:
            assert "test" not in tests, f"{promise}: names no test"
    return found


def test_every_promise_has_tests_that_are_there():
    found = promises((ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))
    assert len(found) > 60
    missing = [
        (promise, str(path)) for promise, paths in found for path in paths if not (ROOT / path).is_file()
    ]
    assert missing == []


def test_names_of_tests_are_found():
    text = "| promise | test |\n|---|---|\n| a | `tests/x/test_a.py`, `test_b.py` |\n"
    text += "| … c | the same, and `tests/test_c.py` |\n"
    a, b, c = Path("tests/x/test_a.py"), Path("tests/x/test_b.py"), Path("tests/test_c.py")
    assert promises(text) == [("a", [a, b]), ("… c", [a, b, c])]
