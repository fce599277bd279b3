"""Write files and folders whole or not at all; report reading errors with the path first."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import re
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from tlgan.errors import UserError
from tlgan.storage.stray_files import refuse_stray_file

MAX_FILE_BYTES = 2**28
# Text takes some twenty times its size once it is parsed.
MAX_TEXT_BYTES = 2**26
CHOOSE_ANOTHER = "choose a folder that can."
NO_LOCKS = "its file system has no locks: set HDF5_USE_FILE_LOCKING=FALSE before Python starts."
_PARTIAL = re.compile(r"\.(?:(?P<host>[0-9a-f]{6})-)?(?P<process>[0-9]+)\.partial$")
_DAY = 24 * 3600  # seconds
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: BaseException) -> bool:
    """Whether a write failed because the disk is full; HDF5 says so in the text of a RuntimeError."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    return isinstance(error, RuntimeError) and any(f"errno = {number}," in str(error) for number in _NO_SPACE)


def check_free_space(path: Path, needed: int) -> None:
    """Refuse to begin a file that its disk has no room for.

    Parameters
    ----------
    path : Path
        Of the file; its folder is there.
    needed : int
        Bytes still to be written.

    Raises
    ------
    UserError
        Where the disk has less free. Disks that do not tell their size are believed to have room.
    """
    try:
        disk = shutil.disk_usage(path.parent)
    except OSError:
        return
    if disk.total and disk.free < needed:
        raise UserError(
            f"{path}: needs {needed / 1e6:,.1f} MB more, and its disk has {disk.free / 1e6:,.1f} MB free. "
            "Free some, then run the same command again."
        )


def is_lock_refused(error: BaseException) -> bool:
    """Whether HDF5 opens no file because the file system has no locks."""
    return "unable to lock file" in str(error) and f"errno = {errno.ENOLCK}," in str(error)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file whole or not at all: give a temporary name, then rename it to `path`.

    Parameters
    ----------
    path : path
        An existing file is replaced once the block has ended, and stays where the block fails.

    Yields
    ------
    Path
        In the folder of `path`; to be written to. Removed where the block fails.

    Raises
    ------
    UserError
        Where the folder is missing or may not be written, or the disk is full.

    Examples
    --------
    >>> from tlgan.storage.atomic_files import replacing
    >>> with replacing("notes.txt") as partial:
    ...     _ = partial.write_text("whole")
    """
    final = Path(path)
    partial = _partial_name(final)
    try:
        with _write_errors(final):
            remove_dead_partials(final.parent, final.name)
            yield partial
            os.replace(partial, final)
    finally:
        with contextlib.suppress(OSError):  # it is not there, or the error that matters is on its way
            partial.unlink()


@contextlib.contextmanager
def replacing_folder(path: str | os.PathLike[str], remedy: str = CHOOSE_ANOTHER) -> Iterator[Path]:
    """Write a folder whole or not at all: give a new folder, then put it in the place of `path`.

    Parameters
    ----------
    path : path
        The folders above it are made where missing. An existing folder is replaced, with all that is in it,
        once the block has ended, and stays where the block fails.
    remedy : str
        What to do where it cannot be written.

    Yields
    ------
    Path
        An empty folder beside `path`; to be filled. Removed where the block fails.

    Raises
    ------
    UserError
        Where the folder may not be written, `path` is a file, or the disk is full.

    Notes
    -----
    No system call swaps two folders everywhere, so the old one steps aside first. A process that is killed
    just then leaves it as `<name>.replaced`; the next call for `path` puts it back before anything else, and so
    does `put_back_folders`.

    Examples
    --------
    >>> from tlgan.storage.atomic_files import replacing_folder
    >>> with replacing_folder("pictures") as partial:
    ...     _ = (partial / "first.txt").write_text("whole")
    """
    final = Path(path)
    partial, replaced = _partial_name(final), final.with_name(f"{final.name}.replaced")
    try:
        with _write_errors(final, remedy):
            _put_back(replaced, final)
            remove_dead_partials(final.parent, final.name)
            shutil.rmtree(partial, ignore_errors=True)  # of a killed process that had the same number
            partial.mkdir(parents=True)
            yield partial
            if final.is_dir():
                final.rename(replaced)
            try:
                partial.rename(final)
            finally:
                _put_back(replaced, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_back_folders(parent: Path) -> None:
    """Put every folder back that stepped aside for one that never came; call it where nobody writes."""
    for replaced in parent.glob("*.replaced"):
        with contextlib.suppress(OSError):
            _put_back(replaced, replaced.with_name(replaced.name.removesuffix(".replaced")))


def _put_back(replaced: Path, final: Path) -> None:
    """Rename a replaced folder back where nothing took its place; else remove it."""
    if not replaced.is_dir():
        return
    if final.exists():
        shutil.rmtree(replaced, ignore_errors=True)
    else:
        replaced.rename(final)


def _partial_name(final: Path) -> Path:
    return final.with_name(f"{final.name}.{_host()}-{os.getpid()}.partial")


def _host() -> str:
    """Six digits for this machine: process numbers of another, with which a folder is shared, say nothing here."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"[:6]


