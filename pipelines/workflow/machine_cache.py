"""Values measured once for this machine and its networks, in small JSON files in `artifacts/`."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, MutableMapping
from typing import Any

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing
from tlgan.storage.home import home

_writing = threading.Lock()


class MachineCache(MutableMapping[str, Any]):
    """A mapping in the file `artifacts/<name>.json`; a damaged file counts as empty.

    Its values save time and no result depends on them, so a file that cannot be written is no error, and
    of two processes that write at the same moment the later may drop what the earlier wrote.

    Examples
    --------
    >>> cache = MachineCache("batch-sizes")
    >>> cache["NVIDIA A100 | celeba64"] = 512
    """

    def __init__(self, name: str) -> None:
        self.path = home() / "artifacts" / f"{name}.json"

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        with _writing:
            self._write(self._read() | {key: value})

    def __delitem__(self, key: str) -> None:
        with _writing:
            content = self._read()
            del content[key]
            self._write(content)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, Any]:
        try:
            content = parse_json(self.path.read_bytes())
        except (OSError, ValueError):
            content = None
        return content if isinstance(content, dict) else {}

    def _write(self, content: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, UserError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.path) as partial:
                partial.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
