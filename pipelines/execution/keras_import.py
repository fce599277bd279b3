"""Importing the deep-learning backend without its banners."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def import_quietly() -> None:
    """Import Keras and its backend; their native start-up messages are dropped, errors are not."""
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Take of a GPU what is needed and no more: workers of a cluster may compute on the same one.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with _native_errors_dropped():
        import keras

        keras.ops.zeros(1)  # the backend's own start-up messages come with its first tensor


@contextmanager
def _native_errors_dropped() -> Iterator[None]:
    """Point file descriptor 2 nowhere for a while: the messages come from C++ and know no setting."""
    sys.stderr.flush()
    usual, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(usual, 2)
        os.close(usual)
        os.close(nowhere)
