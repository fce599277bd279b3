"""A picture says how it was edited: `edit --from` draws it again, and takes further changes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.editing.edit_note import add_noted_edit, decode_latent, edit_as_texts, encode_latent
from pipelines.images.picture_files import save_picture
from pipelines.images.picture_note import PictureNote, read_note
from tests.pipelines.one_line_errors import check_one_line
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

NOTE = PictureNote(
    command="edit",
    generator="toy",
    generator_sha256="ab",
    edit={"changes": ["Age=+2", "Smiling=0.9"], "targets": [], "locks": ["Male"], "free_base": True},
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
    }


def test_further_changes_come_on_top(finished, command, tmp_path):
    out = tmp_path / "a.png"
    assert command("edit", finished, "--seed", 3, "--set", "Smiling=+0.5", "--out", out)[0] == 0
    more = ("--from", out, "--set", "Smiling=+0.2", "--set", "Bald=-0.1")
    assert command("edit", finished, *more, "--out", tmp_path / "b.png")[0] == 0
    asked = ("--seed", 3, "--set", "Smiling=+0.2", "--set", "Bald=-0.1")
    assert command("edit", finished, *asked, "--out", tmp_path / "c.png")[0] == 0
    np.testing.assert_array_equal(pixels(tmp_path / "b.png"), pixels(tmp_path / "c.png"))


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
    assert len(read_note(morph).generator_sha256) == 64


def test_edit_as_texts_keeps_every_digit():
    texts = edit_as_texts({"Age": 0.1 + 0.2, "Smiling": -1.0}, ["Male"])
    assert [float(text.partition("=")[2]) for text in texts["changes"]] == [0.1 + 0.2, -1.0]
    assert texts["changes"][0].startswith("Age=+")


def test_add_noted_edit_replaces_what_is_asked_again(tmp_path):
    asked = {"changes": ("Smiling=0.5",), "targets": ("Age=40",), "locks": (), "free_base": False}
    assert add_noted_edit(tmp_path, NOTE, asked) == {
        "changes": ["Age=+2", "Smiling=0.5"],
        "targets": ["Age=40"],
        "locks": ["Male"],
        "free_base": True,
    }
    for wrong in ({"changes": 5}, {"changes": [1], "targets": [], "locks": []}):
        with pytest.raises(UserError, match="It is damaged"):
            add_noted_edit(
                tmp_path, PictureNote(command="a", generator="", generator_sha256="", edit=wrong), asked
            )


@pytest.mark.parametrize("text", ["é", "abc", "====", "AAAA"])
def test_damaged_latents_are_none_or_of_another_size(text):
    latent = decode_latent(text)
    assert latent is None or latent.size < 2
    np.testing.assert_array_equal(decode_latent(encode_latent(np.arange(3.0))), np.arange(3.0))
