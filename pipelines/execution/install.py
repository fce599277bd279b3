"""Fill the virtual environment: the project, the backend asked for, and CUDA where there is a GPU.

It runs before anything is installed, so what it imports needs the standard library alone. What is
there is noted in the marker `.venv/installed`; only what is missing is installed.

Example: python3 -m pipelines.execution.install --backend jax --dry-run
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.execution.hashes import HASHES, HashError, hashed_requirements, read_hashes, read_report
from tlgan.storage.atomic_files import replacing

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = ("tensorflow", "jax", "torch")
EXTRAS = "pipeline,onnx,safetensors,video,notebook,ray,test"
PINS = ("-c", "constraints.txt")
# PyPI's PyTorch for Linux brings CUDA along; the build without it is on its makers' index.
TORCH_FOR_CPU = ("--retries", "1", "--extra-index-url", "https://download.pytorch.org/whl/cpu", "torch")
GPU_SECONDS = 10.0


class InstallError(Exception):
    """An error that a person can correct, in one line."""


@dataclass(frozen=True)
class Gpu:
    """The output of `nvidia-smi`: a GPU, or why there is none.

    Attributes
    ----------
    name : str or None, of the first GPU; None where there is none to use
    reason : str, why there is none; empty where there is one
    """

    name: str | None
    reason: str = ""


@dataclass(frozen=True)
class Part:
    """Packages that are installed together.

    Attributes
    ----------
    name : str, as the marker lists it: "project", "jax on CPU"
    arguments : tuple of str, for `pip install`
    """

    name: str
    arguments: tuple[str, ...]


def find_gpu(seconds: float = GPU_SECONDS) -> Gpu:
    """Ask `nvidia-smi` for a GPU; a tool that is missing, fails or hangs means that there is none.

    Parameters
    ----------
    seconds : float
        How long to wait for the output.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Gpu(None, "there is no nvidia-smi")
    command = [tool, "--query-gpu=name", "--format=csv,noheader"]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()  # and no waiting: in a driver that hangs the process does not end
        return Gpu(None, f"nvidia-smi printed nothing within {seconds:g} s")
    except OSError as error:
        return Gpu(None, f"nvidia-smi cannot be run: {error.strerror}")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = lines[0] if lines else "nothing"
    if process.returncode or not lines or "no devices" in first.lower():
        return Gpu(None, f"nvidia-smi says: {first}")
    return Gpu(first)


def choose_parts(backend: str, gpu: bool, system: str) -> tuple[Part, ...]:
    """What a backend needs.

    Parameters
    ----------
    backend : str
        "tensorflow", "jax" or "torch". TensorFlow's CPU build is part of the project.
    gpu : bool
        Whether there is an NVIDIA GPU.
    system : str
        As `platform.system()` says it. The packages with CUDA are for Linux.

    Raises
    ------
    InstallError
        Where the backend is another.

    Examples
    --------
    >>> [part.name for part in choose_parts("jax", gpu=True, system="Linux")]
    ['project', 'jax on GPU']
    """
    if backend not in BACKENDS:
        raise InstallError(
            f"BACKEND: must be tensorflow, jax or torch; got {backend!r}. Example: make run BACKEND=jax"
        )
    project = Part("project", ("-e", f".[{EXTRAS}]"))
    if gpu and system == "Linux":
        packages = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]", "torch": "torch"}
        return project, Part(f"{backend} on GPU", (packages[backend],))
    if backend == "tensorflow":
        return (project,)
    if backend == "torch" and system == "Linux":
        return project, Part("torch on CPU", TORCH_FOR_CPU)
    return project, Part(f"{backend} on CPU", (backend,))


def sources_sha256(root: Path) -> str:
    """SHA-256 of the files that decide what is installed: `setup.cfg` and `constraints.txt`."""
    return hashlib.sha256(b"".join((root / name).read_bytes() for name in ("setup.cfg", PINS[1]))).hexdigest()


