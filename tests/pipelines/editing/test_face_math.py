"""Figures of FaceMath: what is in their rows."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.face_math import Gallery, ageing, ages_of, reconstruction
from pipelines.recipe.load import load_recipe
from pipelines.runs.face_space import open_face_space
from tlgan.editing.algebra.attribute_means import LabelledLatents, attribute_mean
from tlgan.editing.algebra.terms import MeanTerm


def table_of(ages) -> LabelledLatents:
    labels = np.asarray(ages, np.float32)[:, None]
    return LabelledLatents(
        np.zeros((len(labels), 2), np.float32), labels, ["Age"], ["continuous"], ["years"], "faces"
    )


def test_ages_are_those_of_the_article_where_the_labels_reach_so_far():
    assert ages_of(table_of([1, 20, 90, np.nan])) == (5, 35, 70)
    low, middle, high = ages_of(table_of(np.linspace(20, 60, 101)))
    assert (low, middle, high) == pytest.approx((22, 40, 58))


@pytest.mark.network
def test_figures_show_photographs_and_sums_of_their_latents(faces):
    space = open_face_space(load_recipe(str(faces)))
    photographs, ages = space.unseen_photographs(3)
    gallery = Gallery(space, photographs, space.encoder(photographs), ages, scale=1)
    sheet = reconstruction(gallery)["reconstruction.png"]
    np.testing.assert_array_equal(sheet[:16, :16], photographs[0])
    np.testing.assert_array_equal(sheet[16:, :16], space.draw(gallery.latents)[0])
    sheet = ageing(gallery)["ageing.png"]
    now = np.clip(
        ages[0], *(extreme(space.table.labels[:, space.table.column("Age")]) for extreme in (np.min, np.max))
    )
    means = [
        attribute_mean(space.table, MeanTerm("Age", value=float(age))).latent
        for age in (now, ages_of(space.table)[2])
    ]
    old = space.draw((gallery.latents[0] - means[0] + means[1])[None])[0]
    np.testing.assert_array_equal(sheet[:16, 4 * 16 :], old)
