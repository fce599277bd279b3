"""Weight files: one HDF5 file holds what a network is (JSON) and its numbers; no code.

Layout: root attributes `format` ("tlgan.weights"), `format_version`, `kind` (which network),
`config` (JSON of its frozen config) and `card` (JSON of free facts); one dataset for each variable
under `variables/`, float32 or, on disk, float16.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np

from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing
from tlgan.storage.file_hash import file_sha256
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

FORMAT, VERSION = "tlgan.weights", 1
MEND = "Write it again with `python -m pipelines gan`, `classifier` or `convert`."


@dataclass(frozen=True)
class Weights:
    """A weight file in memory.

    Attributes
    ----------
    kind : str, "generator", "discriminator", "attribute_cnn", …
    config : dict, what the network's config class takes
    card : dict, facts about training that tools read (attribute names, hashes)
    variables : dict of str to float32 array
    sha256 : str, hash of the file's bytes, its identity everywhere
    """

    kind: str
    config: dict
    card: dict
    variables: dict[str, np.ndarray]
    sha256: str


def network_variables(network) -> dict[str, object]:
    """The network's variables by name: `layer/kernel`, without the network's own name.

    Keras numbers the states of random layers through the whole process; here they are numbered
    within the network, so that names do not depend on what was built before.
    """
    names: dict[str, object] = {}
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
    """Every number that a network's answers depend on; the state of its random layers is left out."""
    from keras import ops  # reading a weight file needs no Keras

    return {name: ops.convert_to_numpy(variable) for name, variable in _lasting(network).items()}


def _lasting(network) -> dict[str, object]:
    return {name: value for name, value in network_variables(network).items() if "seed_generator" not in name}


def write_weights(
    path: Path, kind: str, config, variables: Mapping, card: Mapping = {}, dtype="float16"
) -> None:
    """Write a weight file; it appears complete or not at all.

    Parameters
    ----------
    config : frozen dataclass instance
    variables : mapping of name to array-like
    dtype : "float16" halves the file; kept float32 where float16 would overflow
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without times and with sorted names, equal weights give equal files and so equal hashes.
    with replacing(path) as partial, h5py.File(partial, "w", track_order=False) as file:
        file.attrs.update(
            format=FORMAT,
            format_version=VERSION,
            kind=kind,
            config=json.dumps(asdict(config), sort_keys=True),
            card=json.dumps(dict(card), sort_keys=True),
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
        Where the file is missing, is not a weight file, or is of a newer version.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such weight file. {MEND}")
    try:
        with h5py.File(path, "r") as file:
            check_own_numbers(file, MEND)
            if file.attrs.get("format") != FORMAT:
                raise UserError(
                    f"{path}: `format` must be {FORMAT!r}. Got {file.attrs.get('format')!r}. {MEND}"
                )
            if file.attrs["format_version"] > VERSION:
                raise UserError(
                    f"{path}: `format_version` must be at most {VERSION}. "
                    f"Got {file.attrs['format_version']}. Use a newer tlgan."
                )
            variables = {}

            def collect(name, item):
                if isinstance(item, h5py.Dataset):
                    variables[name] = item[...].astype("float32")

            file["variables"].visititems(collect)
            kind, config, card = (
                str(file.attrs["kind"]),
                *(json.loads(file.attrs[key]) for key in ("config", "card")),
            )
    except UserError:
        raise
    except (OSError, *DAMAGE) as error:
        raise UserError(f"{path}: not a readable weight file ({_one_line(error)}). {MEND}") from error
    if not isinstance(config, dict) or not isinstance(card, dict):
        raise UserError(f"{path}: `config` and `card` must be JSON objects. Got something else. {MEND}")
    return Weights(kind, config, card, variables, file_sha256(path))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def assign_weights(network, variables: Mapping[str, np.ndarray], source: str) -> None:
    """Set every variable of `network`; names and shapes must match exactly.

    Raises
    ------
    UserError
        Listing what is missing, left over or of another shape.
    """
    wanted = _lasting(network)
    missing = sorted(set(wanted) - set(variables))
    leftover = sorted(set(variables) - set(wanted))
    if missing or leftover:
        raise UserError(
            f"{source}: weights do not fit the network. Missing: {missing}. Left over: {leftover}. " + MEND
        )
    for name, variable in wanted.items():
        if tuple(variable.shape) != variables[name].shape:
            raise UserError(
                f"{source}: `{name}` must have shape {tuple(variable.shape)}. "
                f"Got {variables[name].shape}. {MEND}"
            )
    for name, variable in wanted.items():
        variable.assign(variables[name])
