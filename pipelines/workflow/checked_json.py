"""JSON files that carry a checksum of what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.workflow.step import fingerprint_of
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing

KEY = "checksum"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object as JSON, whole or not at all, with the SHA-256 of its content under "checksum"."""
    text = json.dumps({**content, KEY: fingerprint_of(content)}, indent=1, ensure_ascii=False)
    with replacing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, remedy: str) -> tuple[dict[str, Any], bool]:
    """Read an object, and compare it with its checksum.

    Parameters
    ----------
    path : Path
    remedy : str
        The end of the message: what to do about a damaged file.

    Returns
    -------
    (dict, bool)
        The content without the checksum, and whether there was one; earlier versions wrote none.

    Raises
    ------
    UserError
        Where the file is damaged.
    OSError
        Where it cannot be read.
    """
    try:
        content = parse_json(path.read_bytes())
        if not isinstance(content, dict):
            raise ValueError("no object")
        checksum = content.pop(KEY, None)
        sound = checksum in (None, fingerprint_of(content))
    except ValueError as error:
        raise UserError(f"{path}: is damaged: it is not the JSON that was written. {remedy}") from error
    if not sound:
        raise UserError(f"{path}: is damaged: its content differs from its checksum. {remedy}")
    return content, checksum is not None
