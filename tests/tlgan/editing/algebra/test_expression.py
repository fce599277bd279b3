"""Sums of latents as text: the grammar, and a caret under what is wrong."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlgan.editing.algebra.expression import parse_latent_sum
from tlgan.editing.algebra.terms import AxisTerm, ExpressionError, MeanTerm, PhotographTerm, SeedTerm
from tlgan.errors import UserError


def parts(text):
    return [(part.weight, part.term) for part in parse_latent_sum(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("me.jpg", [(1, PhotographTerm("me.jpg"))]),
        ("/a/b-c/me 1.jpg".replace(" ", "_"), [(1, PhotographTerm("/a/b-c/me_1.jpg"))]),
        ("'my face (1).jpg'", [(1, PhotographTerm("my face (1).jpg"))]),
        ('"a-b*c.png" + seed(0)', [(1, PhotographTerm("a-b*c.png")), (1, SeedTerm(0))]),
        ("3.jpg", [(1, PhotographTerm("3.jpg"))]),
        (
            "me.jpg - mean(Young) + mean(not Young)",
            [(1, PhotographTerm("me.jpg")), (-1, MeanTerm("Young")), (1, MeanTerm("Young", negated=True))],
        ),
        ("mean(5_o_Clock_Shadow)", [(1, MeanTerm("5_o_Clock_Shadow"))]),
        ("mean(not 'not old')", [(1, MeanTerm("not old", negated=True))]),
        ("mean( Age = 70 )", [(1, MeanTerm("Age", value=70.0))]),
        ("mean(Skin tone=-0.5)", [(1, MeanTerm("Skin tone", value=-0.5))]),
        ("mean('a=b'=2)", [(1, MeanTerm("a=b", value=2.0))]),
        ("axis(Smiling, 1.2)", [(1, AxisTerm("Smiling", 1.2))]),
        ("axis('a, b',-2e-1)", [(1, AxisTerm("a, b", -0.2))]),
        ("2*seed(1)", [(2, SeedTerm(1))]),
        ("seed(1) * 0.5 * 3", [(1.5, SeedTerm(1))]),
        ("-(seed(1) - 2 * (seed(2) + seed(3)))", [(-1, SeedTerm(1)), (2, SeedTerm(2)), (2, SeedTerm(3))]),
        ("(1 + 2) * seed(1)", [(3, SeedTerm(1))]),
        ("- -seed(1)", [(1, SeedTerm(1))]),
        ("0.5 * (seed(1)+seed(2))", [(0.5, SeedTerm(1)), (0.5, SeedTerm(2))]),
    ],
)
def test_grammar(text, wanted):
    assert parts(text) == wanted


def test_columns_are_those_of_the_terms():
    assert [part.column for part in parse_latent_sum("seed(1) - (2 * mean(Young))")] == [0, 15]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 0, "must have a term"),
        ("   ", 3, "must have a term"),
        ("seed(1) / 2", 8, "cannot be divided"),
        ("seed(1) +", 9, "Here must be a term"),
        ("* seed(1)", 0, "Here must be a term"),
        ("seed(1) seed(2)", 8, "there must be"),
        ("(seed(1)", 0, "This bracket is not closed"),
        ("seed(1))", 7, "closes none"),
        ("seed(1", 4, "This bracket is not closed"),
        ("seed(1 2)", 7, "there must be )"),
        ("seed()", 5, "`seed` takes a whole number"),
        ("seed(-1)", 5, "`seed` takes a whole number"),
        ("seed(1.5)", 5, "`seed` takes a whole number"),
        ("mean()", 5, "name of an attribute"),
        ("mean(not )", 5, "name of an attribute"),
        ("mean(seed(1))", 5, "name of an attribute"),
        ("mean(Age=)", 9, "must be a number"),
        ("mean(Age=old)", 9, "must be a number"),
        ("mean(Age=1e999)", 9, "finite"),
        ("axis(Smiling)", 12, "a name and an amount"),
        ("axis(Smiling, x)", 14, "must be a number"),
        ("max(Young)", 0, "There is no 'max'; there are mean, seed, axis"),
        ("me.jpg-mean(Young)", 0, "stands between spaces"),
        ("2", 0, "Got a number alone"),
        ("seed(1) + 2", 8, "cannot be added"),
        ("2 - seed(1)", 2, "cannot be added"),
        ("seed(1) * seed(2)", 8, "cannot be multiplied"),
        ("'me.jpg", 0, "not closed"),
        ("seed(1) + ''", 10, "between the quotation marks"),
        ("1e999 * seed(1)", 0, "finite"),
        ("nan * seed(1)", 0, "finite"),
        ("seed(1) + 1e200 * 1e200 * seed(2)", 10, "finite"),
        ("(" * 60 + "seed(1)" + ")" * 60, 51, "at most 50 deep"),
        ("-" * 5000 + "seed(1)", 51, "at most 50 deep"),
    ],
)
def test_errors_point_at_the_column(text, column, message):
    with pytest.raises(ExpressionError, match=re.escape(message)) as caught:
        parse_latent_sum(text)
    assert caught.value.pointed == f"  {text}\n  {' ' * column}^"
    assert str(caught.value).endswith(f"At column {column + 1}.")
    assert "\n" not in str(caught.value)


def test_long_texts_are_refused():
    with pytest.raises(UserError, match="at most 10,000 characters"):
        parse_latent_sum("seed(1) + " * 2000)


@given(st.text(alphabet="seda mxnot(12)=*+-/,.'\"jpgY\n", max_size=40))
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(ExpressionError):
        assert parse_latent_sum(text)
