"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tlgan.errors import UserError


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside `path` to write to; on success it becomes `path`, on failure it is removed.

    Raises
    ------
    UserError
        Where the folder is missing or may not be written.
    """
    final = Path(path)
    partial = final.with_name(f"{final.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, final)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{final}: cannot be written ({reason}); choose a folder that can.") from error
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            partial.unlink()
