from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.latent_paths import (
    along_path,
    count_waypoints,
    edit_path,
    morph_path,
    neighbour_latents,
    walk_path,
)
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between
from tlgan.latents.sampling import draw_latents

DIM = 32


@pytest.fixture
def faces():
    return draw_latents(0, 4, DIM, seed=5)


def angles_of_frames(path):
    """Angle from each frame to the next, the last to the first, degrees."""
    return angles_between(path, np.roll(path, -1, axis=0))


@pytest.mark.parametrize("space", ["sphere", "normal"])
def test_along_path_is_at_shares_of_its_length(faces, space):
    """Whatever the lengths of its pieces, of which one is nothing."""
    path = np.concatenate([faces[:1], faces[:2], faces[1:3]]).astype(float)
    shares = np.linspace(0, 1, 101)
    moved = along_path(path, shares, space)
    np.testing.assert_allclose(moved[[0, -1]], path[[0, -1]], atol=1e-5)
    lengths = (
        angles_between(moved[:-1], moved[1:])
        if space == "sphere"
        else np.linalg.norm(np.diff(moved, axis=0), axis=1)
    )
    corner = np.argmin(np.linalg.norm(moved - faces[1], axis=1))
    even = np.delete(lengths, [corner - 1, corner])  # chords that cut the corner
    np.testing.assert_allclose(even, even.mean(), rtol=0.01)
    assert np.linalg.norm(moved - faces[1], axis=1).min() < 0.15


def test_along_path_of_one_latent_stays(faces):
    np.testing.assert_allclose(
        along_path(faces[:1], np.array([0.0, 0.3, 1.0]), "sphere"), faces[[0, 0, 0]], atol=1e-5
    )
    still = np.repeat(faces[:1], 3, axis=0)
    np.testing.assert_allclose(
        along_path(still, np.array([0.0, 0.3, 1.0]), "normal"), faces[[0, 0, 0]], atol=1e-5
    )


def test_edit_path_goes_there_and_back_and_is_slow_at_both_ends(faces):
    path = edit_path(faces[:2], 20, "sphere")
    np.testing.assert_allclose(path[[0, 10]], faces[:2], atol=1e-5)
    np.testing.assert_allclose(path[1:10], path[:10:-1], atol=1e-9)
    steps = angles_of_frames(path)
    assert set(np.argsort(steps)[:4]) == {0, 9, 10, 19}


def test_morph_path_slows_at_each_face_and_closes(faces):
    path = morph_path(faces, 80, "sphere")
    np.testing.assert_allclose(path[::20], faces, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.sqrt(DIM))
    steps = angles_of_frames(path)
    assert steps.sum() == pytest.approx(angles_between(faces, np.roll(faces, -1, axis=0)).sum())
    # Slowest around the faces, fastest in between, the seam being no exception.
    assert set(np.argsort(steps)[:8]) == {79, 0, 19, 20, 39, 40, 59, 60}


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_walk_path_is_closed_and_of_constant_speed(space):
    faces = draw_latents(0, 5, DIM, space=space, seed=5)
    path = walk_path(faces, 150, space)
    np.testing.assert_allclose(path[0], faces[0], atol=1e-5)
    steps = np.linalg.norm(np.roll(path, -1, axis=0) - path, axis=1)
    assert steps.std() < 0.03 * steps.mean()
    if space == "sphere":
        np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.sqrt(DIM))
    if space == "uniform":
        assert abs(path).max() <= 1


def angles_of_steps(path):
    """Angle from each step to the next, degrees."""
    steps = np.roll(path, -1, axis=0) - path
    return angles_between(steps, np.roll(steps, -1, axis=0))


def test_walk_path_has_no_corners_and_passes_every_face(faces):
    path = walk_path(faces, 400, "sphere")
    # Twice as many frames bend half as much at each; a corner would stay as sharp.
    assert angles_of_steps(walk_path(faces, 800, "sphere")).max() < 0.6 * angles_of_steps(path).max()
    nearest = [angles_between(path, np.repeat(face[None], 400, axis=0)).min() for face in faces]
    assert max(nearest) < 1


def test_count_waypoints_follows_the_length_of_the_walk():
    assert [count_waypoints(frames) for frames in (3, 90, 200, 3000)] == [3, 3, 7, 100]


def test_neighbour_latents_lie_at_the_angle_given(faces):
    sheet = neighbour_latents(faces[0], faces[1:], 25, "sphere")
    np.testing.assert_allclose(sheet[0], faces[0], atol=1e-5)
    np.testing.assert_allclose(angles_between(sheet[1:], np.repeat(sheet[:1], 3, axis=0)), 25)


@pytest.mark.parametrize(
    ("path_of", "message"),
    [
        (lambda faces: morph_path(faces[:1], 30, "sphere"), "at least 2 faces"),
        (lambda faces: morph_path(faces, 3, "sphere"), "4 .* to 10000 frames. Got 3"),
        (lambda faces: morph_path(faces, 10**6, "sphere"), "Got 1000000"),
        (lambda faces: morph_path(np.stack([faces[0], -faces[0]]), 9, "sphere"), "opposite"),
        (lambda faces: edit_path(faces[:2], 1, "sphere"), "2 .* to 10000 frames. Got 1"),
        (lambda faces: walk_path(faces, -5, "sphere"), "Got -5"),
        (lambda faces: neighbour_latents(faces[0], faces[1:], 0, "sphere"), "above 0"),
        (lambda faces: neighbour_latents(faces[0], faces[1:], float("nan"), "sphere"), "above 0"),
    ],
)
def test_paths_bad_input(faces, path_of, message):
    with pytest.raises(UserError, match=message):
        path_of(faces)
