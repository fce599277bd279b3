"""One writer at a time for each artefact."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.progress import console
from tlgan.errors import UserError


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold `<output>.lock` while the block runs.

    A lock whose process has gone is taken over with a message.

    Raises
    ------
    UserError
        Where another live process writes the same artefact.
    """
    lock = output.with_name(output.name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    owner = {"process": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%F %T")}
    try:
        _create(lock, owner)
    except FileExistsError:
        other = _read(lock)
        if _alive(other):
            raise UserError(
                f"{output}: process {other['process']} on {other['host']} has been writing it since "
                f"{other['since']}. Wait for it, or stop it and delete {lock.name}."
            ) from None
        console.print(f"{lock}: left by a process that is gone; taken over.")
        lock.unlink(missing_ok=True)
        _create(lock, owner)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _create(lock: Path, owner: dict) -> None:
    descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(owner, file)


def _read(lock: Path) -> dict:
    try:
        return json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # gone or half-written
        return {}


def _alive(owner: dict) -> bool:
    if owner.get("host") != socket.gethostname():
        return bool(owner)  # on another machine: only its own host can tell
    try:
        os.kill(owner["process"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
