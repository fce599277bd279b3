"""The steps of a recipe by name and in order: planned once, then passed to what runs or reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from pipelines.planning.sample_count import with_known_count
from pipelines.recipe.load import Recipe
from pipelines.report.page import plan_report
from pipelines.report.translators import shown_faces
from pipelines.sources.labellers import averaged_sources, judge_source, labeller_source
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.stages.evaluate import EvaluationSteps, plan_evaluate
from pipelines.stages.export import plan_export
from pipelines.stages.fit import plan_fit
from pipelines.stages.label import plan_labels
from pipelines.stages.orthogonalize import plan_orthogonalize
from pipelines.stages.prepare import plan_prepare
from pipelines.stages.regress import plan_regress
from pipelines.stages.sample import plan_sample
from pipelines.stages.train import plan_training
from pipelines.stages.training_loop import TrainingLimits
from pipelines.workflow.step import Step

STAGES = ("sample", "label", "fit", "regress", "orthogonalize", "export", "rescore", "evaluate", "report")


@dataclass(frozen=True)
class Plan:
    """The steps of a recipe by name; iterated over, those of a run from the training to the report.

    A step is planned when it is first asked for: samples can be planned where there is no labeller yet, and
    axes where there is no judge.

    Attributes
    ----------
    recipe : Recipe
        With a fixed number of samples; see `make_plan`.

    Examples
    --------
    >>> plan = make_plan(load_recipe("celeba64"))
    >>> [step.title for step in plan.until("label")]
    ['sample', 'label celeba64.labeller']
    """

    recipe: Recipe

    @cached_property
    def training(self) -> tuple[Step, ...]:
        """The training of networks that this recipe reads and makes itself; often empty."""
        return plan_own_networks(self.recipe)

    @cached_property
    def sample(self) -> Step:
        """The step that draws latents and images."""
        return plan_sample(self.recipe)

    @cached_property
    def labellers(self) -> tuple[Source, ...]:
        """Where the labellers come from, in the order of the recipe."""
        names = self.recipe.label.labellers
        return tuple(labeller_source(self.recipe, name, trained=self.training) for name in names)

    @cached_property
    def labels(self) -> tuple[Step, ...]:
        """The steps that score the images, one for each labeller."""
        return plan_labels(self.recipe, self.labellers, self.sample)

    @cached_property
    def fits(self) -> tuple[Step, ...]:
        """The steps that regress scores on latents, one for each labeller."""
        return tuple(
            plan_fit(_fitted_by_hand(self.recipe) if source.by_hand else self.recipe, self.sample, label)
            for source, label in zip(self.labellers, self.labels, strict=True)
        )

    @cached_property
    def averaged_labels(self) -> tuple[Step, ...]:
        """The steps that score the images for the regressor alone (`regress.average_with`)."""
        sources = averaged_sources(self.recipe, self.training)
        return plan_labels(self.recipe, sources, self.sample, self.recipe.regress.most_rows)

    @cached_property
    def regressor(self) -> Step | None:
        """The step that trains the latent regressor; None where the recipe wants none, or has too few rows."""
        options = self.recipe.regress
        if options.kind == "none" or self.sample.rows < options.least_rows:
            return None
        return plan_regress(self.recipe, self.sample, self.labels, self.averaged_labels)

    @cached_property
    def axes(self) -> Step:
        """The step that writes the axis file (stage `orthogonalize`)."""
        return plan_orthogonalize(self.recipe, self.sample, self.fits, self.regressor, self.labellers)

    @cached_property
    def export(self) -> Step:
        """The step that writes the axes in the formats of other tools."""
        return plan_export(self.recipe, self.axes)

    @cached_property
    def _evaluation(self) -> EvaluationSteps:
        judge = judge_source(self.recipe, self.training)
        return plan_evaluate(self.recipe, self, judge, self.labellers, next(iter(self.training), None))

    @property
    def judge_labels(self) -> Step:
        """The judge's scores of sampled images; UserError without a judge."""
        return self._evaluation.judge_labels

    @property
    def second_labels(self) -> tuple[Step, ...]:
        """The second judges' scores of sampled images; UserError without a judge."""
        return self._evaluation.second_labels

    @property
    def rescore(self) -> Step:
        """The judge's scores of edited images; UserError without a judge."""
        return self._evaluation.rescore

    @property
    def evaluation(self) -> Step:
        """The tables of the evaluation (stage `evaluate`); UserError without a judge."""
        return self._evaluation.evaluate

    @property
    def run_evaluation(self) -> Step | None:
        """The evaluation where every run has one; None where the command `evaluate` alone makes it."""
        options = self.recipe.evaluate
        return self.evaluation if options.judge and options.always else None

    @cached_property
    def shown_faces(self) -> Step | None:
        """The step that prepares the faces which the report shows changed by the recipe's translators."""
        return shown_faces(self.recipe)

    @cached_property
    def report(self) -> Step:
        """The step that writes the report page."""
        return plan_report(self.recipe, self)

    def from_sample(self, until: str = "report") -> tuple[Step, ...]:
        """The steps from `sample` to the stage `until`, without the training before them."""
        last = STAGES.index(until)
        steps = [self.sample]
        if last >= STAGES.index("label"):
            steps += self.labels
        if last >= STAGES.index("fit"):
            steps += self.fits
        if last >= STAGES.index("regress") and self.regressor is not None:
            steps += [*self.averaged_labels, self.regressor]
        if last >= STAGES.index("orthogonalize"):
            steps.append(self.axes)
        if last >= STAGES.index("export"):
            steps.append(self.export)
        if until in ("rescore", "evaluate") or (until == "report" and self.run_evaluation):
            steps += [self.judge_labels, *self.second_labels, self.rescore]
        if until == "evaluate" or (until == "report" and self.run_evaluation):
            steps.append(self.evaluation)
        if until == "report":
            steps += [self.shown_faces, self.report] if self.shown_faces else [self.report]
        return tuple(steps)

    def until(self, stage: str) -> tuple[Step, ...]:
        """The steps to a stage, one of `STAGES`, in order, those first that train the networks they read."""
        steps = self.from_sample(stage)
        if stage == "sample":  # sampling reads no labeller
            return steps
        judged = any(step.stage == "rescore" for step in steps)
        prepare, networks = self.training[:1], self.training[1:]
        read = [step for step in networks if judged or step.parameters["role"] != "judge"]
        rest = tuple(step for step in steps if step.stage != "prepare")
        return (*prepare, *read, *rest) if read else steps

    def __iter__(self) -> Iterator[Step]:
        return iter(self.until("report"))


