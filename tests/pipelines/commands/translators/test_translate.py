"""`translate`: what it writes and tells, and one line where something is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models.kinds.fader import FaderOptions
from models.training.translators.fader import FaderTrainer
from models.weights.weight_file import write_weights
from tests.models.training.translators.drawn_faces import bright_and_dark_faces
from tests.pipelines.dotted_faces import LARGE, SMALL, dotted_photograph, use_dot_detector
from tests.pipelines.one_line_errors import check_one_line
from tests.pipelines.painting_translator import painted, painting_translator

SMILE = ("--set", "Smiling=0")


@pytest.fixture
def painter(home, monkeypatch):
    """The translator "painting", whose drawings are known."""
    from pipelines.sources import translators

    weights = home / "artifacts" / "weights" / "painting.translator.h5"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"")
    monkeypatch.setattr(translators, "_load", lambda path: painting_translator())
    return "painting"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "me.png"
    Image.fromarray(painted(0, 255, 0, side=64)).save(path)
    return path


def test_the_change_is_pasted_into_the_photograph(painter, photo, tmp_path, command):
    out = tmp_path / "made" / "out.png"
    status, told, err = command("translate", painter, "--photo", photo, *SMILE, "--out", out)
    assert status == 0, err
    assert "Taken as aligned already" in told
    assert "me.png: Smiling from 1 to 0. Redrawn without a change: PSNR infinite." in told
    picture = Image.open(out)
    assert picture.size == (64, 64)
    assert np.asarray(picture)[32, 32].tolist() == [255, 0, 0]
    assert '"Smiling":0.0' in picture.info["tlgan"]


def test_one_of_several_faces_is_found_and_changed_alone(painter, tmp_path, command, monkeypatch):
    use_dot_detector(monkeypatch, LARGE, SMALL)
    party, out = tmp_path / "party.png", tmp_path / "out.png"
    before = dotted_photograph(LARGE, SMALL)
    Image.fromarray(before).save(party)
    status, told, err = command(
        "translate",
        painter,
        "--photo",
        party,
        "--set",
        "Smiling=1",
        "--face",
        2,
        "--out",
        out,
        "--paste",
        "crop",
    )
    assert status == 0, err
    assert "Found 2 faces, took number 2 of them by size" in told
    changed = (np.asarray(Image.open(out)) != before).any(axis=2)
    middle = SMALL.points(np.array([(89, 121)]))[0].round().astype(int)
    assert changed[middle[1], middle[0]]
    assert not changed[:, 260:].any()  # where the other face lies


def test_the_changed_face_alone_is_enlarged(painter, photo, tmp_path, command):
    out = tmp_path / "out.png"
    command("translate", painter, "--photo", photo, *SMILE, "--paste", "off", "--out", out)
    assert Image.open(out).size == (512, 512)
    command("translate", painter, "--photo", photo, *SMILE, "--paste", "off", "--scale", 1, "--out", out)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), painted(255, 0, 0))


@pytest.mark.parametrize(
    ("options", "columns", "middles"),
    [
        ((), "the face, redrawn, Smiling 0, Smiling 1", [(0, 255), (0, 255), (255, 0), (0, 255)]),
        (SMILE, "the face, redrawn, changed", [(0, 255), (0, 255), (255, 0)]),
    ],
)
def test_a_strip_has_a_row_for_each_photograph(painter, photo, tmp_path, command, options, columns, middles):
    out = tmp_path / "strip.png"
    photos = ("--photo", photo, "--photo", photo)
    status, told, err = command(
        "translate", painter, *photos, "--aligned", "--strip", *options, "--scale", 1, "--out", out
    )
    assert status == 0, err
    assert f"Columns: {columns}." in told
    sheet = np.asarray(Image.open(out))
    assert sheet.shape == (32, 16 * len(middles), 3)
    for row in (8, 24):
        assert sheet[row, 8::16, :2].tolist() == [list(middle) for middle in middles]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "There must be something to change. painting.translator knows Smiling (0, 1)"),
        (("--set", "Glasses=1"), "This translator changes Smiling. Got 'Glasses'"),
        (("--set", "Smiling=very"), "must be NAME=VALUE"),
        ((*SMILE, "--out", "out.bmp"), "must end in one of .png"),
        ((*SMILE, "--face", 2), "`--face` must be from 1 to 1"),
        ((*SMILE, "--photo", "you.png"), "Add `--strip`"),
        ((*SMILE, "--scale", 2), "`--scale` and `--sharpen` must stand with"),
        ((*SMILE, "--paste", "crop", "--sharpen"), "a photograph keeps its size"),
        ((*SMILE, "--strip", "--photo", "gone.png"), "gone.png: there is no such file"),
        ((*SMILE, "--strip", "--photo", "notes.png"), "notes.png: is no image of a known format"),
        ((*SMILE, "--strip", "--photo", "wide.png"), "must be square, or of 178×218 pixels"),
        ((*SMILE, "--strip", "--aligned", "--photo", "wide.png"), "Let the face be looked for"),
        ((*SMILE, "--strip", "--photo", "tiny.png"), "must be at least 20 pixels"),
    ],
)
def test_what_is_wrong_is_one_line_and_writes_nothing(
    painter, photo, tmp_path, command, monkeypatch, options, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.png").write_text("a text")
    for name, size in (("you", (64, 64)), ("wide", (90, 64)), ("tiny", (9, 9))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    check_one_line(command("translate", painter, "--photo", photo, "--out", "out.png", *options), words)
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.network
def test_files_that_are_no_such_translator_are_one_line(toy_weights, home, photo, tmp_path, command):
    options = FaderOptions(attributes=("Bright",), widths=(4, 6), batch=8)
    trainer = FaderTrainer(options, "fader", bright_and_dark_faces())
    (network,), _ = trainer.publish()
    good, wider, cut = (tmp_path / f"{name}.translator.h5" for name in ("good", "wider", "cut"))
    write_weights(good, network.kind, network.config, network.arrays)
    write_weights(wider, network.kind, replace(network.config, widths=(4, 8)), network.arrays)
    cut.write_bytes(good.read_bytes()[:2000])
    out = tmp_path / "out.png"
    status, _, err = command("translate", good, "--photo", photo, "--set", "Bright=1", "--out", out)
    assert status == 0, err
    out.unlink()
    for file, words in (
        (toy_weights / "toy.generator.h5", "must be a translator. Got a generator"),
        (toy_weights / "toy.labeller.h5", "must be a translator. Got a attribute_cnn"),
        (wider, "wider.translator.h5"),
        (cut, "cut.translator.h5"),
        (photo, "me.png"),
        ("none", "`translator` must be a file or one of"),
        (tmp_path, str(tmp_path)),
    ):
        check_one_line(command("translate", file, "--photo", photo, "--set", "Bright=1", "--out", out), words)
    assert not out.exists()
