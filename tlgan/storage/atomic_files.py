"""Files that appear whole or not at all, and reading errors that start with the path."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from tlgan.errors import UserError

MAX_FILE_BYTES = 2**28
# Text takes some twenty times its size once it is parsed.
MAX_TEXT_BYTES = 2**26


_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: BaseException) -> bool:
    """Whether a write failed for want of room; HDF5, closing a file, says so in a RuntimeError's text."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    return isinstance(error, RuntimeError) and any(f"errno = {number}," in str(error) for number in _NO_SPACE)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside `path` to write to; on success it becomes `path`, on failure it is removed.

    Raises
    ------
    UserError
        Where the folder is missing or may not be written, or the disk is full.
    """
    final = Path(path)
    partial = final.with_name(f"{final.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, final)
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise UserError(f"{final}: no space left; free some, then run the same command again.") from error
        if isinstance(error, RuntimeError):
            raise
        reason = error.strerror or str(error)
        raise UserError(f"{final}: cannot be written ({reason}); choose a folder that can.") from error
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            partial.unlink()


@contextlib.contextmanager
def reading(
    path: Path, what: str, *damage: type[Exception], mend: str = "check where it comes from."
) -> Iterator[None]:
    """Turn what goes wrong while reading `path` into a UserError that starts with the path.

    Parameters
    ----------
    path : Path
    what : str
        What the file should be, with its article: "an axis file".
    damage : exception types
        What the reading library raises for damaged files, beside OSError.
    mend : str
        What to do about it.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; check the name.")
    expected: tuple[type[Exception], ...] = (OSError, *damage)
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except expected as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: is not {what} that can be read ({reason}); {mend}") from error


def check_size(path: Path, limit: int = MAX_FILE_BYTES) -> None:
    """Refuse a file too large to be what it should be; to be called inside `reading`."""
    size = path.stat().st_size
    if size > limit:
        raise UserError(
            f"must have at most {limit} bytes. Got {size}; axes of any generator are far smaller."
        )
