"""The files that speak of a release agree on its version."""

from __future__ import annotations

import re
from pathlib import Path

from tlgan.version import __version__

ROOT = Path(__file__).parents[1]


def test_the_changelog_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", text, re.MULTILINE)[1] == __version__


def test_the_citation_is_of_this_version():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)", text, re.MULTILINE)[1] == __version__
