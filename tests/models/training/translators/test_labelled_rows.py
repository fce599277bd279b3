from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.training.trainer import TRAIN
from models.training.translators.labelled_rows import (
    balanced_rows,
    conditions_of,
    label_column,
    labelled_rows,
    mirror_half,
    shuffled_rows,
)
from tests.models.training.translators.drawn_faces import bright_and_dark_faces
from tlgan.errors import UserError


def test_rows_without_a_label_are_left_out():
    images = bright_and_dark_faces(20)
    images.labels[3, 0] = np.nan
    assert labelled_rows(images, TRAIN, [0]).tolist() == [0, 1, 2, *range(4, 16)]
    assert len(labelled_rows(images, TRAIN, [0, 3])) == 0


def test_conditions_have_the_levels_of_the_training_images():
    images = bright_and_dark_faces(20)
    labels = images.labels.copy()
    labels[16:, 1] = 7  # of no training image
    bright, person = conditions_of(replace(images, labels=labels), ["Bright", "Person"], np.array([0.5]))
    assert (bright.levels, person.levels) == ((0, 1), (0, 1, 2))


def test_an_attribute_without_labels_is_refused():
    images = bright_and_dark_faces(20)
    with pytest.raises(UserError, match=r"must have labels of Smiling. Got Bright, Person, Place, Unknown"):
        label_column(images, "Smiling")
    with pytest.raises(UserError, match="`Unknown` must have labels of two values"):
        conditions_of(images, ["Unknown"], np.array([0.5]))


def test_every_pass_shows_every_row_once_in_an_order_of_its_own():
    passes = [
        np.concatenate([shuffled_rows(12, 4, 3 * epoch + step, 0) for step in range(3)]) for epoch in (0, 1)
    ]
    assert all(sorted(rows) == list(range(12)) for rows in passes)
    assert passes[0].tolist() != passes[1].tolist()


def test_few_rows_come_again_in_a_batch():
    rows = shuffled_rows(3, 8, 5, 0)
    assert len(rows) == 8
    assert set(rows) == {0, 1, 2}


def test_a_rare_value_is_shown_as_often_as_a_common_one():
    common, rare = np.arange(3, 100), np.arange(3)
    for step in range(4):
        rows = balanced_rows([common, rare], 8, step, 0)
        assert np.isin(rows, rare).sum() == 4
        assert len(set(rows) & set(common)) == 4
    assert np.bincount(balanced_rows([rare, rare + 3, rare + 6], 7, 0, 0) // 3).tolist() == [2, 3, 2]


def test_half_of_the_images_are_mirrored():
    faces = np.zeros((400, 2, 2, 3), np.uint8)
    faces[:, :, 0] = 9
    left = (mirror_half(faces, np.random.default_rng(0))[:, 0, 0, 0] == 9).mean()
    assert 0.4 < left < 0.6
