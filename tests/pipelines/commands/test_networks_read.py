"""The command `read`: what a labeller reads off a photograph, as a table and as JSON."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image
from scipy.special import expit

from models.loaders.labeller import load_labeller
from tests.pipelines.conftest import ATTRIBUTES
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


@pytest.fixture
def photograph(tmp_path):
    """A picture that is wider than high; its middle square, and its file."""
    pixels = np.random.default_rng(1).integers(0, 256, (16, 24, 3)).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels[:, 4:20], tmp_path / "photo.png"


def test_read_prints_probabilities_the_highest_first(photograph, toy_weights, command):
    square, path = photograph
    labeller = toy_weights / "toy.labeller.h5"
    status, out, err = command("read", path, "--labeller", labeller)
    assert status == 0, err
    wanted = expit(load_labeller(labeller).score_rows(square[None])[0])
    shown = {name: float(value) for name, value in re.findall(r"(\w+) +([01]\.\d{3})", out)}
    assert list(shown) == [ATTRIBUTES[row] for row in np.argsort(-wanted)]
    for name, value in zip(ATTRIBUTES, wanted, strict=True):
        assert shown[name] == pytest.approx(value, abs=6e-4)
    assert "Read was the largest centred square of 24×16 pixels" in out


def test_read_json_has_all_digits(photograph, toy_weights, command):
    square, path = photograph
    labeller = toy_weights / "toy.labeller.h5"
    status, out, _ = command("read", path, "--labeller", labeller, "--json")
    record = json.loads(out)
    assert status == 0
    assert (record["picture"], record["labeller"]) == (str(path), "toy.labeller")
    scores = load_labeller(labeller).score_rows(square[None])[0]
    assert [row["name"] for row in record["attributes"]] == list(ATTRIBUTES)
    np.testing.assert_allclose([row["logit"] for row in record["attributes"]], scores, rtol=1e-6)
    np.testing.assert_allclose([row["probability"] for row in record["attributes"]], expit(scores), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no such picture"),
        (lambda path: path.write_bytes(b"x"), "cannot be decoded"),
        (
            lambda path: Image.new("RGB", (40, 5)).save(path),
            "must have 8 pixels per side for toy.labeller. Got 5",
        ),
    ],
)
def test_read_refuses_in_one_line(toy_weights, tmp_path, command, make, words):
    path = tmp_path / "photo.png"
    make(path)
    check_one_line(command("read", path, "--labeller", toy_weights / "toy.labeller.h5"), path, words)


def test_read_names_the_labellers_there_are(photograph, command):
    check_one_line(command("read", photograph[1], "--labeller", "nonesuch"), "one of ['celeba64']")
