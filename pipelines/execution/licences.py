"""Licences of the pinned packages and of the committed weights, as the page docs/licences.md.

    make licences

A package says its licence where it is installed; the line of one that is not stays as it was.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from pipelines.execution.hashes import normal_name
from tlgan.storage.atomic_files import replacing

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "licences.md"
UNKNOWN = "not installed where this page was written"
HEAD = """# Licences

What the project stands on, and under what terms. `make licences` writes this page. The project itself is under
Apache-2.0 (`LICENSE`).

## Weights

The weights in `models/pretrained/` are the project's own, under its licence. `deepfakes-people`, `fader-smile` and
`fader-light` were trained on drawn faces, the others on CelebA, whose makers allow non-commercial research only;
whether that binds what was learned from it, lawyers do not agree on. Networks that commands such as `make face-api`
fetch have their licences in the [commands](commands.md).

| file | SHA-256 |
|---|---|
"""
PACKAGES = """
## Packages

Pinned in `constraints.txt`; a package's own words, or the classifier that it gives.

| package | licence |
|---|---|
"""


def pinned_names(text: str) -> list[str]:
    """Names of the packages in the text of `constraints.txt`, in their one spelling."""
    return sorted(
        normal_name(line.split("==")[0]) for line in text.splitlines() if "==" in line and line[0] != "#"
    )


def licence_of(name: str) -> str:
    """The licence that an installed package states; "" where it is not installed or states none."""
    try:
        facts = metadata(name)
    except PackageNotFoundError:
        return ""
    if "License-Expression" in facts:
        return facts["License-Expression"]
    classifiers = [
        text.split(" :: ")[-1] for text in facts.get_all("Classifier") or () if text.startswith("License")
    ]
    stated = " ".join(" ".join(facts.get_all("License") or ()).split())
    if stated and len(stated) < 60:
        return stated
    return ", ".join(classifiers) or ("see its files" if stated else "states none")


def rows_of(page: str) -> dict[str, str]:
    """The rows of the tables of a page: first cell to second."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", page, re.MULTILINE))


def write_page(path: Path = PAGE, root: Path = ROOT) -> None:
    """Write the page again, with what is installed here."""
    before = rows_of(path.read_text(encoding="utf-8")) if path.exists() else {}
    text = HEAD
    for weights in sorted((root / "models" / "pretrained").glob("*.h5")):
        card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
        text += f"| `{weights.name}` | {card['sha256']} |\n"
    text += PACKAGES
    for name in pinned_names((root / "constraints.txt").read_text(encoding="utf-8")):
        text += f"| `{name}` | {licence_of(name) or before.get(name, UNKNOWN)} |\n"
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_page()
