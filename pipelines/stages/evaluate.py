"""Stage `evaluate`: what the judge says of the axes, as `evaluation-<key>.json` and, with arrays, `.h5`."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.artifacts.evaluation_file import write_evaluation
from pipelines.recipe.load import Recipe
from pipelines.sources.source import Source
from pipelines.sources.synthetic import KNOWN_AXES
from pipelines.stages.label import plan_labels
from pipelines.stages.rescore import plan_rescore
from pipelines.workflow.paths import in_cache
from pipelines.workflow.step import Step


def plan_evaluate(
    recipe: Recipe,
    sample: Step,
    labels: Sequence[Step],
    fits: Sequence[Step],
    orthogonalize: Step,
    judge: Source,
) -> list[Step]:
    """The steps: the judge reads sampled images, then edited ones; then the tables."""
    (judged,) = plan_labels(recipe, [judge], sample, recipe.evaluate.reference)
    rescore = plan_rescore(recipe, orthogonalize, judge)
    options = recipe.evaluate

    def work(step: Step) -> None:
        from pipelines.evaluation.inputs import Evidence
        from pipelines.evaluation.tables import evaluation

        evidence = Evidence.read(recipe, sample, labels, fits, orthogonalize, judged, rescore)
        tables, arrays = evaluation(evidence)
        if recipe.sample.generator == KNOWN_AXES:
            from pipelines.evaluation.known_axes import truth

            found, truths = truth(recipe, evidence)
            tables |= {"truth": found}
            arrays |= truths
        write_evaluation(step, tables, arrays)

    evaluate = Step(
        stage="evaluate",
        title="evaluate",
        version=4,
        parameters={
            "count": options.count,
            "reference": judged.rows,
            "equal_change": options.equal_change,
            "samples": sample.rows,
        }
        | ({"noise": recipe.known_axes.noise} if recipe.sample.generator == KNOWN_AXES else {}),
        inputs={"rescore": rescore.fingerprint, "judge": judged.fingerprint}
        | {fit.title: fit.fingerprint for fit in fits},
        place=lambda fingerprint: in_cache("evaluation")(fingerprint).with_suffix(".json"),
        work=work,
    )
    return [judged, rescore, evaluate]
