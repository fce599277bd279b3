"""One writer at a time for each artefact."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json

Result = TypeVar("Result")

ATTEMPTS = 3
# What `flock` says where a file system has no locks, as some network file systems have not.
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold `<output>.lock`, which says who writes and since when, while the block runs.

    The operating system holds the lock itself and lets go when the process ends, however it ends:
    a file that a dead process left is taken over with a message. On a file system without locks the file is
    the lock: who makes it writes, and one that a killed process left must be deleted by hand.

    Raises
    ------
    UserError
        Where another process writes the same artefact.
    """
    lock = output.with_name(output.name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(lock, output)
    try:
        if os.fstat(descriptor).st_size:
            say(f"{lock}: left by a process that is gone; taken over.")
        owner = {"process": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%F %T")}
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(owner).encode())
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def one_writer(work: Callable[[Step], Result]) -> Callable[[Step], Result]:
    """The work of a step, done while no other process writes the step's output; see `locked`."""

    def work_alone(step: Step) -> Result:
        with locked(step.output):
            return work(step)

    return work_alone


def remove_dead_locks(folder: Path) -> None:
    """Remove the locks in a folder whose processes are gone, and new files of rows that these had only begun."""
    for lock in folder.glob("*.lock"):
        with contextlib.suppress(OSError):
            descriptor = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(lock, descriptor):
                    lock.with_name(lock.name.removesuffix("lock") + "partial.new").unlink(missing_ok=True)
                    lock.unlink()
                    say(f"{lock}: left by a process that is gone; removed.")
            finally:
                os.close(descriptor)


def _acquire(lock: Path, output: Path) -> int:
    """Open and lock the file that has the name; its last owner may just have removed it."""
    for attempt in itertools.count():
        descriptor, is_new = _open(lock)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if attempt < ATTEMPTS:  # another process may only look whether its owner is gone
                time.sleep(0.05)
                continue
            raise UserError(
                f"{output}: must have one writer at a time. Got a second beside {_owner(lock)}. "
                "Wait for it, or stop it."
            ) from None
        except OSError as error:
            if is_new and error.errno in _NO_LOCKS:
                return descriptor
            os.close(descriptor)
            if error.errno not in _NO_LOCKS:
                raise
            raise UserError(
                f"{output}: must have one writer at a time. Got a second beside {_owner(lock)}. Wait for it, or stop "
                f"it; if it is gone, delete {lock}: this file system has no locks that end with a process."
            ) from None
        if _is(lock, descriptor):
            return descriptor
        os.close(descriptor)
    raise AssertionError("the loop has no end")


def _open(lock: Path) -> tuple[int, bool]:
    """Open the file, and say whether this made it."""
    try:
        return os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666), True
    except FileExistsError:
        return os.open(lock, os.O_CREAT | os.O_RDWR, 0o666), False


def _is(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _owner(lock: Path) -> str:
    try:
        owner = parse_json(lock.read_bytes())
        return f"process {owner['process']} on {owner['host']}, at work since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # gone by now, or about to be written
        return "another process"
