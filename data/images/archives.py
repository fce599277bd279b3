"""Read image files by index from a folder, tar files or a zip, without unpacking."""

from __future__ import annotations

import contextlib
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.images.folder_walk import files_below
from data.images.image_names import is_image_name, may_be_an_image
from data.images.tar_headers import TAR_DAMAGE, BoundedTarInfo
from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE, read_member
from tlgan.storage.stray_files import refuse_stray_file

NO_IMAGE_ENDING = "file without a picture's ending"

MAX_IMAGE_BYTES = 2**26  # of one image file

REPEATED_NAME = "second file of the same name"

Rows = Sequence[int] | NDArray[np.integer]


class ImageArchive(Protocol):
    """Image files that can be read one by one, in any order."""

    @property
    def names(self) -> tuple[str, ...]:
        """Paths inside the archive, with forward slashes."""

    def __len__(self) -> int: ...

    def read(self, row: int) -> bytes:
        """Return the bytes of one file; OSError where the disk does not give them."""

    def reading_order(self, rows: Rows) -> list[int]:
        """Return `rows` in the order in which they lie on disk."""

    def select(self, rows: Rows) -> ImageArchive:
        """Return the archive of these rows, in this order."""


@dataclass(frozen=True)
class FolderArchive:
    """Image files in a folder and the folders below it; `others` are files that may be images by another name."""

    folder: Path
    names: tuple[str, ...]
    others: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def read(self, row: int) -> bytes:
        path = self.folder / self.names[row]
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()

    def reading_order(self, rows: Rows) -> list[int]:
        return [int(row) for row in rows]

    def select(self, rows: Rows) -> FolderArchive:
        return replace(self, names=tuple(self.names[row] for row in rows))


@dataclass(frozen=True, eq=False)
class TarArchive:
    """Image files in uncompressed tar files, found by offset."""

    paths: tuple[Path, ...]
    names: tuple[str, ...]
    volumes: NDArray[np.intp]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    others: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def read(self, row: int) -> bytes:
        path, size = self.paths[self.volumes[row]], int(self.sizes[row])
        _check_size(size, f"{path}: {self.names[row]}")
        with path.open("rb") as file:
            file.seek(int(self.offsets[row]))
            content = file.read(size)
        if len(content) != size:
            raise OSError(f"{path}: ends inside {self.names[row]}")
        return content

    def reading_order(self, rows: Rows) -> list[int]:
        chosen = np.asarray(rows, dtype=np.intp)
        return chosen[np.lexsort((self.offsets[chosen], self.volumes[chosen]))].tolist()

    def select(self, rows: Rows) -> TarArchive:
        chosen = np.asarray(rows, dtype=np.intp)
        return replace(
            self,
            names=tuple(self.names[row] for row in chosen),
            volumes=self.volumes[chosen],
            offsets=self.offsets[chosen],
            sizes=self.sizes[chosen],
        )


@dataclass(frozen=True, eq=False)
class ZipArchive:
    """Image files in one zip, which stays open as long as this value is in use."""

    file: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(_member_name(member) for member in self.members)

    def __len__(self) -> int:
        return len(self.members)

    def read(self, row: int) -> bytes:
        try:
            return read_member(self.file, self.members[row], MAX_IMAGE_BYTES)
        except ZIP_DAMAGE as error:
            raise OSError(f"{self.file.filename}: {self.members[row].filename}: {error}") from error

    def reading_order(self, rows: Rows) -> list[int]:
        return sorted((int(row) for row in rows), key=lambda row: self.members[row].header_offset)

    def select(self, rows: Rows) -> ZipArchive:
        return replace(self, members=tuple(self.members[row] for row in rows))


FileArchive = FolderArchive | TarArchive | ZipArchive


def _check_size(size: int, name: str) -> None:
    if size > MAX_IMAGE_BYTES:
        raise OSError(f"{name}: has {size} bytes, more than {MAX_IMAGE_BYTES}")