def remove_dead_partials(folder: Path, name: str = "") -> None:
    """Remove what killed processes left half written in a folder.

    Parameters
    ----------
    folder : Path
    name : str, optional
        Of the file or folder that was written; all without it.

    Notes
    -----
    A process of another machine, or of an earlier version, counts as dead when it has written nothing for a day.
    """
    for path in folder.glob(f"{glob.escape(name) or '*'}.*.partial"):
        parts = _PARTIAL.search(path.name)
        if parts is None or (name and path.name != name + parts[0]):
            continue
        with contextlib.suppress(OSError):
            if parts["host"] == _host():
                dead = not _is_alive(int(parts["process"]))
            else:
                dead = time.time() - path.stat().st_mtime > _DAY
            if dead and path.is_dir():
                shutil.rmtree(path)
            elif dead:
                path.unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


@contextlib.contextmanager
def _write_errors(final: Path, remedy: str = CHOOSE_ANOTHER) -> Iterator[None]:
    """Turn errors while writing into a UserError that starts with the path."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise UserError(f"{final}: no space left; free some, then run the same command again.") from error
        if is_lock_refused(error):
            raise UserError(f"{final}: cannot be locked; {NO_LOCKS}") from error
        if isinstance(error, RuntimeError):
            raise
        reason = error.strerror or str(error)
        raise UserError(f"{final}: cannot be written ({reason}); {remedy}") from error


@contextlib.contextmanager
def reading(
    path: Path, what: str, *damage: type[Exception], remedy: str = "check where it comes from."
) -> Iterator[None]:
    """Turn errors while reading a file into a UserError that starts with the path.

    Parameters
    ----------
    path : Path
    what : str
        What the file should be, with its article: "an axis file".
    damage : exception types
        What the reading library raises for damaged files, beside OSError.
    remedy : str
        What to do about it.

    Raises
    ------
    UserError
        Where the file is missing, is another that a failed download left, or cannot be read.
    """
    if not is_file(path):
        raise UserError(f"{path}: there is no such file; check the name.")
    refuse_stray_file(path, what)
    expected: tuple[type[Exception], ...] = (OSError, *damage)
    try:
        yield
    except UserError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise UserError(f"{path}: {error}") from error
    except expected as error:
        if is_lock_refused(error):
            raise UserError(f"{path}: cannot be locked; {NO_LOCKS}") from error
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: is not {what} that can be read ({reason}); {remedy}") from error


def is_file(path: Path) -> bool:
    """Whether there is such a file; False too for a name that is too long, or behind a closed folder."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def check_size(path: Path, limit: int = MAX_FILE_BYTES) -> None:
    """Refuse a file larger than `limit` bytes; call it inside `reading`."""
    size = path.stat().st_size
    if size > limit:
        raise UserError(
            f"must have at most {limit} bytes. Got {size}; axes of any generator are far smaller."
        )
