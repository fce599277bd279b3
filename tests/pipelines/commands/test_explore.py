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


@pytest.mark.network
def test_a_choice_of_faces_without_a_discriminator_is_one_line(finished, command):
    status, _, err = command("explore", finished, "--no-browser", "--best-of", 4)
    assert status == 1
    assert "`--best-of` must be 1 for toy, for no discriminator lies beside it" in err
    assert err.count("\n") == 1


@pytest.mark.network
@pytest.mark.parametrize(
    ("there", "given", "best_of"), [(True, (), 4), (True, ("--best-of", 1), 1), (False, (), 1)]
)
def test_random_faces_are_the_best_of_four_where_there_is_a_discriminator(
    finished, command, monkeypatch, there, given, best_of
):
    from pipelines.editing.web import server
    from pipelines.runs import finished_run
    from pipelines.sources.source import Source

    source = Source("d", "", lambda _: lambda images: images.mean(axis=(1, 2, 3))) if there else None
    monkeypatch.setattr(finished_run, "discriminator_source", lambda recipe, generator: source)
    served = []

    def serve(host, port, app):
        served.append(app.test_client().get("/api/run", headers={"Host": "127.0.0.1"}).get_json())
        raise OSError

    monkeypatch.setattr(server, "EditorServer", serve)
    command("explore", finished, "--no-browser", *given)
    assert [run["best_of"] for run in served] == [best_of]
