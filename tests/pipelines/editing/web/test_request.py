"""What the page sends: seeds, latents, edits, tickets, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.editing.web.renderer import Ticket
from pipelines.editing.web.request import FaceEdit, read_face_edit, read_seed, read_ticket
from pipelines.editing.web.response import encode_latent
from tests.pipelines.editing.web.drawing import draw
from tlgan.errors import UserError


def test_read_face_edit_of_a_seed_has_no_changes(tones_run):
    edit = read_face_edit(tones_run, {"start": {"seed": 7}})
    np.testing.assert_allclose(edit.start, np.random.default_rng(7).standard_normal(8), rtol=1e-6)
    assert (edit.changes, edit.locks) == ({}, {})
    np.testing.assert_array_equal(edit.latent(tones_run.axes), edit.start)


def test_read_face_edit_takes_a_latent_of_a_link(tones_run):
    latent = np.arange(8) / 8 + 1
    edit = read_face_edit(tones_run, {"start": {"latent": encode_latent(latent)}, "changes": {"Male": 2}})
    np.testing.assert_array_equal(edit.start, latent.astype("f4"))
    moved = edit.latent(tones_run.axes) - edit.start
    np.testing.assert_allclose(moved, [2, 0, 0, 0, 0, 0, 0, 0], atol=1e-9)


def test_read_face_edit_of_two_faces_lies_between_them(tones_run):
    content = {"start": {"seed": 1}, "second": {"seed": 2}, "morph": 0.25}
    first, second = (read_face_edit(tones_run, {"start": {"seed": seed}}).start for seed in (1, 2))
    np.testing.assert_allclose(read_face_edit(tones_run, content).start, 0.75 * first + 0.25 * second)


def test_split_changes_tells_still_from_moving():
    edit = FaceEdit(np.zeros(2), {"Male": 1.0, "Hat": 2.0}, {"Male": 0.5, "Age": 0.0, "Hat": 0.0})
    assert edit.split_changes() == ({"Male": 0.5}, ["Age", "Hat"])


def test_an_edit_may_be_made_on_other_faces_and_with_more_changes(tones_run):
    edit = FaceEdit(np.zeros(8), {"Smiling": 1.0}, {})
    starts = np.stack([np.ones(8), np.zeros(8)])
    edited = edit.trace(tones_run.axes, starts, {"Male": np.array([2.0, 3.0])})
    np.testing.assert_allclose(edited.latents[:, :2] - starts[:, :2], [[2, 1], [3, 1]], atol=1e-12)
    np.testing.assert_array_equal(edited.path, [starts, edited.latents])


def test_edits_are_straight_where_a_state_does_not_say(tones_run_with_regressor):
    """Links and saved faces from before there was a choice show the face that they showed."""
    edit = read_face_edit(tones_run_with_regressor, {"start": {"seed": 7}})
    assert (edit.method, edit.strictness) == ("straight", 1.0)


def test_a_local_edit_goes_by_steps_and_keeps_its_path(tones_run_with_regressor):
    state = {"start": {"seed": 7}, "changes": {"Smiling": 2.0}, "method": "local", "strictness": 3}
    edit = read_face_edit(tones_run_with_regressor, state)
    assert (edit.method, edit.strictness) == ("local", 3.0)
    edited = edit.trace(tones_run_with_regressor.axes)
    np.testing.assert_allclose(edited.latents[0] - edit.start, [0, 2, *[0] * 6], atol=0.003)
    assert len(edited.path) > 5


def test_read_ticket_is_of_the_page_and_its_part():
    assert read_ticket({}) == Ticket("", 0)
    assert read_ticket({"page": "a", "ticket": 3}) == Ticket("a", 3)
    assert read_ticket({"page": "a", "ticket": 3}, "strip") == Ticket("a/strip", 3)


@pytest.mark.parametrize("content", [{"page": 1}, {"page": "x" * 65}, {"ticket": True}, {"ticket": 1.5}])
def test_read_ticket_refuses(content):
    with pytest.raises(UserError, match="`page` must be a short text and `ticket` a whole number"):
        read_ticket(content)


def test_read_seed_refuses_what_is_no_seed():
    assert read_seed(2**32 - 1) == 2**32 - 1
    for value in (-1, 2**32, 1.0, "1", None, False):
        with pytest.raises(UserError, match="A seed must be a whole number"):
            read_seed(value)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"start": {"seed": "seven"}}, "A seed must be a whole number"),
        ({"start": {"seed": -1}}, "A seed must be a whole number"),
        ({"start": {"seed": 1.5}}, "A seed must be a whole number"),
        ({"start": {"seed": True}}, "A seed must be a whole number"),
        ({"start": {"seed": 2**32}}, "A seed must be a whole number"),
        ({"start": {}}, "`start` must be"),
        ({"start": {"latent": "AAAAAA=="}}, "8 finite numbers"),
        ({"start": {"latent": "x"}}, "the link is damaged"),
        ({"start": {"latent": "ääää"}}, "the link is damaged"),
        ({"changes": {"Smilling": 1}}, "Did you mean 'Smiling'"),
        ({"changes": {"Smiling": "much"}}, "must be a finite number"),
        ({"changes": {"Smiling": 10**400}}, "within ±1,000,000"),
        ({"changes": {"Smiling": 1e9}}, "±1,000,000"),
        ({"changes": ["Smiling"]}, "must be an object"),
        ({"locks": {"Mail": 0}}, "Did you mean 'Male'"),
        ({"second": {"seed": 1}, "morph": 2}, "`morph` must lie in [0, 1]"),
        ({"more": 1}, "Got more"),
        ({"method": "local"}, "must have axes with a regressor"),
        ({"method": "bent"}, "one of local, straight"),
        ({"method": 1}, "one of local, straight"),
        ({"strictness": -1}, "at least 0"),
        ({"strictness": "much"}, "must be a finite number"),
    ],
)
def test_bad_states_are_one_sentence(client, state, words):
    response = draw(client, **state)
    assert response.status_code == 422
    assert words in response.get_json()["error"]
