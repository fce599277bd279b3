from __future__ import annotations

import numpy as np
import pytest

from data.images.splits import choose_split, count_parts, split_by_identity
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


OWN = np.repeat(np.uint8([0, 1, 2]), (10, 5, 5))
NOBODY = np.full(20, -1)


def test_choose_split_takes_the_sets_own() -> None:
    split = choose_split(OWN, NOBODY, None, seed=0)
    assert split.parts.tolist() == OWN.tolist()
    assert split.notes == ("split as the set's own table says (10 train, 5 validation, 5 test)",)


def test_choose_split_with_shares_says_that_the_sets_own_is_not_used() -> None:
    split = choose_split(OWN, NOBODY, (0.5, 0.25, 0.25), seed=0)
    np.testing.assert_array_equal(split.parts, split_by_identity(NOBODY, (0.5, 0.25, 0.25), 0))
    assert split.notes == (
        "the set's own split (10 train, 5 validation, 5 test) is not used: `data.split` is set",
    )


def test_choose_split_without_one_is_random_by_person() -> None:
    unknown = np.full(20, 255, np.uint8)
    split = choose_split(unknown, NOBODY, None, seed=0)
    np.testing.assert_array_equal(split.parts, split_by_identity(NOBODY, (0.85, 0.05, 0.10), 0))
    assert split.notes == ()
    split = choose_split(np.where(OWN == 0, 255, OWN), NOBODY, None, seed=0)
    assert split.notes == (
        "the set's own split (5 validation, 5 test) is not used: it names no training rows",
    )


def test_choose_split_fills_in_what_the_set_leaves_out() -> None:
    own, people = OWN.copy(), np.arange(20)
    own[[0, 19]] = 255
    people[19], people[0] = people[18], people[5]
    split = choose_split(own, people, None, seed=0)
    assert split.parts[[0, 19]].tolist() == [0, 2]  # with their people
    assert "rows without a part, put with their person or else in training: 2" in split.notes
    own[0], people[0] = 255, 99
    assert choose_split(own, people, None, seed=0).parts[0] == 0


@pytest.mark.parametrize(("missing", "word"), [(1, "validation"), (2, "test")])
def test_choose_split_takes_a_missing_part_from_training_by_person(missing: int, word: str) -> None:
    own = np.repeat(np.uint8([0, 3 - missing]), (1000, 100))
    people = np.repeat(np.arange(550), 2)
    split = choose_split(own, people, None, seed=0)
    counts = np.bincount(split.parts, minlength=3)
    assert counts[3 - missing] == 100
    assert abs(counts[missing] - {1: 50, 2: 100}[missing]) <= 2
    assert all(len(np.unique(split.parts[people == person])) == 1 for person in range(550))
    assert f"the set's own split has no {word} rows: taken from its training rows" in split.notes


def test_choose_split_counts_people_in_several_parts() -> None:
    people = np.arange(20)
    people[[10, 15]] = people[0]
    assert choose_split(OWN, people, None, seed=0).notes[-1] == (
        "people in several parts of the set's own split: 1"
    )
    people[:] = -1
    assert len(choose_split(OWN, people, None, seed=0).notes) == 1


def test_count_parts() -> None:
    assert count_parts(np.uint8([0, 0, 2, 255])) == "2 train, 1 test"
    assert count_parts(np.uint8([255])) == ""
