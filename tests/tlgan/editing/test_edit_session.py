"""A session of edits of one latent: locks, undo, redo, reset, and refusals that change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tlgan.editing.bent_axes import bent_latents, make_bent_axes
from tests.tlgan.editing.five_axes import make_axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_latents import edit_latents
from tlgan.editing.edit_session import EditSession
from tlgan.editing.local_edit import EditStoppedWarning
from tlgan.errors import UserError


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


def test_session_latents_are_copies(session):
    session.latent[:] = 0
    session.start[:] = 0
    assert np.linalg.norm(session.latent) > 1
    assert np.linalg.norm(session.start) > 1


def test_session_refuses_latents_of_another_size(axes):
    with pytest.raises(UserError, match="Got 16"):
        EditSession(axes, np.ones(16))
    with pytest.raises(UserError, match=r"must have shape \(512,\)"):
        EditSession(axes, np.ones((1, 512)))


# Local edits


@pytest.fixture
def local_session() -> EditSession:
    return EditSession(make_bent_axes(), bent_latents()[0])


def test_session_is_local_where_axes_have_a_regressor(local_session):
    assert (local_session.method, local_session.held) == ("local", ())
    straight = EditSession(make_bent_axes(), bent_latents()[0], method="straight")
    assert straight.method == "straight"
    assert straight.values["Male"] != pytest.approx(local_session.values["Male"], abs=0.01)
    for method, strictness in (("bent", 1.0), ("local", -1.0)):
        with pytest.raises(UserError):
            EditSession(make_bent_axes(), bent_latents()[0], method=method, strictness=strictness)


def test_session_brings_the_prediction_of_the_regressor_to_a_probability(local_session):
    axes = local_session.axes
    local_session.lock("Male")
    before = local_session.values
    local_session.set_probabilities({"Smiling": 0.9})
    assert local_session.probabilities["Smiling"] == pytest.approx(0.9, abs=0.001)
    assert axes.regressor(local_session.latent[None])[0, 0] == local_session.values["Smiling"]
    assert local_session.values["Male"] == pytest.approx(before["Male"], abs=0.002)


def test_session_makes_the_edits_of_edit_latents(local_session):
    start = bent_latents()[:1]
    strict = EditSession(make_bent_axes(), start[0], strictness=10.0)
    for session, strictness in ((local_session, 1.0), (strict, 10.0)):
        session.lock("Age")
        session.change({"Smiling": 1.0})
        edited = edit_latents(session.axes, start, {"Smiling": 1.0}, lock=["Age"], strictness=strictness)
        np.testing.assert_array_equal(session.latent, edited[0])


def test_session_keeps_the_path_of_every_edit_and_undo_takes_it_back(local_session):
    assert local_session.path.shape == (1, 32)
    local_session.change({"Smiling": 1.0})
    first = local_session.path
    local_session.lock("Male")
    local_session.change({"Age": 4.0})
    both = local_session.path
    np.testing.assert_array_equal(both[: len(first)], first)
    np.testing.assert_array_equal(both[-1], local_session.latent)
    assert np.linalg.norm(np.diff(both, axis=0), axis=1).max() < 1.0
    local_session.undo()
    np.testing.assert_array_equal(local_session.path, first)
    local_session.reset()
    np.testing.assert_array_equal(local_session.path, [local_session.start])
    local_session.undo()
    local_session.redo()
    assert len(local_session.path) == 1


def test_session_goes_on_from_where_an_edit_stopped_and_tells_why(local_session):
    before = local_session.values["Smiling"]
    with pytest.warns(EditStoppedWarning, match="Smiling changed by") as caught:
        local_session.change({"Smiling": 99.0})
    assert caught[0].filename == __file__
    (sentence,) = local_session.sentences
    assert str(caught[0].message) == sentence
    assert local_session.values["Smiling"] > before + 1
    local_session.change({"Young": 0.1})
    assert local_session.sentences == ()
    local_session.undo()
    assert local_session.sentences == (sentence,)
    local_session.undo()
    assert local_session.values["Smiling"] == before
    assert local_session.sentences == ()
