"""Read image files by index from a folder, tar files or a zip, without unpacking."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.images.tar_headers import TAR_DAMAGE, BoundedTarInfo
from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE, read_member

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})

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
    """Image files in a folder and the folders below it."""

    folder: Path
    names: tuple[str, ...]

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

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.filename for member in self.members)

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


def _check_size(size: int, name: str) -> None:
    if size > MAX_IMAGE_BYTES:
        raise OSError(f"{name}: has {size} bytes, more than {MAX_IMAGE_BYTES}")


def open_archive(*paths: Path) -> ImageArchive:
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
    archive: ImageArchive
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
        raise UserError(
            f"{first}: must hold images ({', '.join(sorted(IMAGE_SUFFIXES))}). Got none. Put them there."
        )
    return archive


def is_image_name(name: str) -> bool:
    """Tell whether a name is an image's; hidden files and those that macOS adds to zips are not."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() in IMAGE_SUFFIXES


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
    names: list[str] = []
    for place, _, files in os.walk(folder):
        prefix = PurePosixPath(Path(place).relative_to(folder).as_posix())
        names.extend(name for name in (str(prefix / file) for file in files) if is_image_name(name))
    return FolderArchive(folder, tuple(sorted(names)))


def _open_tars(paths: Iterable[Path]) -> TarArchive:
    paths = tuple(paths)
    found: list[tuple[str, int, int, int]] = []
    for volume, path in enumerate(paths):
        try:
            with tarfile.open(path, "r:", tarinfo=BoundedTarInfo) as tar:
                while (member := tar.next()) is not None:
                    if member.isreg() and is_image_name(member.name):
                        found.append((member.name, volume, member.offset_data, member.size))
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
    )


def _open_zip(path: Path) -> ZipArchive:
    try:
        file = zipfile.ZipFile(path)
    except ZIP_DAMAGE as error:
        raise UserError(f"{path}: is no whole zip file ({error}). Download it again.") from error
    members = [member for member in file.infolist() if not member.is_dir() and is_image_name(member.filename)]
    return ZipArchive(file, tuple(sorted(members, key=lambda member: member.filename)))
