"""Faces that editors are given, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.editors.editor import Faces, check_amounts
from tlgan.errors import UserError


def some_faces(count=3, **more):
    return Faces(np.zeros((count, 8, 8, 3), np.uint8), **more)


def test_selected_faces_take_their_values_and_latents_along():
    faces = some_faces(values={"Smiling": np.array([0.0, 1.0, 0.0])}, latents=np.arange(6.0).reshape(3, 2))
    some = faces.select(np.array([2, 1]))
    assert len(some) == 2
    assert some.value_of("Smiling").tolist() == [0.0, 1.0]
    assert some.latents.tolist() == [[4.0, 5.0], [2.0, 3.0]]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"values": {"Smiling": np.zeros(2)}}, r"`Smiling` must have one row per image \(3\). Got 2"),
        ({"latents": np.zeros((4, 2))}, r"`latents` must have one row per image \(3\). Got 4"),
    ],
)
def test_rows_that_do_not_fit_are_refused(more, message):
    with pytest.raises(UserError, match=message):
        some_faces(**more)


def test_unknown_value_is_refused_with_what_is_known():
    with pytest.raises(UserError, match=r"must have Male. Got Smiling"):
        some_faces(values={"Smiling": np.zeros(3)}).value_of("Male")


@pytest.mark.parametrize("amounts", [np.zeros(2), np.array([0, 1, np.nan]), np.float64(1)])
def test_amounts_must_be_one_finite_number_per_face(amounts):
    with pytest.raises(UserError, match="3 finite numbers"):
        check_amounts(some_faces(), amounts)
