from __future__ import annotations

import numpy as np

from benchmarks.timing import Seconds, best_seconds, take_turns, time_call


def test_time_call_returns_the_result():
    timed = time_call(sorted, [2, 1], reverse=True)
    assert timed.result == [2, 1]
    assert timed.wall >= 0


def test_best_seconds_calls_once_more_than_it_counts():
    calls = []
    best_seconds(lambda: calls.append(1), rounds=2)
    assert len(calls) == 3


def test_take_turns_drops_the_first_round():
    order, taken = [], {"a": [9.0, 1.0, 2.0], "b": [8.0, 3.0, 4.0]}

    def turn(name):
        order.append(name)
        return Seconds(taken[name].pop(0), 0.5)

    turns = {"a": lambda: turn("a"), "b": lambda: turn("b")}
    found = take_turns(turns, rounds=2)
    assert order == ["a", "b"] * 3
    np.testing.assert_array_equal(found["a"], [[1.0, 0.5], [2.0, 0.5]])
    np.testing.assert_array_equal(found["b"], [[3.0, 0.5], [4.0, 0.5]])
