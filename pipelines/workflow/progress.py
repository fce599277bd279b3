"""Progress with rate and time left: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from tlgan.cli.terminal import print_table as print_to_any

console = Console(highlight=False, markup=False, emoji=False)  # names may hold brackets and colons

LINE_SECONDS = 15.0


def say(text: str | Text) -> None:
    """Print a line, whole whatever the width: paths and messages can be copied and searched for."""
    console.print(text, soft_wrap=True)


def print_table(table: Table) -> None:
    """Print a table; outside a terminal nothing of it is cut."""
    print_to_any(table, console)


class _Rate(ProgressColumn):
    def render(self, task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}/s" if speed else "–/s", style="progress.data.speed")


class Counter:
    """What a stage tells of its progress: `advance(rows)` and `note(text)`."""

    def advance(self, rows: int) -> None:
        raise NotImplementedError

    def note(self, text: str) -> None:
        """A line that stays, such as a loss or a distance."""
        say(text)


class _Bar(Counter):
    def __init__(self, progress: Progress, task) -> None:
        self._progress, self._task = progress, task

    def advance(self, rows: int) -> None:
        self._progress.advance(self._task, rows)

    def note(self, text: str) -> None:
        self._progress.console.print(text)


class _Lines(Counter):
    def __init__(self, title: str, total: int, done: int) -> None:
        self._title, self._total, self._done, self._start = title, total, done, done
        self._began = self._last = time.monotonic()

    def advance(self, rows: int) -> None:
        self._done += rows
        now = time.monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            rate = (self._done - self._start) / (now - self._began)
            left = (self._total - self._done) / rate if rate else float("inf")
            say(f"{self._title}  {self._done}/{self._total}  {rate:.0f}/s  {left:.0f} s left")


@contextmanager
def counting(title: str, total: int, done: int = 0) -> Iterator[Counter]:
    """Show the progress of `title` from `done` to `total` while the block runs."""
    if not console.is_terminal:
        yield _Lines(title, total, done)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _Bar(progress, progress.add_task(title, total=total, completed=done))
