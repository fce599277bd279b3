"""Weight files: one HDF5 file holds the config (JSON) and the variables of a network, and no code.

Layout: root attributes `format` ("tlgan.weights"), `format_version`, `kind` (which network),
`config` (JSON of its frozen config) and `card` (JSON of metadata, free in form); one dataset for each
variable under `variables/`, float32 or, on disk, float16.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np

from models.weights.card import check_card
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.file_hash import file_sha256
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

FORMAT, VERSION = "tlgan.weights", 1
TUNED_FROM = "tuned_from_sha256"  # metadata of a generator tuned for one photograph
REMEDY = "Write it again with `python -m pipelines train` or `convert`."


@dataclass(frozen=True)
class Weights:
    """A weight file in memory.

    Attributes
    ----------
    kind : str, "generator", "discriminator", "attribute_cnn", …
    config : dict, what the network's config class takes
    metadata : dict, what tools read about the training (attribute names, hashes)
    variables : dict of str to float32 array
    sha256 : str, hash of the file's bytes, its identity everywhere
    """

    kind: str
    config: dict
    metadata: dict
    variables: dict[str, np.ndarray]
    sha256: str


def network_variables(network) -> dict[str, Any]:
    """The Keras variables of a network by name: `layer/kernel`, without the network's own name.

    Keras numbers the states of random layers through the whole process; here they are numbered
    within the network, so that names do not depend on what was built before.
    """
    names: dict[str, Any] = {}
    for variable in network.variables:
        name = variable.path.removeprefix(network.name + "/")
        if "seed_generator" in name:
            number = sum("seed_generator" in other for other in names)
            name = f"seed_generator{number or ''}/seed_generator_state"
        if name in names:
            raise ValueError(f"two variables named {name}")
        names[name] = variable
    return names


def network_arrays(network) -> dict[str, np.ndarray]:
    """The arrays that a network's output depends on, by name; the state of its random layers is left out."""
    from keras import ops  # reading a weight file needs no Keras

    return {name: ops.convert_to_numpy(variable) for name, variable in weight_variables(network).items()}


def weight_variables(network) -> dict[str, Any]:
    """The Keras variables of a network that a weight file holds, by name."""
    return {name: value for name, value in network_variables(network).items() if "seed_generator" not in name}


def write_weights(
    path: Path,
    kind: str,
    config: Any,
    variables: Mapping[str, Any],
    metadata: Mapping[str, Any] = MappingProxyType({}),
    dtype: str = "float16",
) -> None:
    """Write a weight file; it appears complete or not at all.

    Parameters
    ----------
    path : Path; missing folders are made
    kind : str, "generator", "discriminator", "attribute_cnn", …
    config : frozen dataclass instance
    variables : mapping of name to array-like
    metadata : mapping, JSON
    dtype : "float16" halves the file; a variable stays float32 where float16 would overflow
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without times and with sorted names, equal weights give equal files and so equal hashes.
    with replacing(path) as partial, writing_hdf5(partial) as file:
        file.attrs.update(
            format=FORMAT,
            format_version=VERSION,
            kind=kind,
            config=json.dumps(asdict(config), sort_keys=True),
            card=json.dumps(dict(metadata), sort_keys=True),
        )
        for name in sorted(variables):
            values = np.asarray(variables[name], dtype="float32")
            stored = values.astype(dtype)
            exact = np.isfinite(stored).all()
            file.create_dataset(f"variables/{name}", data=stored if exact else values, track_times=False)


def read_weights(path: Path) -> Weights:
    """Read a weight file.

    Raises
    ------
    UserError
        Where the file is missing, damaged, not a weight file, or of a newer version, or the card beside it
        holds another hash.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such weight file. {REMEDY}")
    sha256 = file_sha256(path)
    check_card(path, sha256)
    try:
        with reading_hdf5(path, REMEDY) as file:
            check_own_numbers(file, REMEDY)
            _check_format(path, file)
            variables = _read_variables(file)
            kind = str(file.attrs["kind"])
            config, metadata = (parse_json(file.attrs[key]) for key in ("config", "card"))
    except (OSError, *DAMAGE) as error:  # UserError is a ValueError
        if str(error).startswith(f"{path}: "):
            raise
        raise UserError(f"{path}: not a readable weight file ({_one_line(error)}). {REMEDY}") from error
    if not isinstance(config, dict) or not isinstance(metadata, dict):
        raise UserError(f"{path}: `config` and `card` must be JSON objects. Got something else. {REMEDY}")
    return Weights(kind, config, metadata, variables, sha256)


def tuned_from(path: Path) -> str:
    """SHA-256 of the generator that the one in a file was tuned from, whose axes it can take; "" for any other file."""
    try:
        with h5py.File(path) as file:
            metadata = parse_json(file.attrs.get("card", "{}"))
            return str(metadata.get(TUNED_FROM, "")) if file.attrs.get("format") == FORMAT else ""
    except (OSError, *DAMAGE, AttributeError):
        return ""


def _check_format(path: Path, file: h5py.File) -> None:
    if file.attrs.get("format") != FORMAT:
        raise UserError(f"{path}: `format` must be {FORMAT!r}. Got {file.attrs.get('format')!r}. {REMEDY}")
    if file.attrs["format_version"] > VERSION:
        raise UserError(
            f"{path}: `format_version` must be at most {VERSION}. "
            f"Got {file.attrs['format_version']}. Use a newer tlgan."
        )


def _read_variables(file: h5py.File) -> dict[str, np.ndarray]:
    variables: dict[str, np.ndarray] = {}

    def collect(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            variables[name] = item[...].astype("float32")

    file["variables"].visititems(collect)
    return variables


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def assign_weights(network, variables: Mapping[str, np.ndarray], source: str, remedy: str = REMEDY) -> None:
    """Set every variable of a network; names and shapes must match exactly.

    Parameters
    ----------
    network : Keras layer or model, built
    variables : mapping of name to array, as in `Weights`
    source : str, where the variables come from, for messages
    remedy : str, what to do where they do not fit

    Raises
    ------
    UserError
        Listing what is missing, left over or of another shape.
    """
    wanted = weight_variables(network)
    check_shapes(
        {name: tuple(variable.shape) for name, variable in wanted.items()}, variables, source, remedy
    )
    for name, variable in wanted.items():
        variable.assign(variables[name])


def assign_present(network, variables: Mapping[str, np.ndarray]) -> None:
    """Set the variables of a network that there are arrays for, by name, and leave the others."""
    for name, variable in network_variables(network).items():
        if name in variables:
            variable.assign(variables[name])


def check_shapes(
    wanted: Mapping[str, tuple[int, ...]],
    variables: Mapping[str, np.ndarray],
    source: str,
    remedy: str = REMEDY,
) -> None:
    """Refuse variables that are not those of a network, by name and shape; see `assign_weights`."""
    missing = sorted(set(wanted) - set(variables))
    leftover = sorted(set(variables) - set(wanted))
    if missing or leftover:
        raise UserError(
            f"{source}: weights do not fit the network. Missing: {_first(missing)}. "
            f"Left over: {_first(leftover)}. {remedy}"
        )
    for name, shape in wanted.items():
        if shape != variables[name].shape:
            raise UserError(
                f"{source}: `{name}` must have shape {shape}. Got {variables[name].shape}. {remedy}"
            )


def _first(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{[name[:80] for name in names[:10]]}{more}"
