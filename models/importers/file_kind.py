"""Tell what a network's file is from its content, and open ONNX and Keras files by that."""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

import h5py

from models.importers.face_networks import open_face_network
from models.importers.foreign_network import ForeignNetwork
from models.importers.keras_file import open_keras
from models.importers.onnx_file import open_onnx
from models.importers.other_kinds import describe_other
from models.importers.pggan.torch_checkpoint import LEGACY_MAGIC
from models.weights.card import check_card
from models.weights.weight_file import FORMAT
from tlgan.errors import UserError
from tlgan.limits.zip_members import ZIP_DAMAGE
from tlgan.storage.atomic_files import is_file
from tlgan.storage.checksums import reading_hdf5
from tlgan.storage.hdf5_validation import DAMAGE, check_texts
from tlgan.storage.stray_files import refuse_stray_file

KINDS = {
    "tlgan": "weight file of this project",
    "official": "published PG-GAN pickle",
    "torch": "PyTorch checkpoint",
    "keras": "Keras model",
    "keras-weights": "Keras weights of this project's networks",
    "onnx": "ONNX network",
}
_CERTAIN = ("tlgan", "keras", "onnx")  # of the others, some that look alike are not read


def file_kind(path: Path) -> str:
    """Tell the kind of a file, a key of `KINDS`, from its first bytes or the list of what is inside.

    Raises
    ------
    UserError
        Where there is no such file, or it is none of these; says what it is where that is known.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is {describe_other(path)}.")
    if not is_file(path):
        raise UserError(f"{path}: there is no such file; check the name.")
    refuse_stray_file(path, "a network")
    try:
        kind = _kind(path)
        other = None if kind in _CERTAIN else describe_other(path)
    except UserError:
        raise
    except (OSError, *ZIP_DAMAGE, *DAMAGE) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: cannot be read ({reason}); fetch it again.") from error
    if other:
        raise UserError(f"{path}: is {other}.")
    if kind is None:
        raise UserError(f"{path}: must be a {', '.join(KINDS.values())} (.onnx). It is none of these.")
    return kind


def _kind(path: Path) -> str | None:
    with open(path, "rb") as file:
        start = file.read(64)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if any(name.endswith("/data.pkl") for name in names):
            return "torch"
        return "keras" if "config.json" in names else None
    if h5py.is_hdf5(path):
        with reading_hdf5(path, "Fetch it again.") as file:
            check_texts(file, "Fetch it again.")
            return "tlgan" if file.attrs.get("format") == FORMAT else "keras-weights"
    if start[:1] == b"\x80":
        return "torch" if _is_torch_magic(start) else "official"
    # Protocol buffers have no mark of their own.
    return "onnx" if path.suffix == ".onnx" else None


def _is_torch_magic(start: bytes) -> bool:
    """Before version 1.6, files of PyTorch began with a pickled number."""
    try:
        return any(argument == LEGACY_MAGIC for _, argument, _ in pickletools.genops(start))
    except ValueError:  # a longer pickle is cut here
        return False


def open_network(path: Path, kind: str | None = None, parameters: int | None = None) -> ForeignNetwork:
    """Open an ONNX or Keras file, or a weight file of another project's network for faces.

    Nothing in it is run but the operators of its graph.

    Parameters
    ----------
    kind : "onnx", "keras" or "tlgan"; None tells it from the file
    parameters : int or None, numbers in it where they have been counted before

    Raises
    ------
    UserError
        Where the file is neither, is damaged or another than its card says, or holds anything that is not a
        known operator.
    """
    check_card(path)
    kind = kind or file_kind(path)
    if kind == "onnx":
        return open_onnx(path, parameters)
    return open_face_network(path) if kind == "tlgan" else open_keras(path)
