"""From a stranger's file to a report, as a newcomer types it."""

from __future__ import annotations

import numpy as np
import pytest

from models.loaders.generator import load_generator
from pipelines.recipe.load import load_recipe
from tests.models.conftest import onnx_generator
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network
pytest.importorskip("onnxruntime")


@pytest.fixture
def stranger(tmp_path, home):
    """An ONNX generator in a folder of its own, and its function in NumPy."""
    folder = tmp_path / "some where"
    folder.mkdir()
    return folder / "dcgan.onnx", onnx_generator(folder / "dcgan.onnx")


@pytest.fixture
def attempt(command, toy_weights):
    """Run `try` with the toy labeller and a small sample."""

    def run(*arguments):
        toy = ("--labeller", toy_weights / "toy.labeller.h5", "--count", 200, "--no-open")
        return command("try", *arguments, *toy)

    return run


def test_unknown_prior_is_asked_for_with_the_options_name(stranger, attempt, home):
    file, _ = stranger
    check_one_line(attempt(file), file, "`--prior normal`", "`--prior uniform`", "`--prior sphere`")
    assert [path.name for path in file.parent.iterdir()] == ["dcgan.onnx"]
    assert not (home / "artifacts/weights").exists()


def test_file_becomes_generator_recipe_and_report(stranger, attempt, home):
    file, draw = stranger
    status, out, err = attempt(file, "--prior", "uniform", "--colours", "BGR")
    assert (status, err) == (0, "")
    page, recipe = home / "runs/dcgan/report.html", file.with_name("dcgan.recipe.toml")
    for words in (f"Wrote {recipe}", f"Report: {page}", f"python -m pipelines evaluate '{recipe}'"):
        assert words in out
    said = load_recipe(str(recipe))
    assert (said.name, said.sample.generator, said.sample.count) == ("dcgan", "dcgan", 200)
    assert f"python -m pipelines evaluate &#39;{recipe}&#39;" in page.read_text(encoding="utf-8")
    generator = load_generator("dcgan")
    assert generator.latent_space == "uniform"
    latents = np.random.default_rng(0).uniform(-1, 1, (5, 6)).astype("float32")
    pictures = np.round((draw(latents) + 1) * 127.5)
    np.testing.assert_allclose(generator(latents), pictures[..., ::-1], atol=1)


def test_second_time_goes_on_and_overwrites_nothing(stranger, attempt, home):
    file, _ = stranger
    assert attempt(file, "--prior", "normal")[0] == 0
    recipe = file.with_name("dcgan.recipe.toml")
    recipe.write_text(recipe.read_text() + "# mine\n")
    before = recipe.read_bytes()
    status, out, _ = attempt(file, "--prior", "uniform")
    assert status == 0
    assert f"{recipe} is there already and is run as it is" in out
    assert "sample: fresh" in out
    assert recipe.read_bytes() == before


def test_the_same_name_of_another_file_or_prior_is_refused(stranger, attempt, tmp_path, home):
    file, _ = stranger
    assert attempt(file, "--prior", "normal")[0] == 0
    kept = {path: path.read_bytes() for path in (home / "artifacts/weights").iterdir()}
    out = ("--out", tmp_path / "second.toml")
    check_one_line(attempt(file, "--prior", "uniform", *out), "with --prior normal", "`--name dcgan-2`")
    other = tmp_path / "dcgan.onnx"
    onnx_generator(other, ending="Sigmoid")
    check_one_line(attempt(other, "--prior", "normal"), "of another file than", "`--name dcgan-2`")
    assert {path: path.read_bytes() for path in (home / "artifacts/weights").iterdir()} == kept
    status, _, err = attempt(other, "--prior", "normal", "--name", "dcgan-2")
    assert status == 0, err
    assert (home / "runs/dcgan-2/report.html").is_file()


def test_person_at_a_terminal_is_asked(stranger, attempt, monkeypatch):
    file, _ = stranger
    asked = []
    monkeypatch.setattr("pipelines.commands.generators.try_generator._is_dialogue", lambda: True)
    monkeypatch.setattr("click.prompt", lambda question, **_: asked.append(question) or "sphere")
    assert attempt(file)[0] == 0
    assert len(asked) == 1
    assert "torch.randn" in asked[0]
    assert load_generator("dcgan").latent_space == "sphere"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "recipe.txt"), "`--out` must be a recipe's file and end in .toml"),
        (("--name", "../up"), "`--name` must be letters"),
        (("--labeller", "nonesuch"), "Got 'nonesuch'"),
    ],
)
def test_wrong_options_are_a_line_and_write_nothing(stranger, command, home, arguments, words):
    file, _ = stranger
    check_one_line(command("try", file, "--prior", "normal", *arguments), words)
    assert [path.name for path in file.parent.iterdir()] == ["dcgan.onnx"]
    assert not list((home / "artifacts/weights").glob("*"))


def test_labeller_is_no_generator(command, toy_weights, tmp_path):
    file = tmp_path / "net.h5"
    file.write_bytes((toy_weights / "toy.labeller.h5").read_bytes())
    check_one_line(command("try", file), "must be a generator. Got a labeller")


def test_our_own_weight_file_is_run_where_it_lies(command, toy_weights, tmp_path, home):
    file = tmp_path / "mine.generator.h5"
    file.write_bytes((toy_weights / "toy.generator.h5").read_bytes())
    toy = ("--labeller", toy_weights / "toy.labeller.h5", "--count", 200, "--no-open")
    status, _, err = command("try", file, *toy)
    assert status == 0, err
    assert load_recipe(str(tmp_path / "mine.recipe.toml")).sample.generator == str(file.resolve())
    result = command("try", file, "--prior", "uniform", "--name", "again", *toy)
    check_one_line(result, "has the prior sphere", "`--prior uniform`")


def test_nearer_part_of_the_pictures_becomes_the_view(stranger, attempt, monkeypatch):
    from pipelines.sources.framing_check import Framing

    far = Framing("toy", 2.0, True, (0.125, 0.25, 0.5), 0.4)
    monkeypatch.setattr("pipelines.planning.trial._framing", lambda *_: far)
    file, _ = stranger
    status, out, err = attempt(file, "--prior", "normal")
    assert status == 0, err
    assert far.sentences[1] in out
    view = load_recipe(str(file.with_name("dcgan.recipe.toml"))).view
    assert (view.left, view.top, view.side, view.size) == (0.125, 0.25, 0.5, 8)
