from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from data.synthetic.face_parameters import FACTORS
from data.synthetic.factors import COSINES
from data.synthetic.nonlinearities import BEND, SHAPES
from data.synthetic.planted_axes import plant_axes
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents


def latents(count: int, latent_dim: int = 64, seed: int = 0) -> np.ndarray:
    return draw_latents(0, count, latent_dim, space="normal", seed=seed)


def angles(estimates: np.ndarray, directions: np.ndarray) -> np.ndarray:
    cosines = (estimates * directions).sum(axis=1) / np.linalg.norm(estimates, axis=1)
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


@pytest.mark.parametrize("latent_dim", [20, 64, 512])
def test_plant_axes_has_the_planted_cosines(latent_dim: int) -> None:
    known = plant_axes(latent_dim)
    expected = np.eye(len(FACTORS))
    for (first, second), cosine in COSINES.items():
        i, j = FACTORS.index(first), FACTORS.index(second)
        expected[i, j] = expected[j, i] = cosine
    assert known.directions.shape == (20, latent_dim)
    np.testing.assert_allclose(known.cosines, expected, atol=1e-12)


def test_factors_have_unit_variance_and_the_planted_correlations() -> None:
    known = plant_axes()
    factors = known.factors(latents(20_000))
    np.testing.assert_allclose(np.cov(factors.T), known.cosines, atol=0.04)


def test_plant_axes_golden() -> None:
    np.testing.assert_allclose(
        plant_axes().directions[0, :3], (0.015926539, -0.016281784, -0.159488752), atol=1e-8
    )


def test_scores_are_affine_in_the_latent_without_nonlinearity() -> None:
    known = plant_axes()
    z = latents(50)
    scores = known.scores(z)
    np.testing.assert_allclose(scores, known.offsets + known.scales * (z @ known.directions.T), atol=1e-9)
    age = known.names.index("Age")
    assert known.units[age] == "years"
    assert 20 < scores[:, age].mean() < 70


def test_labels_are_the_signs_of_binary_scores() -> None:
    known = plant_axes()
    z = latents(4000)
    labels, scores = known.labels(z), known.scores(z)
    binary = np.array(known.kinds) == "binary"
    np.testing.assert_array_equal(labels[:, binary], scores[:, binary] > 0)
    np.testing.assert_allclose(labels[:, ~binary], scores[:, ~binary], rtol=1e-6)
    np.testing.assert_allclose(labels[:, binary].mean(axis=0), known.base_rates()[binary], atol=0.03)


@pytest.mark.parametrize("nonlinearity", SHAPES)
def test_base_rates_follow_the_nonlinearity(nonlinearity: str) -> None:
    known = plant_axes(nonlinearity=nonlinearity)
    glasses = known.names.index("Glasses")
    np.testing.assert_allclose(
        known.base_rates()[glasses], known.labels(latents(20_000))[:, glasses].mean(), atol=0.015
    )


def test_generate_shows_the_factors() -> None:
    known = plant_axes(resolution=32)
    z = latents(5)
    pictures = known.generate(z)
    assert pictures.shape == (5, 32, 32, 3)
    background = known.directions[known.names.index("Background")]
    moved = known.generate(z + 4 * background)
    assert (np.abs(moved[:, 0, 0].astype(int) - pictures[:, 0, 0]).max(axis=1) > 10).mean() > 0.5


def test_noisy_scores_without_noise_are_the_scores() -> None:
    known = plant_axes()
    z = latents(20)
    np.testing.assert_allclose(known.noisy_scores(z), known.scores(z), rtol=1e-5, atol=1e-5)


