"""Say what a file or folder of a network is that no importer reads, and how the network comes in."""

from __future__ import annotations

import pickletools
import re
import zipfile
from pathlib import Path

import h5py

from tlgan.storage.checksums import reading_hdf5

HEAD_BYTES = 2**16
MOST_LISTED = 3
KERAS_3 = "save it with Keras 3 as `.keras`, or export it to ONNX"
ONNX = "export it to ONNX where it came from"
NOT_OPENED = "to open it would be to run it"

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
}
# First bytes of what is no network at all, and what it is.
_NO_NETWORK = {
    b"%PDF": "a PDF document: fetch the network again",
    b"\x89PNG": "a picture (PNG): name the network's file",
    b"\xff\xd8\xff": "a picture (JPEG): name the network's file",
    b"\x93NUMPY": "an array of NumPy, numbers without their network: " + ONNX,
}
_TF_CHECKPOINT = re.compile(r".*\.(index|meta|data-\d{5}-of-\d{5})")
# What a pickle names, and what it is then.
_PICKLED = {
    "torch_utils.persistence": "a network of NVIDIA's PyTorch code (StyleGAN2-ADA, StyleGAN3), with its program",
    "dnnlib.tflib": "a network of NVIDIA's TensorFlow code (StyleGAN, StyleGAN2), with its program",
    "dnnlib": "a network of NVIDIA's code (StyleGAN2, StyleGAN3), with its program",
    "sklearn": "a model of scikit-learn",
    "pandas": "a table of pandas",
    "torch": "a module of PyTorch, pickled whole",
    "keras": "a model of Keras, pickled",
    "tensorflow": "a model of TensorFlow, pickled",
}


def describe_other(path: Path) -> str | None:
    """Say what a file or folder is that no importer reads, and what to do; None where nothing is known of it.

    Nothing is run or unpickled: names and first bytes tell.

    Parameters
    ----------
    path : Path of a file or folder

    Returns
    -------
    str or None
        "a SavedModel folder of TensorFlow: save it with Keras 3 as `.keras`, or export it to ONNX".
    """
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if h5py.is_hdf5(path):
        return _hdf5(path)
    if zipfile.is_zipfile(path):
        return _zip(path)
    if head[:1] == b"\x80":
        return pickled_network(head)
    if not head:
        return "an empty file: fetch it again"
    if path.name.endswith(".onnx.data"):
        return f"the numbers of {path.name.removesuffix('.data')}: name that file"
    if _TF_CHECKPOINT.fullmatch(path.name):
        return f"a checkpoint of TensorFlow, variables without their network: {ONNX}"
    if path.suffix == ".pb":
        return f"a graph of TensorFlow: {ONNX} (tf2onnx)"
    if head[4:8] == b"TFL3":
        return f"a network of TensorFlow Lite: {ONNX}"
    if head[8:10] in (b'{"', b"{ ") and path.suffix == ".safetensors":
        return f"safetensors, numbers without their network: {ONNX}"
    if b'"class_name"' in head and head.lstrip()[:1] == b"{":
        return f"the description of a Keras model without its numbers: {KERAS_3}"
    known = _NO_NETWORK | {start: f"compressed ({name}): unpack it" for start, name in _COMPRESSED.items()}
    return next((what for start, what in known.items() if head.startswith(start)), None)


def pickled_network(content: bytes) -> str | None:
    """Say what a pickle holds from the names in it; None where these are arrays or a network that is read."""
    modules = _named_modules(content)
    if any(module.partition(".")[0] == "tfutil" for module in modules):
        return None
    for start, what in _PICKLED.items():
        if any(module == start or module.startswith(f"{start}.") for module in modules):
            return f"{what}; {NOT_OPENED}: {ONNX}"
    return None


def _named_modules(content: bytes) -> list[str]:
    """Modules that a pickle names, as far as it can be followed."""
    modules: list[str] = []
    texts: list[str] = []  # as they come on the stack
    memo: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "GLOBAL":
                modules.append(str(argument).partition(" ")[0])
            elif opcode.name == "STACK_GLOBAL":
                modules += texts[-2:-1]
            elif opcode.name == "MEMOIZE":
                memo.append(texts[-1] if texts else "")
            elif opcode.name in ("BINGET", "LONG_BINGET") and int(argument or 0) < len(memo):
                texts.append(memo[int(argument or 0)])
            elif isinstance(argument, str):
                texts.append(argument)
    except Exception:  # cut, or no pickle after all: what was found until here counts
        return modules
    return modules


def _folder(folder: Path) -> str:
    names = {path.name for path in folder.iterdir()}
    if "saved_model.pb" in names:
        return f"a SavedModel folder of TensorFlow: {KERAS_3} (`python -m tf2onnx.convert --saved-model {folder}`)"
    if "model_index.json" in names:
        return f"a pipeline of diffusers, several networks: {ONNX}"
    if "Manifest.json" in names:
        return f"a package of Core ML: {ONNX}"
    if any(map(_TF_CHECKPOINT.fullmatch, names)):
        return f"a checkpoint of TensorFlow, variables without their network: {ONNX}"
    if "model.weights.h5" in names:
        return "an unpacked `.keras` file: zip its content, or save the model again"
    if "data.pkl" in names:
        return "an unpacked PyTorch file: fetch or save it again as one file"
    if "config.json" in names:
        return f"a folder of a model hub: {ONNX}"
    files = sorted(name for name in names if not name.startswith("."))
    return f"a folder ({', '.join(files[:MOST_LISTED]) or 'empty'}): name a file in it"


def _hdf5(path: Path) -> str | None:
    with reading_hdf5(path, "Fetch it again.") as file:
        form = str(file.attrs.get("format", ""))
        if "model_config" in file.attrs:
            version = file.attrs.get("keras_version", "")
            named = version.decode() if isinstance(version, bytes) else str(version)
            return f"a model in HDF5, as Keras {named or '2'} saved it: {KERAS_3}"
        if "layer_names" in file.attrs:
            return f"weights of Keras 2 without their network: {KERAS_3}"
    if form == "tlgan.axes":
        return "an axis file, not a network: see `tlgan show`"
    return f"a file of this project ({form}), not a network" if form.startswith("tlgan.") else None


def _zip(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if any(name.endswith("/constants.pkl") for name in names):
            return f"a TorchScript program: {ONNX}"
        if any(name.endswith("/models/model.json") for name in names):
            return f"a program of torch.export: {ONNX}"
        if pickles:
            with archive.open(pickles[0]) as file:
                modules = _named_modules(file.read(HEAD_BYTES))
            # Storages and rebuilding functions are those of any checkpoint.
            if any(module.startswith("torch.nn.modules") for module in modules):
                return f"a module of PyTorch, saved whole; {NOT_OPENED}: {ONNX}"
            return None
    if "config.json" in names:
        return None
    return f"a zip archive ({', '.join(names[:MOST_LISTED])}): unpack it, and name a file in it"