def read_marker(path: Path, sources: str) -> tuple[str, ...]:
    """Names of the parts that are installed; none where the marker is missing, or of other sources."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    if not isinstance(content, Mapping) or content.get("sources") != sources:
        return ()
    return tuple(content.get("parts", ()))


def write_marker(path: Path, sources: str, parts: Sequence[str]) -> None:
    """Note what is installed."""
    text = json.dumps({"sources": sources, "parts": list(parts)}, indent=1) + "\n"
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def install(parts: Sequence[Part], venv: Path, root: Path = ROOT, by_hash: bool = False) -> None:
    """Install the parts that the virtual environment lacks, and note each as soon as it is there.

    Parameters
    ----------
    by_hash : bool
        Whether every file must have a hash of `constraints-hashes.txt`; see `pipelines.execution.hashes`.

    Raises
    ------
    InstallError
        Where pip or the module `venv` fails; their own messages stand above.
    """
    marker, sources = venv / "installed", sources_sha256(root)
    done = list(read_marker(marker, sources))
    python = str(venv / "bin" / "python")
    for part in parts:
        if part.name in done:
            continue
        print(f"Installing {part.name} into {venv} (once, a few minutes) ...", flush=True)
        if part.name == "project":
            _run([sys.executable, "-m", "venv", str(venv)], root)
        if part.name == "torch on GPU" and "torch on CPU" in done:  # pip takes the one for the other
            _run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "torch"], root)
            done.remove("torch on CPU")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if by_hash:
            _install_by_hash(pip, part, root)
        else:
            _run([*pip, *PINS, *part.arguments], root)
        done.append(part.name)
        write_marker(marker, sources, done)


def _install_by_hash(pip: list[str], part: Part, root: Path) -> None:
    """Install a part from files whose hashes are known; PyTorch then comes from PyPI, with CUDA."""
    arguments = ("torch",) if part.arguments == TORCH_FOR_CPU else part.arguments
    asked = [*pip, *PINS, "--dry-run", "--report", "-", *arguments]
    answer = subprocess.run(asked, cwd=root, check=False, stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        raise InstallError(f"{shlex.join(asked)}: ended with status {answer.returncode}; see above.")
    try:
        hashes = read_hashes((root / HASHES).read_text(encoding="utf-8"))
        text = hashed_requirements(read_report(answer.stdout), hashes, "tlgan")
    except HashError as error:
        raise InstallError(str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(text, encoding="utf-8")
        _run([*pip, "--no-deps", "--require-hashes", "-r", str(requirements)], root)
    if part.name == "project":
        _run([*pip, "--no-deps", "--no-build-isolation", *part.arguments], root)


def _run(command: list[str], folder: Path) -> None:
    status = subprocess.run(command, cwd=folder, check=False).returncode
    if status:
        raise InstallError(
            f"{shlex.join(command)}: ended with status {status}. Correct what stands above, then run the same "
            "command again; what is installed stays."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Say or install what is missing."""
    parser = argparse.ArgumentParser(prog="python3 -m pipelines.execution.install", description=__doc__)
    parser.add_argument("--backend", default="tensorflow", help="tensorflow, jax or torch")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="the virtual environment")
    parser.add_argument("--dry-run", action="store_true", help="print the pip commands, install nothing")
    parser.add_argument(
        "--hashes", action="store_true", help=f"install only files whose hashes {HASHES} lists"
    )
    options = parser.parse_args(arguments)
    venv = options.venv.absolute()
    try:
        if sys.version_info < (3, 11):  # noqa: UP036
            raise InstallError(
                f"Python: must be 3.11 or later; got {platform.python_version()}. Example: make run PYTHON=python3.11"
            )
        done = read_marker(venv / "installed", sources_sha256(ROOT))
        system, on_gpu = platform.system(), f"{options.backend} on GPU"
        # `nvidia-smi` takes a second; it need not run where CUDA is installed already.
        gpu = Gpu("found earlier") if on_gpu in done and not options.dry_run else find_gpu()
        parts = choose_parts(options.backend, gpu.name is not None, system)
        if not options.dry_run:
            if shutil.which("nvidia-smi") and gpu.reason and any(part.name not in done for part in parts):
                print(f"No GPU will be used: {gpu.reason}")
            install(parts, venv, by_hash=options.hashes)
            return 0
    except InstallError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"# backend {options.backend}; GPU: {gpu.name or f'none, {gpu.reason}'}")
    for part in parts:
        noted = "  # installed" if part.name in done else ""
        print(f"pip install {shlex.join([*PINS, *part.arguments])}{noted}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
