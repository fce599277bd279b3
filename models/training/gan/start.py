"""Start a progressive GAN from other weights: the generator's, and the discriminators' that lie beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from models.importers.file_kind import file_kind
from models.importers.pggan.read import READERS, gan_network, read_gan
from models.kinds.progressive_gan import ProgressiveGanOptions
from models.networks.progressive_gan import ProgressiveDiscriminator, ProgressiveGenerator
from models.networks.projected_discriminator import ProjectedDiscriminator
from models.networks.widening import grows_into, widen_generator
from models.training.checkpoint import read_network
from models.weights.build import check_fit
from models.weights.locate import file_beside
from models.weights.weight_file import assign_present, network_variables, read_weights
from tlgan.errors import UserError

PROGRESSIVE_KINDS = ("tlgan", *READERS)  # of file, that hold a progressive GAN


def start_generators(
    path: Path, generators: Sequence[ProgressiveGenerator], options: ProgressiveGanOptions
) -> None:
    """Set generators from a generator's file, widened to their maps; a higher resolution gets new layers.

    Parameters
    ----------
    path : Path, of a progressive GAN
    generators : sequence of ProgressiveGenerator of one shape
    options : ProgressiveGanOptions, for `start_noise` and `seed`

    Raises
    ------
    UserError
        Where the file holds no progressive GAN, or one that does not grow into these generators.
    """
    kind = file_kind(path)
    if kind not in PROGRESSIVE_KINDS:
        raise UserError(
            f"{path}: must hold a progressive GAN to start from. Got a file of kind {kind!r}. Name another."
        )
    narrow = read_gan(path, kind).generator
    built = partial(ProgressiveGenerator, narrow.config, name="generator")
    check_fit(built, narrow.variables, str(path))
    wide = generators[0].config
    arrays = widen_generator(narrow.variables, narrow.config, wide, options.start_noise, options.seed)
    for network in generators:
        assign_present(network, arrays)


def start_discriminator(path: Path, network: ProgressiveDiscriminator) -> Path | None:
    """Set a pixel discriminator from the one that lies beside a generator's file.

    Returns
    -------
    Path or None : the file, or None where there is none that grows into the network, which is then left as it was
    """
    beside = file_beside(path, "discriminator")
    if beside is None:
        return None
    other = gan_network(read_weights(beside), beside, "discriminator")
    if not grows_into(other.config, network.config):
        return None
    check_fit(
        partial(ProgressiveDiscriminator, other.config, name="discriminator"), other.variables, str(beside)
    )
    assign_present(network, other.variables)
    return beside


def start_projected(path: Path, network: ProjectedDiscriminator) -> Path | None:
    """Set a projected discriminator from the training state that lies beside a generator's file.

    What it reads does not depend on the resolution in training, so it need not learn anew.

    Returns
    -------
    Path or None : the file, or None where there is none with a projected discriminator of this shape; the network
        is then left as it was
    """
    beside = file_beside(path, "checkpoint")
    if beside is None or not read_network(beside, "gan", "projected", network_variables(network)):
        return None
    return beside
