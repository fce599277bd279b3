"""A first look at a generator's file: what it does not tell, its conversion, how many samples fit some minutes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.importers.foreign_network import ENDINGS
from models.weights.feature_statistics import read_feature_statistics
from models.weights.locate import find_weights, weights_folder
from pipelines.planning.trial_recipe import TrialRecipe, judge_for, recipe_text, write_recipe
from pipelines.sources.framing_check import Framing, check_framing, pictures_to_look_at
from pipelines.sources.photographs import size_for
from pipelines.sources.source import BATCH_SIZES
from pipelines.workflow.machine_cache import MachineCache
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.importers.sidecar import Colours
    from models.loaders.describe import FileFacts
    from models.loaders.labeller import LoadedLabeller
    from models.protocols import Generator, Labeller

PRIORS = ("normal", "uniform", "sphere")
LEAST, MOST = 400, 4_000  # samples of a first look
SHRUNK_ABOVE = 128  # pixels per side; larger pictures are kept as the labeller sees them
BASE, COMMON = ("Male", "Young"), 0.05  # least share of a base attribute, and of its contrary


@dataclass(frozen=True)
class Told:
    """What a person says of a generator because its file does not; None where nothing is said.

    Attributes
    ----------
    prior : "normal", "uniform", "sphere" or None
    value_range : (black, white) or None
    colours : "RGB", "BGR" or None
    """

    prior: str | None = None
    value_range: tuple[float, float] | None = None
    colours: Colours | None = None


@dataclass(frozen=True)
class Asked:
    """What a person asks of a first look.

    Attributes
    ----------
    name : str, of generator, recipe and run
    labeller : str, its name or file
    recipe : Path, where the recipe is to be written
    count : int or None, samples; None takes as many as fit the minutes
    minutes : float, for drawing and labelling
    command : str, the command line
    """

    name: str
    labeller: str
    recipe: Path
    count: int | None
    minutes: float
    command: str


def trial_name(file: Path, name: str = "") -> str:
    """A name for generator, recipe and run: the one given, or that of the file in letters that names may have.

    Example
    -------
    >>> trial_name(Path("My net (1).generator.onnx"))
    'My-net-1'
    """
    stem = file.name
    for ending in (*ENDINGS.values(), file.suffix):
        stem = stem.removesuffix(ending)
    if name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise UserError(
            f"`--name` must be letters, digits, dots, - and _, the first a letter or digit. Got {name!r}."
        )
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", stem.removesuffix(".generator").removesuffix(".weights"))
    return name or plain.strip("._-")[:60] or "generator"


def check_generator_facts(facts: FileFacts, told: Told) -> None:
    """Refuse a file that is no generator, and one whose prior nobody says."""
    if facts.role != "generator":
        raise UserError(
            f"{facts.path}: must be a generator. Got a {facts.role}. A labeller is named in a recipe: "
            "docs/how-to/bring-labels.md."
        )
    if facts.kind not in ENDINGS and told.prior not in (None, facts.latent_space):
        raise UserError(
            f"{facts.path}: has the prior {facts.latent_space}, as its file tells. Got `--prior {told.prior}`. Leave "
            "it out."
        )
    if facts.latent_space is None and told.prior is None:
        raise UserError(
            f"{facts.path}: its prior must be said, for the file does not tell what its latents are drawn from. Give "
            "`--prior normal` (torch.randn, most networks), `--prior uniform` (numbers from -1 to 1) or "
            "`--prior sphere` (PG-GAN: normal numbers, scaled to one length)."
        )


def prepare_trial(file: Path, facts: FileFacts, told: Told, asked: Asked) -> Iterator[str]:
    """Convert a generator, look at some of its pictures and write the recipe; gives lines for people, as it goes.

    Raises
    ------
    UserError
        Where the labeller is not there, the generator cannot be converted, or the recipe not be written.
    """
    from models.loaders.generator import load_generator
    from models.loaders.labeller import load_labeller

    cache = MachineCache(BATCH_SIZES)
    labeller = load_labeller(asked.labeller, batch_size_cache=cache)
    named, notes = bring_in(file, facts, asked.name, told)
    yield from notes
    generator = load_generator(named, batch_size_cache=cache)
    pictures, seconds = look_at(generator)
    began = time.monotonic()
    scores = labeller.score_rows(pictures)
    seconds += (time.monotonic() - began) / len(pictures)
    framing = _framing(labeller, asked.labeller, pictures)
    if framing and framing.view:  # of pictures that stay far, `label` warns
        yield from framing.sentences
    view, why = _view(labeller, generator.resolution, framing)
    count = asked.count or trial_count(seconds, asked.minutes, generator.latent_dim)
    yield f"{1 / seconds:.0f} pictures a second here: {count} take about {count * seconds / 60:.1f} minutes."
    said = TrialRecipe(
        name=asked.name,
        generator=named,
        labeller=asked.labeller,
        judge=judge_for(asked.labeller),
        count=count,
        base=common_base(labeller, scores),
        view=view,
        view_why=why,
        command=asked.command,
    )
    write_recipe(asked.recipe, recipe_text(said, asked.recipe))
    yield f"Wrote {asked.recipe}"


def _view(
    labeller: LoadedLabeller, resolution: int, framing: Framing | None
) -> tuple[tuple[float, float, float, int] | None, str]:
    """The `[view]` of the recipe, (left, top, side, size) or None, and why it is so."""
    if framing and framing.view:
        why = f"nearer to the labeller's photographs: {framing.nearer:.1f}, not {framing.distance:.1f}"
        return (*framing.view, size_for(labeller)), why
    if resolution > SHRUNK_ABOVE:
        return (0.0, 0.0, 1.0, size_for(labeller)), "the whole picture, as small as the labeller takes it"
    return None, ""


def _framing(labeller: LoadedLabeller, named: str, pictures: np.ndarray) -> Framing | None:
    """How far the pictures are from the labeller's photographs; None where that is not known."""
    statistics = read_feature_statistics(find_weights(named, "labeller"))
    return check_framing(labeller, statistics, pictures) if statistics else None


