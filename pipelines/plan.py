"""The steps of a recipe, in order, and running those that are not fresh."""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec
from rich.text import Text

from pipelines.backend import import_quietly, say_device
from pipelines.doors import judge_source, labeller_source
from pipelines.evaluate import plan_evaluate
from pipelines.export import plan_export
from pipelines.fit import plan_fit
from pipelines.label import plan_labels
from pipelines.orthogonalize import plan_orthogonalize
from pipelines.portraits import KNOWN_AXES
from pipelines.progress import say
from pipelines.recipe import Recipe
from pipelines.report import plan_report
from pipelines.sample import plan_sample
from pipelines.steps import FRESH, Ledger, Step, state_of
from tlgan.errors import UserError
from tlgan.files import no_space

STAGES = ("sample", "label", "fit", "orthogonalize", "export", "rescore", "evaluate", "report")

NETWORK_STAGES = ("sample", "label", "rescore", "report", "gan", "classifier")


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
    """Training of the recipe's own labeller and judge, where it asks for them and needs no photographs."""
    name = recipe.classifier.name
    wanted = {"labeller": name in recipe.label.labellers, "judge": name == recipe.evaluate.judge}
    if recipe.data.kind != KNOWN_AXES or not any(wanted.values()):
        return ()
    prepare, *networks = plan_training(recipe, "classifier")
    return (prepare, *(step for step in networks if wanted[step.parameters["role"]]))


def plan_training(recipe: Recipe, stage: str, minutes: float | None = None) -> tuple[Step, ...]:
    """The steps of `prepare`, `gan` or `classifier`."""
    from pipelines.classifier import plan_classifier
    from pipelines.gan import plan_gan
    from pipelines.prepare import plan_prepare

    prepare = plan_prepare(recipe)
    if stage == "prepare":
        return (prepare,)
    if stage == "gan":
        return (prepare, plan_gan(recipe, prepare, minutes))
    return (prepare, *(plan_classifier(recipe, role, prepare) for role in ("labeller", "judge")))


def run(recipe: Recipe, steps: Iterable[Step]) -> int:
    """Run the steps that are not fresh; returns how many ran.

    A step that says it is not finished (a training told to stop) is not noted, so that it goes on next time.

    Raises
    ------
    UserError
        Where a step cannot go on, as its own or for the file system; the steps before it stay finished.
    """
    ledger = Ledger(recipe.name)
    ran = 0
    for step in steps:
        state = state_of(step, ledger)
        if state.name == FRESH:
            ledger.met(step)
            say(Text.assemble(("✓", "green"), f" {step.title}: fresh"))
            continue
        say(Text.assemble((f"▸ {step.title}", "bold"), f": {state}"))
        began = time.monotonic()
        if step.stage in NETWORK_STAGES:
            import_quietly()
            if recipe.engine != "ray":  # its workers have devices of their own
                say_device()
        try:
            finished = step.work(step) is not False
            seconds = time.monotonic() - began
            if finished:
                ledger.record(step, seconds)
        except (OSError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not no_space(error):
                raise
            raise UserError(_trouble(step, error)) from error
        done = "done in" if finished else "stopped after"
        say(Text.assemble(("✓", "green"), f" {step.title}: {done} {seconds:.1f} s"))
        ran += 1
    return ran


def _trouble(step: Step, error: OSError | RuntimeError) -> str:
    """What the file system refused, in a line with its mend."""
    again = "run the same command again; what is finished stays"
    if no_space(error):
        return f"{step.output}: no space left for {step.title}. Free some, then {again}."
    reason = error.strerror or " ".join(str(error).split())
    return f"{error.filename or step.output}: {step.title} got {reason!r}. Mend that, then {again}."
