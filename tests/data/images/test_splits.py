from __future__ import annotations

import numpy as np
import pytest

from data.images.splits import split_by_identity
from tlgan.errors import UserError


def test_split_by_identity_puts_no_person_on_two_sides() -> None:
    identity = np.random.default_rng(0).integers(0, 900, 5000)
    split = split_by_identity(identity, (0.8, 0.1, 0.1), seed=3)
    for person in np.unique(identity):
        assert len(np.unique(split[identity == person])) == 1
    np.testing.assert_allclose(np.bincount(split) / 5000, (0.8, 0.1, 0.1), atol=0.005)


def test_split_by_identity_splits_unknown_people_one_by_one() -> None:
    split = split_by_identity(np.full(1000, -1), (0.5, 0.5), seed=0)
    assert np.bincount(split).tolist() == [500, 500]


def test_split_by_identity_depends_on_the_seed_alone() -> None:
    identity = np.arange(1000)
    first = split_by_identity(identity, (0.5, 0.5), seed=1)
    np.testing.assert_array_equal(first, split_by_identity(identity, (0.5, 0.5), seed=1))
    assert (first != split_by_identity(identity, (0.5, 0.5), seed=2)).mean() > 0.3


def test_split_by_identity_golden() -> None:
    identity = np.array([7, 7, 3, -1, -1, 3, 9, 9, 9, 0])
    assert split_by_identity(identity, (0.6, 0.4), seed=0).tolist() == [0, 0, 1, 1, 0, 1, 0, 0, 0, 1]


@pytest.mark.parametrize("fractions", [(1.0,), (0.0, 1.0), (1.0, 0.0)])
def test_split_by_identity_takes_empty_splits(fractions: tuple[float, ...]) -> None:
    split = split_by_identity(np.arange(50), fractions, seed=0)
    assert set(split.tolist()) == {fractions.index(1.0)}


def test_split_by_identity_of_nothing_is_empty() -> None:
    assert split_by_identity(np.empty(0, dtype=np.int32), (0.5, 0.5), seed=0).shape == (0,)


@pytest.mark.parametrize("fractions", [(), (0.5, 0.4), (1.5, -0.5), (float("nan"), 1.0)])
def test_split_by_identity_refuses_fractions(fractions: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match="`fractions` must be shares"):
        split_by_identity(np.arange(5), fractions, seed=0)


def test_split_by_identity_refuses_a_negative_seed() -> None:
    with pytest.raises(UserError, match=r"`seed` must be at least 0. Got -1"):
        split_by_identity(np.arange(5), (0.5, 0.5), seed=-1)
