from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tlgan.axes.axes import axes_from_directions
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.linear_predictors import predictors
from tlgan.editing.parse_changes import Change, edit_roles, parse_change, parse_changes, split_names
from tlgan.errors import UserError


@pytest.fixture
def axes():
    plain = axes_from_directions(("Smiling", "Age", "a=b"), np.eye(3, 4), latent_space="normal")
    return dataclasses.replace(
        plain,
        slopes=np.ones(3),
        intercepts=np.zeros(3),
        units=("logit", "years", "logit"),
        kinds=("binary", "continuous", "binary"),
    )


@pytest.mark.parametrize(
    ("option", "text", "name", "amount", "relative"),
    [
        ("--set", "Smiling=+2", "Smiling", 2.0, True),
        ("--set", "Smiling=-0.5", "Smiling", -0.5, True),
        ("--set", "Age=+1e1", "Age", 10.0, True),
        ("--set", "Smiling=0.9", "Smiling", math.log(9), False),
        ("--set", "Smiling=.5", "Smiling", 0.0, False),
        ("--set", "Smiling=90%", "Smiling", math.log(9), False),
        ("--set", "Age=40", "Age", 40.0, False),
        ("--set", "a=b=0.5", "a=b", 0.0, False),
        ("--to", "Age=40", "Age", 40.0, False),
        ("--to", "Age=-3", "Age", -3.0, False),
        ("--to", "Smiling=1.5", "Smiling", 1.5, False),
        ("--to", "Smiling=0.9", "Smiling", 0.9, False),
        ("--to", "Smiling=90%", "Smiling", math.log(9), False),
    ],
)
def test_parse_change_follows_the_grammar(axes, option, text, name, amount, relative):
    change = parse_change(axes, text, option)
    assert change == Change(name, pytest.approx(amount, abs=1e-12), relative)


def test_parse_changes_gives_changes_from_the_present_values(axes):
    before = predictors(axes, np.array([[1.0, 30.0, 0, 0], [2.0, 50.0, 0, 0]]))
    changes = parse_changes(axes, before, ["Smiling=+2"], ["Age=40"])
    assert list(changes) == ["Smiling", "Age"]
    assert changes["Smiling"] == 2.0
    np.testing.assert_allclose(changes["Age"], [10.0, -10.0])


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--set", "Smiling", "NAME=NUMBER"),
        ("--set", "Smiling=", "NAME=NUMBER"),
        ("--set", "Smiling=%", "NAME=NUMBER"),
        ("--set", "Smiling=+", "NAME=NUMBER"),
        ("--set", "Smiling=much", "NAME=NUMBER"),
        ("--to", "Age=forty", "`--to` must be NAME=NUMBER"),
        ("--set", "Smiling=+9%", "its sign"),
        ("--set", "Smiling=2", r"inside \(0, 1\)"),
        ("--set", "Smiling=nan", r"inside \(0, 1\)"),
        ("--set", "Age=50%", "logit scale only"),
        ("--to", "Smiling=100%", r"inside \(0, 1\)"),
        ("--set", "Smilign=+1", "Did you mean 'Smiling'"),
    ],
)
def test_parse_change_bad_input(axes, option, text, message):
    with pytest.raises(UserError, match=message):
        parse_change(axes, text, option)


def test_parse_changes_refuses_a_name_twice_and_no_texts(axes):
    before = np.zeros((1, 3))
    with pytest.raises(UserError, match="there twice"):
        parse_changes(axes, before, ["Smiling=+1"], ["Smiling=1"])
    with pytest.raises(UserError, match="something to edit"):
        parse_changes(axes, before, [])


def test_split_names_takes_lists_repetitions_and_names_with_a_comma():
    axes = axes_from_directions(("Smiling", "Age", "a,b"), np.eye(3, 4), latent_space="normal")
    assert split_names(axes, ["Smiling, Age", "a,b"]) == ("Smiling", "Age", "a,b")
    assert split_names(axes, []) == ()
    with pytest.raises(UserError, match="Beard"):
        split_names(axes, ["Smiling,Beard"])


def test_edit_roles_are_those_of_the_edit_before_those_of_the_base(axes):
    axes = dataclasses.replace(axes, base=("Smiling", "Age"))
    roles = edit_roles(axes, ["Age"], ["a=b"], hold_base=True)
    assert list(roles.items()) == [("Age", "edited"), ("a=b", "locked"), ("Smiling", "held (base)")]
    assert edit_roles(axes, ["Age"], [], hold_base=False) == {"Age": "edited"}


def test_edit_roles_hold_a_base_only_where_it_has_an_axis():
    """Axes that were selected may lack those that they are orthogonal to."""
    axes = axes_from_directions(["Male", "Beard"], np.eye(2, 4), latent_space="normal")
    whole = orthogonalize_axes(axes, ["Male"])
    assert edit_roles(whole, ["Beard"], [], hold_base=True) == {"Beard": "edited", "Male": "held (base)"}
    assert edit_roles(whole.select(["Beard"]), ["Beard"], [], hold_base=True) == {"Beard": "edited"}