def test_noisy_scores_have_the_chosen_noise_whatever_the_chunks() -> None:
    known = plant_axes()
    z = latents(5000)
    whole = known.noisy_scores(z, noise=0.5, seed=3)
    errors = (whole - known.scores(z)) / known.scales
    np.testing.assert_allclose(errors.std(axis=0), 0.5, atol=0.03)
    assert np.abs(np.corrcoef(np.concatenate([errors, z], axis=1).T)[:20, 20:]).max() < 0.08
    chunks = [known.noisy_scores(z[start : start + 999], 0.5, 3, start) for start in range(0, 5000, 999)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


@pytest.mark.parametrize("nonlinearity", ["none", "skewed", "bent"])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_best_accuracies_are_those_of_the_true_scores(noise: float, nonlinearity: str) -> None:
    known = plant_axes(nonlinearity=nonlinearity)
    z = latents(20_000)
    binary = np.array(known.kinds) == "binary"
    agreement = ((known.noisy_scores(z, noise) > 0) == (known.scores(z) > 0)).mean(axis=0)
    np.testing.assert_allclose(known.best_accuracies(noise)[binary], agreement[binary], atol=0.012)
    assert np.isnan(known.best_accuracies(noise)[~binary]).all()


def test_best_accuracies_of_a_balanced_label_have_a_closed_form() -> None:
    known = plant_axes()
    male = known.names.index("Male")
    np.testing.assert_allclose(known.best_accuracies(0.5)[male], 1 - np.arctan(0.5) / np.pi, atol=1e-6)
    assert known.best_accuracies(0)[male] == 1


def test_angular_limits_are_reached_by_least_squares() -> None:
    known = plant_axes()
    z = latents(20_000)
    scores = known.noisy_scores(z, noise=1.0, seed=1)
    slopes = np.linalg.lstsq(z, scores - scores.mean(axis=0), rcond=None)[0].T
    limit = known.angular_limits(20_000, 1.0)
    np.testing.assert_allclose(angles(slopes, known.directions).mean(), limit.mean(), rtol=0.06)


def test_angular_limits_of_bent_factors_are_reached_where_the_bend_is_known() -> None:
    known = plant_axes(nonlinearity="bent")
    z = latents(20_000)
    scores = (known.noisy_scores(z, noise=1.0, seed=1) - known.offsets) / known.scales
    bends = known.factors(z) - z @ known.directions.T / np.sqrt(1 + 2 * BEND**2)
    slopes = np.linalg.lstsq(z, scores - bends, rcond=None)[0].T
    found = angles(slopes, known.directions)
    np.testing.assert_allclose(found.mean(), known.angular_limits(20_000, 1.0).mean(), rtol=0.06)


def test_angular_limits_for_decisions_are_reached_by_probit_regression() -> None:
    # One Newton step from the truth is as good as the maximum-likelihood estimate.
    known = plant_axes()
    z, noise = latents(20_000).astype(np.float64), 1.0
    decisions = known.noisy_scores(z, noise, seed=1) > 0
    binary = np.flatnonzero(np.array(known.kinds) == "binary")
    estimates = []
    for axis in binary:
        u = (z @ known.directions[axis] + known.offsets[axis] / known.scales[axis]) / noise
        density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
        weight = density**2 / (ndtr(u) * ndtr(-u))
        residual = (decisions[:, axis] - ndtr(u)) / density
        step = np.linalg.solve((z * weight[:, None]).T @ z, z.T @ (weight * residual)) * noise
        estimates.append(known.directions[axis] + step)
    limit = known.angular_limits(20_000, noise, decisions=True)
    found = angles(np.array(estimates), known.directions[binary])
    np.testing.assert_allclose(found.mean(), limit[binary].mean(), rtol=0.08)
    assert np.isnan(np.delete(limit, binary)).all()
    assert (limit[binary] > known.angular_limits(20_000, noise)[binary]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent_dim": 19}, "`latent_dim` must be at least 20, one per factor. Got 19"),
        ({"resolution": 4}, "`resolution` must be at least 8 pixels. Got 4"),
        (
            {"nonlinearity": "cubic"},
            "`nonlinearity` must be one of none, saturating, accelerating, skewed, bent.",
        ),
        ({"cosines": {("Beard", "Hat"): 0.5}}, "`cosines` must name pairs of Male, Age"),
        ({"cosines": {("Beard", "Beard"): 0.5}}, "`cosines` must name pairs of Male, Age"),
        ({"cosines": {("Beard", "Male"): 1.0}}, "`cosines` must belong to linearly independent directions"),
        ({"cosines": {("Age", "Male"): 0.9, ("Age", "Beard"): 0.9}}, "Got a smallest eigenvalue of -0.27"),
    ],
)
def test_plant_axes_refuses(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        plant_axes(**arguments)
    assert message in str(caught.value)


def test_known_axes_refuse_latents_of_another_size_and_impossible_noise() -> None:
    known = plant_axes()
    with pytest.raises(UserError, match=r"`latents` must have shape \(N, 64\)\. Got \(2, 32\)"):
        known.generate(latents(2, 32))
    with pytest.raises(UserError, match="`noise` must be at least 0"):
        known.noisy_scores(latents(2), noise=-1)
    with pytest.raises(UserError, match="must be above 0"):
        known.angular_limits(1000, 0)
