"""`read`: what a labeller reads off a face, as a table and as JSON, aligned where faces can be found."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image
from scipy.special import expit

from models.loaders.labeller import load_labeller
from pipelines.sources.photographs import align_face, search_photograph
from tests.pipelines.conftest import ATTRIBUTES
from tests.pipelines.dotted_faces import LARGE, SMALL, dotted_photograph, use_dot_detector
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


@pytest.fixture
def labeller(toy_weights):
    return toy_weights / "toy.labeller.h5"


@pytest.fixture
def wide(tmp_path):
    """A picture that is wider than high: its middle square, and its file."""
    pixels = np.random.default_rng(1).integers(0, 256, (32, 48, 3)).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels[:, 8:40], tmp_path / "photo.png"


def test_read_prints_probabilities_the_highest_first(wide, labeller, home, command):
    square, path = wide
    status, out, err = command("read", path, "--labeller", labeller)
    assert status == 0, err
    wanted = expit(load_labeller(labeller).score_rows(square[None])[0])
    shown = {name: float(value) for name, value in re.findall(r"(\w+) +([01]\.\d{3})", out)}
    assert list(shown) == [ATTRIBUTES[row] for row in np.argsort(-wanted)]
    for name, value in zip(ATTRIBUTES, wanted, strict=True):
        assert shown[name] == pytest.approx(value, abs=2e-3)  # the square is shrunk by another program
    assert "Read is the largest centred square, for no face can be looked for." in out
    assert "make face-detector" in out


@pytest.mark.parametrize(("number", "options"), [(1, ()), (2, ("--face", 2))])
def test_read_aligns_a_face_that_is_found(tmp_path, labeller, command, monkeypatch, number, options):
    use_dot_detector(monkeypatch, LARGE, SMALL)
    Image.fromarray(dotted_photograph(LARGE, SMALL)).save(tmp_path / "two.png")
    status, out, err = command("read", tmp_path / "two.png", "--labeller", labeller, "--json", *options)
    assert status == 0, err
    record = json.loads(out)
    assert f"took number {number} of them by size" in record["notes"][0]
    crop = align_face(search_photograph(dotted_photograph(LARGE, SMALL)), number, 8).crop
    scores = load_labeller(labeller)(crop[None])[0]
    np.testing.assert_allclose([row["logit"] for row in record["attributes"]], scores, rtol=1e-5)


def test_read_json_has_all_digits(tmp_path, labeller, home, command):
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    status, out, _ = command("read", tmp_path / "photo.png", "--labeller", labeller, "--json", "--aligned")
    record = json.loads(out)
    assert status == 0
    assert (record["photograph"], record["labeller"]) == (str(tmp_path / "photo.png"), "toy.labeller")
    assert record["notes"] == []
    scores = load_labeller(labeller).score_rows(pixels[None])[0]
    assert [row["name"] for row in record["attributes"]] == list(ATTRIBUTES)
    np.testing.assert_allclose([row["logit"] for row in record["attributes"]], scores, rtol=1e-3)
    logits = np.array([row["logit"] for row in record["attributes"]])
    np.testing.assert_allclose(
        [row["probability"] for row in record["attributes"]], expit(logits), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.write_bytes(b"x"), "is no image of a known format"),
        (
            lambda path: path.write_text("<!DOCTYPE html><title>Sign in</title>"),
            "It is a web page ('Sign in')",
        ),
        (lambda path: Image.new("RGB", (40, 5)).save(path), "must be at least 20 pixels wide and high"),
    ],
)
def test_read_refuses_in_one_line(labeller, tmp_path, home, command, make, words):
    path = tmp_path / "photo.png"
    make(path)
    check_one_line(command("read", path, "--labeller", labeller), path, words)


def test_read_names_the_labellers_there_are(wide, home, command):
    check_one_line(command("read", wide[1], "--labeller", "nonesuch"), "one of ['celeba64']")
