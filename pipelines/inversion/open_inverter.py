"""Open what finds latents of photographs for a run, and what judges how near it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.recipe.load import Recipe
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.inversion.inverter import Inverter
    from models.loaders.encoder import LoadedEncoder
    from models.loaders.frozen_features import FrozenFeatures
    from models.protocols import Embedder, Generator

RECOGNISER = "face-api-recognition"


@dataclass(frozen=True, eq=False)
class OpenedInverter:
    """What finds latents of photographs, and two networks that had no part in that.

    Attributes
    ----------
    inverter : Inverter
    judge : Embedder or None
        Its features tell how alike two pictures are.
    recogniser : Embedder or None
        Tells whether two pictures show one person.
    notes : tuple of str
        What is not there, and how to get it.
    """

    inverter: Inverter
    judge: Embedder | None
    recogniser: Embedder | None
    notes: tuple[str, ...] = ()


def open_inverter(recipe: Recipe, generator: Generator, encoder: str = "") -> OpenedInverter:
    """Open encoder, features and judges of a recipe, as far as they are there.

    Parameters
    ----------
    recipe : Recipe
        Its first labeller gives the features of the search, its judge those that judge.
    generator : Generator
    encoder : str
        Name or file; empty for that of the generator's name.

    Raises
    ------
    UserError
        Where an encoder that is named is not there, or belongs to another generator.
    """
    from models.inversion.inverter import Inverter
    from models.inversion.objective import Objective

    notes: list[str] = []
    features = _features(recipe, notes)
    opened = _encoder(generator, encoder, notes)
    judge = _judge(recipe, features, notes)
    recogniser = _embedder(recipe.evaluate.embedder or RECOGNISER, "embedder", "No identity distance", notes)
    return OpenedInverter(Inverter(Objective(generator, features), opened), judge, recogniser, tuple(notes))


def _features(recipe: Recipe, notes: list[str]) -> FrozenFeatures | None:
    from models.loaders.frozen_features import load_frozen_features

    try:
        return load_frozen_features(recipe.label.labellers[0])
    except (UserError, IndexError) as error:
        notes.append(f"Pictures are compared by their pixels alone: {error}")
        return None


def _encoder(generator: Generator, name: str, notes: list[str]) -> LoadedEncoder | None:
    from models.loaders.encoder import load_encoder

    if name:
        return load_encoder(name, generator, batch=1)  # photographs come one at a time
    try:
        return load_encoder(generator.name, generator, batch=1)
    except UserError as error:
        notes.append(f"The search begins at random latents: {error}")
        return None


def _judge(recipe: Recipe, features: FrozenFeatures | None, notes: list[str]) -> Embedder | None:
    if not recipe.evaluate.judge:
        notes.append("No feature distance: the recipe names no `evaluate.judge`.")
        return None
    judge = _embedder(recipe.evaluate.judge, "judge", "No feature distance", notes)
    if judge is not None and features is not None and judge.sha256 == features.sha256:
        notes.append("No feature distance: the judge is the network whose features the search compares.")
        return None
    return judge


def _embedder(name: str, role: str, without: str, notes: list[str]) -> Embedder | None:
    from models.loaders.embedder import load_embedder

    try:
        return load_embedder(name, role)
    except UserError as error:
        notes.append(f"{without}: {error}")
        return None
