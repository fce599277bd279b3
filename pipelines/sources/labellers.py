"""Labellers and judges by name.

They are weight files, networks that the recipe trains itself, tables of labels by hand, or the known factors
of the built-in portraits. Opened, each is a `models.protocols.Labeller`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.weights.card import read_card
from models.weights.locate import find_weights
from pipelines.recipe.load import Recipe
from pipelines.sources.label_table import ENDING as TABLE_ENDING
from pipelines.sources.label_table import read_label_table
from pipelines.sources.source import BATCH_SIZES, Source
from pipelines.sources.synthetic import (
    KNOWN_FACTORS,
    KNOWN_FACTORS_SPELLINGS,
    KnownFactorsLabeller,
    planted_axes_of,
    portraits_fingerprint,
)
from pipelines.workflow.file_hash import file_hash, weights_hash
from pipelines.workflow.machine_cache import MachineCache
from pipelines.workflow.step import Step
from tlgan.errors import UserError

if TYPE_CHECKING:
    from models.protocols import Embedder, Labeller


def labeller_source(
    recipe: Recipe, name: str, role: str = "labeller", trained: Iterable[Step] = ()
) -> Source:
    """A labeller or judge of the recipe.

    Parameters
    ----------
    name : a weight file, a name, a CSV of labels by hand, or "known-axes-factors"
    role : "labeller" or "judge"; a judge that returns known factors adds no noise
    trained : steps that train the recipe's own networks before they are read
    """
    if name in KNOWN_FACTORS_SPELLINGS:
        options = recipe.known_axes
        noise, seed = (options.noise, options.noise_seed) if role == "labeller" else (0.0, 0)
        fingerprint = portraits_fingerprint(recipe, noise=noise, noise_seed=seed)
        return Source(
            KNOWN_FACTORS,
            fingerprint,
            lambda _: KnownFactorsLabeller(planted_axes_of(recipe), noise, seed),
            reads_images=False,
        )
    if name.lower().endswith(TABLE_ENDING):
        return _label_table(Path(name).expanduser(), role)
    for step in trained:
        if step.parameters.get("role") == role and step.parameters.get("name") == name:
            return _weight_file(step.output, step.fingerprint, role)
    weights = find_weights(name, role)
    return _weight_file(weights, weights_hash(weights), role)


def judge_source(recipe: Recipe, trained: Iterable[Step] = ()) -> Source:
    """The judge of the recipe's edits; refused where it is the network that the axes were fitted on."""
    name = recipe.evaluate.judge
    if not name:
        raise UserError(
            "`evaluate.judge` must name a judge: an attribute network that did not label the samples. Got "
            f"nothing. Set it in the recipe, or run `{recipe.command('evaluate', '-s', 'evaluate.judge=NAME')}`; "
            "docs/how-to/train-a-network.md says how to train one."
        )
    judge = labeller_source(recipe, name, "judge", trained)
    check_read_nothing(recipe, judge, "evaluate.judge", trained)
    return judge


def averaged_sources(recipe: Recipe, trained: Iterable[Step] = ()) -> tuple[Source, ...]:
    """The networks whose scores the regressor learns together with the labellers' (`regress.average_with`).

    A name means the judge of that name where there is one, or else the labeller.
    """
    sources = []
    for name in recipe.regress.average_with:
        if name.lower().endswith(TABLE_ENDING):
            raise UserError(
                f"`regress.average_with` must name networks. Got {name}, a table; name it in `label.labellers`."
            )
        source = labeller_source(recipe, name, "judge", trained)
        if source.weights in [
            labeller_source(recipe, one, trained=trained).weights for one in recipe.label.labellers
        ]:
            raise UserError(
                f"`regress.average_with` must name other networks than the labellers. Got {source.weights}."
            )
        sources.append(source)
    return tuple(sources)


def check_read_nothing(recipe: Recipe, judge: Source, key: str, trained: Iterable[Step] = ()) -> None:
    """Refuse a judge that labelled the samples, for the fits or for the regressor: it would agree with itself.

    Parameters
    ----------
    recipe : Recipe
    judge : Source
    key : str
        Of the recipe, where the judge is named.
    trained : steps that train the recipe's own networks before they are read
    """
    labellers = [labeller_source(recipe, labeller, trained=trained) for labeller in recipe.label.labellers]
    for source in (*labellers, *averaged_sources(recipe, trained)):
        if judge.weights is not None and judge.weights == source.weights:
            raise UserError(
                f"`{key}` must be another network than the labellers and those of `regress.average_with`. Got "
                f"{judge.weights}, which labelled the samples, and would agree with itself."
            )


def card_scores(labellers: Sequence[Source]) -> dict[str, float]:
    """Test score of each attribute by the cards beside the labellers' weights: AUC, or R² where it is continuous.

    Attributes of labellers without a card are left out.
    """
    found: dict[str, float] = {}
    for labeller in labellers:
        figures = read_card(labeller.weights).get("attributes") if labeller.weights else None
        for name, scores in figures.items() if isinstance(figures, dict) else ():
            score = scores.get("auc", scores.get("r2")) if isinstance(scores, dict) else None
            if isinstance(score, int | float):
                found.setdefault(name, float(score))
    return found


def embedder_source(recipe: Recipe) -> Source | None:
    """The network that says whether two pictures show the same face; None where the judge's features do."""
    if not recipe.evaluate.embedder:
        return None
    weights = find_weights(recipe.evaluate.embedder, "embedder")

    def load(weights: Path) -> Embedder:
        from models.loaders.embedder import load_embedder

        return load_embedder(weights, "embedder", batch_size_cache=MachineCache(BATCH_SIZES))

    return Source(weights.name.removesuffix(".h5"), weights_hash(weights), load, weights)


def _weight_file(weights: Path, fingerprint: str, role: str) -> Source:
    def load(weights: Path) -> Labeller:
        from models.loaders.labeller import load_labeller

        return load_labeller(weights, role, batch_size_cache=MachineCache(BATCH_SIZES))

    return Source(weights.stem, fingerprint, load, weights)


def _label_table(path: Path, role: str) -> Source:
    if role == "judge":
        raise UserError(
            f"{path}: a table of labels cannot judge edits, for it knows sampled images only. "
            "Set `evaluate.judge` to a network."
        )
    if not path.is_file():
        raise UserError(
            f"{path}: no such table of labels. Name a CSV; docs/how-to/bring-labels.md says how to make one."
        )
    return Source(path.stem, file_hash(path), read_label_table, path, by_hand=True, reads_images=False)
