"""Runs of two generators or recipes in one folder."""

from __future__ import annotations

import shutil

import pytest

from pipelines.planning.run_owner import ENTRY, RunOwner, run_owner
from pipelines.recipe.load import load_recipe
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line

pytestmark = pytest.mark.network


@pytest.fixture
def other_generator(toy_weights, tmp_path):
    """Another generator's file."""
    from models.weights.weight_file import read_weights, write_weights

    weights = read_weights(toy_weights / "toy.generator.h5")
    from models.importers.pggan.read import gan_network

    path = tmp_path / "other.generator.h5"
    config = gan_network(weights, path, "generator").config
    numbers = {name: -values for name, values in weights.variables.items()}
    write_weights(path, "generator", config, numbers, dtype="float32")
    return path


@pytest.fixture
def sampled(toy_recipe, command):
    """The toy recipe, sampled and labelled, so that its folder is its own."""
    assert command("label", toy_recipe, "-s", "sample.count=20")[0] == 0
    return toy_recipe


def page(home):
    return (home / "runs/toy/steps.json").read_bytes()


def test_second_generator_does_not_write_into_the_run_of_the_first(sampled, other_generator, home, command):
    before = page(home)
    result = command("run", sampled, "-s", f"sample.generator='{other_generator}'")
    check_one_line(result, home / "runs/toy", "toy.generator.h5", "`-s name=toy-other`")
    assert page(home) == before
    assert list((home / "artifacts").glob("samples-*.h5"))[1:] == []


def test_second_generator_has_a_folder_under_another_name(sampled, other_generator, home, command):
    settings = (
        "-s",
        "sample.count=20",
        "-s",
        f"sample.generator='{other_generator}'",
        "-s",
        "name=toy-other",
    )
    status, _, err = command("label", sampled, *settings)
    assert status == 0, err
    assert Ledger("toy").entries[ENTRY]["generator"].endswith("toy.generator.h5")
    assert Ledger("toy-other").entries[ENTRY]["generator"] == str(other_generator)


def test_generator_that_was_trained_again_or_moved_is_the_same(
    sampled, other_generator, toy_weights, command
):
    moved = other_generator.with_name("moved.generator.h5")
    shutil.copyfile(toy_weights / "toy.generator.h5", moved)
    count = ("-s", "sample.count=20")
    assert command("label", sampled, *count, "-s", f"sample.generator='{moved}'")[0] == 0
    shutil.copyfile(other_generator, moved)  # the same name, other numbers
    assert command("label", sampled, *count, "-s", f"sample.generator='{moved}'")[0] == 0


def test_generator_that_cannot_be_drawn_from_does_not_own_the_folder(toy_recipe, tmp_path, command):
    (tmp_path / "typo.h5").write_bytes(b"no weights")
    assert command("sample", toy_recipe, "-s", f"sample.generator='{tmp_path}/typo.h5'")[0] == 1
    assert ENTRY not in Ledger("toy").entries
    assert command("sample", toy_recipe, "-s", "sample.count=20")[0] == 0


def test_two_recipe_files_of_one_name_are_told_apart(sampled, tmp_path, home, command):
    copy = tmp_path / "copy.toml"
    shutil.copyfile(sampled, copy)
    before = page(home)
    result = command("label", copy, "-s", "sample.count=20")
    check_one_line(result, home / "runs/toy", str(sampled.resolve()), str(copy.resolve()), "`-s name=toy-2`")
    assert page(home) == before
    assert command("label", copy, "-s", "sample.count=20", "-s", "name=toy-2")[0] == 0


def test_recipe_whose_file_was_moved_goes_on(sampled, tmp_path, command):
    sampled.rename(tmp_path / "moved.toml")
    assert command("label", tmp_path / "moved.toml", "-s", "sample.count=20")[0] == 0
    assert Ledger("toy").entries[ENTRY]["recipe"] == str((tmp_path / "moved.toml").resolve())


@pytest.mark.parametrize("entry", [None, {}, {"recipe": 3}, "words"])
def test_run_of_an_earlier_version_is_taken_over(sampled, entry, command):
    ledger = Ledger("toy")
    if isinstance(entry, dict):
        ledger.note(ENTRY, entry)
    assert command("label", sampled, "-s", "sample.count=20", "-s", "sample.seed=1")[0] == 0


def test_owner_names_shipped_recipes_and_generators_by_name(home):
    owner = run_owner(load_recipe("celeba64"))
    assert (owner.recipe, owner.generator, len(owner.sha256)) == ("celeba64", "celeba64", 64)
    folder = str((home / "runs/known-axes").resolve())
    assert run_owner(load_recipe("known-axes")) == RunOwner("known-axes", "known-axes", "", folder)


def test_home_and_recipe_that_were_copied_go_on(sampled, home, tmp_path, command, monkeypatch):
    shutil.copytree(home, tmp_path / "copied home")
    shutil.copyfile(sampled, tmp_path / "copied.toml")
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "copied home"))
    assert command("label", tmp_path / "copied.toml", "-s", "sample.count=20")[0] == 0


def test_run_that_was_killed_before_its_ledger_gets_its_owner(sampled, home, command):
    owner = Ledger("toy").entries[ENTRY]
    (home / "runs/toy/steps.json").unlink()
    assert command("label", sampled, "-s", "sample.count=20")[0] == 0
    assert Ledger("toy").entries[ENTRY] == owner