def bring_in(file: Path, facts: FileFacts, name: str, told: Told) -> tuple[str, tuple[str, ...]]:
    """Convert a foreign generator, once; what a recipe calls it, and notes for people.

    Raises
    ------
    UserError
        Where another network has the name, or the same one that was told otherwise.
    """
    from models.loaders.convert import convert

    if facts.kind == "tlgan":
        return str(file.expanduser().resolve()), ()
    try:
        there = find_weights(name, "generator")
    except UserError:
        there = None
    if there is not None:
        _check_same(there, facts, name, told)
        return name, (f"{there}: is there already, and is the same network.",)
    report = convert(
        file,
        weights_folder() / name,
        latent_space=told.prior,
        value_range=told.value_range,
        colours=told.colours,
    )
    return name, (*report.notes, *(f"Wrote {path}" for path in report.written))


def _check_same(there: Path, facts: FileFacts, name: str, told: Told) -> None:
    from models.importers.sidecar import GeneratorSidecar, read_sidecar, sidecar_path
    from models.weights.card import read_card
    from tlgan.storage.file_hash import file_sha256

    remedy = f"Give this one another name: `--name {name}-2`."
    if read_card(there).get("source_sha256") != file_sha256(facts.path):
        raise UserError(f"{there}: is there already, of another file than {facts.path}. {remedy}")
    if facts.kind not in ENDINGS:
        return
    said = read_sidecar(sidecar_path(there), GeneratorSidecar)
    pairs = (
        ("--prior", told.prior, said.latent_space),
        ("--range", told.value_range, said.range),
        ("--colours", told.colours, said.colours or "RGB"),
    )
    for option, now, before in pairs:
        if now is not None and now != before:
            raise UserError(f"{there}: is there already, with {option} {_shown(before)}. {remedy}")


def _shown(value: object) -> str:
    return ",".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)


def look_at(generator: Generator, seed: int = 0) -> tuple[np.ndarray, float]:
    """Draw a few hundred pictures; they and the seconds that one takes."""
    from tlgan.latents.sampling import draw_latents

    count = pictures_to_look_at(generator.resolution)
    latents = draw_latents(0, count, generator.latent_dim, space=generator.latent_space, seed=seed)
    first = max(1, min(generator.batch, 16))
    pictures = [generator(latents[:first])]  # compiled here, which is not timed
    began = time.monotonic()
    step = max(1, min(generator.batch, 64))
    for start in range(first, count, step):
        pictures.append(generator(latents[start : start + step]))
    drawn = sum(map(len, pictures[1:]))
    return np.concatenate(pictures), (time.monotonic() - began) / drawn


def trial_count(seconds_per_picture: float, minutes: float, latent_dim: int) -> int:
    """How many samples fit the minutes, in hundreds: at most 4,000, and enough for a fit of that many numbers."""
    fits = minutes * 60 / max(seconds_per_picture, 1e-9)
    least = max(LEAST, 2 * latent_dim)
    return int(-(-max(least, min(MOST, fits // 100 * 100)) // 100 * 100))


def common_base(labeller: Labeller, scores: np.ndarray) -> tuple[str, ...]:
    """The attributes of the usual base, where both they and their contrary are not rare in the pictures."""
    names = list(labeller.names)
    if not set(names) >= set(BASE):
        return ()
    shares = (scores[:, [names.index(name) for name in BASE]] > 0).mean(axis=0)
    return BASE if ((shares >= COMMON) & (shares <= 1 - COMMON)).all() else ()
