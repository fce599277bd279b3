"""What is installed for each backend with and without a GPU, and that it is installed once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.execution import install as installation
from pipelines.execution.install import Gpu, InstallError, choose_parts, find_gpu, install, main, read_marker

ROOT = Path(__file__).parents[3]
NAMES_A_GPU = "echo 'NVIDIA H100 80GB HBM3'"
FAILS = "echo 'NVIDIA-SMI has failed because it could not reach the driver.'; exit 9"
HANGS = "exec sleep 60"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Put a program named `nvidia-smi` on the path, or none where the text is None."""

    def put(text: str | None) -> None:
        folder = tmp_path / "tools"
        folder.mkdir()
        if text is not None:
            write_program(folder / "nvidia-smi", text)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin" if text else str(folder))

    return put


@pytest.mark.parametrize(
    ("program", "gpu"),
    [
        (NAMES_A_GPU, Gpu("NVIDIA H100 80GB HBM3")),
        ("echo 'NVIDIA A100'; echo 'NVIDIA A100'", Gpu("NVIDIA A100")),
        (
            FAILS,
            Gpu(None, "nvidia-smi says: NVIDIA-SMI has failed because it could not reach the driver."),
        ),
        ("echo 'No devices were found'", Gpu(None, "nvidia-smi says: No devices were found")),
        ("exit 0", Gpu(None, "nvidia-smi says: nothing")),
        (HANGS, Gpu(None, "nvidia-smi printed nothing within 0.2 s")),
        (None, Gpu(None, "there is no nvidia-smi")),
    ],
)
def test_a_gpu_is_one_that_nvidia_smi_names_in_time(nvidia_smi, program, gpu):
    nvidia_smi(program)
    assert find_gpu(seconds=0.2 if program == HANGS else 10) == gpu


def test_a_program_that_cannot_be_run_means_no_gpu(nvidia_smi, tmp_path):
    nvidia_smi(NAMES_A_GPU)
    (tmp_path / "tools" / "nvidia-smi").write_text("#!/no/such/interpreter\n")
    assert find_gpu() == Gpu(None, "nvidia-smi cannot be run: No such file or directory")


@pytest.mark.parametrize(
    ("backend", "gpu", "system", "packages"),
    [
        ("tensorflow", False, "Linux", None),
        ("tensorflow", True, "Linux", ("tensorflow[and-cuda]",)),
        ("tensorflow", True, "Darwin", None),
        ("jax", False, "Linux", ("jax",)),
        ("jax", True, "Linux", ("jax[cuda12]",)),
        ("torch", False, "Linux", installation.TORCH_FOR_CPU),
        ("torch", True, "Linux", ("torch",)),
        ("torch", False, "Darwin", ("torch",)),
    ],
)
def test_each_backend_brings_its_build_for_the_device(backend, gpu, system, packages):
    project, *rest = choose_parts(backend, gpu, system)
    assert project.arguments == ("-e", f".[{installation.EXTRAS}]")
    assert [part.arguments for part in rest] == ([packages] if packages else [])


def test_the_extras_installed_are_extras_that_there_are():
    from configparser import ConfigParser

    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert set(installation.EXTRAS.split(",")) <= set(config["options.extras_require"])


@pytest.mark.parametrize("package", ["tensorflow", "jax", "jaxlib", "jax-cuda12-plugin", "torch", "triton"])
def test_each_backend_is_pinned(package):
    assert f"\n{package}==" in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_an_unknown_backend_is_one_line(capsys):
    assert main(["--backend", "theano"]) == 1
    message = "BACKEND: must be tensorflow, jax or torch; got 'theano'. Example: make run BACKEND=jax"
    assert capsys.readouterr() == ("", f"Error: {message}\n")


@pytest.mark.parametrize(
    ("backend", "program", "printed"),
    [
        (
            "tensorflow",
            NAMES_A_GPU,
            ["# backend tensorflow; GPU: NVIDIA H100 80GB HBM3", "tensorflow[and-cuda]"],
        ),
        ("jax", NAMES_A_GPU, ["# backend jax; GPU: NVIDIA H100 80GB HBM3", "jax[cuda12]"]),
        (
            "torch",
            FAILS,
            ["# backend torch; GPU: none, nvidia-smi says: NVIDIA-SMI has failed", "whl/cpu torch"],
        ),
    ],
)
def test_the_plan_is_printed_by_a_bare_python(nvidia_smi, tmp_path, backend, program, printed):
    """Without site-packages, as before the first installation."""
    nvidia_smi(program)
    options = ["--backend", backend, "--venv", str(tmp_path / "venv"), "--dry-run"]
    command = [sys.executable, "-S", "-m", "pipelines.execution.install", *options]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0].startswith(printed[0])
    if sys.platform == "linux":
        assert lines[1] == f"pip install -c constraints.txt -e '.[{installation.EXTRAS}]'"
        assert lines[2].startswith("pip install -c constraints.txt ")
        assert lines[2].replace("'", "").endswith(printed[1])
    assert not (tmp_path / "venv").exists()


