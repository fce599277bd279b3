"""The process in which another project's network runs for the first time; see `models.importers.first_pass.trial`.

Arguments: number of the open connection, kind, bytes, seconds, path. It bounds itself: the kernel refuses more
memory, and ends it when the time is over, whatever it computes and whether or not its parent still lives.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

START_SECONDS = 300.0  # to import a backend on a busy machine
BYTES_PER_CORE = 2**24  # of the stacks of a backend's threads
MAX_INPUT_BYTES = 2**28


def main(arguments: list[str]) -> None:
    """Open the network, tell what it is, then run it for as long as rows come."""
    descriptor, kind, n_bytes, seconds, path = arguments
    _end_after(START_SECONDS)
    connection = Connection(int(descriptor))
    _import_backend(kind)
    from models.importers.keras_file import open_keras
    from models.importers.onnx_file import open_onnx
    from tlgan.errors import UserError
    from tlgan.storage.npy import npy_bytes, read_npy

    _end_after(float(seconds))
    bound_memory(int(n_bytes))
    try:
        network = {"onnx": open_onnx, "keras": open_keras}[kind](Path(path))
        _send(
            connection,
            input_shape=network.input_shape,
            batch=network.batch,
            output_names=network.output_names,
            parameters=network.parameters,
        )
        while True:
            rows = read_npy(io.BytesIO(connection.recv_bytes(MAX_INPUT_BYTES)), "rows", "f", MAX_INPUT_BYTES)
            outputs = network.run(rows)
            _send(connection, outputs=len(outputs))
            for output in outputs:
                connection.send_bytes(npy_bytes(output))
    except UserError as error:
        _send(connection, error=str(error)[:2000])
    except EOFError:  # the parent has what it wanted
        pass
    except Exception as error:  # whatever a backend raises, the graph cannot run
        _send(connection, error=f"{path}: fails when it runs ({' '.join(str(error).split())[:240]}).")


def bound_memory(n_bytes: int) -> None:
    """Let this process take so many bytes more than it has; what goes beyond fails or ends it.

    Counted are numbers, not files mapped into memory. Systems without /proc have no such bound.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return
    (taken,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmData:"))
    most = int(taken) * 1024 + n_bytes + BYTES_PER_CORE * (os.cpu_count() or 1)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end_after(seconds: float) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _import_backend(kind: str) -> None:
    """Import what runs the network, and start its threads."""
    if kind == "onnx":
        import onnxruntime  # noqa: F401
    else:
        import keras

        keras.ops.matmul(keras.ops.ones((64, 64)), keras.ops.ones((64, 64)))


def _send(connection: Connection, **facts: Any) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    connection.send_bytes(json.dumps({"peak": peak, **facts}).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
