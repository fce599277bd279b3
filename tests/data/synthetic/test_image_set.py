from __future__ import annotations

import numpy as np
import pytest

from data.images.decode import read_chunks
from data.synthetic.image_set import draw_labelled_portraits, portrait_latents
from data.synthetic.planted_axes import plant_axes
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents


def test_labelled_portraits_are_the_generators_with_true_labels() -> None:
    known = plant_axes(resolution=16)
    faces = draw_labelled_portraits(known, 300, seed=5)
    latents = portrait_latents(known, 5, 0, 300)
    assert faces.names == known.names
    assert set(faces.kinds) == {"binary", "continuous"}
    np.testing.assert_array_equal(faces.labels, known.labels(latents))
    chunks = list(read_chunks(faces, 16, chunk_rows=128))
    pictures = np.concatenate([pictures for _, pictures in chunks])
    assert [len(rows) for rows, _ in chunks] == [128, 128, 44]
    np.testing.assert_array_equal(pictures, known.generate(latents))


def test_labelled_portraits_are_the_same_whatever_the_count_and_order() -> None:
    known = plant_axes(resolution=16)
    few, many = draw_labelled_portraits(known, 3), draw_labelled_portraits(known, 600)
    np.testing.assert_array_equal(few.labels, many.labels[:3])
    assert few.read(2) == many.read(2)
    assert many.select([599, 2]).read(1) == few.read(2)


def test_labelled_portraits_are_never_sampled_portraits() -> None:
    known = plant_axes(resolution=16)
    sampled = draw_latents(0, 100, 64, space="normal", seed=0)
    assert not np.isin(portrait_latents(known, 0, 0, 100), sampled).any()


def test_labelled_portraits_refuse_a_count_of_zero() -> None:
    with pytest.raises(UserError, match=r"`count` must be at least 1. Got 0"):
        draw_labelled_portraits(plant_axes(), 0)


def test_portraits_of_people_are_labelled_with_whom_they_show() -> None:
    known = plant_axes(resolution=16)
    faces = draw_labelled_portraits(known, 9, seed=2, n_people=3)
    assert (faces.names[-1], faces.kinds[-1], faces.categories["Person"][2]) == (
        "Person",
        "categorical",
        "person 2",
    )
    assert faces.labels[:, -1].tolist() == [0, 1, 2] * 3
    own, smile = known.names.index("Age"), known.names.index("Light")
    assert (faces.labels[:3, own] == faces.labels[3:6, own]).all()
    assert len(set(faces.labels[:, own])) == 3
    assert len(set(faces.labels[:, smile])) == 9
    few = draw_labelled_portraits(known, 4, seed=2, n_people=3)
    assert few.read(3) == faces.read(3)
    assert faces.read(0) != draw_labelled_portraits(known, 1, seed=2).read(0)
