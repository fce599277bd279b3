"""Latents of strips and animations, where the axes are coordinates."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.editing.web.latent_paths import FRAMES, REACH, animation_path, axis_path
from pipelines.editing.web.request import FaceEdit, read_face_edit
from tlgan.editing.edit_latents import EditedLatents
from tlgan.errors import UserError

STATE = {"start": {"seed": 1}, "second": {"seed": 2}, "morph": 0.5, "changes": {"Smiling": 1.0}}


def test_axis_path_moves_its_axis_and_keeps_the_edit(tones_run):
    start = np.zeros(8)
    path = axis_path(tones_run.axes, FaceEdit(start, {"Smiling": 1.0, "Male": 0.5}, {}), "Male", 5)
    np.testing.assert_allclose(path.latents[:, 0], 0.5 + np.linspace(-REACH, REACH, 5))
    np.testing.assert_allclose(path.latents[:, 1:3], [[1.0, 0.0]] * 5, atol=1e-12)
    np.testing.assert_allclose(path.changes, 0.5 + np.linspace(-REACH, REACH, 5))


def test_axis_path_of_a_locked_axis_stands_still(tones_run):
    path = axis_path(tones_run.axes, FaceEdit(np.zeros(8), {}, {"Male": 0.0}), "Male", 3)
    np.testing.assert_allclose(path.latents, np.zeros((3, 8)), atol=1e-12)


def test_axis_path_leaves_out_what_is_out_of_reach(tones_run):
    tones_run.axes = dataclasses.replace(tones_run.axes, latent_space="sphere")
    near = np.zeros(8)
    near[0] = np.sqrt(8) * 0.99
    near[4] = np.sqrt(8 - near[0] ** 2)
    path = axis_path(tones_run.axes, FaceEdit(near, {}, {}), "Male", 5)
    assert len(path.latents) == len(path.changes) < 5
    with pytest.raises(UserError, match="does not reach"):
        axis_path(tones_run.axes, FaceEdit(near, {"Male": 100.0}, {}), "Male", 5)


def test_axis_path_of_a_local_edit_shows_how_far_each_strength_comes(tones_run_with_regressor):
    axes, near = tones_run_with_regressor.axes, np.zeros(8)
    regressor = dataclasses.replace(axes.regressor, highest=np.full(3, 2.5))
    axes, near[0] = dataclasses.replace(axes, regressor=regressor), 1.5
    edit = FaceEdit(near, {"Smiling": 1.0}, {}, "local")
    path = axis_path(axes, edit, "Male", 5)
    np.testing.assert_allclose(path.values, [-0.5, 0.5, 1.5, 2.5, 2.5], atol=0.003)
    np.testing.assert_allclose(path.changes, [-2, -1, 0, 1, 1], atol=0.003)
    np.testing.assert_allclose(path.latents[:, 1:3], [[1.0, 0.0]] * 5, atol=0.003)
    assert path.stopped == ("", "", "", "", "nothing beyond was seen")


def test_each_strength_of_a_local_strip_is_the_edit_to_there(tones_run_with_regressor):
    axes = tones_run_with_regressor.axes
    path = axis_path(axes, FaceEdit(np.ones(8), {"Smiling": 1.0}, {}, "local"), "Male", 5)
    for latent, change in zip(path.latents, path.changes, strict=True):
        edit = FaceEdit(np.ones(8), {"Smiling": 1.0, "Male": float(change)}, {}, "local")
        np.testing.assert_allclose(edit.latent(axes), latent, atol=0.01)


@pytest.mark.parametrize("name", [None, 5, ["Male"]])
def test_axis_path_refuses_a_name_that_is_no_text(tones_run, name):
    with pytest.raises(UserError, match="`axis` must be the name"):
        axis_path(tones_run.axes, FaceEdit(np.zeros(8), {}, {}), name, 3)


def test_animation_of_an_edit_runs_from_before_to_after(tones_run):
    edit = read_face_edit(tones_run, STATE)
    path = animation_path(tones_run, edit, {"kind": "edit", "state": STATE})
    assert len(path) == FRAMES
    np.testing.assert_allclose(path[0], edit.start)
    np.testing.assert_allclose(path[-1], edit.latent(tones_run.axes))


def test_animation_of_a_local_edit_follows_its_path(tones_run_with_regressor, monkeypatch):
    edit = FaceEdit(np.ones(8), {"Smiling": 2.0}, {}, "local")
    corner = np.ones((3, 1, 8))
    corner[1, 0, 0], corner[2, 0, :2] = 3.0, 3.0

    def bend(*_, **__):
        return EditedLatents(corner[-1], corner, ("",))

    monkeypatch.setattr(FaceEdit, "trace", bend)
    path = animation_path(tones_run_with_regressor, edit, {"kind": "edit"})
    assert len(path) == FRAMES
    legs = path[:, :2] - 1
    assert np.all((np.abs(legs[:, 1]) < 1e-12) | (np.abs(legs[:, 0] - 2) < 1e-12))
    np.testing.assert_allclose(np.diff(legs.sum(axis=1)), 4 / (FRAMES - 1))


def test_animation_of_a_morph_runs_between_the_faces_with_the_edit(tones_run):
    edit = read_face_edit(tones_run, STATE)
    path = animation_path(tones_run, edit, {"kind": "morph", "state": STATE})
    for place, seed in ((0, 1), (-1, 2)):
        face = read_face_edit(tones_run, {"start": {"seed": seed}, "changes": {"Smiling": 1.0}})
        np.testing.assert_allclose(path[place], face.latent(tones_run.axes))


def test_animation_refuses_another_kind(tones_run):
    with pytest.raises(UserError, match="`kind` must be axis, edit or morph"):
        animation_path(tones_run, FaceEdit(np.zeros(8), {}, {}), {"kind": "dance"})
