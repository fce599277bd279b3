"""Edits in label units: targets are reached, locks hold, contradictions are named; straight, then local."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import DIM, bent_latents, make_bent_axes
from tests.tlgan.editing.five_axes import collinear, make_axes
from tlgan.axes.axes import axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.editing import edit_latents as module
from tlgan.editing.edit_latents import edit_latents, trace_edit
from tlgan.editing.linear_predictors import predictors, reachable_range, units
from tlgan.editing.local_edit import EditStoppedWarning
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


def test_axis_with_slope_zero_is_not_edited(axes, latents):
    flat = dataclasses.replace(axes, slopes=[0.1, 0.0, 0.1, 1.0, 0.1])
    with pytest.raises(UserError, match="'Male' has slope 0"):
        edit_latents(flat, latents, {"Male": 1.0})
    assert np.isfinite(edit_latents(flat, latents, {"Smiling": 1.0}, lock=["Male"])).all()


def test_locks_alone_move_nothing(axes, latents):
    np.testing.assert_array_equal(
        edit_latents(make_axes("normal"), latents, {}, lock=["Male"]), latents.astype(np.float64)
    )


def test_several_unreachable_changes_are_named_together(axes, latents):
    with pytest.raises(UserError, match="does not reach so far to Smiling, Age, Male together") as caught:
        edit_latents(axes, latents, {"Smiling": 5.0, "Age": 300.0}, lock=["Male"])
    assert "can go from" not in str(caught.value)


def test_a_straight_edit_has_its_two_ends_as_path(axes, latents):
    edited = trace_edit(axes, latents, {"Smiling": 1.0})
    np.testing.assert_array_equal(edited.path[1], edit_latents(axes, latents, {"Smiling": 1.0}))
    np.testing.assert_allclose(edited.path[0], latents, rtol=1e-6)
    assert (edited.stopped, edited.sentences) == (("",) * 8, ())


# Local edits


@pytest.fixture
def bent():
    return make_bent_axes()


def test_edits_are_local_where_axes_have_a_regressor_unless_told_otherwise(bent):
    latents, change = bent_latents(), {"Smiling": 1.0}
    local = edit_latents(bent, latents, change)
    np.testing.assert_array_equal(local, edit_latents(bent, latents, change, method="local"))
    straight = edit_latents(bent, latents, change, method="straight")
    without = dataclasses.replace(bent, regressor=None)
    np.testing.assert_array_equal(straight, edit_latents(without, latents, change))
    assert abs(local - straight).max() > 0.1
    np.testing.assert_allclose((bent.regressor(local) - bent.regressor(latents))[:, 0], 1.0, atol=0.01)


def test_a_local_edit_holds_no_base(bent):
    axes = dataclasses.replace(bent, base=("Young",), method="project")
    latents = bent_latents()
    moved = [edit_latents(axes, latents, {"Young": 0.5}, hold_base=hold) for hold in (True, False)]
    np.testing.assert_array_equal(*moved)
    np.testing.assert_array_equal(moved[0], edit_latents(bent, latents, {"Young": 0.5}))


def test_trace_edit_has_the_way_there_and_edit_latents_the_same_end(bent):
    latents = bent_latents()
    edited = trace_edit(bent, latents, {"Smiling": [-1, -0.5, 0, 0.5, 1, 1.5]}, lock=["Male"], strictness=3.0)
    np.testing.assert_array_equal(edited.path[-1], edited.latents)
    assert len(edited.path) > 2
    assert edited.stopped == ("",) * 6
    changes = {"Smiling": np.array([-1, -0.5, 0, 0.5, 1, 1.5])}
    np.testing.assert_array_equal(
        edited.latents, edit_latents(bent, latents, changes, lock=["Male"], strictness=3.0)
    )


def test_many_latents_are_edited_in_groups(bent, monkeypatch):
    latents, change = bent_latents(), {"Smiling": np.linspace(0, 2, 6)}
    whole = trace_edit(bent, latents, change)
    monkeypatch.setattr(module, "LATENTS_AT_ONCE", 4)
    parts = trace_edit(bent, latents, change)
    np.testing.assert_allclose(parts.latents, whole.latents, atol=1e-4)
    assert parts.path.shape == whole.path.shape
    np.testing.assert_allclose(edit_latents(bent, latents, change), whole.latents, atol=1e-4)


def test_a_local_edit_that_stops_early_warns_and_keeps_what_was_reached(bent):
    latents = bent_latents()
    with pytest.warns(
        EditStoppedWarning, match=r"Smiling of latent 0 changed by \+.* of \+99 logit: "
    ) as caught:
        moved = edit_latents(bent, latents, {"Smiling": 99.0})
    assert caught[0].filename == __file__
    assert ((bent.regressor(moved) - bent.regressor(latents))[:, 0] > 1).all()
    edited = trace_edit(bent, latents, {"Smiling": 99.0})  # which does not warn
    np.testing.assert_array_equal(edited.latents, moved)
    assert all(edited.stopped)
    assert "3 more latents stopped." in edited.sentences


def test_an_edit_that_arrives_warns_of_nothing(bent):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        edit_latents(bent, bent_latents(), {"Smiling": 1.0, "Age": -5.0}, lock=["Male"])


def test_a_lock_that_contradicts_the_target_leaves_the_latent_where_it_is(bent):
    same = np.ones((2, DIM))
    twins = dataclasses.replace(
        axes_from_directions(["A", "B"], np.eye(2, DIM), latent_space="sphere"),
        regressor=LatentRegressor.straight(["A", "B"], same, [0.0, 0.0]),
    )
    latents = bent_latents()
    with pytest.warns(EditStoppedWarning, match="what is locked or edited beside it leaves no way"):
        moved = edit_latents(twins, latents, {"A": 1.0}, lock=["B"])
    np.testing.assert_allclose(moved, latents, rtol=1e-6)


def without_age(bent):
    """The same axes with a regressor that knows no Age."""
    weights, biases = bent.regressor.weights, bent.regressor.biases
    fields = ("offsets", "scales", "lowest", "highest", "held_out", "scatter", "straight_held_out")
    known = dataclasses.replace(
        bent.regressor,
        names=bent.names[:3],
        weights=(weights[0], weights[1][:, :, :3]),
        biases=(biases[0], biases[1][:, :3]),
        **{field: getattr(bent.regressor, field)[:3] for field in fields},
    )
    return dataclasses.replace(bent, regressor=known)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"Smilin": 1.0}, {}, "Did you mean 'Smiling'"),
        ({"Smiling": 1.0}, {"lock": ["Mail"]}, "Did you mean 'Male'"),
        ({"Smiling": 1.0}, {"lock": ["Smiling"]}, "cannot be edited while locked"),
        ({"Smiling": np.nan}, {}, "finite"),
        ({"Smiling": [1.0, 2.0]}, {}, "one per latent"),
        ({"Smiling": 1.0}, {"method": "bent"}, "`method` must be one of local, straight. Got 'bent'"),
        ({"Smiling": 1.0}, {"strictness": -1.0}, "`strictness` must be finite and at least 0. Got -1"),
        ({"Smiling": 1.0}, {"strictness": np.nan}, "at least 0. Got nan"),
        ({"Smiling": 1.0}, {"method": "straight", "strictness": np.inf}, "at least 0. Got inf"),
        ({"Age": 1.0}, {}, r"does not know 'Age'.*Take the method 'straight'"),
        ({"Smiling": 1.0}, {"lock": ["Age"]}, "edited or locked. It does not know 'Age'"),
    ],
)
def test_local_edits_refuse(bent, change, options, message):
    with pytest.raises(UserError, match=message):
        edit_latents(without_age(bent), bent_latents(), change, **options)


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (np.full((1, DIM), np.nan), "finite"),
        (np.full((1, DIM), np.inf), "finite"),
        (np.zeros((1, DIM)), "zero|sphere"),
        (np.ones((1, DIM + 1)), r"latent size of the axes \(32\). Got 33"),
        (np.ones(DIM), "2 dimension"),
    ],
)
def test_local_edits_refuse_latents(bent, latents, message):
    with pytest.raises(UserError, match=message):
        edit_latents(bent, latents, {"Smiling": 1.0})


def test_the_straight_edit_works_where_the_regressor_does_not_know_the_attribute(bent):
    latents = bent_latents()
    moved = edit_latents(without_age(bent), latents, {"Age": 5.0}, method="straight")
    np.testing.assert_allclose((predictors(bent, moved) - predictors(bent, latents))[:, 3], 5.0)


def test_axes_without_a_regressor_are_edited_straight_and_a_local_edit_is_refused(axes, latents):
    np.testing.assert_array_equal(
        edit_latents(axes, latents, {"Smiling": 1.0}),
        edit_latents(axes, latents, {"Smiling": 1.0}, method="straight"),
    )
    with pytest.raises(UserError, match=r"must have axes with a regressor.*take 'straight'"):
        edit_latents(axes, latents, {"Smiling": 1.0}, method="local")
