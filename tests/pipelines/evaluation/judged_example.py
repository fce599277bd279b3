"""The inputs of an evaluation without a network: pictures are latents, and the judge reads quadratic scores of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.evaluation.edited_scores import ScoringNetworks, rescore
from pipelines.evaluation.inputs import COLUMNS, MOVED, EvaluationInputs
from pipelines.recipe.load import load_recipe
from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tests.tlgan.evaluation.linear_example import planted
from tlgan.axes.axes import Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.editing.edit_methods import build_edit
from tlgan.latents.sampling import draw_latents

EDITS = ("raw", "all-locked", "local", "local-strict")
STEPS = (-2.0, -1.0, 1.0, 2.0)
COUNT, SEED = 24, 4321
OPTIONS = (
    f"evaluate.steps={list(STEPS)}",
    f"evaluate.edits={list(EDITS)}",
    f"evaluate.seed={SEED}",
    f"evaluate.count={COUNT}",
    "evaluate.equal_change=[0.5, 1.0]",
)


def bent_axes(groups: tuple[tuple[str, ...], ...] = ()) -> Axes:
    """Four axes, and a regressor that knows that Age bends with Male: no direction moves Male alone."""
    axes = planted()
    squares = np.zeros((4, 4))
    squares[3, 0] = 0.8 * axes.slopes[3]
    regressor = quadratic_regressor(
        axes.names, axes.raw_directions, np.diag(axes.slopes), squares, axes.intercepts, groups
    )
    return replace(axes, regressor=regressor)


class LatentJudge(ScoringNetworks):
    """Reads the scores of a regressor off latents; the discriminator's place is empty."""

    def score(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        regressor: LatentRegressor = self.judge
        return {
            "scores": regressor(latents).astype("f4"),
            "features": np.abs(latents).astype("f4"),
            "saturated": np.zeros(len(latents), "f4"),
            "realism": np.full(len(latents), np.nan, "f4"),
        }


def judged_inputs(
    axes: Axes, edits: tuple[str, ...] = EDITS, groups: tuple[tuple[str, ...], ...] = (), **fields
) -> EvaluationInputs:
    """All edits of `COUNT` latents, judged by the regressor itself."""

    class Generator:
        resolution = 64

    latents = draw_latents(0, COUNT, axes.latent_dim, space=axes.latent_space, seed=SEED)
    movers = [build_edit(axes, edit, groups=groups) for edit in edits]
    rows = rescore(latents, movers, len(axes), STEPS, LatentJudge(Generator(), axes.regressor))
    sampled = draw_latents(0, 2000, axes.latent_dim, space=axes.latent_space)
    scores = axes.regressor(sampled).astype("f4")
    inputs = EvaluationInputs(
        recipe=load_recipe("known-axes", OPTIONS),
        axes=axes,
        attributes=axes.names,
        kinds=axes.kinds,
        edits=edits,
        edited={name: rows[name] for name in (*COLUMNS, MOVED)},
        groups=groups,
        sampled=sampled,
        judged=scores,
        labelled=dict(zip(axes.names, scores.T, strict=True)),
        label_kinds=dict(zip(axes.names, axes.kinds, strict=True)),
        judge="latents",
        labellers=("toy",),
        halves={},
    )
    return replace(inputs, **fields)