def make_plan(recipe: Recipe) -> Plan:
    """Plan a recipe; cheap, and nothing is run.

    With a bound `sample.until` in place of a number of samples, it is planned for the number that met the
    bound last time, or else for that of the pilot.
    """
    if recipe.sample.until:
        recipe = with_known_count(recipe, plan_sample(recipe))
    return Plan(recipe)


def _fitted_by_hand(recipe: Recipe) -> Recipe:
    """The recipe with a fit for labels by hand.

    These are few, often fewer than the latent has dimensions, and any few can be told apart exactly:
    without a penalty there is no best axis. They are 0 and 1, not logits, so "binomial" has nothing to turn
    into probabilities; the fit itself takes columns of 0 and 1 for what they are.
    """
    penalised = not recipe.fit.ridge and recipe.fit.held_out
    family = "gaussian" if recipe.fit.family == "binomial" else recipe.fit.family
    fit = msgspec.structs.replace(
        recipe.fit, family=family, ridge="held-out" if penalised else recipe.fit.ridge
    )
    return msgspec.structs.replace(recipe, fit=fit)


def plan_own_networks(recipe: Recipe) -> tuple[Step, ...]:
    """Training of the labeller and judge that the recipe uses itself, where it needs no photographs for that."""
    wanted = {
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
