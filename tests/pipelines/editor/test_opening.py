"""Runs opened for the editor."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.editor.opening import open_for_editing
from pipelines.recipe import load_recipe


@pytest.mark.network
def test_a_face_by_itself_is_the_face_of_the_sample(finished):
    from pipelines.plan import plan
    from pipelines.steps import find
    from tlgan.row_files import map_rows

    recipe = load_recipe(str(finished))
    run = open_for_editing(recipe)
    assert [network.batch for network in (run.generator, *run.labellers)] == [1, 1]
    sample = find(plan(recipe, until="sample"), "sample").output
    latents, images = (np.asarray(map_rows(sample, name, 3)) for name in ("latents", "images"))
    drawn = run.draw(latents)
    assert np.abs(drawn.astype(int) - images).max() <= 1
    assert np.isfinite(run.read(latents, drawn)).all()


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
