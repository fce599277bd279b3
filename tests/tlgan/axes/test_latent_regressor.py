"""The latent regressor: predictions and Jacobian against the formula in float64, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import erf

from tests.tlgan.axes.quadratic_regressor import quadratic_regressor
from tlgan.axes import latent_regressor as module
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.errors import UserError

DIM, NAMES = 6, ("Smiling", "Male", "Age")
N_COMPONENTS = 2


@pytest.fixture
def regressor() -> LatentRegressor:
    """Two members of three layers, with two components of the picture."""
    rng = np.random.default_rng(4)
    sizes = [DIM, 9, 7, len(NAMES) + N_COMPONENTS]
    shapes = list(pairwise(sizes))
    return LatentRegressor(
        names=NAMES,
        weights=tuple(rng.standard_normal((2, *shape)) / np.sqrt(shape[0]) for shape in shapes),
        biases=tuple(0.3 * rng.standard_normal((2, shape[1])) for shape in shapes),
        offsets=[0.5, -1.0, 40.0],
        scales=[1.0, 2.0, 10.0],
        lowest=[-5, -8, 10],
        highest=[5, 8, 90],
        held_out=[0.8, 0.9, np.nan],
        scatter=[0.3, 0.2, 0.1],
        component_held_out=[0.9, 0.4],
        groups=(("Smiling", "Laughing", "Male"),),
    )


@pytest.fixture
def latents() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((4, DIM))


def outputs(regressor: LatentRegressor, latents: np.ndarray) -> np.ndarray:
    """Outputs of each member by the formula, in float64, shape (n_members, n, n_outputs)."""
    members = []
    for member in range(regressor.n_members):
        hidden = np.asarray(latents, np.float64)
        for number, (weight, bias) in enumerate(zip(regressor.weights, regressor.biases, strict=True)):
            hidden = hidden @ weight[member].astype(np.float64) + bias[member]
            if number < len(regressor.weights) - 1:
                hidden = 0.5 * hidden * (1 + erf(hidden / np.sqrt(2)))
        members.append(hidden)
    return np.stack(members)


def in_label_units(regressor: LatentRegressor, values: np.ndarray) -> np.ndarray:
    """Outputs of the attributes times their scale plus their offset; components are as they are."""
    scales, offsets = np.ones(values.shape[-1]), np.zeros(values.shape[-1])
    scales[: len(NAMES)], offsets[: len(NAMES)] = regressor.scales, regressor.offsets
    return values * scales + offsets


def test_prediction_is_the_mean_of_the_members_in_label_units(regressor, latents):
    members = in_label_units(regressor, outputs(regressor, latents))[:, :, : len(NAMES)]
    np.testing.assert_allclose(regressor.member_scores(latents), members, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(regressor(latents), members.mean(axis=0), rtol=1e-5, atol=1e-5)
    spread = members.std(axis=0) / regressor.scales
    np.testing.assert_allclose(regressor.disagreement(latents), spread, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("components", [False, True])
def test_jacobian_is_that_of_finite_differences(regressor, latents, components):
    count = len(NAMES) + (N_COMPONENTS if components else 0)

    def predict(at: np.ndarray) -> np.ndarray:
        return in_label_units(regressor, outputs(regressor, at).mean(axis=0))[:, :count]

    found = regressor.with_jacobian(latents, components=components)
    np.testing.assert_allclose(found.scores, predict(latents), rtol=1e-5, atol=1e-5)
    differences = [(predict(latents + step) - predict(latents - step)) / 2e-4 for step in 1e-4 * np.eye(DIM)]
    assert found.jacobian.shape == (4, count, DIM)
    np.testing.assert_allclose(found.jacobian, np.stack(differences, axis=2), rtol=1e-4, atol=1e-5)


def test_jacobian_is_the_same_in_pieces(regressor, latents, monkeypatch):
    whole = regressor.with_jacobian(latents)
    monkeypatch.setattr(module, "MAX_CHUNK_VALUES", 1)
    np.testing.assert_allclose(regressor.with_jacobian(latents).jacobian, whole.jacobian, rtol=1e-6)
    monkeypatch.setattr(module, "MAX_CHUNK_ROWS", 1)
    np.testing.assert_allclose(regressor(latents), whole.scores, rtol=1e-6)


def test_a_straight_regressor_is_linear(latents):
    gradients, intercepts = np.random.default_rng(0).standard_normal((3, DIM)), np.array([1.0, -2.0, 3.0])
    gradients[2] = 0  # an attribute that no latent changes
    straight = LatentRegressor.straight(NAMES, gradients, intercepts)
    np.testing.assert_allclose(straight(latents), intercepts + latents @ gradients.T, atol=1e-5)
    jacobian = straight.with_jacobian(latents).jacobian
    np.testing.assert_allclose(jacobian, np.broadcast_to(gradients, (4, 3, DIM)), atol=1e-6)
    assert (straight.n_members, straight.n_components, straight.latent_dim) == (1, 0, DIM)


def test_a_regressor_made_by_hand_predicts_what_it_was_made_for():
    linear, squares = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 0.0], [1.5, 0.0]])
    bent = quadratic_regressor(["A", "B"], np.eye(2, DIM), linear, squares, np.array([0.5, 0.0]))
    along = np.random.default_rng(1).standard_normal((9, DIM))
    a, b = along[:, 0], along[:, 1]
    np.testing.assert_allclose(bent(along)[:, 0], 0.5 + 2 * a, atol=2e-3)
    np.testing.assert_allclose(bent(along)[:, 1], b + 1.5 * (a**2 - 1), rtol=0.01, atol=0.02)


def test_names_are_found_and_unknown_ones_are_said(regressor):
    assert regressor.index("Age") == 2
    assert regressor.companions("Smiling") == ("Laughing", "Male")
    assert regressor.companions("Age") == ()
    with pytest.raises(UserError, match=r"does not know 'Hat'.*Take the method 'straight'"):
        regressor.index("Hat")


def test_arrays_are_copies_that_cannot_be_written(regressor):
    weights = np.ones((1, 2, 1), np.float32)
    own = replace(LatentRegressor.straight(["a"], np.eye(1, 2), [0.0]), weights=(weights,))
    weights[:] = 7
    assert own([[1.0, 1.0]])[0, 0] == 2.0
    for array in (*regressor.weights, *regressor.biases, regressor.scales, regressor.component_held_out):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"names": ("Smiling", "Male", "Male")}, "'Male' is there twice"),
        ({"names": ("Smiling", "", "Age")}, "printable texts"),
        ({"names": ("Smiling", 5, "Age")}, "printable texts"),
        ({"names": ("Smiling", "Male")}, r"for each name \(2\) and component \(2\). Got 5"),
        ({"groups": (("Smiling", "Smiling"),)}, "`regressor.groups` must be there once each"),
        ({"weights": ()}, "one entry for each layer. Got 0 and 3"),
        ({"weights": (np.ones((2, 6, 9)), np.ones((2, 8, 7)), np.ones((2, 7, 5)))}, r"Layer 1 .*\(2, 9, n\)"),
        ({"weights": (np.ones((1, 6, 9)), np.ones((2, 9, 7)), np.ones((2, 7, 5)))}, "Layer 0"),
        ({"weights": (np.ones((2, 6, 9)), np.ones((1, 9, 7)), np.ones((2, 7, 5)))}, "Layer 1"),
        ({"weights": (np.ones((2, 6)), np.ones((2, 9, 7)), np.ones((2, 7, 5)))}, "3 dimension"),
        ({"biases": (np.ones((2, 9)), np.ones((2, 6)), np.ones((2, 5)))}, "Layer 1"),
        ({"biases": (np.full((2, 9), np.nan), np.ones((2, 7)), np.ones((2, 5)))}, "must be finite"),
        ({"biases": (np.full((2, 9), 1e300), np.ones((2, 7)), np.ones((2, 5)))}, "finite in float32"),
        ({"biases": (np.full((2, 9), "x"), np.ones((2, 7)), np.ones((2, 5)))}, "real array"),
        ({"offsets": [0.0]}, r"`regressor.offsets` must have one entry per name \(3\). Got 1"),
        ({"offsets": [0.0, np.nan, 0.0]}, "`regressor.offsets` must be finite. 'Male' has nan"),
        ({"scales": [1.0, 0.0, 1.0]}, "must be above 0 and finite. 'Male' has 0"),
        ({"scales": [1.0, -1.0, 1.0]}, "must be above 0"),
        ({"held_out": [1.0, np.inf, 1.0]}, "`regressor.held_out` must be finite. 'Male' has inf"),
        ({"lowest": [0.0, 9.0, 20.0]}, "'Male' has 9 and 8"),
        ({"component_held_out": [np.nan, 0.5]}, "`regressor.component_held_out` must be finite"),
        ({"component_held_out": [0.5]}, r"component \(1\). Got 5"),
        ({"generator_sha256": "abc"}, "`regressor.generator_sha256` must be 64"),
    ],
)
def test_regressor_refuses(regressor, fields, message):
    with pytest.raises(UserError, match=message):
        replace(regressor, **fields)


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (np.ones((2, DIM + 1)), r"latent size of the regressor \(6\). Got 7"),
        (np.full((1, DIM), np.nan), "must be finite"),
        (np.ones(DIM), "2 dimension"),
        (np.zeros((0, DIM)), "at least one value"),
        ([["a"] * DIM], "real array"),
    ],
)
def test_regressor_refuses_latents(regressor, latents, message):
    for predict in (regressor, regressor.with_jacobian):
        with pytest.raises(UserError, match=message):
            predict(latents)


@pytest.mark.parametrize(
    ("latent_dim", "own", "other", "message"),
    [
        (DIM, "", "", ""),
        (DIM, "ab" * 32, "ab" * 32, ""),
        (DIM, "ab" * 32, "", ""),
        (DIM, "", "cd" * 32, ""),
        (DIM + 1, "", "", r"latents of the axes' size \(7\). Got 6"),
        (DIM, "ab" * 32, "cd" * 32, r"must be of the axes' generator \(SHA-256 abab.*Got one of cdcd"),
    ],
)
def test_axes_refuse_the_regressor_of_another_generator(regressor, latent_dim, own, other, message):
    axes = axes_from_directions(["Age", "Hat"], np.eye(2, latent_dim), latent_space="normal")
    axes = replace(axes, generator_sha256=own)
    regressor = replace(regressor, generator_sha256=other)
    if not message:  # names and their order may be others
        assert replace(axes, regressor=regressor).regressor is regressor
        return
    with pytest.raises(UserError, match=message):
        replace(axes, regressor=regressor)
