"""Runs opened for the editor."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_for_editing


@pytest.mark.network
def test_a_face_by_itself_is_the_face_of_the_sample(finished):
    from pipelines.planning.plan import make_plan
    from tlgan.storage.row_files import map_rows

    recipe = load_recipe(str(finished))
    run = open_for_editing(recipe)
    assert [network.batch for network in (run.generator, *run.labellers)] == [1, 1]
    sample = make_plan(recipe).sample.output
    latents, images = (np.asarray(map_rows(sample, name, 3)) for name in ("latents", "images"))
    drawn = run.draw(latents)
    assert np.abs(drawn.astype(int) - images).max() <= 1
    assert np.isfinite(run.read(latents, drawn)).all()
