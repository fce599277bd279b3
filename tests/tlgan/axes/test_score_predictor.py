"""What predicts scores with their Jacobian: a function does as well as a network, and local edits follow both."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.axes.score_predictor import FunctionPredictor
from tlgan.editing.local_edit import local_edit
from tlgan.errors import UserError

SLOPES = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.5]])
SCORES = [[-1.0, 2.0], [1.0, 2.0], [3.0, 2.0]]


def lines(latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two attributes, then one component."""
    everything = np.concatenate([SLOPES, [[1.0, 0.0, 0.0]]])
    return latents @ everything.T, np.repeat(everything[None], len(latents), axis=0)


def test_statistics_are_those_of_the_scores_of_a_sample():
    predictor = FunctionPredictor.of_scores(["Smiling", "Age"], lines, SCORES, dimension=3)
    np.testing.assert_allclose(predictor.offsets, [1, 2])
    np.testing.assert_allclose(predictor.scales, [np.std([-1, 1, 3]), 1])  # the second is always the same
    np.testing.assert_allclose([predictor.lowest, predictor.highest], [[-1, 2], [3, 2]])
    assert (predictor.latent_dim, predictor.n_components) == (3, 0)
    assert predictor.index("Age") == 1
    with pytest.raises(UserError, match="does not know 'Hat'"):
        predictor.index("Hat")


def test_components_follow_where_they_are_asked_for():
    predictor = FunctionPredictor.of_scores(["Smiling", "Age"], lines, SCORES, dimension=3)
    latents = np.eye(3)[:2]
    np.testing.assert_allclose(predictor(latents), latents @ SLOPES.T)
    assert predictor.with_jacobian(latents, components=True).jacobian.shape == (2, 2, 3)
    object.__setattr__(predictor, "component_held_out", np.ones(1))
    assert predictor.with_jacobian(latents).scores.shape == (2, 2)
    scores, jacobian = predictor.with_jacobian(latents, components=True)
    np.testing.assert_allclose(scores[:, 2], latents[:, 0])
    np.testing.assert_allclose(jacobian[0, 2], [1, 0, 0])
    np.testing.assert_array_equal(predictor.disagreement(latents), np.zeros((2, 2)))


def test_a_local_edit_follows_a_function_as_it_follows_a_network():
    axes, latents = make_bent_axes(), bent_latents()
    regressor = axes.regressor
    sampled = regressor(np.random.default_rng(0).standard_normal((4000, axes.latent_dim)))
    function = FunctionPredictor.of_scores(
        regressor.names,
        lambda rows: tuple(regressor.with_jacobian(rows)),
        (sampled - sampled.mean(axis=0)) / sampled.std(axis=0) * regressor.scales + regressor.offsets,
        dimension=axes.latent_dim,
        groups=regressor.groups,
    )
    wanted = np.full((len(latents), 1), 1.0)
    by_network, by_function = (
        local_edit(one, latents, ["Smiling"], wanted, latent_space="sphere", locks=["Male"])
        for one in (regressor, function)
    )
    assert by_function.stopped == by_network.stopped == ("",) * len(latents)
    np.testing.assert_allclose(by_function.latents, by_network.latents, atol=1e-5)
