"""Packages whose files are compared with hashes before they are installed.

`constraints-hashes.txt` lists the SHA-256 of every file of each pinned package; `make hashes` writes it. pip takes
hashes only where every requirement has some, which an editable project cannot have. So pip first says what it would
install, then installs just that by hash, then the project without its requirements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

HASHES = "constraints-hashes.txt"
# Builds the project in the environment itself: one of its own would be filled without hashes.
BUILDER = "setuptools"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


class HashError(Exception):
    """A package that has no hash, in one line."""


def normal_name(name: str) -> str:
    """The one spelling of a package's name: "Jinja2" and "jinja2", "ruamel.yaml" and "ruamel-yaml" are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_hashes(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Hashes by name and version, from the text of `constraints-hashes.txt`.

    Examples
    --------
    >>> list(read_hashes("Rich==15.0.0 --hash=sha256:" + 64 * "a"))
    [('rich', '15.0.0')]
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if pin := _PIN.match(line.strip()):
            found[normal_name(pin[1]), pin[2]] = tuple(_HASH.findall(line))
    return found


def hashed_requirements(
    report: Mapping[str, Any], hashes: Mapping[tuple[str, str], Sequence[str]], own_name: str
) -> str:
    """Requirements with hashes for what pip says it would install.

    Parameters
    ----------
    report : mapping
        JSON of `pip install --dry-run --report`.
    hashes : mapping
        See `read_hashes`.
    own_name : str
        The project, which is left out.

    Returns
    -------
    str, for `pip install --no-deps --require-hashes -r`; it names `setuptools`, too.

    Raises
    ------
    HashError
        Where a package has no hash.
    """
    wanted = [(item["metadata"]["name"], item["metadata"]["version"]) for item in report["install"]]
    wanted = [(normal_name(name), version) for name, version in wanted]
    wanted += [pin for pin in hashes if pin[0] == BUILDER and BUILDER not in dict(wanted)]
    lines = []
    for name, version in sorted(wanted):
        if name == normal_name(own_name):
            continue
        if not hashes.get((name, version)):
            raise HashError(
                f"{name} {version}: has no hash in {HASHES}. Add it to constraints.txt, then: make hashes"
            )
        lines.append(
            " ".join([f"{name}=={version}", *(f"--hash={value}" for value in hashes[name, version])])
        )
    return "\n".join(lines) + "\n"


def read_report(text: str) -> dict[str, Any]:
    """The report of pip, which may print other lines before it."""
    content: dict[str, Any] = json.loads(text[text.index("{") :])
    return content
