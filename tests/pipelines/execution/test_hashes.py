"""Every pinned package has hashes, and what has none is not installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.execution.hashes import (
    HASHES,
    HashError,
    hashed_requirements,
    normal_name,
    read_hashes,
    read_report,
)

ROOT = Path(__file__).parents[3]
A, B = "sha256:" + 64 * "a", "sha256:" + 64 * "b"
TEXT = f"Rich==15.0.0 \\\n    --hash={A} \\\n    --hash={B}\nsetuptools==80.1 \\\n    --hash={B}\n"


def report(*packages):
    return {"install": [{"metadata": {"name": name, "version": version}} for name, version in packages]}


def test_every_pinned_package_has_hashes():
    hashes = read_hashes((ROOT / HASHES).read_text(encoding="utf-8"))
    pins = re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(pins) > 100
    lacking = [pin for pin in pins if not hashes.get((normal_name(pin[0]), pin[1]))]
    assert lacking == [], "make hashes"
    assert any(name == "setuptools" for name, _ in hashes)


def test_requirements_are_pinned_and_hashed():
    wanted = report(("rich", "15.0.0"), ("TLGAN", "1.0"))
    text = hashed_requirements(wanted, read_hashes(TEXT), "tlgan")
    assert text == f"rich==15.0.0 --hash={A} --hash={B}\nsetuptools==80.1 --hash={B}\n"


@pytest.mark.parametrize("package", [("rich", "15.0.1"), ("other", "1")])
def test_a_package_without_a_hash_is_refused(package):
    with pytest.raises(HashError, match=f"{package[0]} {package[1]}: has no hash in {HASHES}. Add it"):
        hashed_requirements(report(package), read_hashes(TEXT), "tlgan")


def test_the_report_of_pip_follows_other_lines():
    assert read_report('WARNING: a mirror\n{"install": []}') == {"install": []}
