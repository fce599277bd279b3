"""Local edits on regressors that are known: what they reach, hold and leave, and why they stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import DIM, NAMES, bent_latents, make_bent_axes
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.editing import local_edit as module
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.local_edit import LocalEdit, local_edit, stop_sentences
from tlgan.editing.local_steps import LEAVES, LOCKED, LONGEST_MOVE, MET, PRIOR_QUANTILE, REASONS, penalties
from tlgan.latents.geometry import least_change

SPACES = ["sphere", "normal", "uniform"]


def changes_of(regressor: LatentRegressor, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Changes of the predictions in standard deviations of the scores."""
    return (regressor(after) - regressor(before)) / regressor.scales


@pytest.mark.parametrize("space", SPACES)
def test_a_local_edit_holds_what_bends_with_its_target_and_a_straight_one_cannot(space):
    axes, latents = make_bent_axes(space), bent_latents(space)
    amount = {"Smiling": 0.8 if space == "uniform" else 2.0}
    local = changes_of(axes.regressor, latents, edit_latents(axes, latents, amount, lock=["Male"]))
    straight = edit_latents(axes, latents, amount, lock=["Male"], method="straight")
    straight = changes_of(axes.regressor, latents, straight)
    target = amount["Smiling"] / axes.regressor.scales[0]
    np.testing.assert_allclose(local[:, 0], target, atol=0.003)
    np.testing.assert_allclose(straight[:, 0], target, atol=0.02)
    assert abs(local[:, 1]).max() < 1e-3
    assert abs(straight[:, 1]).mean() > 0.1


def test_strictness_lowers_what_comes_along_and_costs_a_longer_way():
    axes, latents = make_bent_axes(), bent_latents()
    wanted = np.full((6, 1), 2.0)
    leaks, lengths = [], []
    for strictness in (0.0, 0.1, 1.0, 10.0):
        edit = local_edit(
            axes.regressor, latents, ["Smiling"], wanted, latent_space="sphere", strictness=strictness
        )
        leaks.append(abs(changes_of(axes.regressor, latents, edit.latents)[:, 1:]).mean())
        lengths.append(np.linalg.norm(edit.latents - latents, axis=1).mean())
    assert leaks == sorted(leaks, reverse=True)
    assert leaks[3] < 0.2 * leaks[0]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("strictness", [1.0, 10.0, 1000.0])
def test_strictness_alone_never_keeps_an_edit_from_its_target(strictness):
    """The target is the sum of two others: no move spares them, and only a lock may forbid one."""
    gradients = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    straight = LatentRegressor.straight(["sum", "one", "other"], gradients, np.zeros(3))
    wanted = {"latent_space": "normal", "strictness": strictness}
    edit = local_edit(straight, np.zeros((1, 3)), ["sum"], [[1.0]], **wanted)
    assert edit.stopped == ("",)
    np.testing.assert_allclose(straight(edit.latents), [[1.0, 0.5, 0.5]], atol=0.005)
    locked = local_edit(straight, np.zeros((1, 3)), ["sum"], [[1.0]], locks=["one", "other"], **wanted)
    assert locked.stopped == (REASONS[LOCKED],)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("amount", [-1.0, 0.7])
def test_a_linear_regressor_gives_the_straight_edit(space, amount):
    """The least move changes the target at a constant gradient; on the sphere the arc towards it."""
    gradients = np.random.default_rng(2).standard_normal((3, DIM)) / np.sqrt(DIM)
    intercepts, latents = np.array([1.0, 0.0, -1.0]), bent_latents(space) * (0.5 if space == "uniform" else 1)
    straight = LatentRegressor.straight(NAMES[:3], gradients, intercepts)
    edit = local_edit(
        straight, latents, ["Male"], np.full((6, 1), amount), latent_space=space, strictness=0.0
    )
    known = least_change(latents, gradients[1:2], np.full((6, 1), amount), space)
    np.testing.assert_allclose(edit.latents, known, atol=2 * MET)
    assert edit.stopped == ("",) * 6


def test_a_linear_regressor_with_weights_gives_the_weighed_least_move():
    """Of ‖δ‖² + Σⱼ λⱼ (gⱼδ)² with one change given, by its conditions of optimality."""
    gradients = np.random.default_rng(2).standard_normal((3, DIM)) / np.sqrt(DIM)
    straight = LatentRegressor.straight(NAMES[:3], gradients, np.zeros(3))
    unit = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    strictness = 0.1
    edit = local_edit(
        straight,
        np.zeros((1, DIM)),
        ["Male"],
        np.array([[0.5]]),
        latent_space="normal",
        strictness=strictness,
    )
    metric = np.eye(DIM) + unit.T @ np.diag(penalties(straight, ["Male"], strictness)) @ unit
    along = np.linalg.solve(metric, gradients[1])
    np.testing.assert_allclose(edit.latents[0], along * 0.5 / (gradients[1] @ along), atol=2 * MET)


