"""Timing of calls: one call, the best of several, and alternatives that take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np


class Seconds(NamedTuple):
    """Seconds of a call by the clock and of the processor, all threads of this process together."""

    wall: float
    processor: float


class Timed(NamedTuple):
    """What a call returned, and its seconds."""

    result: Any
    wall: float
    processor: float


def time_call(function: Callable, *arguments: Any, **options: Any) -> Timed:
    """Call a function once and take its time.

    Examples
    --------
    >>> time_call(sorted, [2, 1]).result
    [1, 2]
    """
    wall, processor = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return Timed(result, time.perf_counter() - wall, time.process_time() - processor)


def call_seconds(function: Callable[[], object]) -> Seconds:
    """Seconds of one call whose result nobody needs."""
    timed = time_call(function)
    return Seconds(timed.wall, timed.processor)


def best_seconds(function: Callable[[], object], rounds: int = 3) -> float:
    """Least wall time of `rounds` calls, after a first one that compiles and does not count."""
    function()
    return min(call_seconds(function).wall for _ in range(rounds))


def take_turns(turns: Mapping[str, Callable[[], Seconds]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of alternatives that run one after the other in each round.

    Other work on the machine slows all alternatives of a round alike, so the ratios within a round can be trusted
    where the seconds cannot.

    Parameters
    ----------
    turns : mapping of str to callable
        Each call does the work once and returns its `Seconds`.
    rounds : int
        Rounds that count; one more comes first, in which networks compile.

    Returns
    -------
    dict of str to float array, shape (rounds, 2)
        Wall and processor seconds of each round.
    """
    seconds: dict[str, list[Seconds]] = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name, turn in turns.items():
            taken = turn()
            if number:
                seconds[name].append(taken)
    return {name: np.array(values) for name, values in seconds.items()}
