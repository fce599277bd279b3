"""Checkpoints of trainings: every variable of networks and optimisers, and what identifies the training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from keras import ops

from models.training.train_step import unread_moments
from models.weights.card import check_card
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing
from tlgan.storage.checksums import reading_hdf5, writing_hdf5
from tlgan.storage.hdf5_validation import DAMAGE, check_own_numbers

REMEDY = "Delete it to train from the beginning."
BFLOAT16 = "bfloat16"


def write_checkpoint(path: Path, kind: str, identity: Mapping, progress: int, variables: Mapping) -> None:
    """Write a checkpoint; the file appears complete or not at all.

    Parameters
    ----------
    kind : str, "gan" or "classifier"
    identity : JSON-able mapping, what must be equal to continue (shapes of networks, data)
    progress : int, images or steps done
    variables : mapping of name to Keras variable
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial, writing_hdf5(partial) as file:
        file.attrs.update(
            format=f"tlgan.checkpoint.{kind}",
            progress=progress,
            identity=json.dumps(identity, sort_keys=True),
        )
        for name, variable in variables.items():
            file.create_dataset(name, data=ops.convert_to_numpy(variable.value))


def read_checkpoint(path: Path, kind: str, identity: Mapping, variables: Mapping) -> int:
    """Set every variable from a checkpoint and return its progress.

    Raises
    ------
    UserError
        Where the file is no checkpoint of this kind, is damaged, or is of another training; the
        variables may then be partly set.
    """
    with _reading(path, kind, REMEDY) as file:
        wanted, saved = (
            json.loads(json.dumps(identity, sort_keys=True)),
            parse_json(file.attrs["identity"]),
        )
        if saved != wanted:
            keys = sorted(key for key in wanted.keys() | saved.keys() if wanted.get(key) != saved.get(key))
            raise UserError(
                f"{path}: the checkpoint is of another training ({', '.join(keys)} differ). {REMEDY}"
            )
        for name, variable in variables.items():
            if file[name].shape != tuple(variable.shape):
                raise ValueError(f"{name} has another shape")
            variable.assign(_read_values(file[name]))
        return int(file.attrs["progress"])


def read_network(path: Path, kind: str, network: str, variables: Mapping) -> bool:
    """Set one network of another training from its checkpoint, where it has one of this shape.

    Parameters
    ----------
    network : str, its name in the checkpoint, as "projected"
    variables : mapping of name to Keras variable

    Returns
    -------
    bool, whether it had; all variables are set then, and none otherwise

    Raises
    ------
    UserError
        Where the file is no checkpoint of this kind, or is damaged.
    """
    with _reading(path, kind, "Take it away to start without it.") as file:
        saved = {name: file.get(f"{network}/{name}") for name in variables}
        for name, variable in variables.items():
            if not isinstance(saved[name], h5py.Dataset) or saved[name].shape != tuple(variable.shape):
                return False
        for name, variable in variables.items():
            variable.assign(_read_values(saved[name]))
        return True


@contextmanager
def _reading(path: Path, kind: str, remedy: str) -> Iterator[h5py.File]:
    """A checkpoint's file, checked; what is damaged in it becomes one line that ends with `remedy`."""
    try:
        check_card(path)
        with reading_hdf5(path, remedy) as file:
            check_own_numbers(file, remedy)
            if file.attrs.get("format") != f"tlgan.checkpoint.{kind}":
                raise UserError(f"{path}: not a {kind} checkpoint. {remedy}")
            yield file
    except (OSError, *DAMAGE, AttributeError) as error:  # UserError is a ValueError
        if str(error).startswith(f"{path}: "):
            raise
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: not a readable checkpoint ({reason}). {remedy}") from error


def optimizer_variables(name: str, optimizer) -> dict[str, object]:
    """The optimiser's state under stable names.

    What no later step reads is left out; see `unread_moments`.
    """
    unread = {id(variable) for variable in unread_moments(optimizer)}
    return {
        f"{name}/{number:03d}": variable
        for number, variable in enumerate(optimizer.variables)
        if id(variable) not in unread
    }


def write_compact_checkpoint(source: Path, path: Path) -> None:
    """Write a checkpoint again in half the space: weights in float16, the optimisers' state in bfloat16.

    It is read like any other; a training goes on from it within the rounding.

    Parameters
    ----------
    source : Path, a checkpoint
    path : Path, gets the compact one
    """
    with replacing(path) as partial, reading_hdf5(source, REMEDY) as file, writing_hdf5(partial) as compact:
        compact.attrs.update(file.attrs)

        def copy(name: str, item: object) -> None:
            if not isinstance(item, h5py.Dataset):
                return
            values = item[...]
            if values.dtype != np.float32 or not values.ndim:
                compact.create_dataset(name, data=values)
            elif name.startswith("adam"):
                # The upper half of a float32 keeps its range, which second moments need.
                halves = ((values.view(np.uint32) + 0x8000) >> 16).astype(np.uint16)
                compact.create_dataset(name, data=halves).attrs["encoding"] = BFLOAT16
            else:
                compact.create_dataset(name, data=values.astype(np.float16))

        file.visititems(copy)


def _read_values(dataset: h5py.Dataset) -> np.ndarray:
    values = dataset[...]
    if dataset.attrs.get("encoding") == BFLOAT16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values
