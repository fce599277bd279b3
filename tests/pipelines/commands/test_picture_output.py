"""Pictures of the commands on faces: their size, their files, the table of scores."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipelines.commands.picture_output import (
    FACE_OF_ANIMATION,
    FACE_OF_SHEET,
    SINGLE_FACE,
    edit_options,
    face_scale,
    picture_options,
    print_scores,
    say_sentences,
    write_animation,
    write_sheet,
)
from tlgan.axes.axes import axes_from_directions
from tlgan.editing.edit_texts import EditTexts

AXES = dataclasses.replace(
    axes_from_directions(["Male", "Smiling"], np.eye(2), latent_space="normal"),
    slopes=np.ones(2),
    units=("logit", "logit"),
)


def run_of(resolution: int) -> SimpleNamespace:
    def draw(latents):
        return np.full((len(latents), resolution, resolution, 3), 99, np.uint8)

    return SimpleNamespace(generator=SimpleNamespace(resolution=resolution), axes=AXES, draw=draw)


@pytest.mark.parametrize(
    ("resolution", "scale", "pixels", "wanted"),
    [
        (64, None, SINGLE_FACE, 8.0),
        (1024, None, SINGLE_FACE, 1.0),
        (1024, None, FACE_OF_SHEET, 0.125),
        (1024, None, FACE_OF_ANIMATION, 1.0),
        (64, 3.0, SINGLE_FACE, 3.0),
    ],
)
def test_face_scale(resolution, scale, pixels, wanted):
    assert face_scale(run_of(resolution), scale, pixels) == wanted


def test_write_sheet_says_where_it_is(tmp_path, capsys):
    write_sheet(np.zeros((3, 8, 8, 3), np.uint8), 2, tmp_path / "new" / "s.png", 2, sharpen=False)
    assert Image.open(tmp_path / "new" / "s.png").size == (32, 32)
    assert capsys.readouterr().out == f"Wrote {tmp_path / 'new' / 's.png'}\n"


def test_write_animation_says_how_long_it_is(tmp_path, capsys):
    write_animation(run_of(8), np.zeros((5, 2)), tmp_path / "m.gif", 2, sharpen=False, fps=10)
    assert Image.open(tmp_path / "m.gif").size == (16, 16)
    assert capsys.readouterr().out == f"Wrote {tmp_path / 'm.gif'}: 5 frames, 0.5 s\n"


def test_print_scores_is_not_cut_where_there_is_no_terminal(capsys):
    columns = {f"a long title of column {number}": np.zeros(2) for number in range(5)}
    print_scores(run_of(8), columns, {"Male": "edited"}, "seed 3")
    printed = capsys.readouterr().out
    assert printed.startswith("Scores of the labeller, seed 3")
    assert "a long title of column 4" in printed
    assert "edited" in printed


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--out", "x.png"], ("x.png", None, False)),
        (["--out", "x.png", "--scale", "2.5", "--sharpen"], ("x.png", 2.5, True)),
    ],
)
def test_picture_options(arguments, shown):
    given = []

    @click.command()
    @picture_options(out="Picture to write.")
    def command(out, scale, sharpen):
        given.append((out, scale, sharpen))

    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert given == [(Path(shown[0]), *shown[1:])]
    assert CliRunner().invoke(command, []).exit_code == 2
    assert "Picture to write." in CliRunner().invoke(command, ["--help"]).output


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ([], EditTexts()),
        (["--set", "a=+1", "--set", "b=0.5", "--to", "c=1"], EditTexts(("a=+1", "b=0.5"), ("c=1",))),
        (["--lock", "a,b", "--lock", "c", "--free-base"], EditTexts(locks=("a,b", "c"), free_base=True)),
        (["--method", "straight", "--strictness", "10"], EditTexts(method="straight", strictness=10.0)),
    ],
)
def test_edit_options_come_as_texts(arguments, texts):
    given = []

    @click.command()
    @click.option("--seed")
    @edit_options
    def command(seed, texts):
        given.append((seed, texts))

    assert CliRunner().invoke(command, ["--seed", "7", *arguments]).exit_code == 0
    assert given == [("7", texts)]
    assert CliRunner().invoke(command, ["--method", "arc"]).exit_code == 2
    assert "gradient" in CliRunner().invoke(command, ["--help"]).output


def test_say_sentences_prints_each_on_a_line(capsys):
    say_sentences(("One.", "Two."))
    assert capsys.readouterr().out == "One.\nTwo.\n"
