"""Designs of latents and responses for the tests of the solvers."""

from __future__ import annotations

import numpy as np

from tlgan.regression.solvers.sufficient_statistics import Design, gather_design
from tlgan.regression.streaming.row_stream import Rows, TargetColumn


def design_of(latents: np.ndarray, responses: np.ndarray, held_out: float = 0.0) -> Design:
    """The design of all columns of `responses`, in chunks of 64 rows."""
    columns = tuple(TargetColumn(index) for index in range(responses.shape[1]))
    return gather_design(Rows(latents, responses, columns, chunk_rows=64, held_out=held_out))
