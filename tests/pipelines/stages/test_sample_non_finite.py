"""A generator, labeller or judge that gives NaN stops its stage: finished rows stay, and the latent is saved."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.execution.block_jobs import Block
from pipelines.execution.failed_rows import FailedRow
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.stages.rescore import _rescoring
from tests.pipelines.evaluation.test_edited_scores import planted
from tests.pipelines.one_line_errors import check_one_line
from tlgan.errors import NonFiniteError
from tlgan.latents.sampling import draw_latents
from tlgan.storage.row_files import map_rows, partial_path, rows_done

FAILING = 550  # row
SMALL = ("known_axes.latent_dim=20", "known_axes.resolution=8", "data.resolution=8", "sample.count=600")
SMALL += ('label.labellers=["known-axes-factors"]',)
OVERRIDES = [word for override in SMALL for word in ("-s", override)]


@pytest.fixture
def failing(monkeypatch, home):
    """Make the known-axes generator or labeller fail at the latent of a row; gives a function that mends it."""
    latent = draw_latents(FAILING, 1, 20, space="normal")[0]
    state = SimpleNamespace(fails=True)

    def places(latents):
        return np.flatnonzero((latents == latent).all(axis=1)).tolist() if state.fails else []

    from data.synthetic.planted_axes import KnownAxes

    draw, score = KnownAxes.generate, KnownAxes.noisy_scores

    def generate(known, latents):
        if found := places(latents):
            raise NonFiniteError("known-axes draws NaN or infinity.", found)
        return draw(known, latents)

    def noisy_scores(known, latents, *arguments):
        scores = score(known, latents, *arguments)
        scores[places(latents), 1] = np.inf
        return scores

    def fail(what):
        state.fails = True
        monkeypatch.setattr(KnownAxes, what, {"generate": generate, "noisy_scores": noisy_scores}[what])

    return SimpleNamespace(fail=fail, mend=lambda: setattr(state, "fails", False), latent=latent)


@pytest.mark.parametrize(("stage", "what"), [("sample", "generate"), ("label", "noisy_scores")])
def test_the_stage_stops_and_goes_on_after_the_mending(failing, command, stage, what):
    failing.fail(what)
    result = command(stage, "known-axes", *OVERRIDES)
    check_one_line(result)
    error = result[2]
    assert f"stopped at row {FAILING}" in error
    plan = make_plan(load_recipe("known-axes", SMALL))
    step = plan.sample if stage == "sample" else plan.labels[0]
    saved = step.output.with_name(f"{step.output.name}.row-{FAILING}.npy")
    np.testing.assert_array_equal(np.load(saved), failing.latent)
    done = rows_done(partial_path(step.output))
    assert done <= FAILING
    failing.mend()
    assert command(stage, "known-axes", *OVERRIDES)[0] == 0
    assert rows_done(step.output) == 600
    assert not saved.exists()
    assert np.isfinite(map_rows(step.output, "latents" if stage == "sample" else "scores")[:]).all()


def test_an_edit_that_cannot_be_read_names_the_row_of_its_latent():
    class Generator:
        resolution = 8

        def __call__(self, latents):
            return np.zeros((len(latents), 8, 8, 3), np.uint8)

    class Judge:
        name, names, reads_images = "judge", ("Male",), True

        def score_and_features(self, images, latents, start):
            scores = np.zeros((len(latents), 1), "f4")
            if len(latents) > 8:  # the moved ones
                scores[8 + 5] = np.nan
            return scores, np.ones((len(latents), 2), "f4")

    options = load_recipe("known-axes").evaluate
    roles = ("generator", "judge")
    (rescore_block,) = _rescoring(planted(), ("raw",), (), (), options, roles, (), Generator(), Judge())
    with pytest.raises(FailedRow, match="judge gives nan for Male") as caught:
        rescore_block(Block(16, 8))
    assert caught.value.row == 16 + 5
    assert caught.value.latent.shape == (16,)
