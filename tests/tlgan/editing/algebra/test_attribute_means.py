"""Means of latents by attribute, where the mean is known."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.editing.algebra.attribute_means import LabelledLatents, attribute_mean
from tlgan.editing.algebra.terms import MeanTerm
from tlgan.errors import UserError

NAN = np.nan


def table(n=4000):
    """The first latent is 0.1 a year beside noise, the second is 1 for the young; a tenth is unlabelled."""
    random = np.random.default_rng(0)
    age = random.uniform(0, 90, n)
    young = (age < 30).astype("float32")
    latents = random.standard_normal((n, 3)).astype("float32") * 0.1
    latents[:, 0] += 0.1 * age
    latents[:, 1] += young
    labels = np.stack([age, young, random.integers(0, 5, n), np.zeros(n)], axis=1).astype("float32")
    labels[random.random(n) < 0.1] = NAN
    names, kinds = ("Age", "Young", "Race", "Rare"), ("continuous", "binary", "categorical", "binary")
    return LabelledLatents(latents, labels, names, kinds, ("years", "", "", ""), f"{n} faces")


def test_mean_of_those_with_and_without():
    rows = table()
    young, old = (attribute_mean(rows, MeanTerm("Young", negated=negated)) for negated in (False, True))
    known = rows.labels[:, 1]
    np.testing.assert_allclose(young.latent, rows.latents[known == 1].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(old.latent, rows.latents[known == 0].mean(axis=0), rtol=1e-5)
    assert (young.rows, old.rows) == ((known == 1).sum(), (known == 0).sum())
    assert young.bandwidth is None
    assert young.latent[1] - old.latent[1] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("value", [20, 45, 70])
def test_conditional_mean_is_that_of_the_value(value):
    found = attribute_mean(table(), MeanTerm("age", value=value))
    assert found.latent[0] == pytest.approx(0.1 * value, abs=0.1)
    assert 3 < found.bandwidth < 6  # 0.9 · 26 · 3600^(-1/5)
    assert 200 < found.rows < 1000


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (MeanTerm("Yuong"), "There is no attribute 'Yuong'. Write one such as Young"),
        (MeanTerm("Young", value=0.5), r"Young is there or not: write mean\(Young\)"),
        (MeanTerm("Age"), r"Age is a number: write mean\(Age=…\)"),
        (MeanTerm("Age", negated=True), "Age is a number"),
        (MeanTerm("Age", value=120), r"`Age` must be from 0.* to 89.* Got 120"),
        (MeanTerm("Age", value=-3), "`Age` must be from"),
        (MeanTerm("Race"), "takes no categories"),
        (MeanTerm("Rare"), "at least 5 faces. Got 0 of 4000 faces for Rare"),
    ],
)
def test_means_that_cannot_be_taken(term, message):
    with pytest.raises(UserError, match=message):
        attribute_mean(table(), term)


def test_equal_values_have_a_bandwidth():
    rows = table()
    rows.labels[:, 0] = 7
    assert attribute_mean(rows, MeanTerm("Age", value=7)).rows == pytest.approx(4000)
