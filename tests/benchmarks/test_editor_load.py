"""The editor under the load of a few clients, in this process; what should not happen is told."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from benchmarks import editor_load
from benchmarks.editor_load import ServerState, Tally, describe_server, load, print_tally
from pipelines.editing.web import server as editor_server
from tests.pipelines.editing.web.conftest import tones_run  # noqa: F401 (a fixture)

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux only")


@pytest.fixture
def editor(tones_run, monkeypatch):  # noqa: F811
    """A server of the editor in this process, with little patience."""
    from pipelines.editing.web.app import create_app

    for name in ("IDLE_SECONDS", "REQUEST_SECONDS", "RESPONSE_SECONDS"):
        monkeypatch.setattr(editor_server, name, 0.4)
    monkeypatch.setattr(editor_server.RequestHandler, "log", lambda *_: None)
    server = editor_server.EditorServer("127.0.0.1", 0, create_app(tones_run))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield describe_server(server.server_port, os.getpid())
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_ordinary_clients_are_served_beside_slow_and_malformed_ones(editor, capsys):
    tally = load(editor, clients=4, slow=3, malformed=3, seconds=4.0, pause=0.05)
    print_tally(tally)
    printed = capsys.readouterr().out
    assert set(tally.ordinary) <= {"200", "left"}, printed
    assert tally.ordinary["200"] > 20
    assert sum(tally.malformed.values()) > 20
    assert all(kind.startswith("4") for kind in tally.malformed), printed
    assert sum(tally.slow.values()) >= 3
    assert "still open" not in tally.slow
    assert "95th ms" in printed
    assert tally.milliseconds["draw"]


@pytest.mark.parametrize(
    ("field", "kind", "words"),
    [
        ("ordinary", "500", "ordinary clients: 2 × 500"),
        ("ordinary", "429", "ordinary clients: 2 × 429"),
        ("ordinary", "TimeoutError", "ordinary clients: 2 × TimeoutError"),
        ("malformed", "500", "malformed: 2 × 500"),
        ("malformed", "200", "malformed: 2 × 200"),
        ("slow", editor_load.STILL_OPEN, "slow clients: 2 × still open"),
    ],
)
def test_wrong_responses_are_problems(field, kind, words):
    tally = Tally(states=[ServerState(0, 100, 5, 5)] * 5)
    assert tally.problems() == []
    getattr(tally, field)[kind] = 2
    assert tally.problems() == [words]


def test_growth_is_a_problem():
    states = [ServerState(second, 100 + 40 * second, 5 + 20 * (second > 1), 5) for second in range(4)]
    assert Tally(states=states).problems() == [
        "memory grew by 40 MiB in the second half",
        "20 threads and 0 files stayed",
    ]
