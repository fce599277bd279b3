"""Checkpoints of trainings: every variable of networks and optimisers, and what identifies the training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import h5py
from keras import ops

from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing

MEND = "Delete it to train from the beginning."


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
    with replacing(path) as partial, h5py.File(partial, "w") as file:
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
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != f"tlgan.checkpoint.{kind}":
                raise UserError(f"{path}: not a {kind} checkpoint. {MEND}")
            wanted, saved = (
                json.loads(json.dumps(identity, sort_keys=True)),
                json.loads(file.attrs["identity"]),
            )
            if saved != wanted:
                keys = sorted(
                    key for key in wanted.keys() | saved.keys() if wanted.get(key) != saved.get(key)
                )
                raise UserError(
                    f"{path}: the checkpoint is of another training ({', '.join(keys)} differ). {MEND}"
                )
            for name, variable in variables.items():
                variable.assign(file[name][...])
            return int(file.attrs["progress"])
    except UserError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: not a readable checkpoint ({reason}). {MEND}") from error


def optimizer_variables(name: str, optimizer) -> dict[str, object]:
    """The optimiser's state under stable names."""
    return {f"{name}/{number:03d}": variable for number, variable in enumerate(optimizer.variables)}
