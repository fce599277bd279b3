"""Moves of latents: arcs, lines and the nearest latent with given predictors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, interpolate, least_change, move_along, normalize_latents


def latents(count: int = 5, latent_dim: int = 32, seed: int = 0) -> np.ndarray:
    return normalize_latents(np.random.default_rng(seed).normal(size=(count, latent_dim)), "sphere")


def test_normalize_latents_scales_sphere_latents_alone():
    rows = np.array([[3.0, 4.0]], np.float32)
    np.testing.assert_allclose(
        normalize_latents(rows, "sphere"), np.sqrt(2) * np.array([[0.6, 0.8]]), rtol=1e-15
    )
    np.testing.assert_array_equal(normalize_latents(rows, "normal"), [[3.0, 4.0]])


@pytest.mark.parametrize("space", ["sphere", "normal"])
@pytest.mark.parametrize("bad", [[[np.nan, 1.0]], [[np.inf, 1.0]], [1.0, 2.0], [], [["a"]]])
def test_normalize_latents_refuses(space, bad):
    with pytest.raises(UserError):
        normalize_latents(bad, space)


def test_a_straight_move_is_a_step_of_that_length():
    rows = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(
        move_along(rows, [0, 0, 2.0], [1.0, -2.0], "normal"), rows + np.array([[0, 0, 1], [0, 0, -2]])
    )


def test_an_arc_has_its_length_stays_on_the_sphere_and_in_its_plane():
    rows, direction = latents(), np.random.default_rng(9).normal(size=32)
    moved = move_along(rows, direction, 3.0, "sphere")
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.sqrt(32), rtol=1e-14)
    np.testing.assert_allclose(angles_between(rows, moved), np.degrees(3.0 / np.sqrt(32)), rtol=1e-12)
    assert (moved @ direction > rows @ direction).all()
    for before, after in zip(rows, moved, strict=True):
        assert np.linalg.matrix_rank(np.stack([before, after, direction]), tol=1e-10) == 2


def test_a_quarter_turn_from_a_right_angle_ends_at_the_direction():
    moved = move_along([[2.0, 0, 0, 0]], [0, 5.0, 0, 0], np.pi / 2 * 2, "sphere")
    np.testing.assert_allclose(moved, [[0, 2, 0, 0]], atol=1e-15)


def test_arcs_there_and_back_cancel():
    rows, direction = latents(), np.random.default_rng(9).normal(size=32)
    there = move_along(rows, direction, 2.0, "sphere")
    np.testing.assert_allclose(move_along(there, direction, -2.0, "sphere"), rows, atol=1e-12)


@pytest.mark.parametrize(
    ("direction", "amount", "message"),
    [
        ([1.0, 0.0], 1.0, r"shape \(3,\)"),
        ([0.0, 0.0, 0.0], 1.0, "only zeros"),
        ([0.0, 0.0, 1.0], np.nan, "finite"),
        ([0.0, 0.0, 1.0], [1.0, 2.0, 3.0], "one per latent"),
        ([1.0, 0.0, 0.0], 1.0, "points along the direction"),
        ([-1.0, 0.0, 0.0], 1.0, "points along the direction"),
    ],
)
def test_move_along_refuses(direction, amount, message):
    with pytest.raises(UserError, match=message):
        move_along([[2.0, 0, 0], [0, 1, 1]], direction, amount, "sphere")


def test_unknown_spaces_are_refused():
    with pytest.raises(UserError, match="one of sphere, normal, uniform"):
        move_along([[1.0, 0.0]], [0.0, 1.0], 1.0, "ball")


def test_interpolate_walks_the_arc_evenly():
    start, end = latents(2)
    between = interpolate(start, end, [0, 0.25, 0.5, 0.75, 1], "sphere")
    np.testing.assert_allclose(between[[0, -1]], [start, end], atol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(between, axis=1), np.sqrt(32), rtol=1e-14)
    steps = angles_between(between[:-1], between[1:])
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-10)


def test_interpolate_in_flat_space_and_between_equal_latents():
    np.testing.assert_allclose(interpolate([0.0, 0.0], [1.0, 2.0], [0.5], "normal"), [[0.5, 1.0]])
    np.testing.assert_allclose(interpolate([1.0, 1.0], [1.0, 1.0], [0.3], "sphere"), [[1.0, 1.0]])


def test_interpolate_refuses_opposite_ends():
    with pytest.raises(UserError, match="opposite"):
        interpolate([1.0, 1.0], [-1.0, -1.0], [0.5], "sphere")


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-6, 0.18, 90.0, 179.9999999, 180.0])
def test_angles_between_is_exact_for_small_and_large_angles(angle):
    radians = np.radians(angle)
    got = angles_between([[1.0, 0.0]], [[np.cos(radians), np.sin(radians)]])
    assert got[0] == pytest.approx(angle, rel=1e-12, abs=1e-14)


def test_flat_least_change_is_the_pseudo_inverse():
    rng = np.random.default_rng(0)
    gradients, rows, changes = rng.normal(size=(4, 16)), rng.normal(size=(3, 16)), rng.normal(size=(3, 4))
    moved = least_change(rows, gradients, changes, "normal")
    np.testing.assert_allclose(moved - rows, changes @ np.linalg.pinv(gradients).T, atol=1e-13)


def test_sphere_least_change_meets_its_equations_and_is_nearest():
    rng = np.random.default_rng(1)
    rows, gradients = latents(1, 8), rng.normal(size=(3, 8))
    changes = np.array([1.0, 0.0, -0.5])
    moved = least_change(rows, gradients, changes, "sphere")
    np.testing.assert_allclose((moved - rows) @ gradients.T, [changes], atol=1e-12)
    assert np.linalg.norm(moved) == pytest.approx(np.sqrt(8), rel=1e-14)
    constraints = [
        {"type": "eq", "fun": lambda z: gradients @ (z - rows[0]) - changes},
        {"type": "eq", "fun": lambda z: z @ z - 8},
    ]
    best = np.inf
    for _ in range(10):
        found = minimize(
            lambda z: np.sum((z - rows[0]) ** 2), rng.normal(size=8), constraints=constraints, method="SLSQP"
        )
        if found.success:
            best = min(best, np.sqrt(found.fun))
    assert np.linalg.norm(moved - rows) == pytest.approx(best, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_predictors=st.integers(1, 12),
    alike=st.floats(0, 30),
    space=st.sampled_from(["sphere", "normal"]),
)
def test_least_change_keeps_locks_and_meets_targets_or_says_why(seed, n_predictors, alike, space):
    rng = np.random.default_rng(seed)
    rows = normalize_latents(rng.normal(size=(4, 64)), space)
    gradients = rng.normal(size=(n_predictors, 64)) / 8 + alike * rng.normal(size=64) / 8
    changes = np.zeros(n_predictors)
    # Small beside the sphere's radius: the edit must be possible.
    changes[0] = 0.008 * rng.normal() * np.linalg.norm(gradients[0])
    moved = least_change(rows, gradients, changes, space)
    np.testing.assert_allclose(moved @ gradients.T, rows @ gradients.T + changes, rtol=0, atol=1e-9)
    if space == "sphere":
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 8.0, rtol=1e-13)


def test_no_change_moves_nothing():
    rows = latents()
    moved = least_change(rows, np.random.default_rng(2).normal(size=(3, 32)), np.zeros(3), "sphere")
    np.testing.assert_allclose(moved, rows, atol=1e-13)


@pytest.mark.parametrize("space", ["sphere", "normal"])
@pytest.mark.parametrize("noise", [0.0, 1e-15, 1e-9, 1e-6])
def test_least_change_names_contradicting_gradients(space, noise):
    rng = np.random.default_rng(4)
    gradients = rng.normal(size=(4, 32))
    gradients[3] = -2 * gradients[1] + noise * rng.normal(size=32)
    with pytest.raises(UserError, match="contradict each other: 'b', 'd' depend"):
        least_change(latents(), gradients, [0, 1.0, 0, 0], space, names=list("abcd"))


@pytest.mark.parametrize("space", ["sphere", "normal"])
@pytest.mark.parametrize("noise", [0.0, 1e-15, 1e-9, 1e-6, 1e-4])
def test_dependent_changes_that_agree_are_made(space, noise):
    rng = np.random.default_rng(4)
    gradients = rng.normal(size=(4, 32))
    gradients[3] = -2 * gradients[1] + noise * rng.normal(size=32)
    rows = normalize_latents(latents(), space)
    moved = least_change(rows, gradients, [1.0, 0, 0, 0], space, names=list("abcd"))
    np.testing.assert_allclose((moved - rows) @ gradients.T, [[1.0, 0, 0, 0]] * 5, atol=1e-9)


def test_more_predictors_than_dimensions():
    gradients = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    moved = least_change([[0.0, 0.0]], gradients, [1.0, 2.0, 3.0], "normal")
    np.testing.assert_allclose(moved, [[1.0, 2.0]], atol=1e-14)
    with pytest.raises(UserError, match="contradict"):
        least_change([[0.0, 0.0]], gradients, [1.0, 2.0, 4.0], "normal")


def test_least_change_beyond_the_sphere_is_refused():
    rows = latents(1, 16)
    with pytest.raises(UserError, match=r"does not reach so far to Smiling together: .* times as long"):
        least_change(rows, np.eye(1, 16), [10.0], "sphere", names=["Smiling"])


def test_a_latent_without_a_free_direction_is_refused_not_nan():
    with pytest.raises(UserError, match="does not reach"):
        least_change([[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [-0.5, 0.0], "sphere")
    with pytest.raises(UserError, match="does not reach"):
        least_change([[np.sqrt(2), 0.0]], [[1.0, 0.0]], [-0.5], "sphere")


@pytest.mark.parametrize(
    ("gradients", "changes", "message"),
    [
        (np.eye(1, 5), [1.0], "latent size"),
        (np.zeros((1, 32)), [1.0], "only zeros"),
        (np.eye(1, 32), [[["x"]]], "real array"),
    ],
)
def test_least_change_refuses(gradients, changes, message):
    with pytest.raises(UserError, match=message):
        least_change(latents(), gradients, changes, "sphere")
