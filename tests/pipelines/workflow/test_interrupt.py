"""Ctrl-C waits for the end of a step, and only once."""

from __future__ import annotations

import signal
import threading

import pytest

from pipelines.workflow.interrupt import held_interrupts


def test_ctrl_c_is_delayed_until_the_block_ends():
    told = []

    def train():
        with held_interrupts() as interrupted:
            told.append(interrupted())
            signal.raise_signal(signal.SIGINT)
            told.append(interrupted())
            told.append("saved")

    with pytest.raises(KeyboardInterrupt):
        train()
    assert told == [False, True, "saved"]


def test_second_ctrl_c_is_not_delayed():
    reached = []

    def train():
        with held_interrupts():
            for _ in range(2):
                signal.raise_signal(signal.SIGINT)
                reached.append(1)

    with pytest.raises(KeyboardInterrupt):
        train()
    assert reached == [1]


def test_without_ctrl_c_nothing_happens_and_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with held_interrupts() as interrupted:
        assert signal.getsignal(signal.SIGINT) is not before
        assert not interrupted()
    assert signal.getsignal(signal.SIGINT) is before


def test_error_in_the_block_is_raised_unchanged():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="trouble"), held_interrupts():
        raise ValueError("trouble")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_handle_no_ctrl_c():
    told = []

    def work():
        with held_interrupts() as interrupted:
            told.append(interrupted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == [False]
