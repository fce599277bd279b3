"""The card beside a network's file, for tools: `<file without ending>.json`, which holds the file's hash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing
from tlgan.storage.file_hash import file_sha256

HASH = "sha256"
MAX_BYTES = 2**22  # of a card; its figures take kilobytes


def card_path(network: Path) -> Path:
    """The path of the card beside a network's file."""
    return network.with_suffix(".json")


def read_card(network: Path) -> dict[str, Any]:
    """What the card beside a network's file says; empty where there is none that can be read."""
    path = card_path(network)
    try:
        content = parse_json(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else None
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_card(network: Path, content: Mapping[str, Any]) -> None:
    """Write the card beside a network's file that is there, with the file's SHA-256."""
    _write(network, {**content, HASH: file_sha256(network)})


def write_card_before(network: Path, content: Mapping[str, Any]) -> None:
    """Write the card of a file that is about to be replaced; it has no hash until `write_card` follows.

    Where the process is killed in between, the card does not speak of another file than the one that lies there.
    """
    _write(network, {key: value for key, value in content.items() if key != HASH})


@contextmanager
def renewing_card(network: Path, content: Mapping[str, Any]) -> Iterator[None]:
    """Write the card beside a network's file that the block writes: without its hash before, with it after."""
    network.parent.mkdir(parents=True, exist_ok=True)
    write_card_before(network, content)
    yield
    write_card(network, content)


def check_card(network: Path, sha256: str = "") -> bool:
    """Compare a network's file with the hash on the card beside it.

    Parameters
    ----------
    network : Path
    sha256 : str, of the file where it is known already

    Returns
    -------
    bool
        False where no card holds a hash.

    Raises
    ------
    UserError
        Where they differ.
    """
    stated = read_card(network).get(HASH)
    if not isinstance(stated, str):
        return False
    found = sha256 or file_sha256(network)
    if found != stated:
        raise UserError(
            f"{network}: must have the SHA-256 of its card {card_path(network).name}, {stated[:12]}…. Got "
            f"{found[:12]}…, so it is damaged, or another file. Fetch, train or convert it again; delete the card if "
            "the file is meant to be another."
        )
    return True


def _write(network: Path, content: Mapping[str, Any]) -> None:
    with replacing(card_path(network)) as partial:
        partial.write_text(json.dumps(content, indent=1, default=float) + "\n", encoding="utf-8")
