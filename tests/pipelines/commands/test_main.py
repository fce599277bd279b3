"""The commands: each explained, quick where they only look, one line and status 1 for what is wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pipelines.commands.main import main

ROOT = Path(__file__).parents[3]
COMMANDS = sorted(main.commands)
# What the issue promises as make targets; `plan` and others are for the command line alone.
TARGETS = {"run", "test", "help", "status", "prepare", "gan", "classifier", "convert"} | {
    *("sample", "label", "fit", "orthogonalize", "export", "report")
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained_with_an_example_and_in_the_docs(name, command):
    status, out, _ = command(name, "--help")
    assert status == 0
    assert re.search(rf"Example:.*python -m pipelines\s+{name}\b", out, re.DOTALL)
    docs = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    batch = docs[docs.index("## `python -m pipelines`") :]
    assert re.search(rf"^\| `{name}\b", batch, re.MULTILINE)


def test_the_docs_know_no_command_that_is_not_there():
    docs = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    batch = docs[docs.index("## `python -m pipelines`") :]
    listed = re.findall(r"^\| `([a-z-]+)", batch, re.MULTILINE)
    assert sorted(set(listed)) == COMMANDS


def test_every_option_is_explained():
    for name, command in main.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.show_default, f"{name} {parameter.name}"


def test_make_has_the_promised_targets_each_with_a_line():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert explained >= TARGETS
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)[1].replace("\\\n", " ").split()
    assert set(phony) >= explained


LIGHT = """
import sys
from pipelines.commands.main import main
from tlgan.cli.error_handler import run_command
for arguments in (["--help"], ["--version"], ["run", "--help"], ["status", sys.argv[1]]):
    assert run_command(main, "python -m pipelines", arguments) == 0
heavy = {"keras", "tensorflow", "torch", "jax", "matplotlib", "scipy", "sklearn", "statsmodels", "ray"}
heavy &= set(sys.modules)
assert not heavy, heavy
"""


def test_help_and_status_load_no_network_library(toy_recipe):
    """Or they would take seconds."""
    subprocess.run([sys.executable, "-c", LIGHT, str(toy_recipe)], cwd=ROOT, check=True, capture_output=True)


def test_the_module_ends_with_the_status_of_its_command(tmp_path):
    arguments = [sys.executable, "-m", "pipelines", "run", str(tmp_path / "mine.toml")]
    done = subprocess.run(arguments, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {tmp_path}/mine.toml: no such recipe.")
    assert done.stderr.count("\n") == 1


@pytest.mark.network
def test_status_tells_state_reason_time_and_file(finished, home, command):
    status, out, _ = command("status", finished)
    assert status == 0
    assert out.count("fresh") == 6
    assert re.search(r"sample .*fresh .* \d+ s .*samples-[0-9a-f]{16}\.h5", out)
    status, out, _ = command("status", finished, "-s", "fit.family=binomial", "-s", "sample.count=900")
    assert re.search(r"sample .*partial .*600 of 900 rows", out)
    assert re.search(r"fit toy.labeller .*stale .*count: 600 → 900; family: auto → binomial", out)


@pytest.mark.network
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-8"])
def test_status_prints_to_any_terminal(finished, home, encoding):
    """Whole, too: a pipe has no edge to cut at."""
    changed = ("-s", "fit.family=binomial", "-s", "fit.seed=7", "-s", "sample.count=900")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "status", str(finished), *changed],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "40"},
        check=False,
        capture_output=True,
    )
    out = done.stdout.decode("utf-8" if encoding in ("ascii", "utf-8") else encoding)
    assert done.returncode == 0, done.stderr
    arrow = "→" if encoding == "utf-8" else "->"
    assert f"count: 600 {arrow} 900; family: auto {arrow} binomial; seed: 0 {arrow} 7" in out
    assert re.search(r"samples-[0-9a-f]{16}\.h5", out)


def test_status_of_an_empty_home_is_all_missing_and_writes_nothing(toy_recipe, home, command):
    status, out, _ = command("status", toy_recipe)
    assert status == 0
    assert out.count("missing") == 6
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nonesuch"], "no such recipe"),
        (["status", "TOY", "-s", "sample.count=-1"], "`$.sample.count`. Got -1."),
        (["run", "TOY", "-s", "sample.cuont=1"], "unknown field `cuont`"),
        (["sample", "TOY", "-s", "count"], "`-s` must be section.key=value"),
        (["run", "TOY", "-s", "sample.generator=nonesuch"], "Got 'nonesuch'"),
        (["label", "TOY", "-s", "label.labellers=['no/such.h5']"], "no/such.h5: no such labeller file"),
        (["evaluate", "TOY"], "`evaluate.judge` must name a judge"),
        (["prepare", "TOY"], "`data.path` must name the folder of the data set"),
        (["prepare", "TOY", "-s", "data.path=/no/such/folder"], "/no/such/folder: no such data set"),
    ],
)
def test_bad_input_is_one_line_and_status_one(toy_recipe, home, command, monkeypatch, arguments, words):
    monkeypatch.delenv("TLGAN_CELEBA", raising=False)
    arguments = [str(toy_recipe) if argument == "TOY" else argument for argument in arguments]
    status, out, err = command(*arguments)
    assert status == 1
    assert words in err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert out == ""
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments", ["nonesuch", "run --nonesuch", "gan --minutes -3", "gan --minutes soon"]
)
def test_wrong_use_is_usage_and_status_two(command, arguments):
    status, _, err = command(*arguments.split())
    assert status == 2
    assert "Usage: python -m pipelines" in err


def test_refused_file_is_named_with_the_remedy(toy_recipe, home, command, monkeypatch):
    """An `artifacts` that is no folder stands for all that a file system can refuse."""
    home.mkdir()
    (home / "artifacts").write_text("in the way")
    status, _, err = command("sample", toy_recipe)
    assert status == 1
    assert str(home / "artifacts") in err
    assert "run the same command again" in err
    assert err.count("\n") == 1
