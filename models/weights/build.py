"""Networks of this project from what a file says of them: nothing is built that the file's numbers do not fill."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
import numpy as np

from models.weights.weight_file import assign_weights, check_shapes, weight_variables
from tlgan.errors import UserError

FREE_ACTIVATIONS = 2**24  # float32 numbers: 64 MiB

Network = TypeVar("Network")
Config = TypeVar("Config")


def read_config(config: Mapping[str, Any], kind: type[Config], source: str) -> Config:
    """The config of a network, from the JSON of a file.

    Parameters
    ----------
    config : mapping
    kind : a frozen dataclass, such as `GanConfig`
    source : str, the file, for messages

    Raises
    ------
    UserError
        Where a field is unknown, missing, or of another type or size than the network takes.
    """
    try:
        unknown = sorted(set(config) - set(kind.__dataclass_fields__))  # type: ignore[attr-defined]
        if unknown:
            raise UserError(f"`{str(unknown[0])[:60]}` is unknown")
        return msgspec.convert(config, kind)
    except (msgspec.ValidationError, UserError, OverflowError) as error:
        raise UserError(f"{source}: `config` is not that of a network ({error}). Write it again.") from error


def build_network(build: Callable[[], Network], variables: Mapping[str, np.ndarray], source: str) -> Network:
    """Build a network and set its variables, once it is known that there is a number for each of them.

    A config of a few bytes can ask for a network of terabytes; its shapes are compared first, which takes
    no room.

    Parameters
    ----------
    build : callable, without arguments, gives a Keras layer or model that is built
    variables : mapping of name to array, as in `Weights`
    source : str, where the variables come from, for messages

    Raises
    ------
    UserError
        Listing what is missing, left over or of another shape.
    """
    check_fit(build, variables, source)
    network = build()
    assign_weights(network, variables, source)
    return network


def check_activations(floats: int, variables: Mapping[str, np.ndarray], source: str) -> None:
    """Refuse a network whose layers give far more numbers than it has, though it has all of its weights.

    A kernel of a few numbers goes over any number of pixels. The published generator of 1024×1024 pixels gives
    2²⁴ and has 23 million.

    Parameters
    ----------
    floats : int, numbers in the largest output of a layer for one row
    variables : mapping of name to array, as in `Weights`
    source : str, the file, for messages
    """
    numbers = sum(values.size for values in variables.values())
    most = max(FREE_ACTIVATIONS, 8 * numbers)
    if floats > most:
        raise UserError(
            f"{source}: a network of {numbers} numbers may have layers of at most {most}. Got one of {floats}; "
            "train a smaller one."
        )


def largest_activation(network: Any) -> int:
    """Numbers in the largest output of a layer of a Keras model for one row."""
    import keras

    if isinstance(network, keras.Model):
        return max(map(largest_activation, network.layers))
    return max(math.prod(output.shape[1:]) for output in keras.tree.flatten(network.output))


def check_fit(build: Callable[[], Any], variables: Mapping[str, np.ndarray], source: str) -> None:
    """Refuse variables that are not those of a network, which is not built; see `build_network`."""
    check_shapes(variable_shapes(build), variables, source)


def variable_shapes(build: Callable[[], Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of the variables of a network by name, without memory for their numbers.

    Parameters
    ----------
    build : callable, as for `build_network`
    """
    import keras

    def describe() -> dict[str, tuple[int, ...]]:
        with keras.StatelessScope(initialize_variables=False):
            return {name: tuple(variable.shape) for name, variable in weight_variables(build()).items()}

    # Keras has a list, for each thread, of variables that still lack their numbers. It ends with this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(describe).result()
