"""The editors that are compared, as far as their networks and runs are there, and the faces that they edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.evaluation.edited_latents import evaluated_base
from pipelines.evaluation.editors.editor import Editor, Faces
from pipelines.evaluation.editors.latent_editor import LatentEditor
from pipelines.evaluation.editors.translator_editor import TranslatorEditor
from pipelines.recipe.load import Recipe
from tlgan.editing.edit_methods import STRICTNESS
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

if TYPE_CHECKING:
    from data.synthetic.planted_axes import KnownAxes
    from pipelines.runs.finished_run import OpenedRun

LATENT_EDITS = {"straight axis": "raw", "Löwdin": "lowdin", "local path": "local"}
STEPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)  # of latent editors, standard deviations
VALUES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # of a binary condition: 1 is the other label
LIGHTS = (0.5, 1.0, 1.5, 2.0, 3.0)  # of the light, in deviations of the factor
FACE_SEED = 9_100  # of drawn faces: other latents than samples, trainings and evaluations have


@dataclass(frozen=True)
class Contender:
    """An editor, the amounts that it tries, and the minutes of its training; NaN where it has none of its own."""

    editor: Editor
    amounts: tuple[float, ...]
    minutes: float = np.nan


@dataclass(frozen=True)
class BuiltIn:
    """A trained translator of a recipe that edits one attribute.

    Attributes
    ----------
    title : str, in tables
    recipe, network, weights : str, as in `make train RECIPE=… NAME=…`, and the name of its weights
    amounts : of the condition
    settings : of the training, beside the recipe's
    """

    title: str
    recipe: str
    network: str
    weights: str
    amounts: tuple[float, ...] = VALUES
    settings: str = ""

    @property
    def command(self) -> str:
        """The command that trains it."""
        settings = f' SET="{self.settings}"' if self.settings else ""
        return f"make train RECIPE={self.recipe} NAME={self.network}{settings}"


def light_decoders(count: int) -> BuiltIn:
    """DeepFakes with so many decoders for light; 4 are what the recipe has."""
    other = count != 4
    return BuiltIn(
        title=f"DeepFakes, {count} decoders",
        recipe="deepfakes",
        network="light",
        weights=f"deepfakes-light-{count}" if other else "deepfakes-light",
        amounts=LIGHTS,
        settings=f"networks.light.ranges={count} networks.light.weights=deepfakes-light-{count}"
        if other
        else "",
    )


DRAWN: Mapping[str, Sequence[BuiltIn]] = {
    "Smiling": (
        BuiltIn("Fader", "fader", "smile", "fader-smile"),
        BuiltIn("DeepFakes, 2 decoders", "deepfakes", "smile", "deepfakes-smile", (1.0,)),
    ),
    "Light": (
        BuiltIn("Fader", "fader", "light", "fader-light", LIGHTS),
        *(light_decoders(count) for count in (2, 4, 8)),
    ),
}
PHOTOGRAPHED: Mapping[str, Sequence[BuiltIn]] = {
    "Smiling": (BuiltIn("Fader", "fader-celeba64", "smile", "fader-celeba64-smile"),),
    "Eyeglasses": (BuiltIn("Fader", "fader-celeba64", "glasses", "fader-celeba64-glasses"),),
    "Male": (BuiltIn("Fader", "fader-celeba64", "male", "fader-celeba64-male"),),
}


def latent_contenders(run: OpenedRun, recipe: Recipe) -> list[Contender]:
    """The ways to edit latents of a finished run; without the local path where it has no regressor."""
    base = evaluated_base(recipe, run.axes)
    return [
        Contender(LatentEditor(title, run.generator, run.axes, edit, base), STEPS)
        for title, edit in LATENT_EDITS.items()
        if edit not in STRICTNESS or run.axes.regressor is not None
    ]


def built_in_contenders(networks: Sequence[BuiltIn]) -> Iterator[Contender]:
    """Translators whose weights are there; of each other prints the command that trains it."""
    from models.loaders.translator import load_translator

    for one in networks:
        try:
            translator = load_translator(one.weights)
        except UserError:
            print(f"{one.title}: not measured. Train it with `{one.command}`.")
            continue
        yield Contender(TranslatorEditor(one.title, translator), one.amounts, trained_minutes(one.weights))


def other_contenders(weights: Sequence[str], attribute: str) -> Iterator[Contender]:
    """Translators by name or file that change an attribute."""
    from models.loaders.translator import load_translator

    for name in weights:
        editor = TranslatorEditor(Path(name).name.split(".translator")[0], load_translator(name))
        if attribute in editor.attributes:
            yield Contender(editor, VALUES, trained_minutes(name))


def trained_minutes(weights: str) -> float:
    """Minutes of a training as its card tells them, on whatever machine; NaN where it does not."""
    import msgspec

    from models.weights.locate import find_weights

    card = find_weights(weights, "translator").with_suffix(".json")
    told = msgspec.json.decode(card.read_bytes()) if card.is_file() else {}
    return told.get("seconds_of_last_run", np.nan) / 60


def drawn_faces(known: KnownAxes, count: int) -> Faces:
    """Drawn faces that no network saw, with their latents and true labels."""
    latents = draw_latents(0, count, known.latent_dim, space="normal", seed=FACE_SEED)
    labels = known.labels(latents)
    values = {name: labels[:, column] for column, name in enumerate(known.names)}
    return Faces(known.generate(latents), values, latents)


def generated_faces(run: OpenedRun, count: int) -> Faces:
    """Faces that a run's generator draws, with their latents, and as values what its labeller sees: 0 or 1."""
    latents = draw_latents(0, count, run.axes.latent_dim, space=run.axes.latent_space, seed=FACE_SEED)
    images = run.draw(latents)
    scores = run.read(latents, images)
    values = {name: (scores[:, column] > 0).astype(float) for column, name in enumerate(run.axes.names)}
    return Faces(images, values, latents)


def balanced_rows(values: np.ndarray, count: int) -> np.ndarray:
    """The first rows with and without a binary attribute, as many of each, `count` together at most, in order."""
    half = min(count // 2, int((values > 0.5).sum()), int((values <= 0.5).sum()))
    sides = [np.flatnonzero(side)[:half] for side in (values > 0.5, values <= 0.5)]
    return np.sort(np.concatenate(sides))
