"""Edits in label units: targets are reached, locks hold, contradictions are named, refusals change nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tlgan.editing.five_axes import collinear, make_axes
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.edit_session import EditSession
from tlgan.editing.linear_predictors import predictors, reachable_range, units
from tlgan.errors import UserError
from tlgan.latents.geometry import angles_between, move_along
from tlgan.latents.sampling import draw_latents


@pytest.mark.parametrize("space", ["sphere", "normal", "uniform"])
def test_an_edit_meets_its_target_and_leaves_locks_unchanged_to_1e_9(space, latents):
    axes = make_axes(space)
    moved = edit_latents(axes, latents, {"Smiling": 2.0, "Age": -10.0}, lock=["Male", "Young"])
    change = predictors(axes, moved) - predictors(axes, latents)
    np.testing.assert_allclose(change[:, :4], [[2.0, 0.0, 0.0, -10.0]] * 8, rtol=0, atol=1e-9)
    assert abs(change[:, 4]).min() > 0.01
    if space == "sphere":
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), np.sqrt(512), rtol=1e-14)


def test_locked_predictors_of_all_forty_axes_hold():
    rng = np.random.default_rng(0)
    rows = 0.2 * (rng.normal(size=(40, 512)) + 3 * rng.normal(size=512)) / np.sqrt(512)
    unit = unit_rows(rows)
    axes = dataclasses.replace(
        axes_from_directions([f"a{i}" for i in range(40)], unit, latent_space="sphere"),
        slopes=np.linalg.norm(rows, axis=1),
    )
    start = draw_latents(0, 4, 512)
    moved = edit_latents(axes, start, {"a0": 0.5}, lock=axes.names[1:])
    change = predictors(axes, moved) - predictors(axes, start)
    np.testing.assert_allclose(change, np.eye(1, 40)[[0] * 4] * 0.5, rtol=0, atol=1e-9)


def test_edit_of_one_logit_turns_the_latent_by_ten_degrees(axes, latents):
    # The original stepped 0.1 along a unit direction of a latent 22.6 long: 0.18 to 0.25 degrees.
    moved = edit_latents(axes, latents, {"Smiling": 1.0})
    assert angles_between(latents, moved).min() > 10
    old_step = latents + 0.07 * axes.directions[0]
    assert angles_between(latents, old_step).max() < 0.19
    assert abs(predictors(axes, old_step)[:, 0] - predictors(axes, latents)[:, 0]).max() < 0.02


def test_without_locks_a_flat_edit_goes_along_the_raw_direction():
    axes = make_axes("normal")
    start = np.random.default_rng(0).normal(size=(1, 512))
    moved = edit_latents(axes, start, {"Hat": 3.0})
    np.testing.assert_allclose(
        moved, move_along(start, axes.raw_directions[4], 3.0 / 0.15, "normal"), atol=1e-12
    )


def test_holding_the_base_is_moving_along_the_projected_direction():
    axes = orthogonalize_axes(make_axes("normal"), ["Male", "Young"])
    start = np.random.default_rng(0).normal(size=(1, 512))
    moved = edit_latents(axes, start, {"Smiling": 2.0})
    along = unit_rows(moved - start)
    np.testing.assert_allclose(along, axes.directions[:1], atol=1e-12)
    np.testing.assert_allclose(predictors(axes, moved)[0, 1:3], predictors(axes, start)[0, 1:3], atol=1e-12)
    free = edit_latents(axes, start, {"Smiling": 2.0}, hold_base=False)
    np.testing.assert_allclose(unit_rows(free - start), axes.raw_directions[:1], atol=1e-12)


def test_a_base_attribute_can_be_edited_while_the_rest_of_the_base_holds():
    axes = orthogonalize_axes(make_axes(), ["Male", "Young"])
    start = draw_latents(3, 1, 512)
    change = predictors(axes, edit_latents(axes, start, {"Male": 1.0})) - predictors(axes, start)
    np.testing.assert_allclose(change[0, 1:3], [1.0, 0.0], atol=1e-9)


def test_changes_may_differ_by_latent(axes, latents):
    wanted = np.linspace(-2, 2, 8)
    moved = edit_latents(axes, latents, {"Smiling": wanted}, lock=["Male"])
    np.testing.assert_allclose((predictors(axes, moved) - predictors(axes, latents))[:, 0], wanted, atol=1e-9)


def test_axes_without_slope_are_edited_in_units_of_z(latents):
    axes = axes_from_directions(["smile"], np.eye(1, 512), latent_space="sphere")
    assert units(axes) == ("z",)
    moved = edit_latents(axes, latents, {"smile": 3.0})
    seen = predictors(axes, latents)
    np.testing.assert_allclose(moved[:, 0], seen[:, 0] + 3.0, atol=1e-10)


@pytest.mark.parametrize("space", ["sphere", "normal"])
def test_contradicting_locks_are_refused_with_the_names(space, latents):
    axes = collinear(make_axes(space))
    with pytest.raises(UserError, match="'Smiling', 'Hat' depend on one another"):
        edit_latents(axes, latents, {"Smiling": 1.0}, lock=["Male", "Hat"])
    with pytest.raises(UserError, match="'Smiling', 'Hat' depend on one another"):
        edit_latents(axes, latents, {"Smiling": 1.0, "Hat": 1.0})
    moved = edit_latents(axes, latents, {"Smiling": 1.0, "Hat": -1.0})
    np.testing.assert_allclose((predictors(axes, moved) - predictors(axes, latents))[:, 4], -1.0, atol=1e-9)


def test_unreachable_targets_are_explained_with_the_reachable_range(axes, latents):
    with pytest.raises(
        UserError, match=r"does not reach .* 'Smiling' of latent 0 can go from .* logit while Male stay"
    ):
        edit_latents(axes, latents, {"Smiling": 50.0}, lock=["Male"])
    least, largest = reachable_range(axes, latents[0], "Smiling", held=["Male"])
    present = predictors(axes, latents[:1])[0, 0]
    for inside, outside in ((largest - 1e-6, largest + 1e-6), (least + 1e-6, least - 1e-6)):
        moved = edit_latents(axes, latents[:1], {"Smiling": inside - present}, lock=["Male"])
        assert predictors(axes, moved)[0, 0] == pytest.approx(inside, abs=1e-9)
        with pytest.raises(UserError, match="does not reach"):
            edit_latents(axes, latents[:1], {"Smiling": outside - present}, lock=["Male"])


@pytest.mark.parametrize(
    ("change", "lock", "message"),
    [
        ({"Smilin": 1.0}, [], "Did you mean 'Smiling'"),
        ({"Smiling": 1.0}, ["Mail"], "Did you mean 'Male'"),
        ({"Smiling": 1.0}, ["Smiling"], "Smiling cannot be edited while locked"),
        ({"Smiling": np.nan}, [], "finite"),
        ({"Smiling": [1.0, 2.0]}, [], "one per latent"),
    ],
)
def test_edit_latents_refuses(axes, latents, change, lock, message):
    with pytest.raises(UserError, match=message):
        edit_latents(axes, latents, change, lock=lock)


def test_latents_of_another_size_are_refused(axes):
    with pytest.raises(UserError, match=r"latent size of the axes \(512\). Got 16"):
        edit_latents(axes, np.ones((1, 16)), {"Smiling": 1.0})
    with pytest.raises(UserError, match="Got 16"):
        EditSession(axes, np.ones(16))
    with pytest.raises(UserError, match=r"must have shape \(512,\)"):
        EditSession(axes, np.ones((1, 512)))


def test_axis_with_slope_zero_is_not_edited(axes, latents):
    flat = dataclasses.replace(axes, slopes=[0.1, 0.0, 0.1, 1.0, 0.1])
    with pytest.raises(UserError, match="'Male' has slope 0"):
        edit_latents(flat, latents, {"Male": 1.0})
    assert np.isfinite(edit_latents(flat, latents, {"Smiling": 1.0}, lock=["Male"])).all()


# The session


@pytest.fixture
def session(axes, latents) -> EditSession:
    return EditSession(axes, latents[0])


def test_session_smiling_to_nine_tenths_with_male_and_young_locked(session):
    before = session.values
    session.lock("Male", "Young")
    session.set_probabilities({"Smiling": 0.9})
    assert session.probabilities["Smiling"] == pytest.approx(0.9, abs=1e-10)
    for name in ("Male", "Young"):
        assert session.values[name] == pytest.approx(before[name], abs=1e-9)
    assert np.linalg.norm(session.latent) == pytest.approx(np.sqrt(512), rel=1e-14)
    assert session.degrees_moved > 5
    assert set(session.probabilities) == {"Smiling", "Male", "Young", "Hat"}


def test_session_locks_hold_over_many_edits(session):
    session.lock("Male")
    before = session.values["Male"]
    rng = np.random.default_rng(0)
    for _ in range(60):
        session.set({"Smiling": 0.3 * rng.normal(), "Age": 38 + 5 * rng.normal()})
    assert session.values["Male"] == pytest.approx(before, abs=1e-9)
    assert np.linalg.norm(session.latent) == pytest.approx(np.sqrt(512), rel=1e-13)


def test_session_change_and_its_opposite_cancel(session):
    session.lock("Male")
    start, value = session.latent, session.values["Smiling"]
    for step in (1.0, 1.5, -3.0):
        session.change({"Smiling": step})
    session.set({"Smiling": value})
    np.testing.assert_allclose(session.latent, start, atol=1e-11)


def test_session_undo_redo_and_reset(session):
    seen = [session.latent]
    session.change({"Smiling": 1.0})
    seen.append(session.latent)
    session.lock("Male")
    session.change({"Age": 5.0})
    seen.append(session.latent)
    session.reset()
    np.testing.assert_array_equal(session.latent, seen[0])
    assert session.locks == ()
    session.undo()
    np.testing.assert_array_equal(session.latent, seen[2])
    assert session.locks == ("Male",)
    session.undo()
    session.undo()
    np.testing.assert_array_equal(session.latent, seen[1])
    assert session.locks == ()
    session.redo()
    assert session.locks == ("Male",)
    session.change({"Hat": 1.0})
    assert not session.can_redo
    with pytest.raises(UserError, match="nothing to redo"):
        session.redo()


def test_session_without_history_has_nothing_to_undo(session):
    assert (session.can_undo, session.can_redo) == (False, False)
    with pytest.raises(UserError, match="nothing to undo"):
        session.undo()


def test_session_is_as_it_was_after_a_refusal(session):
    session.lock("Male")
    before = session.latent
    for call in (
        lambda: session.change({"Male": 1.0}),
        lambda: session.set({"Smiling": 1e6}),
        lambda: session.set_probabilities({"Age": 0.5}),
        lambda: session.set({"Nobody": 1.0}),
        lambda: session.lock("Nobody"),
        lambda: session.unlock("Hat"),
    ):
        with pytest.raises(UserError):
            call()
    np.testing.assert_array_equal(session.latent, before)
    assert session.locks == ("Male",)
    session.undo()
    assert not session.can_undo


def test_session_unlock_moves_nothing_until_the_next_edit(session):
    session.lock("Male", "Male", "Young")
    assert session.locks == ("Male", "Young")
    session.change({"Smiling": 2.0})
    before = session.latent
    session.unlock("Male")
    np.testing.assert_array_equal(session.latent, before)
    assert session.locks == ("Young",)


def test_session_holds_the_base_of_orthogonalised_axes(latents):
    axes = orthogonalize_axes(make_axes(), ["Male", "Young"])
    session = EditSession(axes, latents[0])
    assert session.held == ("Male", "Young")
    before = session.values
    session.change({"Smiling": 1.0})
    assert session.values["Male"] == pytest.approx(before["Male"], abs=1e-9)
    session.set({"Male": 0.0})
    assert session.values["Male"] == pytest.approx(0.0, abs=1e-9)
    assert EditSession(axes, latents[0], hold_base=False).held == ()


def test_session_locks_alone_move_nothing(axes, latents):
    np.testing.assert_array_equal(
        edit_latents(make_axes("normal"), latents, {}, lock=["Male"]), latents.astype(np.float64)
    )


def test_several_unreachable_changes_are_named_together(axes, latents):
    with pytest.raises(UserError, match="does not reach so far to Smiling, Age, Male together") as caught:
        edit_latents(axes, latents, {"Smiling": 5.0, "Age": 300.0}, lock=["Male"])
    assert "can go from" not in str(caught.value)


def test_session_latents_are_copies(session):
    session.latent[:] = 0
    session.start[:] = 0
    assert np.linalg.norm(session.latent) > 1
    assert np.linalg.norm(session.start) > 1
