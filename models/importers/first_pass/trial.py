"""Try a network in a process of its own, and note which have passed.

Nothing tells from outside what a graph takes: a few bytes can ask for a loop of years, or for a layer of
terabytes. Once it has drawn, or read, a first picture within bounds, it is opened in this process too.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.importers.first_pass import process as processes
from models.importers.first_pass.process import NetworkProcess
from models.importers.foreign_network import ForeignNetwork
from models.importers.keras_file import check_keras


@dataclass
class Trial:
    """A network that runs in a process of its own.

    Attributes
    ----------
    network : ForeignNetwork, its `run` asks the other process
    """

    network: ForeignNetwork
    _process: NetworkProcess = field(repr=False)

    def floats_per_row(self, rows: np.ndarray) -> int:
        """Memory that one row more takes, in float32 numbers; 0 where the network takes a fixed number.

        Parameters
        ----------
        rows : float32 array, at least 2 rows as the network takes them
        """
        if self.network.batch is not None:
            return 0
        peaks = []
        for count in (1, 2):
            self.network.run(rows[:count])
            peaks.append(self._process.peak)
        return (peaks[1] - peaks[0]) // 4


@contextmanager
def open_apart(path: Path, kind: str) -> Iterator[Trial]:
    """Open an ONNX or Keras file in a process of its own, which ends with the block.

    Parameters
    ----------
    path : Path
    kind : "onnx" or "keras"

    Raises
    ------
    UserError
        Where the file cannot be opened, or takes more than `process.most_memory` or `process.most_seconds`
        until the end of the block.
    """
    if kind == "keras":  # what can be told without its backend is told at once
        check_keras(path)
    with processes.start_process(path, kind) as process:
        facts = process.answer()
        network = ForeignNetwork(
            path,
            tuple(facts["input_shape"]),
            facts["batch"],
            tuple(facts["output_names"]),
            process.run,
            facts["parameters"],
        )
        yield Trial(network, process)


class PassedNetworks:
    """Networks whose first pass went well, in this process and in a mapping that outlives it.

    Parameters
    ----------
    cache : mapping of text to number, or None
    """

    _here: dict[str, int] = {}  # noqa: RUF012, for all of this process

    def __init__(self, cache: MutableMapping[str, Any] | None) -> None:
        self._cache = self._here if cache is None else cache

    def floats_per_row(self, key: str) -> int | None:
        """What `Trial.floats_per_row` was; None where the network has not run yet."""
        found = self._cache.get(f"{key} | first pass", self._here.get(f"{key} | first pass"))
        return found if type(found) is int and found >= 0 else None

    def add(self, key: str, floats_per_row: int) -> None:
        """Note that a network has run within its bounds."""
        self._here[f"{key} | first pass"] = self._cache[f"{key} | first pass"] = floats_per_row