@pytest.fixture
def project(tmp_path):
    """A folder with the two files that decide, and a virtual environment whose Python notes its arguments."""
    (tmp_path / "setup.cfg").write_text("a")
    (tmp_path / "constraints.txt").write_text("b")
    return tmp_path


@pytest.fixture
def commands(project, monkeypatch):
    """The commands that would have been run; each succeeds unless `commands.status` says otherwise."""

    class Commands(list):
        status = 0

    noted = Commands()

    def run(command, **options):
        noted.append(command)
        if command[1:3] == ["-m", "venv"]:
            Path(command[3]).mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, noted.status)

    monkeypatch.setattr(installation.subprocess, "run", run)
    return noted


def test_install_adds_only_what_is_missing(project, commands):
    venv = project / ".venv"
    install(choose_parts("tensorflow", False, "Linux"), venv, project)
    assert [command[1:4] for command in commands] == [["-m", "venv", str(venv)], ["-m", "pip", "install"]]
    commands.clear()
    install(choose_parts("tensorflow", False, "Linux"), venv, project)
    assert commands == []
    install(choose_parts("jax", False, "Linux"), venv, project)
    assert [command[-1] for command in commands] == ["jax"]
    commands.clear()
    for backend in ("tensorflow", "jax"):
        install(choose_parts(backend, False, "Linux"), venv, project)
    assert commands == []
    assert json.loads((venv / "installed").read_text())["parts"] == ["project", "jax on CPU"]


def test_a_changed_pin_installs_again(project, commands):
    venv = project / ".venv"
    install(choose_parts("jax", False, "Linux"), venv, project)
    commands.clear()
    (project / "constraints.txt").write_text("c")
    install(choose_parts("jax", False, "Linux"), venv, project)
    assert [command[-1] for command in commands] == [str(venv), f".[{installation.EXTRAS}]", "jax"]


def test_pytorch_with_cuda_takes_the_place_of_the_other(project, commands):
    venv = project / ".venv"
    install(choose_parts("torch", False, "Linux"), venv, project)
    commands.clear()
    install(choose_parts("torch", True, "Linux"), venv, project)
    assert [command[3] for command in commands] == ["uninstall", "install"]
    assert json.loads((venv / "installed").read_text())["parts"] == ["project", "torch on GPU"]


def test_a_failed_installation_is_not_noted(project, commands):
    commands.status = 3
    with pytest.raises(InstallError, match=r"ended with status 3\. Correct what stands above, then run"):
        install(choose_parts("jax", False, "Linux"), project / ".venv", project)
    assert not (project / ".venv" / "installed").exists()


@pytest.mark.parametrize("content", [None, "", "[]", '{"sources": "other", "parts": ["project"]}'])
def test_a_marker_that_says_nothing_of_these_sources_counts_for_nothing(tmp_path, content):
    path = tmp_path / "installed"
    if content is not None:
        path.write_text(content)
    assert read_marker(path, "these") == ()


def test_the_driver_is_not_asked_again_where_cuda_is_installed(project, nvidia_smi, monkeypatch, capsys):
    nvidia_smi("echo asked >>$0.log; echo H100")
    monkeypatch.setattr(installation.platform, "system", lambda: "Linux")
    venv, sources = project / ".venv", installation.sources_sha256(ROOT)
    venv.mkdir()
    installation.write_marker(venv / "installed", sources, ["project", "jax on GPU"])
    assert main(["--backend", "jax", "--venv", str(venv)]) == 0
    assert capsys.readouterr().out == ""
    assert not os.path.exists(project / "tools" / "nvidia-smi.log")


def test_install_needs_the_standard_library_alone():
    """Without site-packages (`-S`) it can be imported."""
    command = [sys.executable, "-S", "-c", "import pipelines.execution.install"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
