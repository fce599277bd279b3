from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.latent_paths import morph, nearby, strip, walk, waypoints_of
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between
from tlgan.latents.sampling import draw_latents

DIM = 32


@pytest.fixture
def faces():
    return draw_latents(0, 4, DIM, seed=5)


def turns(path):
    """Angle from each frame to the next, the last to the first, degrees."""
    return angles_between(path, np.roll(path, -1, axis=0))


def test_morph_stands_still_at_each_face_and_closes(faces):
    path = morph(faces, 80, "sphere")
    np.testing.assert_allclose(path[::20], faces, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.sqrt(DIM))
    steps = turns(path)
    assert steps.sum() == pytest.approx(angles_between(faces, np.roll(faces, -1, axis=0)).sum())
    # Slowest around the faces, fastest in between, the seam being no exception.
    assert set(np.argsort(steps)[:8]) == {79, 0, 19, 20, 39, 40, 59, 60}


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_walk_is_closed_and_of_constant_speed(space):
    faces = draw_latents(0, 5, DIM, space=space, seed=5)
    path = walk(faces, 150, space)
    np.testing.assert_allclose(path[0], faces[0], atol=1e-5)
    steps = np.linalg.norm(np.roll(path, -1, axis=0) - path, axis=1)
    assert steps.std() < 0.03 * steps.mean()
    if space == "sphere":
        np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.sqrt(DIM))
    if space == "uniform":
        assert abs(path).max() <= 1


def bends(path):
    """Angle from each step to the next, degrees."""
    steps = np.roll(path, -1, axis=0) - path
    return angles_between(steps, np.roll(steps, -1, axis=0))


def test_walk_has_no_corners_and_passes_every_face(faces):
    path = walk(faces, 400, "sphere")
    # Twice as many frames bend half as much at each; a corner would stay as sharp.
    assert bends(walk(faces, 800, "sphere")).max() < 0.6 * bends(path).max()
    nearest = [angles_between(path, np.repeat(face[None], 400, axis=0)).min() for face in faces]
    assert max(nearest) < 1


def test_waypoints_follow_the_length_of_the_walk():
    assert [waypoints_of(frames) for frames in (3, 90, 200, 3000)] == [3, 3, 7, 100]


def test_neighbours_lie_at_the_angle_asked(faces):
    sheet = nearby(faces[0], faces[1:], 25, "sphere")
    np.testing.assert_allclose(sheet[0], faces[0], atol=1e-5)
    np.testing.assert_allclose(angles_between(sheet[1:], np.repeat(sheet[:1], 3, axis=0)), 25)


def test_strip_changes_its_axis_evenly_and_holds_base_and_locks(planted_axes, faces):
    moved = strip(planted_axes, faces, "Smiling", steps=5, reach=2, lock=["Bald"])
    assert moved.shape == (4, 5, DIM)
    np.testing.assert_allclose(moved[:, 2], faces, atol=1e-5)
    values = predictors(planted_axes, moved.reshape(-1, DIM)).reshape(4, 5, 3)
    slope = planted_axes.slopes[1]
    np.testing.assert_allclose(values[..., 1] - values[:, 2:3, 1], [slope * np.array([-2, -1, 0, 1, 2])] * 4)
    np.testing.assert_allclose(values[..., [0, 2]] - values[:, :1, [0, 2]], 0, atol=1e-9)


@pytest.fixture
def planted_axes():
    import dataclasses

    from tlgan.axes.axes import axes_from_directions

    directions = np.random.default_rng(1).standard_normal((3, DIM))
    axes = axes_from_directions(("Male", "Smiling", "Bald"), directions, latent_space="sphere")
    slopes = np.array([1.0, 1.5, 0.5])
    return dataclasses.replace(axes, slopes=slopes, intercepts=np.zeros(3), method="project", base=("Male",))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda faces, axes: morph(faces[:1], 30, "sphere"), "at least 2 faces"),
        (lambda faces, axes: morph(faces, 3, "sphere"), "4 .* to 10000 frames. Got 3"),
        (lambda faces, axes: morph(faces, 10**6, "sphere"), "Got 1000000"),
        (lambda faces, axes: morph(np.stack([faces[0], -faces[0]]), 9, "sphere"), "opposite"),
        (lambda faces, axes: walk(faces, -5, "sphere"), "Got -5"),
        (lambda faces, axes: nearby(faces[0], faces[1:], 0, "sphere"), "above 0"),
        (lambda faces, axes: nearby(faces[0], faces[1:], float("nan"), "sphere"), "above 0"),
        (lambda faces, axes: strip(axes, faces, "Smiling", steps=4), "odd number"),
        (lambda faces, axes: strip(axes, faces, "Smiling", reach=float("inf")), "finite"),
        (lambda faces, axes: strip(axes, faces, "Smiling", reach=50), "does not reach"),
        (lambda faces, axes: strip(axes, faces, "Smilign"), "'Smiling'"),
        (lambda faces, axes: strip(axes, faces, "Smiling", lock=["Smiling"]), "while locked"),
    ],
)
def test_movements_bad_input(faces, planted_axes, act, words):
    with pytest.raises(UserError, match=words):
        act(faces, planted_axes)
