"""Ctrl-C between the steps of a training, never in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def held_interrupts() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back while the block runs, so that a step's updates are all made or none.

    Gives a callable that says whether Ctrl-C came. The block asks it between steps, saves and
    ends; KeyboardInterrupt is raised then. A second Ctrl-C is not held back.
    """
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C is the main thread's
        yield lambda: False
        return
    came = False
    usual = signal.getsignal(signal.SIGINT)

    def hold(_number: int, _frame: object) -> None:
        nonlocal came
        came = True
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, hold)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, usual)
    if came:
        raise KeyboardInterrupt
