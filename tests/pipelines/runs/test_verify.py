"""`verify` names every damaged file, gives a command that makes it again, and says what it cannot check."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.weights.card import renewing_card
from models.weights.locate import PRETRAINED
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.runs.verify import DAMAGED, SOUND, UNCHECKED, UNFINISHED, verify
from pipelines.sources.synthetic import KNOWN_FACTORS
from tests.pipelines.one_line_errors import check_one_line
from tlgan.errors import UserError
from tlgan.storage.row_files import RowDataset, RowWriter, partial_path

SETTINGS = (
    "known_axes.resolution=8",
    f"label.labellers=['{KNOWN_FACTORS}']",
    f"evaluate.judge='{KNOWN_FACTORS}'",
    "sample.count=120",
    "evaluate.count=8",
    "report.strips=1",
    "report.faces=1",
    "report.steps=3",
)
WORDS = [word for setting in SETTINGS for word in ("-s", setting)]


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 4
    path.write_bytes(content)


@pytest.fixture(scope="module")
def whole_home(tmp_path_factory):
    return tmp_path_factory.mktemp("verified") / "home"


@pytest.fixture
def run_home(whole_home, home, command, monkeypatch):
    """A home of its own with a finished run of portraits with known axes, made on the command line."""
    if not whole_home.exists():
        monkeypatch.setenv("TLGAN_HOME", str(whole_home))
        status, _, err = command("run", "known-axes", *WORDS)
        assert status == 0, err
        monkeypatch.setenv("TLGAN_HOME", str(home))
    shutil.copytree(whole_home, home)
    return home


def states(run=None) -> dict[str, str]:
    return {finding.path.name: finding.state for finding in verify(run)}


def damaged(run=None):
    return [finding for finding in verify(run) if finding.state == DAMAGED]


def test_everything_of_a_run_is_sound(run_home):
    found = states("known-axes")
    assert set(found.values()) == {SOUND}
    assert {"steps.json", "axes", "figures", "celeba64.labeller.h5"} <= found.keys()
    kinds = {name.partition("-")[0] for name in found}
    assert {"samples", "labels", "fits", "rescores", "evaluation"} <= kinds
    assert states() == found


def test_every_damaged_file_is_named_with_the_command_that_makes_it_again(run_home, command):
    plan = make_plan(load_recipe("known-axes", SETTINGS))
    evaluation = plan.evaluation.output
    rows = [plan.sample.output, plan.labels[0].output, plan.rescore.output]
    others = [plan.fits[0].output, plan.axes.output, evaluation, evaluation.with_suffix(".h5")]
    exported = [run_home / "runs/known-axes/axes/known-axes.csv", run_home / "runs/known-axes/report.html"]
    named = [*rows, *others, exported[0].parent, run_home / "runs/known-axes/figures"]
    for path, name in zip([*rows, *others, *exported], named, strict=True):
        whole = path.read_bytes()
        flip(path, len(whole) * 9 // 10)
        (finding,) = damaged("known-axes")
        assert finding.path == name
        assert finding.rebuild.endswith(
            shlex.join(["python", "-m", "pipelines", "run", "known-axes", *WORDS])
        )
        status, out, err = command("verify", "known-axes")
        check_one_line((status, out, err), name, "is damaged")
        assert str(name) in out
        assert finding.rebuild in out
        path.write_bytes(whole)
    assert damaged() == []


@pytest.mark.parametrize("kind", ["sample", "fits", "evaluation", "axes"])
def test_the_command_makes_the_file_again(run_home, command, kind):
    plan = make_plan(load_recipe("known-axes", SETTINGS))
    output = {
        "sample": plan.sample.output,
        "fits": plan.fits[0].output,
        "evaluation": plan.evaluation.output.with_suffix(".h5"),
        "axes": plan.axes.output,
    }[kind]
    whole = output.read_bytes()
    flip(output, len(whole) * 9 // 10)
    (finding,) = damaged()
    remove, rebuild = finding.rebuild.split(" && ")
    for name in shlex.split(remove)[1:]:
        Path(name).unlink()
    words = shlex.split(rebuild)
    assert words[:3] == ["python", "-m", "pipelines"]
    status, _, err = command(*words[3:])
    assert status == 0, err
    assert damaged() == []
    assert output.stat().st_size == len(whole)


def test_files_of_earlier_versions_are_said_to_be_unchecked(home, command):
    old = Path(__file__).parents[2] / "files_of_0_1"
    for folder in ("artifacts", "runs"):
        shutil.copytree(old / folder, home / folder)
    found = states("toy")
    assert found["steps.json"] == found["axes"] == UNCHECKED
    committed = {path.name for path in PRETRAINED.iterdir()}
    assert {state for name, state in found.items() if name not in committed} == {UNCHECKED}
    status, out, _ = command("verify", "toy")
    assert status == 0
    assert "unchecked: " in out
    assert "as earlier versions wrote them" in out


def test_damage_in_files_of_earlier_versions_that_cannot_be_read_is_found(home):
    old = Path(__file__).parents[2] / "files_of_0_1"
    shutil.copytree(old / "artifacts", home / "artifacts")
    (fits,) = (home / "artifacts").glob("fits-*.h5")
    fits.write_bytes(fits.read_bytes()[:-100])
    (finding,) = damaged()
    assert finding.path == fits
    assert finding.rebuild.startswith(f"rm {fits} && ")


def test_unfinished_rows_are_checked(run_home):
    key = "0" * 16
    output = run_home / "artifacts" / f"samples-{key}.h5"
    with RowWriter(output, [RowDataset("a", (3,), "u1")], 9, {"fingerprint": key}) as writer:
        writer.append({"a": np.tile(np.array([1, 2, 3], "u1"), (4, 1))})  # four rows of nine
    assert states()[partial_path(output).name] == UNFINISHED
    assert partial_path(output).name not in states("known-axes")
    flip(partial_path(output), partial_path(output).read_bytes().index(bytes([1, 2, 3])))
    assert [finding.path for finding in damaged()] == [partial_path(output)]


def test_a_file_of_another_name_is_damage(run_home):
    plan = make_plan(load_recipe("known-axes", SETTINGS))
    labels, judged = plan.labels[0].output, plan.judge_labels.output
    labels.write_bytes(judged.read_bytes())
    (finding,) = damaged()
    assert finding.path == labels
    assert "another step's results" in finding.reason


def test_a_damaged_network_is_named_with_what_brings_it_back(run_home, monkeypatch, tmp_path):
    import pipelines.runs.verify as module

    shutil.copytree(module.PRETRAINED, tmp_path / "pretrained")
    monkeypatch.setattr(module, "PRETRAINED", tmp_path / "pretrained")
    network = tmp_path / "pretrained/celeba64.labeller.h5"
    flip(network, 1_000_000)
    (finding,) = damaged()
    assert finding.path == network
    assert finding.rebuild == f"git checkout -- {network}"


def test_a_damaged_network_of_our_own_is_made_again_by_the_command_on_its_card(home):
    path = home / "artifacts" / "weights" / "mine.generator.onnx"
    with renewing_card(path, {"command": "python -m pipelines convert a.onnx mine"}):
        path.write_bytes(b"numbers")
    assert states()[path.name] == SOUND
    flip(path, 3)
    (finding,) = damaged()
    card = path.with_suffix(".json")
    assert finding.rebuild == f"rm {path} {card} && python -m pipelines convert a.onnx mine"


def test_a_run_that_is_not_there_is_refused(home, command):
    with pytest.raises(UserError, match="runs/known-axes: there is no such run"):
        list(verify("known-axes"))
    check_one_line(command("verify", "nothing"), "no such recipe")
    assert command("verify")[0] == 0
