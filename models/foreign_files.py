"""Files of other projects' networks, by kind."""

from __future__ import annotations

from pathlib import Path

from models.file_kinds import file_kind
from models.foreign_network import ForeignNetwork
from models.keras_files import open_keras
from models.onnx_files import open_onnx


def open_network(path: Path, kind: str | None = None) -> ForeignNetwork:
    """Open an ONNX or Keras file; nothing in it is run but the operators of its graph.

    Parameters
    ----------
    kind : "onnx" or "keras"; None tells it from the file

    Raises
    ------
    UserError
        Where the file is neither, is damaged, or holds anything that is not a known operator.
    """
    return open_onnx(path) if (kind or file_kind(path)) == "onnx" else open_keras(path)
