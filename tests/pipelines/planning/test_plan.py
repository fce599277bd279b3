"""The whole toy pipeline: done once, continued after every accident, and redone just where it must be."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import pipelines.execution.block_jobs
import pipelines.stages.sample
from pipelines.artifacts.fits_file import read_fits
from pipelines.planning.plan import make_plan
from pipelines.recipe.load import load_recipe
from pipelines.workflow.freshness import FRESH, check_freshness
from pipelines.workflow.ledger import Ledger
from tests.pipelines.one_line_errors import check_one_line
from tests.tlgan.storage.changed_hdf5 import changing_hdf5
from tlgan.formats.axis_file import read_axes
from tlgan.storage.row_files import map_rows, partial_path, rows_done

ROOT = Path(__file__).parents[3]
TITLES = ("sample", "label toy.labeller", "fit toy.labeller", "orthogonalize", "export", "report")

pytestmark = pytest.mark.network


def steps_of(path, *overrides):
    return make_plan(load_recipe(str(path), overrides))


def output_of(path, stage, *overrides) -> Path:
    (step,) = (step for step in steps_of(path, *overrides) if step.stage == stage)
    return step.output


def states(path, *overrides) -> dict[str, str]:
    """What is not fresh, by the step's title."""
    ledger = Ledger("toy")
    found = {step.title: check_freshness(step, ledger) for step in steps_of(path, *overrides)}
    return {title: str(state) for title, state in found.items() if state.name != FRESH}


def rows_of(path, count=600, *overrides) -> dict[str, np.ndarray]:
    sample, label = (output_of(path, stage, *overrides) for stage in ("sample", "label"))
    return {
        "latents": np.array(map_rows(sample, "latents", count)),
        "images": np.array(map_rows(sample, "images", count)),
        "scores": np.array(map_rows(label, "scores", count)),
    }


def check_rows(path, wanted, count=600, *overrides):
    for name, values in rows_of(path, count, *overrides).items():
        np.testing.assert_array_equal(values, wanted[name][:count], err_msg=name)


def files_of(home: Path) -> dict[Path, tuple[int, int]]:
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in home.rglob("*") if path.is_file()
    }


def test_every_step_is_missing_at_first(toy_recipe):
    assert states(toy_recipe) == dict.fromkeys(TITLES, "missing")


def test_run_writes_the_documented_files_only(finished, home):
    names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    outputs = {step.output.relative_to(home).as_posix() for step in steps_of(finished)}
    of_export = {name for name in names if name.startswith("runs/toy/axes/")}
    pictures = {name for name in names if name.startswith("runs/toy/figures/")}
    beside = {"runs/toy/steps.json", "artifacts/batch-sizes.json"}
    assert outputs - {"runs/toy/axes"} == names - of_export - pictures - beside
    assert {"runs/toy/axes/toy.axes.h5", "runs/toy/axes/toy.npz", "runs/toy/axes/toy.csv"} <= of_export


GOLDEN = {
    "latents": (-1.661968, -0.5130475, -0.8917295),
    "images": 79.846424,
    "scores": (-0.05139, 0.01597, -0.20608, -0.04699),
    "slopes": (0.788891, 0.907150, 1.247825, 0.775319),
    "held_out": (0.760508, 0.567568, 0.828935, 0.771261),
    "cosine": 0.79417,
}


def test_golden_numbers_of_every_stage(finished):
    rows = rows_of(finished)
    np.testing.assert_allclose(rows["latents"][0, :3], GOLDEN["latents"], rtol=1e-5)
    assert rows["images"].mean() == pytest.approx(GOLDEN["images"], abs=0.01)
    np.testing.assert_allclose(rows["scores"].mean(axis=0), GOLDEN["scores"], atol=1e-3)
    fits, units = read_fits(output_of(finished, "fit"))
    assert (fits.names, units) == (("Male", "Young", "Smiling", "Bald"), ("logit",) * 4)
    np.testing.assert_allclose(fits.slopes, GOLDEN["slopes"], rtol=1e-3)
    np.testing.assert_allclose(fits.held_out, GOLDEN["held_out"], atol=1e-3)
    axes = read_axes(output_of(finished, "orthogonalize"))
    assert axes.base == ("Male", "Young")
    cosines = axes.directions @ axes.directions.T
    np.testing.assert_allclose(cosines[:2, 2:], 0, atol=1e-9)
    assert cosines[2, 3] == pytest.approx(GOLDEN["cosine"], abs=1e-3)


