"""Sidecars: TOML files beside foreign networks that say what the networks' numbers mean."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from tlgan.limits.structured_text import read_toml
from tlgan.storage.atomic_files import reading

LatentSpace = Literal["normal", "uniform", "sphere"]
Layout = Literal["NCHW", "NHWC"]
Colours = Literal["RGB", "BGR"]
LatentSize = Annotated[int, msgspec.Meta(ge=1, le=2**17)]
Pixels = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Place = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
Number = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]  # the bounds keep NaN and infinity out


class SidecarTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a sidecar; an unknown key is an error."""


class GeneratorSidecar(SidecarTable, frozen=True, kw_only=True):
    """Beside a generator, `<file without ending>.toml`. What is left out is read from the network.

    Attributes
    ----------
    latent_space : the prior, what latents are drawn from; a recipe may say it instead
    latent_dim : size of a latent, where the network takes any
    layout : of the images
    range : (black, white) of the network's output; left out, it is told from a few pictures
    colours : order of the colours of the images, which nothing tells; left out, "RGB"
    """

    latent_space: LatentSpace | None = None
    latent_dim: LatentSize | None = None
    layout: Layout | None = None
    range: tuple[Number, Number] | None = None
    colours: Colours | None = None

    def __post_init__(self) -> None:
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError("`range` must be black and white, the first the smaller")


class Attribute(SidecarTable, frozen=True, kw_only=True):
    """One attribute that a labeller reads.

    Attributes
    ----------
    name, unit : text
    kind : "binary" (its score is a logit) or "continuous" (its score is a value)
    reads : what the network's numbers are.
        "value": column `index` is the value (continuous).
        "logit", "probability": column `index` is that of the attribute (binary).
        "class logits", "class probabilities": `columns` are exclusive classes, one softmax; the attribute is
        class `index` (binary), or the mean of `values` over the classes (continuous).
    output : name of the network's output, or its number
    index : column of the output
    columns : the columns of the output that are the classes, where one output has several tasks; left out, all
    values : what each class stands for
    scale, offset : score = number · scale + offset, for a calibration or a change of units
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    kind: Literal["binary", "continuous"]
    reads: Literal["value", "logit", "probability", "class logits", "class probabilities"]
    unit: str = ""
    output: str | Place = 0
    index: Place = 0
    columns: tuple[Place, ...] = ()
    values: tuple[Number, ...] = ()
    scale: Number = 1.0
    offset: Number = 0.0

    def __post_init__(self) -> None:
        if (self.kind == "continuous") != (self.reads == "value" or bool(self.values)):
            raise ValueError(
                "a continuous attribute must read a value, or classes with `values`; a binary one none"
            )
        if (self.values or self.columns) and not self.reads.startswith("class"):
            raise ValueError("`values` and `columns` belong to classes")
        if len(set(self.columns)) != len(self.columns) or len(self.columns) == 1:
            raise ValueError("`columns` must be two or more different columns")
        if self.columns and not self.values and self.index not in self.columns:
            raise ValueError("`index` must be one of `columns`")


class LabellerInput(SidecarTable, frozen=True, kw_only=True):
    """What a labeller is given: (pixel - mean) / scale, of pixels 0 to 255.

    Attributes
    ----------
    size : pixels per side
    left, top, side : the part of a face picture that it reads, in sides of the picture
    repeat_border : whether the part may reach beyond the picture, whose border is repeated there
    layout, colours : order of axes and of colours
    mean, scale : one number for each colour
    """

    size: Pixels
    left: Number = 0.0
    top: Number = 0.0
    side: Number = 1.0
    repeat_border: bool = False
    layout: Layout = "NHWC"
    colours: Colours = "RGB"
    mean: tuple[Number, Number, Number] = (0.0, 0.0, 0.0)
    scale: tuple[Number, Number, Number] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if not all(self.scale):
            raise ValueError("`scale` must not be 0")


class LabellerSidecar(SidecarTable, frozen=True, kw_only=True):
    """Beside a classifier or regressor, `<file without ending>.toml`.

    Attributes
    ----------
    input : what it is given
    attributes : what it reads, at least one
    features : name or number of the output that describes a face; left out, all outputs together
    mirror : also read the mirrored face and take the mean
    """

    input: LabellerInput
    attributes: Annotated[tuple[Attribute, ...], msgspec.Meta(min_length=1)]
    features: str | Place | None = None
    mirror: bool = False

    def __post_init__(self) -> None:
        names = [attribute.name for attribute in self.attributes]
        if len(set(names)) != len(names):
            raise ValueError("two attributes have one name")


SidecarType = TypeVar("SidecarType", GeneratorSidecar, LabellerSidecar)


def sidecar_path(network: Path) -> Path:
    """The path of a network's sidecar: that of the network with the ending .toml."""
    return network.with_suffix(".toml")


def read_sidecar(path: Path, kind: type[SidecarType]) -> SidecarType:
    """Read a sidecar.

    Parameters
    ----------
    path : Path
    kind : `GeneratorSidecar` or `LabellerSidecar`

    Raises
    ------
    UserError
        Where there is none, or a key is unknown, missing or impossible; names the key.
    """
    with reading(path, "a network's sidecar", msgspec.MsgspecError, ValueError):
        return msgspec.convert(read_toml(path), kind)


def sidecar_text(sidecar: SidecarTable) -> str:
    """Write a sidecar as TOML, without what it leaves out."""
    fields = {name: value for name, value in msgspec.structs.asdict(sidecar).items() if value is not None}
    lines = []
    for name, value in fields.items():
        shown = f'"{value}"' if isinstance(value, str) else list(value) if isinstance(value, tuple) else value
        lines.append(f"{name} = {shown}\n")
    return "".join(lines)


def hash_with_sidecar(network_sha256: str, sidecar: SidecarTable, ignored: tuple[str, ...] = ()) -> str:
    """Hash of a network together with what its sidecar says, for the two decide the result together.

    Parameters
    ----------
    network_sha256 : str, hash of the network's file
    sidecar : SidecarTable
    ignored : names of fields that change nothing about a result for given input
    """
    fields = {name: value for name, value in msgspec.structs.asdict(sidecar).items() if name not in ignored}
    return hashlib.sha256(network_sha256.encode() + msgspec.json.encode(fields, order="sorted")).hexdigest()
