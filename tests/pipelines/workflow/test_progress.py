"""Progress where there is no terminal: a line now and then, with rate and time left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from pipelines.workflow import progress
from pipelines.workflow.progress import Counter, counting, say


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a test says so."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def test_say_prints_one_whole_line_without_markup(capsys):
    say("a [b] :smile: " + "x" * 300)
    say(Text("styled", style="red"))
    assert capsys.readouterr().out == "a [b] :smile: " + "x" * 300 + "\nstyled\n"


def test_lines_come_now_and_then_with_rate_and_time_left(capsys, clock):
    with counting("label toy", 1000, done=200) as counter:
        clock(10)
        counter.advance(100)
        assert capsys.readouterr().out == ""
        clock(10)
        counter.advance(100)
        assert capsys.readouterr().out == "label toy  400/1000  10/s  60 s left\n"
        clock(5)
        counter.advance(600)
        assert capsys.readouterr().out == ""
        counter.note("loss 0.5")
        assert capsys.readouterr().out == "loss 0.5\n"


def test_bar_on_a_terminal_counts_from_what_is_done(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(progress, "console", Console(file=stream, force_terminal=True, width=100))
    with counting("label [toy]", 10, done=4) as counter:
        counter.advance(6)
        counter.note("half way")
    shown = stream.getvalue()
    assert "10/10" in shown
    assert "label [toy]" in shown
    assert "half way" in shown


def test_counter_must_say_how_it_advances():
    with pytest.raises(NotImplementedError):
        Counter().advance(1)
