"""Editors of latents on a generator whose picture is the latent itself."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.editors.editor import Editor, Faces
from pipelines.evaluation.editors.latent_editor import LatentEditor
from tests.tlgan.evaluation.linear_example import planted
from tlgan.editing.edit_methods import build_edit
from tlgan.editing.linear_predictors import predictors
from tlgan.errors import UserError

AXES = planted()
LATENTS = np.random.default_rng(0).standard_normal((4, 32))
FACES = Faces(np.zeros((4, 8, 8, 3), np.uint8), latents=LATENTS)
# Not a picture; but what comes out says where the latents were.
GENERATOR = lambda latents: latents  # noqa: E731


def editor(edit="raw", **more):
    return LatentEditor("straight axis", GENERATOR, AXES, edit, **more)


def test_it_is_an_editor_of_every_axis():
    assert isinstance(editor(), Editor)
    assert editor().attributes == AXES.names


def test_each_face_moves_by_its_own_amount():
    amounts = np.array([0.0, 1.0, -1.0, 1.0])
    moved = editor().moved(FACES, "Beard", amounts)
    change = predictors(AXES, moved)[:, 1] - predictors(AXES, LATENTS)[:, 1]
    np.testing.assert_allclose(change, 3.0 * amounts, atol=1e-9)
    np.testing.assert_allclose(editor()(FACES, "Beard", amounts), moved, atol=1e-6)


def test_base_is_passed_on():
    moved = editor("project", base=("Male",)).moved(FACES, "Beard", np.full(4, 2.0))
    np.testing.assert_allclose(moved, build_edit(AXES, "project", ("Male",))(LATENTS, 1, 2.0))
    np.testing.assert_allclose(predictors(AXES, moved)[:, 0], predictors(AXES, LATENTS)[:, 0], atol=1e-9)


def test_a_face_that_cannot_be_moved_so_far_stays():
    np.testing.assert_array_equal(editor().moved(FACES, "Beard", np.full(4, 1e6)), LATENTS)


def test_faces_without_latents_and_unknown_attributes_are_refused():
    without = Faces(FACES.images)
    with pytest.raises(UserError, match="`latents` must be there for straight axis"):
        editor()(without, "Beard", np.zeros(4))
    with pytest.raises(UserError, match=r"one of Male, Beard, Makeup, Age for straight axis. Got 'Hat'"):
        editor()(FACES, "Hat", np.zeros(4))
