"""Known weaknesses of the pinned packages, as pip-audit finds them in PyPI's database.

    make audit

==================================  ======
what happened                       status
==================================  ======
no pinned version has a known one   0
there are some; pip-audit's table   1
the database cannot be reached      3
==================================  ======
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

CLEAN, FOUND, NOT_REACHED = 0, 1, 3
OPTIONS = (
    "-r",
    "constraints.txt",
    "--disable-pip",
    "--no-deps",
    "--progress-spinner",
    "off",
    "--timeout",
    "15",
)


def judge(report: str) -> tuple[int, str]:
    """Exit status and sentences for the JSON that pip-audit prints; "" where it could not ask.

    Examples
    --------
    >>> judge("")[0]
    3
    """
    try:
        packages: list[dict[str, Any]] = list(json.loads(report)["dependencies"])
    except (ValueError, KeyError, TypeError):
        packages = []
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return (
            NOT_REACHED,
            "Nothing was audited: PyPI's database of known weaknesses cannot be reached from here.",
        )
    lines = [
        f"{package['name']} {package['version']}: {weakness['id']}, "
        + (
            f"mended in {', '.join(weakness['fix_versions'])}"
            if weakness["fix_versions"]
            else "not mended yet"
        )
        for package in known
        for weakness in package["vulns"]
    ]
    skipped = len(packages) - len(known)
    summary = f"{len(known)} packages audited, {len(lines)} known weaknesses" + (
        f"; {skipped} are not in the database." if skipped else "."
    )
    return (FOUND if lines else CLEAN), "\n".join([*lines, summary])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run pip-audit, whose program is the first argument, and say what it found."""
    (program,) = sys.argv[1:] if arguments is None else arguments
    done = subprocess.run(
        [program, *OPTIONS, "--format", "json"], check=False, capture_output=True, text=True
    )
    status, words = judge(done.stdout)
    print(words)
    return status


if __name__ == "__main__":
    sys.exit(main())