def open_archive(*paths: Path) -> FileArchive:
    """Index the images of one folder, one zip, or one or more tar files; sorted by name.

    Parameters
    ----------
    *paths : Path
        Several only where all are tar files.

    Raises
    ------
    UserError
        The path is missing, damaged, of an unknown type, or holds no image.
    """
    first = paths[0]
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: does not exist. Give a folder, a .tar or a .zip of images.")
        refuse_stray_file(path, "an archive of images")
    archive: FileArchive
    if first.is_dir():
        archive = _open_folder(first)
    elif first.suffix == ".zip":
        archive = _open_zip(first)
    elif first.suffix == ".tar":
        archive = _open_tars(paths)
    elif first.suffix in (".gz", ".tgz"):
        raise UserError(f"{first}: must not be compressed, to be read in place. Run: gunzip {first}")
    else:
        raise UserError(f"{first}: must be a folder, a .tar or a .zip of images. Give one of these.")
    if not len(archive):
        got = f"other files, such as {archive.others[0]}" if archive.others else "none"
        raise UserError(f"{first}: must hold images (.jpg, .png, .webp, …). Got {got}. Put them there.")
    return archive


def skipped_others(archive: FileArchive, *tables: Path) -> dict[str, tuple[str, ...]]:
    """The files that no reader opens, by reason, as `LabelledImages.skipped` has them; without `tables`."""
    named = {table.name for table in tables}
    others = tuple(name for name in archive.others if PurePosixPath(name).name not in named)
    return {NO_IMAGE_ENDING: others} if others else {}


def _member_name(member: zipfile.ZipInfo) -> str:
    """A zip member's name; macOS writes UTF-8 without saying so, which Python takes for code page 437."""
    if not member.flag_bits & 0x800 and not member.filename.isascii():
        with contextlib.suppress(UnicodeError):
            return member.filename.encode("cp437").decode("utf-8")
    return member.filename


def index_base_names(archive: ImageArchive) -> tuple[dict[str, int], tuple[str, ...]]:
    """Number the files of an archive by their names without folders.

    Returns
    -------
    rows : dict of base name to row, the first where a name occurs twice
    repeated : tuple of str
        The paths whose base name had occurred before.
    """
    rows: dict[str, int] = {}
    repeated: list[str] = []
    for row, path in enumerate(archive.names):
        name = PurePosixPath(path).name
        if name in rows:
            repeated.append(path)
        else:
            rows[name] = row
    return rows, tuple(repeated)


def _open_folder(folder: Path) -> FolderArchive:
    names = files_below(folder)
    return FolderArchive(folder, tuple(filter(is_image_name, names)), tuple(filter(may_be_an_image, names)))


def _open_tars(paths: Iterable[Path]) -> TarArchive:
    paths = tuple(paths)
    found: list[tuple[str, int, int, int]] = []
    others: list[str] = []
    for volume, path in enumerate(paths):
        try:
            with tarfile.open(path, "r:", tarinfo=BoundedTarInfo) as tar:
                while (member := tar.next()) is not None:
                    if member.isreg() and is_image_name(member.name):
                        found.append((member.name, volume, member.offset_data, member.size))
                    elif member.isreg() and may_be_an_image(member.name):
                        others.append(member.name)
                    # tarfile stores every header it has read; 200,000 of them take memory that nothing needs.
                    tar.members = []  # type: ignore[attr-defined]
        except TAR_DAMAGE as error:
            raise UserError(f"{path}: is no whole tar file ({error}). Download it again.") from error
    found.sort()
    names, volumes, offsets, sizes = zip(*found, strict=True) if found else ((), (), (), ())
    return TarArchive(
        paths,
        tuple(names),
        np.array(volumes, dtype=np.intp),
        np.array(offsets, dtype=np.int64),
        np.array(sizes, dtype=np.int64),
        tuple(sorted(others)),
    )


def _open_zip(path: Path) -> ZipArchive:
    try:
        file = zipfile.ZipFile(path)
    except ZIP_DAMAGE as error:
        raise UserError(f"{path}: is no whole zip file ({error}). Download it again.") from error
    named = {_member_name(member): member for member in file.infolist() if member.filename[-1:] != "/"}
    names = sorted(named)
    members = tuple(named[name] for name in names if is_image_name(name))
    return ZipArchive(file, members, tuple(filter(may_be_an_image, names)))
