"""What a kind of network declares so that the one training loop can train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
# What memory depends on: numbers of a layer, layers, pixels per side, rows at a time.
Width = Annotated[int, msgspec.Meta(ge=1, le=2**14)]
Depth = Annotated[int, msgspec.Meta(ge=1, le=200)]
Pixels = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Batch = Annotated[int, msgspec.Meta(ge=1, le=2**16)]
CountOrZero = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e12)]  # the bound keeps infinity out
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
# Becomes part of file names, which have at most 255 characters.
Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", max_length=100)]
# What the layers of a training compute in; its weights stay float32.
Precision = Literal["float32", "mixed_bfloat16"]
Resolution = Literal[8, 16, 32, 64, 128, 256, 512, 1024]


class NetworkOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every kind of network: one table `[networks.NAME]` of a recipe.

    Attributes
    ----------
    weights : str, first part of the names of its weight files, `<weights>.<role>.h5`; empty: NAME
    """

    # Options that a later version brought: at their default they count as absent, so that trainings of
    # earlier versions keep their fingerprints.
    later: ClassVar[frozenset[str]] = frozenset()
    # Options that a training may change on its way: a checkpoint is continued whatever they say.
    changeable: ClassVar[frozenset[str]] = frozenset()

    weights: Name | Literal[""] = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the weight files, the one that decides freshness first."""
        raise NotImplementedError

    @property
    def source(self) -> str:
        """Generator, by name or file, whose weights the training starts from; empty for none."""
        return ""

    def parameters(self, name: str) -> dict[str, Any]:
        """What a fingerprint counts of the options.

        Parameters
        ----------
        name : str, of the network in its recipe
        """
        defaults = {field.name: field.default for field in msgspec.structs.fields(self)}
        counted = {
            key: value
            for key, value in msgspec.structs.asdict(self).items()
            if key != "weights" and (key not in self.later or value != defaults[key])
        }
        return counted | {"name": self.weights or name}


@dataclass(frozen=True)
class NetworkKind:
    """A kind of network that the stage `train` knows.

    Attributes
    ----------
    name : str, `kind` in a recipe
    title : str, of its model card
    stage : str, under which its trainings are filed: fingerprints, folders and checkpoints bear it
    options : subclass of NetworkOptions, with the kind's name as msgspec tag
    version : int, raised when the kind's training changes its result
    former_title : str, title of its steps in version 0.1, `{role}` standing for the role; empty for none
    curves : tuple of (title, names), figures of its history that are drawn over the training, a chart for each title
    trainer_module, trainer_class : str, where its `Trainer` is; imported when a training starts, since
        Keras takes seconds
    """

    name: str
    title: str
    stage: str
    options: type[NetworkOptions]
    trainer_module: str
    trainer_class: str
    version: int = 1
    former_title: str = ""
    curves: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def trainer(self) -> Callable[..., Any]:
        """The `Trainer` subclass; called with the options, the network's name and the training images."""
        return getattr(import_module(self.trainer_module), self.trainer_class)