def test_second_run_does_nothing(finished, home, command):
    before = files_of(home)
    status, out, _ = command("run", finished)
    assert status == 0
    assert "Nothing to do: every stage is fresh." in out
    assert f"Report: {(home / 'runs/toy/report.html').resolve()}" in out
    assert files_of(home) == before


AFTER_FIT = {
    "orthogonalize": "stale (fit toy.labeller changed)",
    "export": "stale (orthogonalize changed)",
    "report": "stale (fit toy.labeller changed; orthogonalize changed)",
}


@pytest.mark.parametrize(
    ("override", "reasons"),
    [
        ("report.strips=3", {"report": "stale (strips: 2 → 3)"}),
        ("export.formats=['csv', 'npz']", {"export": "stale (formats: "}),
        (
            "orthogonalize.base=['Male']",
            {
                "orthogonalize": "stale (base: ['Male', 'Young'] → ['Male'])",
                "export": "stale (orthogonalize changed)",
                "report": "stale (orthogonalize changed)",
            },
        ),
        ("fit.family=binomial", {"fit toy.labeller": "stale (family: auto → binomial)"} | AFTER_FIT),
        ("sample.count=500", {"fit toy.labeller": "stale (count: 600 → 500)"} | AFTER_FIT),
        (
            "sample.count=700",
            {
                "sample": "partial (600 of 700 rows)",
                "label toy.labeller": "partial (600 of 700 rows)",
                "fit toy.labeller": "stale (count: 600 → 700)",
            }
            | AFTER_FIT,
        ),
        (
            "sample.seed=5",
            {
                "sample": "stale (seed: 0 → 5)",
                "label toy.labeller": "stale (sample changed)",
                "fit toy.labeller": "stale (label changed; sample changed)",
                "orthogonalize": "stale (fit toy.labeller changed; sample changed)",
            }
            | {title: AFTER_FIT[title] for title in ("export", "report")},
        ),
        ("data.resolution=32", {}),  # of the training alone
    ],
)
def test_change_makes_only_dependent_steps_stale(finished, override, reasons):
    found = states(finished, override)
    assert list(found) == list(reasons)
    for title, reason in reasons.items():
        assert found[title].startswith(reason)


def test_other_weights_of_the_same_name_make_steps_stale(finished, toy_weights, tmp_path):
    other = tmp_path / "toy.labeller.h5"
    other.write_bytes((toy_weights / "toy.labeller.h5").read_bytes())
    override = f"label.labellers=['{other}']"
    assert states(finished, override) == {}  # a copy is the same
    with changing_hdf5(other) as file:
        file["variables/attributes/bias"][0] = 0.5
    assert (
        states(finished, override)
        == {
            "label toy.labeller": "stale (labeller changed)",
            "fit toy.labeller": "stale (label changed)",
        }
        | AFTER_FIT
    )


def test_only_stale_stages_run_and_cached_files_are_reused(finished, command):
    def ran(*overrides):
        settings = [part for override in overrides for part in ("-s", override)]
        status, out, _ = command("run", finished, *settings)
        assert status == 0
        return [title for title in TITLES if f"✓ {title}: done in" in out]

    assert ran("orthogonalize.base=['Young']") == ["orthogonalize", "export", "report"]
    assert ran("orthogonalize.base=['Young']") == []
    assert ran() == ["export", "report"]  # the first axis file is still in the cache


def test_more_samples_are_appended_and_fewer_are_a_prefix(finished, tmp_path, monkeypatch, command):
    first = rows_of(finished)
    assert command("label", finished, "-s", "sample.count=1300")[0] == 0
    grown = rows_of(finished, 1300, "sample.count=1300")
    check_rows(finished, first)
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "other"))
    assert command("label", finished, "-s", "sample.count=1300")[0] == 0
    check_rows(finished, grown, 1300, "sample.count=1300")


