"""Drawn faces: the edit, the strip of an axis, the same edit on several faces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pipelines.editing.web.drawing import START, draw


def test_edit_moves_its_predictor_and_score_and_no_others(client):
    drawn = draw(client, changes={"Smiling": 2.0}).get_json()
    for name, change in (("Smiling", 2.0), ("Male", 0.0)):
        assert drawn["values"][name] - drawn["start_values"][name] == pytest.approx(change, abs=1e-9)
        assert drawn["scores"][name] - drawn["start_scores"][name] == pytest.approx(change, abs=0.05)
    assert drawn["scores"]["Unheard_Of"] is None
    assert drawn["picture"] != drawn["before"]


def test_lock_keeps_its_change_against_a_change(client):
    drawn = draw(client, changes={"Male": 3.0, "Smiling": 1.0}, locks={"Male": 0.5}).get_json()
    assert drawn["values"]["Male"] - drawn["start_values"]["Male"] == pytest.approx(0.5)


def test_order_of_changes_does_not_matter(client):
    one = draw(client, changes={"Male": 1.0, "Smiling": 2.0}).get_json()
    other = draw(client, changes={"Smiling": 2.0, "Male": 1.0}).get_json()
    assert one["latent"] == other["latent"]


def test_latent_of_a_response_draws_the_same_face(client):
    one = draw(client, changes={"Smiling": 2.0}).get_json()
    other = draw(client, start={"latent": one["latent"]}).get_json()
    assert other["picture"] == one["picture"]
    assert other["latent"] == one["latent"]


def test_morph_ends_at_either_face(client):
    second = {"seed": 8}
    faces = [draw(client, second=second, morph=share).get_json()["picture"] for share in (0, 1)]
    assert faces == [draw(client, start={"seed": seed}).get_json()["picture"] for seed in (7, 8)]


def test_strip_has_seven_strengths_in_order(client):
    response = client.post("/api/strip", json={"state": START, "axis": "Smiling"}).get_json()
    values = [face["value"] for face in response["faces"]]
    assert len(values) == 7
    assert values == sorted(values)


def test_grid_changes_all_faces_alike(client):
    response = client.post("/api/grid", json={"state": START, "seeds": [1, 2, 3, 4, 5, 6, 7, 8]}).get_json()
    assert [face["seed"] for face in response["faces"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len({face["picture"] for face in response["faces"]}) == 8


def test_contradicting_locks_are_explained(client, tones_run):
    import dataclasses

    twins = np.array(tones_run.axes.raw_directions)
    twins[2] = twins[1]
    tones_run.axes = dataclasses.replace(tones_run.axes, raw_directions=twins, directions=twins)
    response = draw(client, changes={"Smiling": 1.0}, locks={"Eyeglasses": 0.0})
    assert response.status_code == 422
    assert "'Smiling', 'Eyeglasses' depend on one another" in response.get_json()["error"]


def test_grid_shows_a_face_unedited_where_its_edit_is_out_of_reach(client, tones_run):
    import dataclasses

    tones_run.axes = dataclasses.replace(tones_run.axes, latent_space="sphere")
    state = START | {"changes": {"Smiling": 1e5}}
    (face,) = client.post("/api/grid", json={"state": state, "seeds": [1]}).get_json()["faces"]
    assert "does not reach" in face["error"]
    assert face["picture"].startswith("data:image/png;base64,")


LOCAL = {"method": "local", "strictness": 1}


def test_local_edit_moves_its_attribute_and_says_nothing_where_it_arrives(local_client):
    drawn = draw(local_client, changes={"Smiling": 2.0}, **LOCAL).get_json()
    assert drawn["values"]["Smiling"] - drawn["start_values"]["Smiling"] == pytest.approx(2.0, abs=0.003)
    assert drawn["values"]["Male"] == pytest.approx(drawn["start_values"]["Male"], abs=0.003)
    assert drawn["stopped"] == ""


def test_local_edit_that_stops_is_drawn_as_far_as_it_came_with_its_sentence(local_client):
    drawn = draw(local_client, changes={"Smiling": 50.0}, **LOCAL).get_json()
    assert 2 < drawn["values"]["Smiling"] - drawn["start_values"]["Smiling"] < 10
    assert "Smiling changed by" in drawn["stopped"]
    assert "no latents that the generator was trained on" in drawn["stopped"]
    assert drawn["picture"] != drawn["before"]


def test_local_edit_of_an_attribute_that_the_regressor_does_not_know_is_refused(local_client):
    response = draw(local_client, changes={"Unheard_Of": 1.0}, **LOCAL)
    assert response.status_code == 422
    assert "does not know 'Unheard_Of'" in response.get_json()["error"]
    assert draw(local_client, changes={"Unheard_Of": 1.0}, method="straight").status_code == 200


def test_order_of_local_changes_does_not_matter(local_client):
    one = draw(local_client, changes={"Male": 1.0, "Smiling": 2.0}, **LOCAL).get_json()
    other = draw(local_client, changes={"Smiling": 2.0, "Male": 1.0}, **LOCAL).get_json()
    np.testing.assert_allclose(list(one["values"].values()), list(other["values"].values()), atol=1e-6)


def test_grid_and_strip_say_where_local_edits_stop(local_client):
    state = START | {"changes": {"Smiling": 50.0}} | LOCAL
    (face,) = local_client.post("/api/grid", json={"state": state, "seeds": [1]}).get_json()["faces"]
    assert face["error"] == ""
    assert "no latents that the generator was trained on" in face["stopped"]
    strip = local_client.post("/api/strip", json={"state": START | LOCAL, "axis": "Smiling"}).get_json()
    assert [face["stopped"] for face in strip["faces"]] == [""] * 7
    assert strip["faces"][3]["change"] == pytest.approx(0.0, abs=0.003)
