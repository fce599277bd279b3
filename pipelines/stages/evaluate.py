"""Stage `evaluate`: what the judge says of the axes, as `evaluation-<key>.json` and, with arrays, `.h5`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.artifacts.evaluation_file import EVALUATION_VERSION, evaluation_path, write_evaluation
from pipelines.recipe.load import Recipe
from pipelines.sources.labellers import card_scores
from pipelines.sources.second_judges import second_judge_sources
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.stages.label import plan_labels
from pipelines.stages.prepare import plan_prepare
from pipelines.stages.rescore import plan_rescore
from pipelines.workflow.lock import one_writer
from pipelines.workflow.step import RunSteps, Step
from tlgan.errors import UserError


@dataclass(frozen=True)
class EvaluationSteps:
    """The steps of an evaluation, in order.

    Attributes
    ----------
    judge_labels : Step
        The judge reads sampled images.
    second_labels : tuple of Step
        So do second judges.
    rescore : Step
        The judge reads edited images.
    evaluate : Step
        The tables.
    """

    judge_labels: Step
    second_labels: tuple[Step, ...]
    rescore: Step
    evaluate: Step


def plan_evaluate(
    recipe: Recipe,
    steps: RunSteps,
    judge: Source,
    labellers: Sequence[Source] = (),
    prepare: Step | None = None,
) -> EvaluationSteps:
    """Plan the evaluation of a run's axes by a judge.

    `labellers` read the photographs that the step `prepare` makes in the same run, or those that are prepared already.
    """
    judges = [judge, *second_judge_sources(recipe)]
    taken = {label.title for label in steps.labels}  # each has an entry of its own in the ledger
    judge_labels, *second_labels = (
        replace(step, title=f"{step.title} (judge)") if step.title in taken else step
        for step in plan_labels(recipe, judges, steps.sample, recipe.evaluate.reference)
    )
    rescore = plan_rescore(recipe, steps.axes, judge)
    options = recipe.evaluate
    photographs = prepare or prepared_photographs(recipe)

    def work(step: Step) -> None:
        from pipelines.evaluation.correlations import score_photographs
        from pipelines.evaluation.inputs import read_inputs
        from pipelines.evaluation.tables import evaluation_tables

        scores = score_photographs(photographs.output, labellers) if photographs else None
        inputs = read_inputs(
            recipe, steps, judge_labels, rescore, second_labels, scores, card_scores(labellers)
        )
        tables, arrays = evaluation_tables(inputs)
        if recipe.sample.generator == KNOWN_AXES:
            from pipelines.evaluation.known_axes import compare_with_known_axes, true_leakage

            truth = compare_with_known_axes(inputs)
            tables |= {"truth": truth.tables | {"leakage": true_leakage(inputs)}}
            arrays |= truth.arrays
        write_evaluation(step, tables, arrays)

    evaluate = Step(
        stage="evaluate",
        title="evaluate",
        version=EVALUATION_VERSION,
        uses_networks=photographs is not None,
        parameters={
            "count": options.count,
            "reference": judge_labels.rows,
            "equal_change": options.equal_change,
            "samples": steps.sample.rows,
        }
        | ({"groups": recipe.groups} if recipe.groups else {})
        | ({"noise": recipe.known_axes.noise} if recipe.sample.generator == KNOWN_AXES else {}),
        inputs={"rescore": rescore.fingerprint, "judge": judge_labels.fingerprint}
        | {label.title: label.fingerprint for label in second_labels}
        | {fit.title: fit.fingerprint for fit in steps.fits}
        | ({"photographs": photographs.fingerprint} if photographs else {}),
        place=evaluation_path,
        work=one_writer(work),
    )
    return EvaluationSteps(judge_labels, tuple(second_labels), rescore, evaluate)


def prepared_photographs(recipe: Recipe) -> Step | None:
    """The step that prepared the recipe's photographs, where it has been done and they lie where they did."""
    try:
        prepare = plan_prepare(recipe)
    except UserError:  # no data set on this machine
        return None
    return prepare if prepare.output.is_file() else None
