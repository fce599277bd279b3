"""The steps of a recipe, in order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pipelines.recipe.load import Recipe
from pipelines.report.page import plan_report
from pipelines.sources.labellers import judge_source, labeller_source
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.stages.evaluate import plan_evaluate
from pipelines.stages.export import plan_export
from pipelines.stages.fit import plan_fit
from pipelines.stages.label import plan_labels
from pipelines.stages.orthogonalize import plan_orthogonalize
from pipelines.stages.prepare import plan_prepare
from pipelines.stages.sample import plan_sample
from pipelines.stages.train import TrainingLimits, plan_training
from pipelines.workflow.step import Step

STAGES = ("sample", "label", "fit", "orthogonalize", "export", "rescore", "evaluate", "report")


def plan(recipe: Recipe, until: str = "report") -> tuple[Step, ...]:
    """The steps from `sample` to the stage `until`, after those that train the networks they need."""
    sample = plan_sample(recipe)
    if until == "sample":  # needs no labeller yet
        return (sample,)
    trained = plan_own_networks(recipe)
    sources = [labeller_source(recipe, name, trained=trained) for name in recipe.label.labellers]
    labels = plan_labels(recipe, sources, sample)
    fits = [
        plan_fit(_fitted_by_hand(recipe) if source.by_hand else recipe, sample, label)
        for source, label in zip(sources, labels, strict=True)
    ]
    orthogonalize = plan_orthogonalize(recipe, sample, fits)
    steps = [sample, *labels, *fits, orthogonalize, plan_export(recipe, orthogonalize)]
    last = STAGES.index(until)
    if last >= STAGES.index("rescore") and (
        (recipe.evaluate.judge and recipe.evaluate.always) or until == "evaluate"
    ):
        judge = judge_source(recipe, trained)
        steps += plan_evaluate(recipe, sample, labels, fits, orthogonalize, judge)
    steps.append(plan_report(recipe, steps))
    return (*trained, *(step for step in steps if STAGES.index(step.stage) <= last))


def _fitted_by_hand(recipe: Recipe) -> Recipe:
    """The recipe with a fit for labels by hand.

    These are few, often fewer than the latent has dimensions, and any few can be told apart exactly:
    without a penalty there is no best axis. They are answers, not logits, so "binomial" has nothing to
    turn into probabilities; the fit itself takes columns of 0 and 1 for what they are.
    """
    penalised = not recipe.fit.ridge and recipe.fit.held_out
    family = "gaussian" if recipe.fit.family == "binomial" else recipe.fit.family
    fit = msgspec.structs.replace(
        recipe.fit, family=family, ridge="held-out" if penalised else recipe.fit.ridge
    )
    return msgspec.structs.replace(recipe, fit=fit)


def plan_own_networks(recipe: Recipe) -> tuple[Step, ...]:
    """Training of the networks that the recipe uses itself, where it needs no photographs for that."""
    wanted = {
        "generator": {recipe.sample.generator},
        "labeller": set(recipe.label.labellers),
        "judge": {recipe.evaluate.judge},
    }
    names = [
        name
        for name, options in recipe.networks.items()
        if (options.weights or name) in wanted.get(options.roles[0], ())
    ]
    return plan_networks(recipe, names) if recipe.data.kind == KNOWN_AXES and names else ()


def plan_networks(
    recipe: Recipe, names: Iterable[str], limits: TrainingLimits | None = None
) -> tuple[Step, ...]:
    """Preparation of the images, then the training of each of these networks of the recipe."""
    prepare = plan_prepare(recipe)
    return (prepare, *(plan_training(recipe, name, prepare, limits or TrainingLimits()) for name in names))
