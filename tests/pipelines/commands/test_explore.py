"""The command that opens the editor."""

from __future__ import annotations

import pytest


def test_a_run_without_axes_is_one_line(toy_recipe, command):
    status, _, err = command("explore", toy_recipe, "--no-browser")
    assert status == 1
    assert "has no axes yet" in err
    assert err.count("\n") == 1


@pytest.mark.network
def test_a_taken_port_is_one_line(finished, command):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, _, err = command("explore", finished, "--no-browser", "--port", taken.getsockname()[1])
    assert status == 1
    assert "Choose another --port" in err