def test_several_targets_are_reached_together_each_latent_by_its_own_amounts():
    axes, latents = make_bent_axes(), bent_latents()
    wanted = np.stack([np.linspace(-1.5, 1.5, 6), np.linspace(6, -6, 6)], axis=1)
    edit = local_edit(
        axes.regressor, latents, ["Smiling", "Age"], wanted, latent_space="sphere", locks=["Male"]
    )
    change = axes.regressor(edit.latents) - axes.regressor(latents)
    np.testing.assert_allclose(change[:, [0, 3]], wanted, atol=2 * MET * 8)
    np.testing.assert_allclose(edit.changes, change[:, [0, 3]], atol=1e-4)
    assert abs(change[:, 1] / axes.regressor.scales[1]).max() < 1e-3
    np.testing.assert_array_equal(edit.wanted, wanted)


@pytest.mark.parametrize("space", SPACES)
def test_the_path_leads_by_short_steps_inside_the_prior(space):
    axes, latents = make_bent_axes(space), bent_latents(space)
    edit = local_edit(axes.regressor, latents, ["Smiling"], np.full((6, 1), 9.0), latent_space=space)
    np.testing.assert_allclose(edit.path[0], latents, rtol=1e-6)
    np.testing.assert_array_equal(edit.path[-1], edit.latents)
    assert len(edit.path) > 4
    assert np.linalg.norm(np.diff(edit.path, axis=0), axis=2).max() <= LONGEST_MOVE + 1e-9
    lengths = np.linalg.norm(edit.path, axis=2)
    if space == "sphere":
        np.testing.assert_allclose(lengths, np.sqrt(DIM))
    elif space == "normal":
        longest = np.maximum(np.sqrt(DIM) + PRIOR_QUANTILE * np.sqrt(0.5), lengths[0])
        assert (lengths <= longest + 1e-9).all()
    else:
        assert abs(edit.path).max() <= 1.0


@pytest.mark.parametrize(("space", "factor"), [("normal", 12.0), ("uniform", 5.0)])
def test_a_latent_from_outside_the_prior_may_come_in_and_goes_no_further(space, factor):
    axes = make_bent_axes(space)
    latents = factor * axes.raw_directions[:1]
    inwards, outwards = (
        local_edit(axes.regressor, latents, ["Smiling"], [[wanted]], latent_space=space, strictness=0.0)
        for wanted in (-2.0, 40.0)
    )
    assert inwards.stopped == ("",)
    assert outwards.stopped == (REASONS[LEAVES],)
    if space == "normal":
        assert np.linalg.norm(outwards.latents) <= factor * (1 + 1e-9)
    else:
        assert (abs(outwards.latents) <= np.maximum(1, abs(latents)) + 1e-9).all()


def test_the_group_of_the_target_may_come_along():
    latents, wanted = bent_latents("normal"), np.full((6, 1), 2.0)
    held, free = (
        local_edit(
            make_bent_axes("normal", groups).regressor, latents, ["Smiling"], wanted, latent_space="normal"
        )
        for groups in ((), [("Male", "Smiling")])
    )
    regressor = make_bent_axes("normal").regressor
    moved = [abs(changes_of(regressor, latents, edit.latents)[:, 1]).mean() for edit in (held, free)]
    assert moved[1] > 3 * moved[0]


def test_an_edit_of_nothing_stays_where_it_is():
    axes, latents = make_bent_axes("normal"), bent_latents("normal")
    edit = local_edit(axes.regressor, latents, ["Smiling"], np.zeros((6, 1)), latent_space="normal")
    np.testing.assert_array_equal(edit.latents, latents)
    assert edit.path.shape == (1, 6, DIM)


def test_the_same_edit_gives_the_same_bits_and_neighbours_do_not_matter():
    axes, latents = make_bent_axes(), bent_latents()
    wanted = np.linspace(-2, 2, 6)[:, None]

    def edit(rows: slice) -> np.ndarray:
        moved = local_edit(axes.regressor, latents[rows], ["Smiling"], wanted[rows], latent_space="sphere")
        return moved.latents

    np.testing.assert_array_equal(edit(slice(None)), edit(slice(None)))
    np.testing.assert_allclose(edit(slice(2, 3)), edit(slice(None))[2:3], atol=1e-4)


# Stops


def tent(sharpness: float) -> LatentRegressor:
    """A score that rises with the first coordinate up to 0 and then falls: −|z₀|, its tip of width 1/sharpness."""
    first = np.zeros((1, 2, 2))
    first[0, 0] = sharpness, -sharpness
    return replace(
        LatentRegressor.straight(["Smiling"], [[1.0, 0.0]], [0.0]),
        weights=(first, -np.ones((1, 2, 1)) / sharpness),
        biases=(np.zeros((1, 2)), np.zeros((1, 1))),
    )


def two_members(bend: float) -> LatentRegressor:
    """Members that agree near 0, and differ by the square of the first coordinate times `bend`."""
    small = 0.01
    first = np.zeros((2, 2, 2))
    first[:, 0] = small, -small
    halves = bend * np.sqrt(2 * np.pi) / (2 * small**2) * np.array([1.0, -1.0])
    last = np.stack([halves + 1 / small, halves - 1 / small], axis=1)[:, :, None]
    return replace(
        LatentRegressor.straight(["Smiling"], [[1.0, 0.0]], [0.0]),
        weights=(first, last),
        biases=(np.zeros((2, 2)), np.zeros((2, 1))),
        scatter=np.array([0.1]),
    )


