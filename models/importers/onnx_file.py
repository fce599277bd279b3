"""Open ONNX files through onnxruntime (the optional extra `onnx`)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from models.importers.foreign_network import ForeignNetwork, reason_of
from tlgan.errors import UserError

MAX_BYTES = 2**31  # the most a protocol buffer can have
_FLOATS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


def open_onnx(path: Path, parameters: int | None = None) -> ForeignNetwork:
    """Open an ONNX file with one input of floats.

    Parameters
    ----------
    path : Path
    parameters : int or None, numbers in it where they have been counted before

    Raises
    ------
    UserError
        Where onnxruntime is missing, the file is damaged, keeps numbers in other files, has an operator
        that ONNX does not define, or takes several inputs or other than floats.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(f"{path}: ONNX files need onnxruntime. Run: pip install onnxruntime") from error
    if path.stat().st_size > MAX_BYTES:
        raise UserError(f"{path}: must have at most {MAX_BYTES} bytes. Got {path.stat().st_size}.")
    content = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong comes back as an exception
    # A graph may point at numbers in other files. They are looked for where there are none, so that
    # everything that is run is in this file and in its hash.
    nowhere = f"{path}.none".encode("ascii", "replace").decode()  # a name that no locale knows is no argument
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", nowhere)
    available = onnxruntime.get_available_providers()
    providers = [provider for provider in _PROVIDERS if provider in available]
    try:  # Where it falls back from CUDA, onnxruntime prints that it does; there is nothing behind the CPU.
        session = onnxruntime.InferenceSession(
            content, options, providers=providers, enable_fallback=len(providers) > 1
        )
    except Exception as error:  # onnxruntime's own exceptions share no other base
        raise UserError(f"{path}: {_refusal(path, content, error, onnxruntime.__version__)}") from error
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        names = [given.name for given in inputs]
        raise UserError(f"{path}: must have one input. Got {len(inputs)}: {names}; export it with one.")
    if inputs[0].type not in _FLOATS:
        raise UserError(f"{path}: its input must be floats. Got {inputs[0].type}; export it so.")
    name, dtype = inputs[0].name, _FLOATS[inputs[0].type]
    batch, *shape = [size if isinstance(size, int) else None for size in inputs[0].shape] or [None]

    def run(rows: np.ndarray) -> list[np.ndarray]:
        try:
            return session.run(None, {name: rows.astype(dtype)})
        except Exception as error:
            raise UserError(f"{path}: fails on an input of shape {rows.shape} ({_reason(error)}).") from error

    output_names = tuple(output.name for output in outputs)
    count = parameters or _count_parameters(content)
    return ForeignNetwork(path, tuple(shape), batch, output_names, run, count)


def _count_parameters(content: bytes) -> int | None:
    """Numbers in the graph's constants; None without the package `onnx`, which alone can tell."""
    try:
        import onnx
    except ImportError:
        return None
    constants = onnx.load_model_from_string(content).graph.initializer
    return sum(int(np.prod(constant.dims)) for constant in constants)


def _refusal(path: Path, content: bytes, error: Exception, version: str) -> str:
    """Why onnxruntime does not open a network, and what to do, for what people meet."""
    text = _reason(error)
    if newer := re.search(r"IR version: (\d+), max supported IR version: (\d+)", text):
        return (
            f"is written for IR {newer[1]}, and onnxruntime {version} reads up to {newer[2]}. Export it with IR 10 or "
            "lower (`model.ir_version = 10` before `onnx.save`), or upgrade onnxruntime."
        )
    if newer := re.search(r"Opset (\d+) is under development.* domain (\S+) is till opset (\d+)", text):
        return (
            f"is written for opset {newer[1]} of {newer[2]}, and onnxruntime {version} reads up to {newer[3]}. Export "
            "it with a lower `opset_version`, or upgrade onnxruntime."
        )
    if elsewhere := _other_file(content):
        return (
            f"keeps its numbers in another file, {elsewhere!r}. Export it as one "
            "(`torch.onnx.export(..., external_data=False)`), or join the two: "
            f"python -c \"import onnx; onnx.save(onnx.load('{path}'), '{path.stem}-whole.onnx')\"."
        )
    if unknown := re.search(r"(\S+?):(\w+)\([-\d]*\) is not a registered function/op", text):
        return (
            f"uses the operator {unknown[2]} of {unknown[1]}, which onnxruntime does not have: networks run without "
            "their own programs. Export it with ONNX's own operators."
        )
    if not content:
        return "is an empty file. Fetch or export it again."
    if "parsing failed" in text:
        return f"is no ONNX network, or cut short ({text}). Fetch or export it again."
    return f"is no ONNX network that can be run ({text})."


def _other_file(content: bytes) -> str:
    """The file that holds numbers of a graph, as the graph names it; empty where it holds its own."""
    found = re.search(rb"\n\x08location\x12(.)", content, re.DOTALL)  # a key and its value, with its length
    return content[found.end() :][: found[1][0]].decode("utf-8", "replace") if found else ""


# Where in onnxruntime's own source an error arose, with the signature of the function.
_SOURCE = re.compile(r"\S+\.(?:cc|h|cpp|hpp|cu):\d+ (?:\w+ (?=[A-Z])|[^()]*\(.*?\)(?: const)? (?=[A-Z]))")


def _reason(error: Exception) -> str:
    """What onnxruntime says, without its codes and places in its source, on one line."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    return reason_of(ValueError(_SOURCE.sub("", text)), 500)
