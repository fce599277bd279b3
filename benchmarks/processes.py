"""Work in a process of its own, and the memory that a process holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def in_own_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in a new Python process, which shares no memory with this one.

    Parameters
    ----------
    function : callable
        A function of a module; it, its arguments and its result must be picklable.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def process_memory(field: str, process: int | str = "self") -> float:
    """Memory of a process in MiB, from /proc/<process>/status; Linux only.

    Parameters
    ----------
    field : str
        "RssAnon" is what it holds now beside mapped files, which the system may drop at any time.
        "VmHWM" is the most that it has held (`ru_maxrss` would count the parent process, too).
    process : int or str
        Its number; this process by default.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split(f"{field}:")[1].split()[0]) / 2**10
