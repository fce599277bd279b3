from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tlgan.axes.axes import axes_from_directions
from tlgan.editing.axis_strip import axis_strip, strip_strengths, trace_strip
from tlgan.editing.edit_latents import edit_latents, trace_edit
from tlgan.editing.linear_predictors import predictors
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.errors import UserError
from tlgan.latents.geometry import move_along
from tlgan.latents.sampling import draw_latents

DIM = 32


@pytest.fixture
def faces():
    return draw_latents(0, 4, DIM, seed=5)


@pytest.fixture
def planted_axes():
    directions = np.random.default_rng(1).standard_normal((3, DIM))
    axes = axes_from_directions(("Male", "Smiling", "Bald"), directions, latent_space="sphere")
    slopes = np.array([1.0, 1.5, 0.5])
    return dataclasses.replace(axes, slopes=slopes, intercepts=np.zeros(3), method="project", base=("Male",))


def test_axis_strip_changes_its_axis_evenly_and_holds_base_and_locks(planted_axes, faces):
    moved = axis_strip(planted_axes, faces, "Smiling", strip_strengths(2, 5), lock=["Bald"])
    assert moved.shape == (4, 5, DIM)
    np.testing.assert_allclose(moved[:, 2], faces, atol=1e-5)
    values = predictors(planted_axes, moved.reshape(-1, DIM)).reshape(4, 5, 3)
    slope = planted_axes.slopes[1]
    np.testing.assert_allclose(values[..., 1] - values[:, 2:3, 1], [slope * np.array([-2, -1, 0, 1, 2])] * 4)
    np.testing.assert_allclose(values[..., [0, 2]] - values[:, :1, [0, 2]], 0, atol=1e-9)


def test_axis_strip_with_changes_starts_from_the_edited_face(planted_axes, faces):
    changes = {"Smiling": 0.5, "Bald": 0.25}
    moved = axis_strip(planted_axes, faces, "Smiling", [0.0, 1.0], changes=changes)
    before = predictors(planted_axes, faces)
    after = predictors(planted_axes, moved.reshape(-1, DIM)).reshape(4, 2, 3)
    np.testing.assert_allclose(after[:, 0, 1:] - before[:, 1:], [[0.5, 0.25]] * 4)
    np.testing.assert_allclose(after[:, 1, 1:] - before[:, 1:], [[2.0, 0.25]] * 4)


@pytest.mark.parametrize("edit", ["raw", "orthogonalized"])
def test_axis_strip_along_the_axis_is_a_move_of_so_many_units(planted_axes, faces, edit):
    axes = dataclasses.replace(planted_axes, directions=planted_axes.directions[::-1])
    moved = axis_strip(axes, faces, "Male", [-1.0, 2.0], edit=edit)
    direction = (axes.raw_directions if edit == "raw" else axes.directions)[0]
    for column, amount in enumerate((-1.0, 2.0)):
        np.testing.assert_array_equal(moved[:, column], move_along(faces, direction, amount, "sphere"))


@pytest.mark.parametrize(("space", "deviation"), [("normal", 1.0), ("uniform", 1 / np.sqrt(3))])
def test_strength_means_the_same_for_every_edit_in_flat_spaces(space, deviation):
    axes = axes_from_directions(("One", "Other"), np.eye(2, DIM), latent_space=space)
    axes = dataclasses.replace(axes, slopes=np.array([2.0, 3.0]), intercepts=np.zeros(2))
    latents = np.zeros((1, DIM))
    strips = [axis_strip(axes, latents, "One", [1.5], edit=edit) for edit in ("least-change", "raw")]
    np.testing.assert_allclose(strips[0], strips[1], atol=1e-12)
    assert strips[1][0, 0, 0] == pytest.approx(1.5 * deviation)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda axes, faces: strip_strengths(float("inf")), "finite"),
        (lambda axes, faces: strip_strengths(0), "above 0"),
        (lambda axes, faces: axis_strip(axes, faces, "Smiling", [50]), "does not reach"),
        (lambda axes, faces: axis_strip(axes, faces, "Smilign", [1]), "'Smiling'"),
        (lambda axes, faces: axis_strip(axes, faces, "Smiling", [1], lock=["Smiling"]), "while locked"),
        (lambda axes, faces: axis_strip(axes, faces, "Smiling", [1], edit="arc"), "`edit`"),
    ],
)
def test_axis_strip_bad_input(planted_axes, faces, make, message):
    with pytest.raises(UserError, match=message):
        make(planted_axes, faces)


# Local strips


def test_a_strip_is_local_where_the_axes_have_a_regressor():
    axes, faces = make_bent_axes(), bent_latents(count=3)
    strengths = strip_strengths(1, 5)
    moved = axis_strip(axes, faces, "Smiling", strengths, lock=["Age"], strictness=3.0)
    assert moved.shape == (3, 5, 32)
    np.testing.assert_allclose(moved[:, 2], faces, rtol=1e-6)
    change = axes.regressor(moved.reshape(-1, 32)).reshape(3, 5, 4) - axes.regressor(faces)[:, None]
    change /= axes.regressor.scales
    np.testing.assert_allclose(change[:, :, 0], [strengths] * 3, atol=0.003)
    assert abs(change[:, :, 3]).max() < 1e-3
    straight = axis_strip(axes, faces, "Smiling", strengths, edit="least-change")
    np.testing.assert_array_equal(
        straight, axis_strip(dataclasses.replace(axes, regressor=None), faces, "Smiling", strengths)
    )


def test_each_column_of_a_local_strip_is_the_edit_to_there_on_one_path():
    axes, faces = make_bent_axes(), bent_latents(count=2)
    moved = axis_strip(axes, faces, "Smiling", [0.35, 0.7, 1.05], changes={"Age": 4.0})
    for column, strength in enumerate((0.35, 0.7, 1.05)):
        change = {"Age": 4.0, "Smiling": strength * axes.regressor.scales[0]}
        np.testing.assert_allclose(moved[:, column], edit_latents(axes, faces, change), atol=1e-4)
    alone = axis_strip(axes, faces, "Smiling", [0.35, 0.7, 1.05])
    path = trace_edit(axes, faces, {"Smiling": 1.05 * axes.regressor.scales[0]}).path
    np.testing.assert_allclose(alone[:, 0], path[1], atol=0.01)


def test_a_local_strip_shows_how_far_it_comes_and_tells_how_many_stop():
    axes, faces = make_bent_axes(), bent_latents(count=2)
    strip = trace_strip(axes, faces, "Smiling", [0.0, 0.5, 60.0, 70.0])
    assert strip.sentence.startswith("4 of 8 pictures stop before their strength of Smiling and show how far")
    np.testing.assert_allclose(strip.latents[:, 2], strip.latents[:, 3], atol=1e-6)
    with pytest.warns(EditStoppedWarning, match="4 of 8 pictures"):
        moved = axis_strip(axes, faces, "Smiling", [0.0, 0.5, 60.0, 70.0])
    np.testing.assert_array_equal(moved, strip.latents)
    assert trace_strip(axes, faces, "Smiling", [0.5]).sentence == ""


def test_a_local_strip_of_axes_without_a_regressor_is_refused(planted_axes, faces):
    with pytest.raises(UserError, match="must have axes with a regressor"):
        axis_strip(planted_axes, faces, "Smiling", [1.0], edit="local")