def test_fewer_samples_are_a_prefix(finished, command):
    assert command("fit", finished, "-s", "sample.count=400")[0] == 0
    fits, _ = read_fits(output_of(finished, "fit", "sample.count=400"))
    assert 0 < fits.n_samples[0] <= 400
    assert states(finished) == {}  # the 600 are still there


def test_rows_do_not_depend_on_the_block(toy_recipe, toy_results, monkeypatch, command):
    monkeypatch.setattr(pipelines.execution.block_jobs, "BATCHES", 1)
    assert command("sample", toy_recipe)[0] == 0
    monkeypatch.setattr(pipelines.execution.block_jobs, "BATCHES", 3)
    assert command("label", toy_recipe)[0] == 0
    mine = rows_of(toy_recipe)
    monkeypatch.setenv("TLGAN_HOME", str(toy_results))
    check_rows(toy_recipe, mine)


def forget(path, *stages) -> None:
    """Delete the outputs of these stages."""
    for step in steps_of(path):
        if step.stage in stages:
            if step.output.is_dir():
                for file in sorted(step.output.rglob("*"), reverse=True):
                    file.rmdir() if file.is_dir() else file.unlink()
                step.output.rmdir()
            else:
                step.output.unlink()


def interrupting(function, call=1):
    """The function, with Ctrl-C in the middle of its `call`-th call."""
    calls = []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return function(*arguments, **options)

    return interrupted


def test_interrupted_sampling_and_labelling_resume(toy_recipe, toy_results, monkeypatch, command):
    for stage, partial in (("sample", "sample"), ("label", "label toy.labeller")):
        # Each block of rows takes three writes (latents, images, counter) or two: the second block.
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", interrupting(os.pwrite, 5 if stage == "sample" else 3))
            status, _, err = command(stage, toy_recipe)
        assert (status, err.strip()) == (130, "Interrupted.")
        assert states(toy_recipe)[partial] == "partial (512 of 600 rows)"
        output = output_of(toy_recipe, stage)
        assert not output.exists()
        assert sorted(path.name for path in output.parent.glob(f"{stage}*")) == [partial_path(output).name]
        status, out, _ = command(stage, toy_recipe)
        assert status == 0
        assert "partial (512 of 600 rows)" in out
    mine = rows_of(toy_recipe)
    monkeypatch.setenv("TLGAN_HOME", str(toy_results))
    check_rows(toy_recipe, mine)


LATER = [
    ("fit", "tlgan.regression.fit.fit_glms"),
    ("orthogonalize", "tlgan.formats.axis_file.write_axes"),
    ("export", "tlgan.formats.import_export.export_axes"),
    ("report", "pipelines.report.page.render"),
]


@pytest.mark.parametrize(("stage", "function"), LATER)
def test_interrupt_keeps_finished_stages(finished, home, monkeypatch, command, stage, function):
    module, name = function.rsplit(".", 1)
    __import__(module)
    rows = rows_of(finished)
    forget(finished, stage)
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[module], name, interrupting(getattr(sys.modules[module], name)))
        status, _, err = command("run", finished)
    assert (status, err.strip()) == (130, "Interrupted.")
    assert list(states(finished)) == [step.title for step in steps_of(finished) if step.stage == stage]
    check_rows(finished, rows)
    assert not [path for path in home.rglob("*") if path.name.endswith((".lock", ".new"))]
    assert command("run", finished)[0] == 0
    assert states(finished) == {}


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("stage", ["sample", "label", "fit", "orthogonalize", "export", "report"])
def test_full_disk_is_a_one_line_error_and_the_next_run_resumes(finished, home, monkeypatch, command, stage):
    forget(finished, stage)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full_disk)
        patch.setattr(os, "replace", full_disk)
        patch.setattr(os, "rename", full_disk)
        result = command(stage, finished)
    check_one_line(result, "no space left", "run the same command again", home)
    assert [title for title in states(finished) if title.startswith(stage)]
    assert not [path for path in home.rglob("*") if path.name.endswith((".lock", ".new"))]
    assert command(stage, finished)[0] == 0
    assert not [title for title in states(finished) if title.startswith(stage)]


