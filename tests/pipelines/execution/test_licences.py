"""The page of licences names every package and every committed network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from pipelines.execution.licences import PAGE, licence_of, pinned_names, rows_of, write_page

ROOT = Path(__file__).parents[3]


def test_every_pinned_package_and_committed_network_is_listed():
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    names = pinned_names((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    networks = sorted((ROOT / "models" / "pretrained").glob("*.h5"))
    assert names
    assert networks
    listed = {*names, *(path.name for path in networks)}
    assert listed - rows.keys() == set(), "make licences"
    assert rows.keys() - listed == set(), "make licences"
    for path in networks:
        assert rows[path.name] == json.loads(path.with_suffix(".json").read_text())["sha256"], "make licences"


def test_installed_packages_state_a_licence():
    assert "BSD" in licence_of("numpy")
    assert licence_of("no-such-package") == ""


def test_lines_of_packages_that_are_not_installed_stay(tmp_path):
    (tmp_path / "constraints.txt").write_text("# pins\nnumpy==1\nNo_Such-Package==2\nnor.this==3\n")
    page = tmp_path / "page.md"
    page.write_text("| `no-such-package` | WTFPL |\n| `gone` | MIT |\n")
    shutil.copytree(
        ROOT / "models" / "pretrained", tmp_path / "models" / "pretrained", ignore=lambda *_: ["x"]
    )
    write_page(page, tmp_path)
    rows = rows_of(page.read_text())
    assert rows["no-such-package"] == "WTFPL"
    assert rows["nor-this"] == "not installed where this page was written"
    assert "gone" not in rows
