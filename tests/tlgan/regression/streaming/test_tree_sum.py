"""The order in which terms are added."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.regression.streaming.tree_sum import LEAF_TERMS, tree_sum


class Written:
    """A term that writes down how it was added."""

    def __init__(self, text):
        self.text = text

    def add_to(self, total):
        return self if total is None else Written(f"({total.text}+{self.text})")


def written(texts, leaf_terms=1):
    (total,) = tree_sum(iter([Written(text)] for text in texts), len(texts), leaf_terms)
    return total.text


@pytest.mark.parametrize(
    ("count", "tree"),
    [
        (1, "a"),
        (3, "((a+b)+c)"),
        (4, "(((a+b)+c)+d)"),
        (5, "((((a+b)+c)+d)+e)"),
        (9, "(((((a+b)+c)+d)+(((e+f)+g)+h))+i)"),
        (13, "(((((a+b)+c)+d)+(((e+f)+g)+h))+((((i+j)+k)+l)+m))"),
    ],
)
def test_terms_are_added_in_fours_and_these_in_pairs(count, tree):
    assert written("abcdefghijklm"[:count], leaf_terms=4) == tree


@pytest.mark.parametrize("shard", [LEAF_TERMS, 2 * LEAF_TERMS, 8 * LEAF_TERMS])
def test_totals_of_shards_add_up_to_the_same_bits(shard):
    terms = np.random.default_rng(0).standard_normal((1000, 5)) ** 7
    for count in range(1, 400):
        (whole,) = tree_sum(iter([row] for row in terms), count, LEAF_TERMS)
        totals = []
        for first in range(0, count, shard):
            totals.append(
                tree_sum(iter([row] for row in terms[first:]), min(shard, count - first), LEAF_TERMS)
            )
        (total,) = tree_sum(iter(totals), len(totals))
        np.testing.assert_array_equal(total, whole)


def test_terms_of_nothing_are_left_out():
    ones = [None, [np.ones(2)], None, [np.ones(2)], None]
    (total,) = tree_sum(iter(ones), 5, 2)
    assert total.tolist() == [2, 2]
    assert tree_sum(iter([None] * 5), 5, 2) is None


def test_terms_are_left_as_they_were():
    terms = np.ones((20, 3))
    tree_sum(iter([row] for row in terms), 20, 4)
    assert (terms == 1).all()
