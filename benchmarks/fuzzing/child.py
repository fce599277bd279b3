"""The processes in which one reader is given file after file; it tells what was neither read nor refused.

A finding is an exception that is no UserError, a warning or anything else on the screen, more than `MOST_SECONDS` of
computing or `MOST_MEMORY`, a file opened outside the reader's folder, a command or connection, or a crash.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.readers import READERS, FuzzedReader
from benchmarks.fuzzing.seeds import ROOT

MOST_SECONDS = 10.0  # of computing, for one file
MOST_MEMORY = 2**30  # bytes beyond what the process had when the valid files had been read
# Bytes of addresses beyond that; an allocation above it fails. A library in C may well refuse a file then, so it is
# more than the 4 GiB that a length of four bytes can declare.
RESERVED = 9 * 2**29
LISTENED = (
    "os.system",
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "socket.connect",
    "ctypes.dlopen",
    "os.remove",
)
LISTENED += ("os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "shutil.rmtree")


@dataclass(frozen=True)
class Finding:
    """What a reader did with a file beside reading or refusing it.

    Attributes
    ----------
    kind : str
        The exception's class, "warning", "screen", "memory", "time", "crash", "file", "command".
    place : str
        Where: the innermost line of the project, and of all.
    words : str
        The message.
    """

    kind: str
    place: str
    words: str


@dataclass(frozen=True)
class Task:
    """Files for one reader: `content(number)` for the numbers from `first` to before `last`, until `deadline`."""

    reader: str
    content: Callable[[int], bytes]
    first: int
    last: int
    deadline: float
    folder: Path


class Counter:
    """How far a child is, in memory that it shares with its parent: number of the file, files read, refused."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 24)

    @property
    def values(self) -> tuple[int, int, int]:
        return struct.unpack_from("<3q", self._memory)  # type: ignore[return-value]

    @values.setter
    def values(self, values: tuple[int, int, int]) -> None:
        struct.pack_into("<3q", self._memory, 0, *values)


def read_all(task: Task, counter: Counter, connection: Any) -> None:
    """Give a reader all files of a task, after `prepare`; sends (number, Finding) pairs."""
    reader = READERS[task.reader]
    path = task.folder / reader.file
    faulthandler.disable()  # the parent tells of crashes
    told = os.fdopen(os.dup(2), "w")
    try:
        _read_all(task, reader, path, counter, connection)
    except BaseException:
        traceback.print_exc(file=told)
        told.flush()
        os._exit(1)
    os._exit(0)


def _read_all(task: Task, reader: FuzzedReader, path: Path, counter: Counter, connection: Any) -> None:
    watch = _Watch(task.folder, reader.prints)
    for number in range(task.first, task.last):
        if time.monotonic() > task.deadline:
            break
        _, accepted, refused = counter.values
        counter.values = number, accepted, refused
        try:
            path.write_bytes(task.content(number))
        except MemoryError:  # the addresses of this process are used up; the next one goes on
            break
        finding, was_read = watch.run(reader.read, path)
        counter.values = number + 1, accepted + was_read, refused + (not was_read and finding is None)
        if finding is not None and not (reader.apart and finding.kind in ("memory", "time")):
            connection.send((number, finding))
            if finding.kind == "memory":  # the peak of this process tells nothing any more
                break
    connection.close()


def prepare(reader: FuzzedReader, folder: Path) -> None:
    """Write what lies beside the file, and read the valid files: all that is imported is imported then."""
    path = folder / reader.file
    os.environ.update(TLGAN_HOME=str(folder), TF_CPP_MIN_LOG_LEVEL="3", HDF5_USE_FILE_LOCKING="FALSE")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.chdir(path.parent)
    if reader.prepare:
        reader.prepare(folder)
    for content in reader.seeds():
        path.write_bytes(content)
        reader.read(path)


class _Watch:
    """Runs a reader and looks at what it leaves: screens, warnings, memory, files."""

    def __init__(self, folder: Path, prints: bool) -> None:
        self._prints = prints
        screen = folder / "screen.txt"
        self._screen = os.open(screen, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(self._screen, stream)
        self._noted: list[Finding] = []
        self._allowed = (
            str(folder),
            str(ROOT),
            sys.prefix,
            sys.base_prefix,
            "/usr/",
            "/proc/",
            "/sys/",
            "/dev/",
        )
        warnings.simplefilter("always")
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)  # Python shows them in tests alone
        warnings.showwarning = self._note_warning
        self._peak = _peak_memory()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + RESERVED
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, wherever it is
        self._on = False
        sys.addaudithook(self._listen)

    def run(self, read: Callable[[Path], Any], path: Path) -> tuple[Finding | None, bool]:
        """Read one file: what is found, and whether it was read."""
        from tlgan.errors import UserError

        self._noted.clear()
        was_read, finding = False, None
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        self._on = True
        try:
            read(path)
            was_read = True
        except UserError as error:
            finding = _refusal(error)
        except MemoryError as error:
            finding = Finding("memory", _place(error), "memory ran out")
        except Exception as error:
            finding = Finding(type(error).__name__, _place(error), " ".join(str(error).split())[:300])
        self._on = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        return self._left_behind(finding), was_read

    def _left_behind(self, finding: Finding | None) -> Finding | None:
        sys.stdout.flush()
        sys.stderr.flush()
        if os.fstat(self._screen).st_size:
            words = " ".join(os.pread(self._screen, 300, 0).decode(errors="replace").split())
            os.ftruncate(self._screen, 0)
            if not self._prints:
                finding = finding or Finding("screen", words[:60], words)
        if _peak_memory() > self._peak + MOST_MEMORY:
            finding = Finding("memory", "peak", f"{(_peak_memory() - self._peak) / 2**30:.2f} GiB")
        return finding or next(iter(self._noted), None)

    def _note_warning(self, message: Any, category: type, file: str, line: int, *_: Any) -> None:
        words = f"{category.__name__}: {message}"
        self._noted.append(Finding("warning", f"{category.__name__} {Path(file).name}:{line}", words[:300]))

    def _listen(self, event: str, arguments: tuple) -> None:
        if not self._on:
            return
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            writes = (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if not path.startswith(self._allowed[:1] if writes else self._allowed):
                self._noted.append(Finding("file", "opens another file", path[:300]))
        elif event in LISTENED and event != "os.remove":
            self._noted.append(Finding("command", event, str(arguments)[:300]))


def _refusal(error: BaseException) -> Finding | None:
    """What is wrong with a refusal: memory that ran out before it, or a message that is none."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return Finding("memory", _place(cause), "memory ran out")
        cause = cause.__cause__ or cause.__context__
    if not str(error).strip():
        return Finding("message", _place(error), "no message")
    return None


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame for frame in frames if frame.filename.startswith(str(ROOT)) and "fuzzing" not in frame.filename
    ]
    places = [
        f"{Path(frame.filename).name}:{frame.name}" for frame in ([own[-1]] if own else []) + frames[-1:]
    ]
    return " ".join(dict.fromkeys(places))


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 2**10
