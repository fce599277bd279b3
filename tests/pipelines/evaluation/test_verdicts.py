"""Verdicts: each rule decides on an axis that breaks it, and what is unknown breaks none."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.verdict_rules import LOCAL_RULES, RULES, WORDS
from pipelines.evaluation.verdicts import axis_verdicts, best_first, rules_of, usable_axes
from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes

NAMES = ("Male", "Smiling", "Age")


def axes_of(directions=None, kinds=("binary", "binary", "continuous"), **fields) -> Axes:
    directions = np.eye(3, 8) if directions is None else np.asarray(directions, dtype=float)
    numbers = {"slopes": 1.0, "intercepts": 0.0, "angular_errors": 4.0, "held_out": 0.9} | fields
    return Axes(
        names=NAMES,
        directions=directions,
        raw_directions=directions,
        units=("logit", "logit", "years"),
        kinds=kinds,
        n_samples=np.full(3, 1000),
        latent_space="normal",
        generator="planted",
        generator_sha256="",
        **{name: np.broadcast_to(np.asarray(value, float), 3).copy() for name, value in numbers.items()},
    )


def judged(reaches=1.5, most=(), name="Smiling") -> dict:
    effects = [{"attribute": other, "change": change, "low": 0, "high": 0} for other, change in most]
    rows = [{"name": other, "reaches": 1.5, "most": []} for other in NAMES if other != name]
    rows.append({"name": name, "reaches": reaches, "most": effects})
    return {
        "edits": ["raw", "orthogonalized"],
        "equal_changes": [0.5, 1.0],
        "by_edit": {"orthogonalized": {"by_axis": rows}},
    }


@pytest.mark.parametrize(
    ("fields", "evaluation", "word", "says"),
    [
        ({}, None, "usable", "not yet judged"),
        ({}, judged(most=[("Age", 0.31)]), "usable", "more than 0.31 sd"),
        ({"held_out": 0.54}, None, "not found", "AUC 0.54"),
        ({"angular_errors": 50.0}, None, "not found", "50°"),
        ({}, judged(reaches=0.05), "not found", "0.05 sd"),
        ({"held_out": 0.7}, judged(), "weak", "AUC 0.70"),
        ({"angular_errors": 20.0}, judged(), "weak", "20°"),
        ({}, judged(reaches=0.4), "weak", "0.40 sd"),
        (
            {},
            judged(most=[("Age", -0.8), ("Male", 0.6), ("Bald", 0.2)]),
            "entangled",
            "Age by -0.80, Male by +0.60 sd",
        ),
        ({"held_out": np.nan, "angular_errors": np.nan}, None, "usable", "Keeps 1.00"),
    ],
)
def test_each_rule_decides(fields, evaluation, word, says):
    verdict = axis_verdicts(axes_of(**fields), evaluation)["Smiling"]
    assert verdict.word == word
    assert says in verdict.reason


def test_continuous_attribute_is_judged_by_r_squared():
    verdicts = axis_verdicts(axes_of(held_out=[0.9, 0.9, 0.3]))
    assert verdicts["Age"].word == "usable"
    assert axis_verdicts(axes_of(held_out=[0.9, 0.9, 0.1]))["Age"].word == "weak"
    assert axis_verdicts(axes_of(held_out=[0.9, 0.9, 0.01]))["Age"].word == "not found"


def test_without_a_judge_cosines_decide():
    near = [[1, 0, 0, 0], [0.7, np.sqrt(1 - 0.49), 0, 0], [0, 0, 1, 0]]
    verdicts = axis_verdicts(axes_of(near))
    assert str(verdicts["Smiling"]) == "entangled with Male"
    assert verdicts["Smiling"].reason == "Cosine +0.70 with Male."
    assert verdicts["Age"].word == "usable"
    nearer = [[1, 0, 0, 0], [0.95, np.sqrt(1 - 0.95**2), 0, 0], [0, 0, 1, 0]]
    verdicts = axis_verdicts(orthogonalize_axes(axes_of(nearer), ["Male"]))
    assert str(verdicts["Smiling"]) == "entangled with Male"
    assert "0.31 of itself off Male" in verdicts["Smiling"].reason
    assert verdicts["Male"].word == "usable"


def test_axis_in_the_base_is_entangled_with_it():
    nearer = [[1, 0, 0, 0], [0.99, np.sqrt(1 - 0.99**2), 0, 0], [0, 0, 1, 0]]
    verdict = axis_verdicts(orthogonalize_axes(axes_of(nearer), ["Male"]), judged(reaches=0.02))["Smiling"]
    assert str(verdict) == "entangled with Male"


def test_the_axes_alone_decide_where_the_judge_does_not_know_the_attribute():
    verdicts = axis_verdicts(axes_of(), judged(reaches=None))
    assert "not yet judged" in verdicts["Smiling"].reason
    assert "not yet judged" not in verdicts["Male"].reason


def test_rules_are_stated_for_every_word():
    for rules in (RULES, LOCAL_RULES):
        assert {word for word, _ in rules} == set(WORDS)


def judged_locally(reaches=1.5, most=(), same_person=None, reached=True) -> dict:
    effects = [{"attribute": other, "change": change, "low": 0, "high": 0} for other, change in most]
    at = {"reached": reached, "most": effects, "same_person": same_person}
    row = {"name": "Smiling", "reaches": reaches, "most": [], "at_1_sd": at}
    return {"edits": ["raw", "local"], "equal_changes": [0.5], "by_edit": {"local": {"by_axis": [row]}}}


@pytest.mark.parametrize(
    ("evaluation", "word", "says"),
    [
        (judged_locally(most=[("Age", 0.31)]), "usable", "more than 0.31 sd."),
        (judged_locally(same_person=0.75), "usable", "more than 0.10 sd; 75% of the faces"),
        (judged_locally(reaches=0.05, reached=False), "not found", "0.05 sd at most"),
        (judged_locally(reaches=0.8, reached=False), "weak", "0.80 sd at most"),
        (judged_locally(most=[("Age", -0.8), ("Bald", 0.2)]), "entangled", "moves Age by -0.80 sd"),
        (judged_locally(same_person=0.4), "entangled", "only 40% of the faces stay the same person"),
    ],
)
def test_local_edits_are_judged_where_the_target_has_moved_by_1_sd(evaluation, word, says):
    # A straight fit that is poor says nothing of the path.
    verdict = axis_verdicts(axes_of(held_out=0.6, angular_errors=30.0), evaluation)["Smiling"]
    assert verdict.word == word
    assert says in verdict.reason
    assert rules_of(evaluation) is LOCAL_RULES
    assert usable_axes(evaluation, "local") == (word == "usable")


def test_axes_that_the_local_edit_cannot_move_are_judged_by_the_axes_alone():
    evaluation = judged_locally(reaches=None, reached=False)
    assert "not yet judged" in axis_verdicts(axes_of(), evaluation)["Smiling"].reason
    assert usable_axes(evaluation, "local") == 0
    assert rules_of(None) is RULES