STRAIGHT = LatentRegressor.straight(["Smiling", "Grin"], [[1.0, 0.0], [1.0, 0.0]], [0.0, 0.0])


@pytest.mark.parametrize(
    ("reason", "regressor", "locks", "wanted", "reached"),
    [
        (
            "the regressor's gradient vanishes",
            replace(STRAIGHT, weights=(np.zeros((1, 2, 2)),)),
            [],
            1.0,
            0.0,
        ),
        ("the regressor's prediction bends too sharply", tent(1e4), [], 2.0, 1.0),
        ("the members of the regressor disagree", two_members(0.1), [], 5.0, None),
        ("nothing beyond was seen", replace(STRAIGHT, highest=[1.5, 9.0]), [], 9.0, 2.5),
        ("what is locked or edited beside it leaves no way", STRAIGHT, ["Grin"], 1.0, 0.0),
        (
            "beyond lie no latents that the generator was trained on",
            STRAIGHT,
            [],
            9.0,
            1 + 2**0.5 + 3 * 0.5**0.5,
        ),
    ],
)
def test_an_edit_stops_with_its_reason_and_says_how_far_it_came(reason, regressor, locks, wanted, reached):
    start = np.array([[-1.0, 0.0]])
    edit = local_edit(regressor, start, ["Smiling"], [[wanted]], latent_space="normal", locks=locks)
    assert edit.stopped == (reason,)
    came = regressor(edit.latents)[0, 0] - regressor(start)[0, 0]
    assert edit.changes[0, 0] == pytest.approx(came, abs=1e-5)
    if reached is None:
        assert 1.0 < came < 5.0
    else:
        assert came == pytest.approx(reached, abs=0.02)


def test_targets_that_depend_on_one_another_leave_no_way():
    edit = local_edit(STRAIGHT, np.zeros((1, 2)), ["Smiling", "Grin"], [[1.0, -1.0]], latent_space="normal")
    assert edit.stopped == ("what is locked or edited beside it leaves no way",)
    np.testing.assert_array_equal(edit.latents, np.zeros((1, 2)))


def test_an_edit_of_too_many_steps_stops(monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    edit = local_edit(STRAIGHT, np.zeros((1, 2)), ["Smiling"], [[2.0]], latent_space="normal")
    assert edit.stopped == ("too many steps",)
    assert 0 < edit.changes[0, 0] < 2


def test_a_latent_where_the_members_disagree_already_can_be_edited():
    far = np.array([[2.5, 0.0]])  # a scatter of 0.6
    edit = local_edit(two_members(0.1), far, ["Smiling"], [[-1.0]], latent_space="normal")
    assert edit.stopped == ("",)


@pytest.mark.parametrize("space", ["sphere", "normal"])
def test_locks_hold_where_an_edit_stops_early(space):
    axes, latents = make_bent_axes(space), bent_latents(space)
    edit = local_edit(
        axes.regressor, latents, ["Smiling"], np.full((6, 1), 40.0), latent_space=space, locks=["Male", "Age"]
    )
    assert all(edit.stopped)
    assert (edit.changes > 1).all()
    assert abs(changes_of(axes.regressor, latents, edit.latents)[:, [1, 3]]).max() < 1e-3


def test_locks_that_say_the_same_or_nothing_hold():
    gradients = np.eye(4, 8)
    gradients[2] = gradients[1]
    gradients[3] = 0
    straight = LatentRegressor.straight(["a", "b", "c", "d"], gradients, np.zeros(4))
    edit = local_edit(
        straight, np.zeros((1, 8)), ["a"], [[1.0]], latent_space="normal", locks=["b", "c", "d", "b"]
    )
    assert edit.stopped == ("",)
    np.testing.assert_allclose(straight(edit.latents), [[1, 0, 0, 0]], atol=1e-3)


def test_stop_sentences_are_of_the_first_three_latents():
    stopped = (REASONS[1], "", REASONS[3], REASONS[3], REASONS[3])
    edit = LocalEdit(np.zeros((5, 2)), np.zeros((1, 5, 2)), np.full((5, 1), 0.25), np.ones((5, 1)), stopped)
    sentences = stop_sentences(edit, ["Age"], ["years"])
    assert sentences[0] == f"Age of latent 0 changed by +0.25 of +1 years: {REASONS[1]}."
    assert [sentence.split(" ")[3] for sentence in sentences[1:3]] == ["2", "3"]
    assert sentences[3:] == ["1 more latents stopped."]
    alone = LocalEdit(np.zeros((1, 2)), np.zeros((1, 1, 2)), np.zeros((1, 1)), np.ones((1, 1)), stopped[:1])
    assert stop_sentences(alone, ["Age"], ["years"])[0].startswith("Age changed by +0 of +1 years")
