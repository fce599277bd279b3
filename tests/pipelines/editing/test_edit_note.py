"""A picture says how it was edited: `edit --from` draws it again, and takes further changes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.edit_note import (
    add_noted_edit,
    decode_latent,
    edit_as_texts,
    encode_latent,
    noted_gains,
)
from pipelines.images.picture_files import save_picture
from pipelines.images.picture_note import PictureNote, read_note
from pipelines.runs import finished_run
from tests.pipelines.one_line_errors import check_one_line
from tlgan.editing.edit_texts import EditTexts
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

NOTE = PictureNote(
    command="edit",
    generator="toy",
    generator_sha256="ab",
    edit={
        "changes": ["Age=+2", "Smiling=0.9"],
        "targets": [],
        "locks": ["Male"],
        "free_base": True,
        "method": "local",
        "strictness": 3,
    },
)


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("start", ["seed", "latent"])
def test_the_picture_is_drawn_again_from_its_note(finished, command, tmp_path, start):
    if start == "latent":
        np.save(tmp_path / "z.npy", draw_latents(0, 1, 8, space="sphere", seed=3)[0])
    face = ("--seed", 3) if start == "seed" else ("--latent", tmp_path / "z.npy")
    arguments = (*face, "--set", "Smiling=+0.5", "--lock", "Bald", "--free-base")
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    assert command("edit", finished, *arguments, "--out", first)[::2] == (0, "")
    assert command("edit", finished, "--from", first, "--out", second)[0] == 0
    np.testing.assert_array_equal(pixels(first), pixels(second))
    assert read_note(first) == read_note(second)
    assert read_note(first).edit == {
        "changes": ["Smiling=+0.5"],
        "targets": [],
        "locks": ["Bald"],
        "free_base": True,
        "method": "straight",
        "strictness": 1.0,
    }


def test_a_local_edit_is_drawn_again_with_its_strictness(finished_with_regressor, command, tmp_path):
    def latent(name, *arguments):
        files = "--out", tmp_path / f"{name}.png", "--latent-out", tmp_path / f"{name}.npy"
        assert command("edit", finished_with_regressor, *arguments, *files)[::2] == (0, "")
        return np.load(tmp_path / f"{name}.npy")

    asked = ("--seed", 3, "--set", "Smiling=+0.5", "--lock", "Bald")
    strict = latent("strict", *asked, "--strictness", 10)
    assert read_note(tmp_path / "strict.png").edit["method"] == "local"
    np.testing.assert_array_equal(latent("again", "--from", tmp_path / "strict.png"), strict)
    # What is given goes before the note, also where it is what is usual.
    usual = latent("usual", *asked)
    assert (usual != strict).any()
    loosened = latent("loosened", "--from", tmp_path / "strict.png", "--strictness", 1)
    np.testing.assert_array_equal(loosened, usual)
    # An edit that was straight stays straight, now that the axes have a regressor.
    straight = latent("straight", *asked, "--method", "straight")
    np.testing.assert_array_equal(latent("as-it-was", "--from", tmp_path / "straight.png"), straight)
    assert (straight != usual).any()


def test_edit_is_drawn_again_with_the_gains_that_it_was_drawn_with(
    finished_with_regressor, command, tmp_path, monkeypatch
):
    def latent(name, *arguments):
        files = "--out", tmp_path / f"{name}.png", "--latent-out", tmp_path / f"{name}.npy"
        assert command("edit", finished_with_regressor, *arguments, *files)[0] == 0
        return np.load(tmp_path / f"{name}.npy")

    asked = ("--seed", 3, "--set", "Smiling=+0.3")
    plain = latent("plain", *asked)
    row = {"name": "Smiling", "reaches": None, "gain": 0.5, "gain_low": 0.4, "gain_high": 0.6}
    evaluation = {
        "latents": 16,
        "edits": ["local"],
        "equal_changes": [0.5],
        "by_edit": {"local": {"by_axis": [row]}},
    }
    monkeypatch.setattr(finished_run, "_last_evaluation", lambda plan: evaluation)
    gained = latent("gained", *asked)
    assert read_note(tmp_path / "gained.png").options["gains"] == {"Smiling": 0.5}
    assert np.abs(gained - plain).max() > 1e-3
    np.testing.assert_allclose(latent("old", "--from", tmp_path / "plain.png"), plain, atol=1e-6)
    monkeypatch.setattr(finished_run, "_last_evaluation", lambda plan: None)
    np.testing.assert_allclose(latent("again", "--from", tmp_path / "gained.png"), gained, atol=1e-6)


@pytest.mark.parametrize("gains", [{"Smiling": 0}, {"Smiling": "half"}, [0.5], {"Smiling": -1.0}])
def test_noted_gains_of_other_shapes_are_refused(tmp_path, gains):
    note = PictureNote(command="edit", generator="toy", generator_sha256="ab", options={"gains": gains})
    with pytest.raises(UserError, match=r"x.png: its note must hold gains. It is damaged"):
        noted_gains(tmp_path / "x.png", note)


def test_further_changes_come_on_top(finished, command, tmp_path):
    out = tmp_path / "a.png"
    assert command("edit", finished, "--seed", 3, "--set", "Smiling=+0.5", "--out", out)[0] == 0
    more = ("--from", out, "--set", "Smiling=+0.2", "--set", "Bald=-0.1")
    assert command("edit", finished, *more, "--out", tmp_path / "b.png")[0] == 0
    asked = ("--seed", 3, "--set", "Smiling=+0.2", "--set", "Bald=-0.1")
    assert command("edit", finished, *asked, "--out", tmp_path / "c.png")[0] == 0
    np.testing.assert_array_equal(pixels(tmp_path / "b.png"), pixels(tmp_path / "c.png"))
    to = ("--to", "Smiling=0.3", "--out", tmp_path / "d.png")
    assert command("edit", finished, "--from", out, *to)[0] == 0  # in place of the note's --set


def test_pictures_of_other_faces_and_generators_are_refused(finished, command, tmp_path):
    sheet, out = tmp_path / "sheet.png", tmp_path / "x.png"
    assert command("grid", finished, "--rows", 1, "--cols", 2, "--out", sheet)[0] == 0
    check_one_line(command("edit", finished, "--from", sheet, "--out", out), "must show one edited face")
    save_picture(np.zeros((8, 8, 3), np.uint8), tmp_path / "other.png", NOTE)
    check_one_line(
        command("edit", finished, "--from", tmp_path / "other.png", "--out", out), "must have been drawn by"
    )
    twice = ("--from", sheet, "--seed", 3, "--out", out)
    check_one_line(command("edit", finished, *twice), "The face must be said once")


def test_animations_and_strips_say_what_they_show(finished, command, tmp_path):
    strip, morph = tmp_path / "s.png", tmp_path / "m.gif"
    command(
        "strip", finished, "--axis", "Smiling", "--seeds", "3-4", "--steps", 3, "--reach", 0.1, "--out", strip
    )
    command("morph", finished, "--seeds", "1,2", "--frames", 4, "--out", morph)
    assert (read_note(strip).seeds, read_note(strip).options["axis"]) == ((3, 4), "Smiling")
    assert (read_note(morph).command, read_note(morph).seeds) == ("morph", (1, 2))
    assert read_note(morph).edit == {}
    assert len(read_note(morph).generator_sha256) == 64


def test_edit_as_texts_keeps_every_digit():
    texts = edit_as_texts({"Age": 0.1 + 0.2, "Smiling": -1.0}, ["Male"], "local", 2.5)
    assert [float(text.partition("=")[2]) for text in texts.changes] == [0.1 + 0.2, -1.0]
    assert texts.changes[0].startswith("Age=+")
    assert texts == EditTexts(texts.changes, locks=("Male",), method="local", strictness=2.5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (EditTexts(), EditTexts(("Age=+2", "Smiling=0.9"), (), ("Male",), True, "local", 3.0)),
        (
            EditTexts(("Smiling=0.5",), ("Age=40",), ("Bald",), False, "straight", 1.0),
            EditTexts(("Smiling=0.5",), ("Age=40",), ("Male", "Bald"), True, "straight", 1.0),
        ),
    ],
)
def test_add_noted_edit_replaces_what_is_asked_again(tmp_path, given, expected):
    assert add_noted_edit(tmp_path, NOTE, given) == expected


@pytest.mark.parametrize("wrong", [{"changes": 5}, {"changes": [1]}, {"free_base": 1}, {"strictness": "a"}])
def test_add_noted_edit_refuses_other_shapes(tmp_path, wrong):
    note = PictureNote(command="edit", generator="", generator_sha256="", edit=wrong)
    with pytest.raises(UserError, match="It is damaged"):
        add_noted_edit(tmp_path, note, EditTexts())


@pytest.mark.parametrize("text", ["é", "abc", "====", "AAAA"])
def test_damaged_latents_are_none_or_of_another_size(text):
    latent = decode_latent(text)
    assert latent is None or latent.size < 2
    np.testing.assert_array_equal(decode_latent(encode_latent(np.arange(3.0))), np.arange(3.0))
