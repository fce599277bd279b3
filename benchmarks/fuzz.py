"""Damaged and hostile files for every reader: each is read or refused with a sentence, within bounds.

    python -m benchmarks.fuzz [--seed 0] [--count 1000] [--reader recipe png …] [--minutes 2]
    python -m benchmarks.fuzz --replay FILE …              # files that were saved before

Each reader gets `--count` files, made of small valid ones by random changes that the seed decides: the same seed gives
the same files. It reads them in a process of its own; what it does beside reading or refusing
(`benchmarks.fuzzing.child`) is printed and saved, three files of each place. With `--minutes` all readers together end
after that long. Exit status 1 where anything was found.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from benchmarks.fuzzing.child import Counter as SharedCounter
from benchmarks.fuzzing.child import Finding, Task, prepare, read_all
from benchmarks.fuzzing.mutations import mutate
from benchmarks.fuzzing.readers import READERS
from benchmarks.options import command_parser
from benchmarks.processes import in_own_process
from benchmarks.tables import print_columns

HANG = 60.0  # seconds at one file, asleep or not
MEMORY = Path("/dev/shm")  # small files are written there twice as fast
MOST_STARTS = 50  # of one reader's process
MOST_SAVED = 3  # files of one kind and place
WIDTHS = (19, 10, 10, 10, 10, 9)
Content = bytes | int


@dataclass
class Tally:
    """What came of one reader: files, of these read and refused, findings by kind and place, seconds."""

    files: int = 0
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)


def fuzz(name: str, content: Content, count: int, seconds: float, folder: Path) -> Tally:
    """Give a reader the files of the numbers below `count`.

    Parameters
    ----------
    name : str
        Of the reader.
    content : bytes or int
        A file, or the seed of changed ones.
    count : int
    seconds : float
        At most, after the valid files were read.
    folder : Path
        For files with which something is found.
    """
    tally, first, save = Tally(), 0, _saver(name, folder)
    give = (lambda _: content) if isinstance(content, bytes) else _changed_files(name, content)
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=MEMORY if MEMORY.is_dir() else None) as place:
        task = Task(name, give, first, count, float("inf"), Path(place).resolve())
        prepare(READERS[name], task.folder)
        began = time.monotonic()
        deadline = began + seconds
        for _ in range(MOST_STARTS):
            first, (read, refused), found = _run_child(replace(task, first=first, deadline=deadline))
            tally.read, tally.refused = tally.read + read, tally.refused + refused
            for number, finding in found:
                tally.findings[finding.kind, finding.place] += 1
                if tally.findings[finding.kind, finding.place] <= MOST_SAVED:
                    save(give(number), finding)
            if first >= count or time.monotonic() > deadline:
                break
        os.chdir("/")
    tally.files, tally.seconds = first, time.monotonic() - began
    return tally


def _changed_files(name: str, seed: int) -> Callable[[int], bytes]:
    """The changed files of a reader by number."""
    reader = READERS[name]
    seeds = reader.seeds()
    return lambda number: mutate(seeds, reader.form, Random(f"{seed} {name} {number}"))


def _run_child(task: Task) -> tuple[int, tuple[int, int], list[tuple[int, Finding]]]:
    """One process: the number of the next file, files read and refused, and what was found."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    counter = SharedCounter()
    counter.values = task.first, 0, 0
    found: list[tuple[int, Finding]] = []
    child = context.Process(target=read_all, args=(task, counter, there))
    child.start()
    there.close()
    place, moved, ended = -1, time.monotonic(), False
    while not ended:
        ended = _receive(here, found)
        if counter.values[0] != place:
            place, moved = counter.values[0], time.monotonic()
        elif time.monotonic() - moved > HANG:
            child.kill()
    child.join()
    number, read, refused = counter.values
    if child.exitcode:
        if not READERS[task.reader].apart:
            found.append((number, _death(child.exitcode)))
        number += 1
    return number, (read, refused), found


def _receive(connection, found: list[tuple[int, Finding]]) -> bool:
    """Take what a child sends within half a second; whether it has ended."""
    try:
        while connection.poll(0.5):
            found.append(connection.recv())
    except EOFError:
        return True
    return False


def _death(code: int) -> Finding:
    name = signal.Signals(-code).name if code < 0 else f"exit {code}"
    kind = {"SIGPROF": "time", "SIGKILL": "hang"}.get(name, "crash")
    return Finding(kind, name, f"the process ended with {name}")


def _saver(name: str, folder: Path) -> Callable[[bytes, Finding], None]:
    """Saves and tells findings of a reader."""
    folder = folder.resolve()

    def save(content: bytes, finding: Finding) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        sha256 = hashlib.sha256(content).hexdigest()[:8]
        path = folder / f"{name}--{finding.kind}--{sha256}--{Path(READERS[name].file).name}"
        path.write_bytes(content)
        print(f"  {name}: {finding.kind} at {finding.place}: {finding.words}\n    {path}", flush=True)

    return save


def replay(paths: Iterable[Path], folder: Path) -> int:
    """Give saved files to their readers again; the number of those with which something is found."""
    found = 0
    for path in paths:
        name, content = path.name.partition("--")[0], path.read_bytes()
        tally = in_own_process(fuzz, name, content, 1, 600.0, folder)
        if not tally.findings:
            print(f"{path}: {'read' if tally.read else 'refused'}")
        found += bool(tally.findings)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where anything was found."""
    parser = command_parser("fuzz", __doc__)
    parser.add_argument("--seed", type=int, default=0, help="of all changes")
    parser.add_argument("--count", type=int, default=1000, help="files for each reader")
    parser.add_argument("--reader", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--minutes", type=float, default=None, help="for all readers together")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/fuzz"), help="for files with which something was found"
    )
    parser.add_argument("--replay", nargs="+", type=Path, help="saved files")
    options = parser.parse_args(arguments)
    if options.replay:
        return int(replay(options.replay, options.folder) > 0)
    print_columns(("reader", "files", "read", "refused", "findings", "per s"), WIDTHS)
    ends = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    total = Tally()
    for place, name in enumerate(options.reader):
        left = ends - time.monotonic()  # shared evenly by those that are left
        seconds = max(1.0, left / (len(options.reader) - place))
        tally = in_own_process(fuzz, name, options.seed, options.count, seconds, options.folder)
        _print_tally(name, tally)
        for key in ("files", "read", "refused", "seconds"):
            setattr(total, key, getattr(total, key) + getattr(tally, key))
        total.findings += tally.findings
    _print_tally("all", total)
    return int(bool(total.findings))


def _print_tally(name: str, tally: Tally) -> None:
    rate = tally.files / max(tally.seconds, 1e-9)
    numbers = (tally.files, tally.read, tally.refused, sum(tally.findings.values()), round(rate))
    print_columns((name, *map(str, numbers)), WIDTHS)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
