"""The command `tlgan`, in-process: what it prints, writes, refuses, and that it is documented."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import h5py
import numpy as np
import pytest

from tlgan.axes.axes import OPTIONAL_NUMBERS, Axes, axes_from_directions
from tlgan.axes.latent_regressor import LatentRegressor
from tlgan.axes.unit_vectors import unit_rows
from tlgan.cli.error_handler import run_command
from tlgan.cli.main import FORMATS, tlgan
from tlgan.editing.linear_predictors import gradients, predictors
from tlgan.formats.axis_file import read_axes, write_axes
from tlgan.formats.import_export import FORMATS as READERS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def axes() -> Axes:
    rng = np.random.default_rng(3)
    rows = 0.15 * unit_rows(rng.normal(size=(4, 64)) + 0.5 * rng.normal(size=64))
    return Axes(
        names=["Smiling", "Male", "Young", "Age"],
        directions=unit_rows(rows),
        raw_directions=unit_rows(rows),
        slopes=[0.6, 0.5, 0.4, 5.0],
        intercepts=[-0.5, 0.3, 1.0, 38.0],
        units=["logit", "logit", "logit", "years"],
        kinds=["binary", "binary", "binary", "continuous"],
        angular_errors=[2.0, 3.0, np.nan, 4.0],
        held_out=[0.93, 0.97, 0.8, 0.5],
        n_samples=20_000,
        latent_space="sphere",
        generator="toy",
        generator_sha256="ab" * 32,
    )


@pytest.fixture
def folder(axes, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_axes(axes, "faces.axes.h5")
    latents = np.random.default_rng(0).normal(size=(3, 64))
    latents *= 8 / np.linalg.norm(latents, axis=1)[:, None]
    np.save("z.npy", latents[0].astype(np.float32))
    np.save("many.npy", latents)
    return tmp_path


@pytest.fixture
def local_folder(axes, folder) -> Path:
    """The same with a regressor in the axis file, which says half a unit more than the axes."""
    regressor = LatentRegressor.straight(axes.names, gradients(axes), axes.intercepts + 0.5)
    write_axes(dataclasses.replace(axes, regressor=regressor), "faces.axes.h5")
    return folder


def run(*arguments: str) -> int:
    return run_command(tlgan, "tlgan", arguments)


def test_show_prints_every_axis_with_its_numbers(folder, capsys):
    assert run("show", "faces.axes.h5") == 0
    printed = capsys.readouterr().out
    for text in (
        "Smiling",
        "0.6",
        "logit",
        "2.00°",
        "0.930 AUC",
        "0.500 R²",
        "20000",
        "1.000",
        "toy",
        "sphere",
    ):
        assert text in printed


def test_show_json_has_all_digits_and_no_nan(folder, axes, capsys):
    assert run("show", "faces.axes.h5", "--json") == 0
    shown = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [entry["name"] for entry in shown["axes"]] == list(axes.names)
    assert [entry["slope"] for entry in shown["axes"]] == axes.slopes.tolist()
    assert shown["axes"][2]["angular_error"] is None
    assert (shown["latent_dim"], shown["generator_sha256"]) == (64, "ab" * 32)


def test_show_prints_markup_in_names_as_text(folder, capsys):
    write_axes(axes_from_directions(["[red]a[/red]"], np.eye(1, 3), latent_space="sphere"), "odd.h5")
    assert run("show", "odd.h5") == 0
    assert "[red]a[/red]" in capsys.readouterr().out


def test_convert_there_and_back_by_every_exact_format(folder, axes, capsys):
    assert run("convert", "faces.axes.h5", "faces.json") == 0
    assert run("convert", "faces.json", "faces.csv") == 0
    assert run("convert", "faces.csv", "faces.npz") == 0
    assert run("convert", "faces.npz", "back.axes.h5") == 0
    assert capsys.readouterr().err == ""
    assert (folder / "back.axes.h5").read_bytes() == (folder / "faces.axes.h5").read_bytes()


def test_convert_merges_boundaries_and_says_what_it_assumes_once(folder, capsys):
    for row, name in enumerate(("smile", "age")):
        np.save(f"{name}.npy", np.eye(2, 64)[row : row + 1])
    assert run("convert", "smile.npy", "age.npy", "two.axes.h5", "--generator", "toy") == 0
    captured = capsys.readouterr()
    assert captured.err.count("Note: smile.npy and 1 more: latent space not stated") == 1
    assert "2 axes of 64 dimensions" in captured.out
    assert read_axes("two.axes.h5").names == ("smile", "age")
    assert read_axes("two.axes.h5").generator == "toy"


def test_convert_says_what_it_loses(folder, capsys):
    assert run("convert", "faces.axes.h5", "old.pkl") == 0
    assert "Note: old.pkl: lost: slopes, intercepts" in capsys.readouterr().err
    assert run("convert", "faces.axes.h5", "boundaries", "--format", "interfacegan") == 0
    assert sorted(path.name for path in (folder / "boundaries").iterdir()) == [
        f"toy_{name}_boundary.npy" for name in ("Age", "Male", "Smiling", "Young")
    ]


def test_convert_layers_and_from(folder):
    np.save("wp.data", np.ones((4, 16)))
    Path("wp.data.npy").rename("wp.data")
    assert run("convert", "wp.data", "wp.axes.h5", "--from", "interfacegan") == 0
    assert run("convert", "wp.axes.h5", "out", "--layers", "4") == 0
    assert np.load("out/unknown_wp_boundary.npy").shape == (4, 16)


def test_orthogonalize_writes_and_reports_the_loss(folder, capsys):
    assert run("orthogonalize", "faces.axes.h5", "--base", "Male,Young", "-o", "out.axes.h5") == 0
    result = read_axes("out.axes.h5")
    assert (result.method, result.base) == ("project", ("Male", "Young"))
    assert abs(result.directions[[0, 3]] @ result.raw_directions[[1, 2]].T).max() < 1e-14
    least = result.names[int(np.argmin(result.kept_cosines))]
    assert f"least {result.kept_cosines.min():.3f} ({least})" in capsys.readouterr().out


def test_orthogonalize_none_gives_the_raw_file_back(folder):
    assert run("orthogonalize", "faces.axes.h5", "--base", "Male", "--base", "Young", "-o", "o.axes.h5") == 0
    assert run("orthogonalize", "o.axes.h5", "--method", "none", "-o", "back.axes.h5") == 0
    assert (folder / "back.axes.h5").read_bytes() == (folder / "faces.axes.h5").read_bytes()


def test_orthogonalize_collinear(folder, axes, capsys):
    rows = axes.raw_directions.copy()
    rows[3] = -rows[1]
    write_axes(dataclasses.replace(axes, directions=rows, raw_directions=rows), "twins.axes.h5")
    assert run("orthogonalize", "twins.axes.h5", "--method", "lowdin", "-o", "o.axes.h5") == 1
    assert "'Male' and 'Age' point opposite ways" in capsys.readouterr().err
    assert not (folder / "o.axes.h5").exists()
    arguments = ("orthogonalize", "twins.axes.h5", "--base", "Male", "--drop-collinear", "-o", "o.axes.h5")
    assert run(*arguments) == 0
    assert "Note: Dropped" in capsys.readouterr().err
    assert "Age" not in read_axes("o.axes.h5").names


def test_compare(folder, capsys):
    run("orthogonalize", "faces.axes.h5", "--base", "Male", "-o", "o.axes.h5")
    capsys.readouterr()
    assert run("compare", "faces.axes.h5", "o.axes.h5") == 0
    assert "nearest in o.axes.h5" in capsys.readouterr().out
    assert run("compare", "faces.axes.h5", "o.axes.h5", "--json", "--raw") == 0
    for row in json.loads(capsys.readouterr().out):
        assert row["cosine"] == pytest.approx(1.0)
        assert row["nearest_in_second"] == row["name"]


def test_compare_pairs_names_and_says_what_is_left(folder, axes, capsys):
    for row, name in enumerate(("smile", "age", "pose")):
        np.save(f"toy_{name}_boundary.npy", axes.raw_directions[[0, 3, 1]][row : row + 1])
    assert (
        run("convert", "toy_smile_boundary.npy", "toy_age_boundary.npy", "toy_pose_boundary.npy", "b.json")
        == 0
    )
    capsys.readouterr()
    assert run("compare", "faces.axes.h5", "b.json", "--pair", "Smiling=smile", "--pair", "Age=age") == 0
    out, err = capsys.readouterr()
    assert re.search(r"Smiling +│ smile +│ +1\.0000 │ +0\.00° │ +– │", out)  # a boundary has no angular error
    assert "Note: faces.axes.h5: without a partner: Male, Young (--pair NAME=NAME pairs other names)" in err
    assert "Note: b.json: without a partner: pose" in err
    assert run("compare", "faces.axes.h5", "faces.axes.h5", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["second_name"] == "Smiling"
    assert rows[0]["standard_error"] == pytest.approx(2 * 2**0.5 / 63**0.5)
    assert rows[0]["same_axis_angle"] == pytest.approx(2 * 2**0.5, rel=1e-3)
    assert rows[2]["standard_error"] is None


def test_notes_recommend_no_option_that_the_command_lacks(folder, capsys):
    np.save("smile.npy", np.eye(1, 64))
    for command in ("show", "compare faces.axes.h5"):
        assert run(*command.split(), "smile.npy") == 0
        note = capsys.readouterr().err
        assert "`tlgan convert` it first with --latent-space normal" in note
        assert "kind not stated: taken as 'binary'" in note


def test_compare_warns_of_different_generators(folder, axes, capsys):
    write_axes(dataclasses.replace(axes, generator_sha256="cd" * 32), "other.axes.h5")
    assert run("compare", "faces.axes.h5", "other.axes.h5") == 0
    captured = capsys.readouterr().err
    assert "different generators" in captured
    assert "ab" * 32 in captured
    assert "cd" * 32 in captured


def test_edit_one_latent(folder, axes, capsys):
    arguments = ("edit", "faces.axes.h5", "--latent", "z.npy", "--set", "Smiling=+1", "--lock", "Male,Young")
    assert run(*arguments, "-o", "out.npy") == 0
    moved = np.load("out.npy")
    assert (moved.shape, moved.dtype) == ((64,), np.float64)
    change = predictors(axes, moved[None]) - predictors(axes, np.load("z.npy")[None])
    np.testing.assert_allclose(change[0, :3], [1.0, 0.0, 0.0], rtol=0, atol=1e-9)
    printed = capsys.readouterr().out
    assert re.search(r"moved by \d+\.\d\d degrees", printed)
    assert re.search(r"Male +│ locked +│ .* \+0 ", printed)


def test_edit_to_values_and_probabilities_of_many(folder, axes, capsys):
    arguments = ("--to", "Smiling=90%", "--to", "Age=40", "--set", "Male=-0.25", "-o", "out.npy")
    assert run("edit", "faces.axes.h5", "--latent", "many.npy", *arguments) == 0
    before, after = (predictors(axes, np.load(name)) for name in ("many.npy", "out.npy"))
    np.testing.assert_allclose(after[:, 0], np.log(9), atol=1e-9)
    np.testing.assert_allclose(after[:, 3], 40.0, atol=1e-9)
    np.testing.assert_allclose(after[:, 1] - before[:, 1], -0.25, atol=1e-9)
    assert "mean before" in capsys.readouterr().out


def test_edit_holds_the_base_unless_freed(folder, axes, capsys):
    run("orthogonalize", "faces.axes.h5", "--base", "Male", "-o", "o.axes.h5")
    for extra, holds in (((), True), (("--free-base",), False)):
        assert (
            run("edit", "o.axes.h5", "--latent", "z.npy", "--set", "Smiling=+1", "-o", "out.npy", *extra) == 0
        )
        change = predictors(axes, np.load("out.npy")[None]) - predictors(axes, np.load("z.npy")[None])
        assert (abs(change[0, 1]) < 1e-9) == holds
        assert ("held (base)" in capsys.readouterr().out) == holds


@pytest.mark.parametrize("method", [(), ("--method", "local"), ("--method", "straight")])
def test_edit_by_either_method_reaches_what_it_predicts(local_folder, capsys, method):
    arguments = ("--set", "Smiling=0.6", "--lock", "Male", *method, "-o", "out.npy")
    assert run("edit", "faces.axes.h5", "--latent", "many.npy", *arguments) == 0
    moved, regressor = np.load("out.npy"), read_axes("faces.axes.h5").regressor
    straight = predictors(read_axes("faces.axes.h5"), moved)[:, 0]
    wanted = straight if "straight" in method else regressor(moved)[:, 0]
    np.testing.assert_allclose(1 / (1 + np.exp(-wanted)), 0.6, atol=0.001)
    assert abs(straight - regressor(moved)[:, 0]).min() > 0.4
    assert re.search(r"Male +│ locked", capsys.readouterr().out)


def test_edit_that_stops_early_writes_what_it_reached_and_says_so(local_folder, capsys):
    assert run("edit", "faces.axes.h5", "--latent", "z.npy", "--set", "Smiling=+900", "-o", "out.npy") == 0
    captured = capsys.readouterr()
    assert re.fullmatch(r"Note: Smiling changed by \+[\d.]+ of \+900 logit: .*\.\n", captured.err)
    assert "moved by" in captured.out
    assert np.load("out.npy").shape == (64,)


EDIT = "edit faces.axes.h5 -o x.npy --latent"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show none.h5", "none.h5: there is no such file"),
        ("show z.txt", "no format has the end"),
        ("convert faces.axes.h5 out.xyz", "no format has the end"),
        ("convert faces.axes.h5 out.json --latent-space normal", "says that its latent space"),
        ("convert faces.axes.h5 faces.axes.h5 x.h5", "there twice"),
        ("convert faces.axes.h5 missing/x.h5", "missing/x.h5: cannot be written"),
        ("convert faces.axes.h5 x.h5 --layers 2", "`layers` is for"),
        ("orthogonalize faces.axes.h5 -o x.h5", "`--base` must name at least one"),
        ("orthogonalize faces.axes.h5 --base Mael -o x.h5", "Did you mean 'Male'"),
        ("compare faces.axes.h5 faces.axes.h5 --pair Smiling", "`--pair` must be NAME=NAME"),
        ("compare faces.axes.h5 faces.axes.h5 --pair Smile=Male", "Did you mean 'Smiling'"),
        (f"{EDIT} z.npy", "something to edit"),
        (f"{EDIT} z.npy --set Smiling=2", "--to Smiling=2"),
        (f"{EDIT} z.npy --set Smiling", "NAME=NUMBER"),
        (f"{EDIT} z.npy --set Smiling=+", "NAME=NUMBER"),
        (f"{EDIT} z.npy --set Smiling=+9%", "its sign"),
        (f"{EDIT} z.npy --set Smiling=+inf", "finite"),
        (f"{EDIT} z.npy --to Age=50%", "logit scale only"),
        (f"{EDIT} z.npy --to Male=100%", r"inside \(0, 1\)"),
        (f"{EDIT} z.npy --set Male=+1 --to Male=1", "twice"),
        (f"{EDIT} z.npy --set Male=+1 --lock Male", "locked"),
        (f"{EDIT} z.npy --set Male=+900", "does not reach"),
        (f"{EDIT} z.npy --set Male=+1 --method local", "must have axes with a regressor"),
        (f"{EDIT} z.npy --set Male=+1 --strictness -1", "at least 0"),
        (f"{EDIT} faces.axes.h5 --set Male=+1", "header"),
        (f"{EDIT} short.npy --set Male=+1", "Got 5"),
        (f"{EDIT} cube.npy --set Male=+1", r"\(D,\) or \(N, D\)"),
    ],
)
def test_bad_input_is_one_line_and_exit_one_and_writes_nothing(folder, capsys, words, message):
    np.save("short.npy", np.ones(5))
    np.save("cube.npy", np.ones((1, 2, 64)))
    assert run(*words.split()) == 1
    captured = capsys.readouterr()
    assert re.fullmatch(f"Error: .*{message}.*\n", captured.err)
    assert captured.out == ""
    assert not list(folder.glob("x.*"))


def test_starting_imports_nothing_heavy():
    code = "import sys, tlgan, tlgan.cli.main; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {
        "numpy",
        "scipy",
        "sklearn",
        "statsmodels",
        "h5py",
        "rich",
        "keras",
        "tensorflow",
        "torch",
        "jax",
    }
    assert "click" in loaded.stdout.split()
    assert not heavy & set(loaded.stdout.split())


def test_show_needs_neither_scipy_nor_sklearn(folder):
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from tlgan.cli.main import tlgan\n"
        "tlgan.main(['show', 'faces.axes.h5'], standalone_mode=False)\n"
        "assert not {'scipy', 'sklearn', 'statsmodels'} & set(sys.modules), 'heavy import'"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT)], cwd=folder, capture_output=True, check=True)


def test_formats_offered_are_the_formats_there_are():
    assert list(READERS) == FORMATS


@pytest.mark.parametrize("name", sorted(tlgan.commands))
def test_every_command_has_help_an_example_and_a_docs_entry(name):
    command = tlgan.commands[name]
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert command.help
    assert f"  tlgan {name} " in command.help
    assert f"### `tlgan {name} " in page
    section = page.split(f"### `tlgan {name} ")[1].split("\n### ")[0].split("\n## ")[0]
    assert f"    tlgan {name} " in section
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            documented = f"### `tlgan {name} " + section
            assert any(option in documented for option in parameter.opts), parameter.opts


def test_the_axis_file_page_lists_every_field(local_folder):
    page = (ROOT / "docs" / "axis-file.md").read_text(encoding="utf-8")
    with h5py.File("faces.axes.h5") as file:
        assert "group `regressor`" in page
        fields = {*file, *file.attrs, *file["regressor"], *file["regressor"].attrs} - {"regressor"}
    documented = set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE))
    assert documented == fields | set(OPTIONAL_NUMBERS)
