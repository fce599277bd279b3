"""The command `algebra`: sums of photographs, seeds, means and axes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.recipe.load import load_recipe
from pipelines.runs.finished_run import open_axes, seeded_latents
from pipelines.sources.generators import picture_source
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


@pytest.fixture
def photograph(tmp_path):
    """A square picture, which is aligned already, in a file whose name has a space and a sign."""
    path = tmp_path / "my face-1.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype("uint8")).save(path)
    return path


def test_algebra_of_photograph_and_means(faces, command, tmp_path, photograph):
    text = f"'{photograph}' - mean(Male) + 2 * mean(not Male) - mean(age=40)"
    arguments = ("--aligned", "--out", tmp_path / "a.png", "--latent-out", tmp_path / "z.npy")
    status, printed, err = command("algebra", faces, text, *arguments)
    assert (status, err) == (0, "")
    assert Image.open(tmp_path / "a.png").size == (512, 512)
    for words in ("+1 × the face of my face-1.png", "-1 × mean of", "with Male", "without Male", "bandwidth"):
        assert words in printed
    whole = np.load(tmp_path / "z.npy")
    parts = []
    for part in (f"'{photograph}'", "mean(Male)", "mean(not Male)", "mean(age=40)"):
        assert command("algebra", faces, part, *arguments)[0] == 0
        parts.append(np.load(tmp_path / "z.npy"))
    np.testing.assert_allclose(whole, parts[0] - parts[1] + 2 * parts[2] - parts[3], atol=1e-9)


def test_algebra_on_a_sphere_takes_means_of_samples_and_axes(finished, command, tmp_path):
    text = "seed(3) - mean(Young) + mean(not Young) + axis(Smiling, 1.5)"
    arguments = ("--out", tmp_path / "a.png", "--latent-out", tmp_path / "z.npy")
    status, printed, err = command("algebra", finished, text, *arguments)
    assert (status, err) == (0, "")
    assert "600 samples, with Young" in printed
    assert np.linalg.norm(np.load(tmp_path / "z.npy")) == pytest.approx(np.sqrt(8))
    recipe = load_recipe(str(finished))
    generator = picture_source(recipe).open()
    axes = open_axes(recipe, generator)
    wanted = seeded_latents(generator, [3])[0] + 1.5 * axes.directions[axes.index("Smiling")]
    assert command("algebra", finished, "seed(3) + axis(Smiling, 1.5)", *arguments)[0] == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), wanted * np.sqrt(8) / np.linalg.norm(wanted))


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "must have a term"),
        ("seed(1) / 2", 9, "cannot be divided"),
        ("(seed(1)", 1, "not closed"),
        ("seed(1) - mean(Yuong)", 11, "no attribute 'Yuong'"),
        ("seed(1) - mean(Male=3)", 11, "mean(not Male)"),
        ("seed(1) + nobody.jpg", 11, "nobody.jpg"),
        ("seed(1) + text.jpg", 11, "text.jpg"),
        ("seed(1) + cut.jpg", 11, "cut.jpg"),
        ("seed(99999999999)", 6, "whole number"),
        ("seed(9999999999)", 1, "whole number from 0"),
    ],
)
def test_bad_sums_are_one_line_and_write_nothing(faces, command, tmp_path, monkeypatch, text, column, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.jpg").write_text("no picture")
    Image.new("RGB", (90, 90)).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:300])
    result = command("algebra", faces, text, "--aligned", "--out", tmp_path / "a.png")
    check_one_line(result, words, f"At column {column}.")
    assert result[1].splitlines()[-2:] == [f"  {text}", f"  {' ' * (column - 1)}^"]
    assert not (tmp_path / "a.png").exists()


def test_photograph_for_a_generator_without_encoder(finished, command, tmp_path, photograph):
    result = command("algebra", finished, f"'{photograph}'", "--aligned", "--out", tmp_path / "a.png")
    check_one_line(result, "must have an encoder")
    assert not (tmp_path / "a.png").exists()


def test_means_where_nothing_is_labelled_yet(toy_recipe, command, tmp_path):
    result = command("algebra", toy_recipe, "mean(Young)", "--out", tmp_path / "a.png")
    check_one_line(result, "must have labelled faces", "make label RECIPE=toy")


def test_axes_where_there_are_none_yet(toy_recipe, command, tmp_path):
    result = command("algebra", toy_recipe, "2 * axis(Smiling, 1)", "--out", tmp_path / "a.png")
    check_one_line(result, "has no axes yet", "At column 5.")


def test_sum_that_is_no_direction_of_the_sphere(finished, command, tmp_path):
    result = command("algebra", finished, "seed(1) - seed(1)", "--out", tmp_path / "a.png")
    check_one_line(result, "The sum must be a latent")
