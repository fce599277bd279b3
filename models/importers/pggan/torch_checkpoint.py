"""Read PyTorch files without PyTorch: a pickle that says what tensors there are, and their raw storages.

Two formats of `torch.save`: since version 1.6 a zip archive (`…/data.pkl`, `…/data/<key>`); before,
five pickles one after another and then the storages. None of these pickles is run (`tlgan.storage.safe_pickle`).
"""

from __future__ import annotations

import io
import math
import pickletools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE, open_zip, read_member
from tlgan.storage.atomic_files import reading
from tlgan.storage.safe_pickle import Record, load_plain_pickle

MAX_BYTES = 2**33
MAX_PICKLE_BYTES = 2**24  # the pickle names tensors, it does not hold them
MAX_OPCODES = 20_000
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # what the first of the old format's pickles says
LEGACY_PROTOCOL = 1001


# A function of a storage and of how many numbers a tensor names in it, to the storage's numbers.
ReadStorage = Callable[["_StorageRecord", int], np.ndarray]


class Config(dict):
    """Attributes of an object whose class belongs to the file's project."""


class _ConfigRecord(Record):
    """An object of a foreign configuration class: its attributes, no class."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state: Any = {}

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def finished(self, finish):
        state = finish(self._state)
        if not isinstance(state, dict):
            raise UserError("holds a configuration without attributes.")
        return Config(state)


class _OrderedRecord(dict, Record):
    """A `collections.OrderedDict`; attributes set on it (versions of modules) are dropped."""

    def __setstate__(self, state: Any) -> None:
        pass

    def finished(self, finish):
        return {finish(key): finish(value) for key, value in self.items()}


class _StorageType(Record):
    """A storage class that the pickle names; never made."""

    dtype: np.dtype


class _StorageRecord(Record):
    """A block of numbers outside the pickle, read when a tensor needs it."""

    __slots__ = ("dtype", "key", "read", "size")

    def __init__(self, pid: Any, read: ReadStorage) -> None:
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise UserError("refers to something that is no storage.")
        kind, self.key, _, self.size = pid[1:5]
        if not isinstance(kind, type) or not issubclass(kind, _StorageType) or not isinstance(self.key, str):
            raise UserError("refers to a storage of an unknown type.")
        if type(self.size) is not int or self.size < 0 or any(view is not None for view in pid[5:]):
            raise UserError(f"refers to storage {self.key[:40]!r} without a proper size.")
        self.dtype, self.read = kind.dtype, read


class _TensorRecord(Record):
    """What the pickle says of a tensor: a part of a storage."""

    __slots__ = ("_arguments",)

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def finished(self, finish):
        storage, offset, shape, strides = self._arguments[:4]
        if not isinstance(storage, _StorageRecord):
            raise UserError("holds a tensor without a storage.")
        numbers = (offset, *shape, *strides)
        if len(shape) != len(strides) or not all(type(n) is int and 0 <= n < 2**40 for n in numbers):
            raise UserError("holds a tensor of an impossible shape.")
        last = offset + sum((length - 1) * step for length, step in zip(shape, strides, strict=True))
        # A tensor may name an element twice (strides 0), but not more elements than there are.
        if 0 in shape or math.prod(shape) > storage.size or last >= storage.size:
            raise UserError(
                f"holds a tensor of shape {shape} that does not fit its storage of {storage.size}."
            )
        values = storage.read(storage, math.prod(shape))
        steps = tuple(step * values.itemsize for step in strides)
        # A view: many tensors may share one storage.
        return np.ndarray(shape, values.dtype, values, offset * values.itemsize, steps)


class _ParameterRecord(Record):
    """A parameter: the tensor that it wraps."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor: Any, *_: Any) -> None:
        self._tensor = tensor

    def finished(self, finish):
        return finish(self._tensor)


def _storage_type(name: str, dtype: np.dtype) -> type[Record]:
    metaclass: Any = type(_StorageType)  # it refuses changes of a class once it is made
    return metaclass(name, (_StorageType,), {"__slots__": (), "dtype": dtype})


def _storage_types() -> dict[tuple[str, str], type[Record]]:
    kinds = {"Float": "<f4", "Double": "<f8", "Half": "<f2", "Long": "<i8", "Int": "<i4", "Short": "<i2"}
    kinds |= {"Char": "<i1", "Byte": "<u1", "Bool": "<u1"}
    return {
        (module, f"{name}Storage"): _storage_type(f"{name}Storage", np.dtype(code))
        for name, code in kinds.items()
        for module in ("torch", "torch.storage")
    }


_RECORDS: dict[tuple[str, str], type[Record]] = {
    ("collections", "OrderedDict"): _OrderedRecord,
    ("torch._utils", "_rebuild_tensor"): _TensorRecord,
    ("torch._utils", "_rebuild_tensor_v2"): _TensorRecord,
    ("torch._utils", "_rebuild_parameter"): _ParameterRecord,
    ("torch.nn.parameter", "Parameter"): _ParameterRecord,
    # The configuration object of facebookresearch/pytorch_GAN_zoo.
    ("models.utils.config", "BaseConfig"): _ConfigRecord,
    **_storage_types(),
}


