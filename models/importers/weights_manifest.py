"""Read the weights of TensorFlow.js: a manifest in JSON that says what is where in files of bytes beside it.

A manifest is a list of groups. A group has `paths`, files whose bytes are put one behind the other, and
`weights`: name, shape and type of each array, in the order of the bytes. Quantised arrays are whole numbers q
that stand for q · scale + min.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np

from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import reading

MAX_MANIFEST_BYTES, MAX_BYTES = 2**22, 2**28
MAX_NAME_BYTES = 255  # of a file
Side = Annotated[int, msgspec.Meta(ge=1, le=2**20)]


class Quantization(msgspec.Struct, frozen=True):
    """How whole numbers stand for floats: value = number · scale + min."""

    dtype: Literal["uint8", "uint16"]
    scale: float
    min: float


class ManifestArray(msgspec.Struct, frozen=True):
    """Name, shape and type of one array."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    shape: Annotated[tuple[Side, ...], msgspec.Meta(max_length=8)]
    dtype: Literal["float32"]
    quantization: Quantization | None = None

    @property
    def stored(self) -> np.dtype:
        """The type of its numbers in the file."""
        kind = self.quantization.dtype if self.quantization else self.dtype
        return np.dtype(kind).newbyteorder("<")

    @property
    def n_bytes(self) -> int:
        """What it takes of the file."""
        return math.prod(self.shape) * self.stored.itemsize


class ManifestGroup(msgspec.Struct, frozen=True):
    """Arrays, and the files that hold their bytes."""

    paths: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    weights: tuple[ManifestArray, ...]


def read_manifest(path: Path, remedy: str = "Fetch it again.") -> dict[str, np.ndarray]:
    """Read all arrays that a manifest lists.

    Parameters
    ----------
    path : Path of the manifest; the files that it names lie in the same folder
    remedy : str, what to do about a damaged file, for messages

    Returns
    -------
    dict of str to float32 array, by the names of the manifest

    Raises
    ------
    UserError
        Where a file is missing, not a manifest, has more or fewer bytes than the manifest says or numbers that
        are not finite, or two arrays have one name.
    """
    path = Path(path)
    with reading(path, "a manifest of weights", msgspec.MsgspecError, UnicodeDecodeError, remedy=remedy):
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise UserError(
                f"must have at most {MAX_MANIFEST_BYTES} bytes. Got {path.stat().st_size}. {remedy}"
            )
        try:
            groups = msgspec.convert(parse_json(path.read_bytes()), tuple[ManifestGroup, ...])
        except UserError as error:
            raise UserError(f"is not a manifest of weights that can be read ({error}); {remedy}") from error
    _check_files(path, groups, remedy)
    arrays: dict[str, np.ndarray] = {}
    for group in groups:
        content = _read_bytes(path, group, remedy)
        start = 0
        for entry in group.weights:
            if entry.name in arrays:
                raise UserError(f"{path}: must name each array once. Got {entry.name!r} twice. {remedy}")
            arrays[entry.name] = _decode(path, entry, content[start : start + entry.n_bytes], remedy)
            start += entry.n_bytes
    return arrays


def _check_files(path: Path, groups: Sequence[ManifestGroup], remedy: str) -> None:
    """Refuse a manifest that names a file twice, or one elsewhere: a small file would unfold to many arrays."""
    names = [name for group in groups for name in group.paths]
    for name in names:
        if not _is_plain(name):
            raise UserError(f"{path}: must name files of its own folder. Got {name[:60]!r}. {remedy}")
    if len(set(names)) < len(names):
        raise UserError(f"{path}: must name each file once. {remedy}")


def _read_bytes(path: Path, group: ManifestGroup, remedy: str) -> bytes:
    """The bytes of a group's files, one behind the other."""
    wanted = sum(entry.n_bytes for entry in group.weights)
    if wanted > MAX_BYTES:
        raise UserError(f"{path}: must list at most {MAX_BYTES} bytes. Got {wanted}. {remedy}")
    files = [path.with_name(name) for name in group.paths]
    found = 0
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: no such file, but {path.name} names it. {remedy}")
        found += file.stat().st_size
    if found != wanted:
        names = ", ".join(group.paths)
        raise UserError(f"{path}: lists {wanted} bytes. Got {found} in {names}. {remedy}")
    return b"".join(file.read_bytes() for file in files)


def _is_plain(name: str) -> bool:
    is_short = len(name.encode("utf-8", "replace")) <= MAX_NAME_BYTES
    return is_short and name not in ("", ".", "..") and name.isprintable() and not set(name) & set("/\\:")


def _decode(path: Path, entry: ManifestArray, content: bytes, remedy: str) -> np.ndarray:
    numbers = np.frombuffer(content, entry.stored).reshape(entry.shape)
    if entry.quantization:
        numbers = numbers * np.float64(entry.quantization.scale) + entry.quantization.min
    with np.errstate(over="ignore"):
        array = numbers.astype("float32")
    if not np.isfinite(array).all():
        raise UserError(f"{path}: {entry.name!r} must be finite. It is not. {remedy}")
    return array