KILLED = """
import os, signal, sys
calls, pwrite = [], os.pwrite
def deadly(descriptor, data, offset):
    calls.append(1)
    if len(calls) == 6:  # the second block's rows are written, but not its counter
        os.kill(os.getpid(), signal.SIGKILL)
    return pwrite(descriptor, data, offset)
os.pwrite = deadly
sys.argv = ["pipelines", "sample", sys.argv[1]]
import pipelines.__main__
"""


def test_killed_sampling_resumes_with_the_same_rows(toy_recipe, toy_results, monkeypatch, command):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(toy_recipe)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    output = output_of(toy_recipe, "sample")
    assert rows_done(partial_path(output)) == 512
    assert output.with_name(output.name + ".lock").exists()  # it had no time to remove it
    status, out, _ = command("label", toy_recipe)
    assert status == 0
    assert "left by a process that is gone" in out
    mine = rows_of(toy_recipe)
    monkeypatch.setenv("TLGAN_HOME", str(toy_results))
    check_rows(toy_recipe, mine)


def test_second_process_is_refused(toy_recipe, command):
    from pipelines.workflow.lock import locked

    output = output_of(toy_recipe, "sample")
    with locked(output):
        check_one_line(command("sample", toy_recipe), output, "Wait for it")


def test_damaged_artefacts_are_refused_or_made_again(finished, command):
    output_of(finished, "sample").write_bytes(b"no artefact")  # as after a bad copy
    assert command("sample", finished)[0] == 0
    assert states(finished) == {}
    fits = output_of(finished, "fit")
    fits.write_bytes(fits.read_bytes()[:-100])
    forget(finished, "orthogonalize")
    check_one_line(command("orthogonalize", finished), fits, "is damaged", "Delete it")
    fits.unlink()
    assert command("run", finished)[0] == 0


def test_an_impossible_row_counter_is_refused(finished, command):
    output = output_of(finished, "sample")
    with h5py.File(output, "r+") as file:
        file["rows_done"][...] = 640
    forget(finished, "label")
    check_one_line(command("label", finished), output, "is damaged", "row counter", "Delete it")
    assert "damaged" in command("status", finished)[1]
    output.unlink()
    assert command("label", finished)[0] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is an empty file"),
        (b"no weights", "must be a weight file"),
        (None, "no such generator file"),
    ],
)
def test_invalid_weights_are_a_one_line_error(toy_recipe, tmp_path, command, content, words):
    path = tmp_path / "mine.generator.h5"
    if content is not None:
        path.write_bytes(content)
    check_one_line(command("run", toy_recipe, "-s", f"sample.generator='{path}'"), path, words)


def test_network_of_another_role_is_refused(toy_recipe, toy_weights, command):
    generator, labeller = (toy_weights / f"toy.{role}.h5" for role in ("generator", "labeller"))
    result = command("sample", toy_recipe, "-s", f"sample.generator='{labeller}'")
    check_one_line(result, labeller, "must be a generator")
    result = command("label", toy_recipe, "-s", f"label.labellers=['{generator}']")
    check_one_line(result, generator, "must be a")
    assert "sample" not in states(toy_recipe)  # the samples stay


def test_attribute_of_two_labellers_is_a_one_line_error(finished, toy_weights, tmp_path, command):
    other = tmp_path / "other.labeller.h5"
    other.write_bytes((toy_weights / "toy.labeller.h5").read_bytes())
    both = f"label.labellers=['{toy_weights}/toy.labeller.h5', '{other}']"
    check_one_line(
        command("run", finished, "-s", both), "`labellers` must name each attribute once", "'Male'"
    )


def test_unknown_base_is_a_one_line_error(finished, command):
    result = command("run", finished, "-s", "orthogonalize.base=['Mael']")
    check_one_line(result, "`orthogonalize.base`", "'Mael'", "Choose among: Male, Young, Smiling, Bald.")


@pytest.mark.parametrize("count", [1, 2, 9])
def test_too_few_samples_are_an_error_or_flags(finished, command, count):
    result = command("run", finished, "-s", f"sample.count={count}")
    if result[0]:
        check_one_line(result)
    assert "Traceback" not in result[2]
