"""A network of another project that runs: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tlgan.errors import UserError

ENDINGS = {"onnx": ".onnx", "keras": ".keras"}  # the kinds that `file_kind.open_network` takes


@dataclass(frozen=True)
class ForeignNetwork:
    """A network with one input.

    Attributes
    ----------
    path : Path
    input_shape : tuple of int or None, without the batch; None where any size goes
    batch : int or None, rows it must be given at a time; None where any number goes
    output_names : tuple of str
    run : callable, float32 array (rows, *input_shape) to a list of arrays, one per output
    parameters : int or None, numbers in it; None where unknown
    """

    path: Path
    input_shape: tuple[int | None, ...]
    batch: int | None
    output_names: tuple[str, ...]
    run: Callable[[np.ndarray], list[np.ndarray]] = field(repr=False, compare=False)
    parameters: int | None = None

    def output_number(self, output: str | int) -> int:
        """Place of an output given by name or number; `UserError` where there is none."""
        if isinstance(output, int) and output < len(self.output_names):
            return output
        if output in self.output_names:
            return self.output_names.index(output)
        raise UserError(
            f"{self.path}: has no output {output!r}. It has {list(self.output_names)}; correct its sidecar."
        )


def reason_of(error: Exception, most: int = 240) -> str:
    """What a library says went wrong, on one line; of a long text the start and the end, where reasons stand."""
    text = " ".join(str(error).split())
    return text if len(text) <= most else f"{text[: most // 3]} … {text[most // 3 + 3 - most :]}"
