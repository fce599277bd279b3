"""Open Keras files; before Keras builds anything they are checked for known layers, own numbers and no code."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import h5py

from models.importers.foreign_network import ForeignNetwork, reason_of
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.limits.zip_members import ZIP_DAMAGE, open_zip, read_member
from tlgan.storage.atomic_files import reading
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

REMEDY = "Save it again with `model.save`."
MAX_CONFIG_BYTES = 2**22
MAX_BYTES = 2**33
_MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}
# Where Keras keeps what a model's config may name.
_MODULES = {"keras"} | {
    f"keras.{part}"
    for part in (
        "layers",
        "models",
        "initializers",
        "regularizers",
        "constraints",
        "activations",
        "dtype_policies",
    )
}
_INNER_MODULES = ("keras.src.ops.", "keras.src.models.functional", "keras.src.models.sequential")
# Layers of Keras that run code of the file or open files that it names.
_REFUSED = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "FeatureSpace"}
_REFUSED |= {"StringLookup", "IntegerLookup", "TextVectorization", "HashedCrossing", "Hashing"}
_VALUES = {"__keras_tensor__", "__tuple__", "__numpy__", "__tensor__", "__ellipsis__", "__slice__"}


def open_keras(path: Path) -> ForeignNetwork:
    """Open a `.keras` file with one input.

    Raises
    ------
    UserError
        Where the file is damaged, holds a Lambda layer, a class that is not Keras's own or anything
        but layers and numbers, or takes several inputs.
    """
    n_numbers = check_keras(path)
    import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a config that is Keras's own can still be impossible, in any way
        raise UserError(
            f"{path}: is no Keras model that can be built ({reason_of(error)}). {REMEDY}"
        ) from error
    if len(getattr(model, "inputs", None) or []) != 1:
        raise UserError(f"{path}: must have one input. Got another number; save a model with one.")
    # Layers without numbers of their own in the file would start at random.
    if model.count_params() > n_numbers:
        raise UserError(f"{path}: must hold {model.count_params()} numbers. Got {n_numbers}. {REMEDY}")
    return as_foreign_network(path, model)


def check_keras(path: Path) -> int:
    """Check a `.keras` file without building anything; returns how many numbers it holds.

    Raises
    ------
    UserError
        As `open_keras`, but for what can be told by building alone.
    """
    with reading(path, "a Keras model", *ZIP_DAMAGE, *DAMAGE, remedy=REMEDY):
        return _check_archive(path)


def as_foreign_network(path: Path, model: Any) -> ForeignNetwork:
    """A built Keras model with one input as a network that runs."""
    from models.inference.compile import compile_batch

    def forward(rows):
        outputs = model(rows, training=False)
        # `output_names` lists the outputs of a dictionary by its sorted keys, whatever their order in it.
        return [outputs[key] for key in sorted(outputs)] if isinstance(outputs, dict) else outputs

    batch, *shape = model.inputs[0].shape
    names = tuple(getattr(model, "output_names", ("output",)))
    return ForeignNetwork(path, tuple(shape), batch, names, compile_batch(forward), model.count_params())


def _check_archive(path: Path) -> int:
    """Check every part of the file; returns how many numbers it holds."""
    with open_zip(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
        _check_version(archive, members)
        if set(members) - _MEMBERS or not {"config.json", "model.weights.h5"} <= set(members):
            raise UserError(f"must hold {sorted(_MEMBERS)} alone. Got {sorted(members)[:10]}.")
        # Keras packs without compression; numbers that another program packs shrink by a tenth, no more.
        weights = members["model.weights.h5"]
        most = min(MAX_BYTES, 4 * weights.compress_size + 2**20)
        config = parse_json(read_member(archive, "config.json", MAX_CONFIG_BYTES))
        if not isinstance(config, dict):
            raise UserError("config.json must describe a model. It does not.")
        config.pop("compile_config", None)  # how it was trained; not read
        _check_config(config)
        with h5py.File(io.BytesIO(read_member(archive, weights, most)), "r") as file:
            check_own_numbers(file, REMEDY)
            counts: list[int] = []
            file.visititems(lambda _, item: counts.append(math.prod(getattr(item, "shape", (0,)))))
        return sum(counts)


def _check_version(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
    """Refuse what an older Keras saved: its layers are others, under other names."""
    member = members.get("metadata.json")
    if member is None:
        return
    try:
        version = str(parse_json(read_member(archive, member, MAX_CONFIG_BYTES))["keras_version"])
    except (ValueError, KeyError, TypeError):
        return
    if version.startswith(("1.", "2.")):
        raise UserError(
            f"was saved by Keras {version[:20]}, and Keras 3 reads its own files only. Save the network with Keras 3 "
            "(`model.save`), or export it to ONNX (tf2onnx)."
        )


def _check_config(config: Any) -> None:
    """Refuse every class of a config that is not Keras's own, or that runs what the file brings."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
            if "class_name" in part:
                _check_class(part)


def _check_class(part: dict) -> None:
    name, module, registered = part["class_name"], part.get("module"), part.get("registered_name")
    if not isinstance(name, str):
        raise UserError(f"names a class by {type(name).__name__}.")
    if name.startswith("__") and name in _VALUES:
        return
    own = isinstance(module, str) and (module in _MODULES or module.startswith(_INNER_MODULES))
    if not own or registered not in (None, name) or name in _REFUSED or name.startswith("__"):
        raise UserError(
            f"holds {str(module)[:60]}.{name[:60]}, which is not one of Keras's own layers or runs code "
            "that the file brings. Nothing of it was run; bring the network in as ONNX."
        )
