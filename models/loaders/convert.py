"""Convert networks of other projects: into weight files of ours, or copies with a sidecar."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from models.importers.file_kind import KINDS, file_kind
from models.importers.foreign_generator import open_foreign_generator
from models.importers.foreign_labeller import open_foreign_labeller
from models.importers.foreign_network import ENDINGS
from models.importers.pggan.read import read_gan
from models.importers.sidecar import Colours, sidecar_path, sidecar_text
from models.loaders.describe import FileFacts, gan_facts, inspect, is_labeller
from models.networks.progressive_gan import ProgressiveDiscriminator, ProgressiveGenerator
from models.weights.build import build_network
from models.weights.card import renewing_card
from models.weights.weight_file import write_weights
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing
from tlgan.storage.file_hash import file_sha256

NETWORKS = {"generator": ProgressiveGenerator, "discriminator": ProgressiveDiscriminator}


@dataclass(frozen=True)
class ConversionReport:
    """What `convert` did.

    Attributes
    ----------
    facts : FileFacts, of the network; its notes stand in `notes` where variables had to be mapped
    written : tuple of Path, the network last written is the one to load
    notes : tuple of str, what a user should know
    """

    facts: FileFacts
    written: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def convert(
    source: Path,
    destination: Path,
    kind: str | None = None,
    *,
    latent_space: str | None = None,
    value_range: tuple[float, float] | None = None,
    colours: Colours | None = None,
) -> ConversionReport:
    """Convert a network: write it as `<destination>.generator.h5` (or .onnx, .keras with its sidecar).

    A discriminator in the file becomes `<destination>.discriminator.h5`, a labeller with its sidecar
    `<destination>.labeller.onnx` or `.keras`. Nothing is written before all of the file is checked.

    Parameters
    ----------
    source : Path
    destination : Path, folder and name
    kind : str or None, a key of `models.importers.file_kind.KINDS`; None tells it from the content
    latent_space : "normal", "uniform" or "sphere", the prior of an ONNX or Keras generator
    value_range : (black, white) of its output; None tells it from a few pictures
    colours : "RGB" or "BGR", the order of its colours; None: as a sidecar beside it says, or else RGB

    Raises
    ------
    UserError
        Where the file is damaged, of another kind, or does not fit our networks.
    """
    source, destination = Path(source), Path(destination)
    kind = _check_kind(kind) if kind else file_kind(source)
    if kind == "tlgan":
        raise UserError(f"{source}: is a weight file of this project already. Name it as it is.")
    if kind not in ENDINGS:
        return _convert_gan(source, destination, kind)
    if is_labeller(source):
        open_foreign_labeller(source, kind)
        sidecar = sidecar_path(source).read_text(encoding="utf-8")
        role = "labeller"
    else:
        foreign = open_foreign_generator(source, latent_space, value_range, kind, colours=colours)
        sidecar = sidecar_text(foreign.sidecar)
        role = "generator"
    network = destination.with_name(f"{destination.name}.{role}{ENDINGS[kind]}")
    destination.parent.mkdir(parents=True, exist_ok=True)
    # The sidecar first: a network never lies there without what its numbers mean.
    with replacing(sidecar_path(network)) as partial:
        partial.write_text(sidecar, encoding="utf-8")
    facts = {"source": source.name, "source_kind": kind, "source_sha256": file_sha256(source)}
    command = _command(source, destination, latent_space, value_range, colours)
    with renewing_card(network, facts | command), replacing(network) as partial:
        shutil.copyfile(source, partial)
    return ConversionReport(inspect(network), (sidecar_path(network), network))


def _convert_gan(source: Path, destination: Path, kind: str) -> ConversionReport:
    file = read_gan(source, kind)
    facts = gan_facts(source, kind, file.generator)
    # The generator last: it is the one to load.
    networks = {"generator": file.generator}
    if file.discriminator is not None:
        networks = {"discriminator": file.discriminator} | networks
    for role, network in networks.items():
        build_network(partial(NETWORKS[role], network.config, name=role), network.variables, str(source))
    metadata = {
        "source": source.name,
        "source_kind": kind,
        "source_sha256": facts.sha256,
        "notes": list(file.notes),
    }
    written = []
    for role, network in networks.items():
        path = destination.with_name(f"{destination.name}.{role}.h5")
        dtype = _exact_dtype(network.variables)
        with renewing_card(path, metadata | _command(source, destination)):
            write_weights(path, role, network.config, network.variables, metadata, dtype=dtype)
        written.append(path)
    return ConversionReport(facts, tuple(written), file.notes)


def _command(
    source: Path,
    destination: Path,
    latent_space: str | None = None,
    value_range: tuple[float, float] | None = None,
    colours: str | None = None,
) -> dict[str, str]:
    """The command that writes the network again, for its card."""
    words = ["python", "-m", "pipelines", "convert", str(source), str(destination)]
    words += ["--prior", latent_space] if latent_space else []
    words += ["--range", ",".join(f"{value:g}" for value in value_range)] if value_range else []
    words += ["--colours", colours] if colours else []
    return {"command": shlex.join(words)}


def _exact_dtype(variables: Mapping[str, np.ndarray]) -> str:
    """float16 where it loses nothing, else float32."""
    with np.errstate(over="ignore"):
        exact = all(
            np.array_equal(values.astype("float16").astype("float32"), values)
            for values in variables.values()
        )
    return "float16" if exact else "float32"


def _check_kind(kind: str) -> str:
    if kind not in KINDS:
        raise UserError(f"`kind` must be one of {', '.join(KINDS)}. Got {kind!r}.")
    return kind