def read_torch_file(path: Path) -> Any:
    """Read what `torch.save` saved: dicts, lists, numbers, texts; tensors as arrays, configurations as `Config`.

    Raises
    ------
    UserError
        Where the file is damaged, names anything else than tensors and known configurations, or
        declares more than it holds.
    """
    with reading(path, "a PyTorch file", *ZIP_DAMAGE):
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"must have at most {MAX_BYTES} bytes. Got {size}.")
        if zipfile.is_zipfile(path):
            with open_zip(path) as archive:
                return _read_zip(archive, _Budget(size))
        with open(path, "rb") as file:
            return _read_legacy(file, _Budget(size))


class _Budget:
    """Numbers that the tensors of a file may have together: one for each byte.

    Many tensors may name one storage, each of which becomes an array of its own later.
    """

    def __init__(self, file_bytes: int) -> None:
        self.left = file_bytes

    def spend(self, count: int) -> None:
        """Count the numbers of a tensor."""
        self.left -= count
        if self.left < 0:
            raise UserError("holds more tensors than numbers for them.")


def _read_zip(archive: zipfile.ZipFile, budget: _Budget) -> Any:
    members = {member.filename: member for member in archive.infolist()}
    pickles = [name for name in members if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise UserError("must hold one data.pkl, as PyTorch writes it. It does not.")
    folder = pickles[0].removesuffix("data.pkl")

    def content(name: str, most: int) -> bytes:
        member = members.get(folder + name)
        if member is None:
            raise UserError(f"lacks {name}; it is cut or damaged.")
        # PyTorch stores, it never compresses: a compressed member is none of its own.
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise UserError(f"{name} must be stored as it is. It is compressed.")
        return read_member(archive, member, most)

    order = content("byteorder", 16) if folder + "byteorder" in members else b"little"
    if order != b"little":
        raise UserError(f"must be little-endian. Got {order!r}.")
    blocks: dict[str, np.ndarray] = {}

    def read(storage: _StorageRecord, count: int) -> np.ndarray:
        budget.spend(count)
        if storage.key not in blocks:
            size = storage.size * storage.dtype.itemsize
            data = content(f"data/{storage.key}", MAX_BYTES)
            if len(data) != size:
                raise UserError(f"storage {storage.key} must have {size} bytes. Got {len(data)}.")
            blocks[storage.key] = np.frombuffer(data, storage.dtype)
        return blocks[storage.key]

    return _unpickle(content("data.pkl", MAX_PICKLE_BYTES), read)


def _read_legacy(file: BinaryIO, budget: _Budget) -> Any:
    header = [_unpickle(_next_pickle(file)) for _ in range(3)]
    if header[:2] != [LEGACY_MAGIC, LEGACY_PROTOCOL]:
        raise UserError("must be a file of torch.save. It is not.")
    if not isinstance(header[2], dict) or header[2].get("little_endian") is not True:
        raise UserError("must be little-endian. It is not.")
    content = _next_pickle(file)
    keys = _unpickle(_next_pickle(file))
    start, end = file.tell(), file.seek(0, 2)
    storages: dict[str, _StorageRecord] = {}
    blocks: dict[str, np.ndarray] = {}

    def read(wanted: _StorageRecord, count: int) -> np.ndarray:
        budget.spend(count)
        # Storages follow in the order of the keys, each after its length; how long they are the
        # pickle says, which has been read to its end when the first tensor is made.
        position = start
        for key in keys if not blocks and isinstance(keys, list) else ():
            storage = storages.get(key) if isinstance(key, str) else None
            if storage is None:
                raise UserError(f"holds a storage {str(key)[:40]!r} that no tensor uses.")
            n_bytes = storage.size * storage.dtype.itemsize
            if position + 8 + n_bytes > end:
                raise UserError("ends inside its storages; it is cut.")
            file.seek(position)
            if int.from_bytes(file.read(8), "little") != storage.size:
                raise UserError(f"storage {key[:40]!r} must have {storage.size} numbers. It says otherwise.")
            blocks[key] = np.frombuffer(file.read(n_bytes), storage.dtype)
            position += 8 + n_bytes
        if wanted.key not in blocks:
            raise UserError(f"lacks storage {wanted.key[:40]!r}; it is cut or damaged.")
        return blocks[wanted.key]

    return _unpickle(content, read, storages)


def _next_pickle(file: BinaryIO) -> bytes:
    """The bytes of the pickle that starts here; leaves the file behind its end."""
    start = file.tell()
    # In memory, because an instruction may declare gigabytes, which a file would reserve before it reads.
    content = io.BytesIO(file.read(MAX_PICKLE_BYTES))
    try:
        for count, _ in enumerate(pickletools.genops(content)):
            if count > MAX_OPCODES:
                raise UserError("must hold pickles of names and shapes alone. It holds a larger one.")
    except (ValueError, UnicodeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"is not a PyTorch file ({' '.join(str(error).split())[:100]}).") from error
    file.seek(start + content.tell())
    return content.getvalue()[: content.tell()]


def _unpickle(
    data: bytes,
    read: ReadStorage | None = None,
    storages: dict[str, _StorageRecord] | None = None,
) -> Any:
    """The pickled value; with `read`, it may hold tensors, whose storages are noted in `storages`."""
    if read is None:
        return load_plain_pickle(data)

    def persistent(pid: Any) -> _StorageRecord:
        record = _StorageRecord(pid, read)
        if storages is not None and storages.setdefault(record.key, record).size != record.size:
            raise UserError(f"says two sizes of storage {record.key[:40]!r}.")
        return record

    return load_plain_pickle(data, records=_RECORDS, persistent=persistent, max_opcodes=MAX_OPCODES)
