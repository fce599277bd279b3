"""Several labelled sets as one: labels by name, people apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data import open_data_set
from data.images.joined_labels import join_labels
from data.images.labelled_images import LabelledImages
from tlgan.errors import UserError


@pytest.fixture
def sets(tmp_path, plain_image) -> tuple[LabelledImages, LabelledImages]:
    """Two pictures with an age and a sex, and one with a sex and a smile, by two readers."""
    (tmp_path / "utk").mkdir()
    for name in ("30_0_0_1.jpg", "40_1_2_1.jpg"):
        (tmp_path / "utk" / name).write_bytes(plain_image(50, 200, 200))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.jpg").write_bytes(plain_image(50, 200, 200))
    (tmp_path / "own" / "labels.csv").write_text("file,Smiling:binary,Male:binary\na.jpg,1,0\n")
    return open_data_set("utkface", tmp_path / "utk"), open_data_set("folder", tmp_path / "own")


def test_labels_of_one_name_are_one_label(sets):
    first, second = join_labels(sets)
    assert first.names == second.names == ("Age", "Male", "Race", "Smiling")
    assert first.kinds == second.kinds == ("continuous", "binary", "categorical", "binary")
    assert first.units == second.units == ("years", "", "", "")
    np.testing.assert_array_equal(first.labels[:, :3], sets[0].labels)
    assert np.isnan(first.labels[:, 3]).all()
    np.testing.assert_array_equal(second.labels, [[np.nan, 0, np.nan, 1]])
    assert second.categories == first.categories == sets[0].categories


def test_people_of_different_sets_are_different(sets):
    named = [replace(images, identity=np.arange(len(images), dtype=np.int32)) for images in sets]
    first, second = join_labels(named)
    assert not set(first.identity) & set(second.identity)
    assert (join_labels(sets)[1].identity == -1).all()  # unknown stays unknown


def test_one_set_stays_as_it_is(sets):
    (alone,) = join_labels(sets[:1])
    np.testing.assert_array_equal(alone.labels, sets[0].labels)
    assert alone.names == sets[0].names


def test_labels_of_one_name_and_two_kinds_are_refused(sets):
    other = replace(sets[1], names=("Smiling", "Age"))
    with pytest.raises(UserError, match="`Age` must be the same label in every data set"):
        join_labels((sets[0], other))
