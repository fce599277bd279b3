"""The command that measures a generator, on made-up photographs."""

from __future__ import annotations

import json

import pytest

from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


@pytest.fixture
def measured(people_recipe, toy_weights):
    """Arguments that measure the toy generator, 8×8 pixels as the made-up photographs are."""
    overrides = (
        f"sample.generator='{toy_weights}/toy.generator.h5'",
        f"label.labellers=['{toy_weights}/toy.labeller.h5']",
    )
    return ("measure-generator", people_recipe, *(part for item in overrides for part in ("-s", item)))


def test_measure_generator_prints_figures_and_shares_and_says_what_is_missing(measured, home, command):
    status, out, err = command(*measured)
    assert (status, err) == (0, "")
    assert "No precision and recall" in out
    assert "Fetch it with `make face-api`." in out
    assert "`evaluate.judge` must name a judge" in out
    for words in ("Fréchet distance, features of toy.labeller", "Smiling"):
        assert words in out
    folder = home / "runs/people/measured/toy"
    assert f"Wrote {folder / 'figures.json'}" in out
    content = json.loads((folder / "figures.json").read_text())
    assert f"toy: {content['faces_drawn']} drawn faces" in out
    assert 10 < content["faces_drawn"] < 30
    assert content["figures"]["frechet"] > content["figures"]["frechet_floor"]
    assert set(content["attribute_shares"]) == {"Male", "Young", "Smiling", "Bald"}
    assert not (folder / "nearest-photographs.png").exists()


def test_measure_generator_compares_as_many_as_asked(measured, command):
    status, out, _ = command(*measured, "--count", 7, "--search", 0)
    assert status == 0
    assert "7 drawn faces, or 7 photographs of the training part" in out


def test_measure_generator_of_too_few_photographs_is_a_line(measured, command):
    check_one_line(command(*measured, "-s", "data.split=[0.97, 0.01, 0.02]"), "`data.split`")
