"""Read the published progressive GAN's pickles; the source text in them is never run.

Format of github.com/tkarras/progressive_growing_of_gans (2018): a tuple (G, D, Gs) of `tfutil.Network`,
each a state dict with the arguments of its building function and its variables by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.importers.pggan.tensorflow_variables import (
    DISCRIMINATOR,
    GENERATOR,
    map_discriminator,
    map_generator,
)
from models.importers.pggan.variable_map import GanFile
from tlgan.errors import UserError
from tlgan.storage.atomic_files import reading
from tlgan.storage.safe_pickle import Record, load_plain_pickle

MAX_BYTES = 2**32  # the published 1024×1024 file has 277 MB
MAX_OPCODES = 20_000  # it has some 6,000
VERSION = 2


class NetworkRecord(Record):
    """What the pickle says of a `tfutil.Network`."""

    __slots__ = ("_state",)

    def __setstate__(self, state: Any) -> None:
        self._state = state

    def finished(self, finish):
        # The moving average may be the generator itself; its arrays are then finished once.
        if not isinstance(self._state, _Finished):
            self._state = _Finished(finish(self._state))
        return self._state


class _Finished(dict):
    """The state of a network, all plain values."""


def read_official_pggan(path: Path) -> GanFile:
    """Read a published pickle: the moving average `Gs`, and `D` where the file has it.

    Raises
    ------
    UserError
        Where the file is damaged, names anything but arrays and `tfutil.Network`, or holds other
        networks than `G_paper` and `D_paper`; lists variables that are missing or left over.
    """
    with reading(path, "a published PG-GAN pickle"):
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"must have at most {MAX_BYTES} bytes. Got {path.stat().st_size}.")
        content = load_plain_pickle(
            path.read_bytes(), records={("tfutil", "Network"): NetworkRecord}, max_opcodes=MAX_OPCODES
        )
        networks = content if isinstance(content, tuple | list) else (content,)
        if not networks or not all(isinstance(network, _Finished) for network in networks):
            raise UserError("must hold networks: (G, D, Gs). Got something else.")
        for network in networks:
            _check_state(network)
        generators = [network for network in networks if network["build_func_name"] == GENERATOR]
        discriminators = [network for network in networks if network["build_func_name"] == DISCRIMINATOR]
        if not generators:
            raise UserError("holds a discriminator only. Give the whole file (G, D, Gs), or the generator.")
        notes: list[str] = []
        # Of (G, D, Gs), the moving average comes last.
        generator = map_generator(generators[-1], notes)
        discriminator = map_discriminator(discriminators[-1], notes) if discriminators else None
        return GanFile(generator, discriminator, tuple(notes))


def _check_state(state: dict) -> None:
    what = f"network {str(state.get('name'))[:60]!r}"
    if state.get("version") != VERSION:
        raise UserError(f"{what}: `version` must be {VERSION}. Got {str(state.get('version'))[:60]}.")
    function = state.get("build_func_name")
    if function not in (GENERATOR, DISCRIMINATOR):
        raise UserError(
            f"{what}: must be built by {GENERATOR} or {DISCRIMINATOR}. Got {str(function)[:60]!r}; "
            "bring it in as ONNX."
        )
    if not isinstance(state.get("static_kwargs"), dict) or not isinstance(state.get("variables"), list):
        raise UserError(f"{what}: must have `static_kwargs` and `variables`. It has not.")
    names = set()
    for pair in state["variables"]:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise UserError(f"{what}: `variables` must be pairs of name and array. They are not.")
        if not isinstance(pair[1], float | np.ndarray):
            raise UserError(f"{what}: `{pair[0][:60]}` must be an array of floats. It is not.")
        if pair[0] in names:
            raise UserError(f"{what}: `{pair[0][:60]}` must occur once. It occurs again.")
        names.add(pair[0])
    lod = dict(state["variables"]).get("lod", 0.0)
    if np.any(np.asarray(lod)):
        raise UserError(
            f"{what}: must be fully grown, `lod` 0. Got {np.asarray(lod)}; take a snapshot from the end "
            "of the training."
        )
