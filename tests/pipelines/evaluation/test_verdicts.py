"""Verdicts: each rule decides on an axis that breaks it, and what is unknown breaks none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.evaluation.verdict_rules import LOCAL_RULES, RULES, WORDS
from pipelines.evaluation.verdicts import axis_verdicts, best_first, rules_of, usable_axes
from tlgan.axes.axes import Axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.orthogonalize import orthogonalize_axes

NAMES = ("Male", "Smiling", "Age")


def axes_of(
    directions=None, kinds=("binary", "binary", "continuous"), n_samples=(1000,) * 3, **fields
) -> Axes:
    directions = np.eye(3, 8) if directions is None else np.asarray(directions, dtype=float)
    numbers = {"slopes": 1.0, "intercepts": 0.0, "angular_errors": 4.0, "held_out": 0.9} | fields
    return Axes(
        names=NAMES,
        directions=directions,
        raw_directions=directions,
        units=("logit", "logit", "years"),
        kinds=kinds,
        n_samples=n_samples,
        latent_space="normal",
        generator="planted",
        generator_sha256="",
        **{name: np.broadcast_to(np.asarray(value, float), 3).copy() for name, value in numbers.items()},
    )


def effect_of(attribute, change) -> dict:
    return {"attribute": attribute, "change": change, "low": change - 0.15, "high": change + 0.15}


def judged(reaches=1.5, most=(), name="Smiling") -> dict:
    effects = [
        {"attribute": other, "change": change, "low": change - 0.15, "high": change + 0.15}
        for other, change in most
    ]
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
        ({}, judged(most=[("Age", 0.31)]), "usable", "more than 0.31 (Age, 0.16 to 0.46) sd per sd"),
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
            "Age by -0.80 sd (0.65 to 0.95), Male by +0.60 sd (0.45 to 0.75, includes 0.50).",
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
    # In 4 dimensions 4°·√2/√3 is the standard error of the angle, 45.6°.
    assert verdicts["Smiling"].reason == "Cosine +0.70 (0.62 to 0.78) with Male."
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
    effects = [
        {"attribute": other, "change": change, "low": change - 0.15, "high": change + 0.15}
        for other, change in most
    ]
    at = {"reached": reached, "most": effects, "same_person": same_person}
    row = {"name": "Smiling", "reaches": reaches, "most": [], "at_1_sd": at}
    return {"edits": ["raw", "local"], "equal_changes": [0.5], "by_edit": {"local": {"by_axis": [row]}}}


@pytest.mark.parametrize(
    ("evaluation", "word", "says"),
    [
        (judged_locally(most=[("Age", 0.31)]), "usable", "more than 0.31 (Age, 0.16 to 0.46) sd."),
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


def test_axes_whose_edits_no_judge_has_seen_are_not_evaluated():
    straight = axes_of()
    regressor = LatentRegressor.straight(NAMES[:2], straight.directions[:2], np.zeros(2))
    followed = replace(straight, regressor=replace(regressor, held_out=[0.8, np.nan]))
    verdicts = axis_verdicts(followed)
    assert [verdicts[name].word for name in NAMES] == ["not evaluated", "not evaluated", "usable"]
    assert "0.80" in verdicts["Male"].reason
    assert axis_verdicts(followed, judged_locally())["Smiling"].word == "usable"
    assert axis_verdicts(followed, judged(most=[("Age", 0.8)]))["Smiling"].word == "entangled"


def test_word_is_as_sure_as_the_resamples_agree():
    evaluation = judged_locally(most=[("Age", 0.45)])
    evaluation["by_edit"]["local"]["by_axis"][0]["at_1_sd"]["words"] = {"usable": 0.75, "entangled": 0.25}
    verdict = axis_verdicts(axes_of(), evaluation)["Smiling"]
    assert (verdict.word, verdict.sure) == ("usable", 0.75)
    assert "includes 0.50" in verdict.reason
    assert axis_verdicts(axes_of(held_out=0.7), judged())["Smiling"].sure is None  # faces did not decide


def test_rare_attribute_is_too_rare_whatever_else_is_known():
    counts = {"positives": [9000, 4, 9000], "held_out_positives": [60, 1, 60], "held_out_samples": [100] * 3}
    axes = axes_of(n_samples=np.full(3, 18_000), **counts)
    for evaluation in (None, judged(), judged_locally()):
        verdict = axis_verdicts(axes, evaluation)["Smiling"]
        assert verdict.word == "too rare"
        assert verdict.reason.startswith("4 positives to fit and 1 held out among")


def test_best_come_first_and_rare_ones_last():
    counts = {"positives": [9000, 4, 9000], "held_out_positives": [60, 1, 60], "held_out_samples": [100] * 3}
    axes = axes_of(
        held_out_low=[0.8, np.nan, 0.9], held_out_high=0.95, n_samples=np.full(3, 18_000), **counts
    )
    assert best_first(axes, axis_verdicts(axes)) == [2, 0, 1]
    moves_little = judged(reaches=0.2, name="Age")  # the judge sees that it is weak, its score does not
    assert best_first(axes, axis_verdicts(axes, moves_little)) == [0, 2, 1]


def test_score_whose_interval_includes_a_limit_says_so():
    axes = axes_of(held_out=0.7, held_out_low=0.6, held_out_high=0.8)
    assert "AUC 0.70 (0.60 to 0.80, includes 0.75)" in axis_verdicts(axes)["Smiling"].reason
    surer = axes_of(held_out=0.7, held_out_low=0.68, held_out_high=0.72)
    assert "AUC 0.70 (0.68 to 0.72) on pictures" in axis_verdicts(surer)["Smiling"].reason
