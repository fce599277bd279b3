"""The process that a network is tried in: started, asked, and said in a sentence why it ended before its time."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.npy import npy_bytes, read_npy

CHILD = "models.importers.first_pass.child"
ROOT = Path(__file__).parents[3]
MAX_RESULT_BYTES = 2**28  # of one output
# The child computes on the CPU, where its memory can be bounded.
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}


def most_memory(file_bytes: int) -> int:
    """Bytes that a network may take beside what the program has: 256 MiB, and 50 for each byte of its file."""
    return 2**28 + 50 * file_bytes


def most_seconds(file_bytes: int) -> float:
    """Seconds in which a network must open and give its first results."""
    return 8 + file_bytes / 2**21


@contextmanager
def start_process(path: Path, kind: str) -> Iterator[NetworkProcess]:
    """Start a process that opens a network; it ends with the block."""
    size = path.stat().st_size
    here, there = Pipe()
    with here:
        with there:
            arguments = [
                str(there.fileno()),
                kind,
                str(most_memory(size)),
                str(most_seconds(size)),
                str(path),
            ]
            child = subprocess.Popen(
                [sys.executable, "-m", CHILD, *arguments],
                pass_fds=[there.fileno()],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            yield NetworkProcess(path, child, here)
        finally:
            child.kill()
            child.wait()


class NetworkProcess:
    """The other process, and what it answers.

    Attributes
    ----------
    peak : int, bytes that it has had in memory at most
    """

    def __init__(self, path: Path, child: subprocess.Popen[bytes], connection: Connection) -> None:
        self.peak = 0
        self._path, self._child, self._connection = path, child, connection

    def run(self, rows: np.ndarray) -> list[np.ndarray]:
        """The network's outputs for rows of inputs."""
        try:
            self._connection.send_bytes(npy_bytes(np.asarray(rows, "float32")))
        except OSError as error:
            raise self._ended() from error
        count = self.answer()["outputs"]
        # Read as a stranger's file: a network that broke out of its graph could have written anything.
        return [
            read_npy(io.BytesIO(self._receive()), "an output", "fiub", MAX_RESULT_BYTES) for _ in range(count)
        ]

    def answer(self) -> dict[str, Any]:
        """What it has found or done."""
        answer = parse_json(self._receive())
        if "error" in answer:
            raise UserError(str(answer["error"]))
        self.peak = int(answer.get("peak", 0))
        return answer

    def _receive(self) -> bytes:
        try:
            return self._connection.recv_bytes(MAX_RESULT_BYTES)
        except (EOFError, OSError) as error:
            raise self._ended() from error

    def _ended(self) -> UserError:
        """Why it has ended before its time."""
        try:
            code = self._child.wait(timeout=10)
        except subprocess.TimeoutExpired:  # an answer that was too long
            code = 0
        size = self._path.stat().st_size
        if code == -signal.SIGALRM:
            return UserError(
                f"{self._path}: must open and give its first results within {most_seconds(size):.0f} s. It took "
                "longer and was stopped. Export a network without loops, or a smaller one."
            )
        return UserError(
            f"{self._path}: must open and give its first results in {most_memory(size) / 2**20:.0f} MiB. It ran "
            f"out of memory or crashed (exit code {code}), in a process of its own. Export a smaller network."
        )


def _environment() -> dict[str, str]:
    """That of this process, for the same Keras backend on the CPU, and this project's packages."""
    keras = sys.modules.get("keras")
    backend = {"KERAS_BACKEND": keras.backend.backend()} if keras else {}
    folders = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return os.environ | NO_GPU | backend | {"PYTHONPATH": folders, "TF_CPP_MIN_LOG_LEVEL": "3"}
