"""Stage `train`: one loop for networks of every kind, resumable, with previews and figures as it goes."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.kinds import NetworkOptions, kind_of
from models.weights.locate import find_weights, weights_folder
from pipelines.artifacts.model_card import ModelCard, read_fingerprint, write_model_card
from pipelines.images.picture_files import contact_sheet, save_png
from pipelines.recipe.load import Recipe
from pipelines.workflow.file_hash import weights_hash
from pipelines.workflow.interrupt import held_interrupts
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache, run_folder
from pipelines.workflow.progress import Counter, counting, say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from models.training.trainer import PublishedNetwork, Trainer, TrainingImages


@dataclass(frozen=True)
class TrainingLimits:
    """How a training runs, beside what it computes.

    Attributes
    ----------
    minutes : float or None, stop after so long; the next run goes on from there
    resume : Path or None, a checkpoint to continue in place of the recipe's own
    compact : Path or None, gets the last checkpoint in half the space, to be carried elsewhere
    checkpoint_seconds : float, between checkpoints
    measure_seconds : float, between figures on held-out images
    """

    minutes: float | None = None
    resume: Path | None = None
    compact: Path | None = None
    checkpoint_seconds: float = 120.0
    measure_seconds: float = 900.0


def plan_training(
    recipe: Recipe, name: str, prepare: Step, limits: TrainingLimits = TrainingLimits()
) -> Step:
    """The step that trains one network of the recipe.

    Parameters
    ----------
    name : str, of a table `[networks.NAME]`

    Raises
    ------
    UserError
        Where the recipe has no such network.
    """
    options = network_options(recipe, name)
    kind = kind_of(options)
    output = weights_folder() / f"{options.weights or name}.{options.roles[0]}.h5"

    parameters = options.parameters(name)
    parameters["mirror"] = recipe.data.mirror and parameters.get("mirror", True)
    inputs = {"prepare": prepare.fingerprint}
    if options.source:
        inputs["start"] = weights_hash(find_weights(options.source, "generator"))

    def work(step: Step) -> bool:
        with locked(output):
            images = read_training_images(prepare.output, recipe.data.mirror)
            trainer = kind.trainer()(options, name, images)
            folder = run_folder(recipe.name) / name
            checkpoint = checkpoint_path(step, options)
            card = ModelCard(
                weights=output,
                title=f"{kind.title} ({options.roles[0]})",
                command=f"python -m pipelines train {recipe.name} {name}",
                data_kind=recipe.data.kind,
                metrics={
                    "parameters": step.parameters,
                    "inputs": step.inputs,
                    "fingerprint": step.fingerprint,
                },
            )
            return run_training(trainer, checkpoint, folder, card, limits)

    return Step(
        stage=kind.stage,
        title=f"train {name}",
        version=kind.version,
        parameters=parameters,
        inputs=inputs,
        uses_networks=True,
        stored_fingerprint=read_fingerprint,
        place=lambda fingerprint: output,
        work=work,
        former_title=kind.former_title.format(role=options.roles[0]),
    )


def network_options(recipe: Recipe, name: str) -> NetworkOptions:
    """The options of a network of the recipe; `UserError` where it has none of that name."""
    if name not in recipe.networks:
        known = ", ".join(recipe.networks) or "none"
        raise UserError(
            f"`train` must name a network of the recipe (it has: {known}). Got {name!r}. "
            f"Add a table [networks.{name}] with a `kind`."
        )
    return recipe.networks[name]


def checkpoint_path(step: Step, options: NetworkOptions) -> Path:
    """The checkpoint of a training; a longer schedule continues it, other networks or data do not."""
    left_out = options.changeable | {"name"}
    counted = {key: value for key, value in step.parameters.items() if key not in left_out}
    key = replace(step, parameters=counted).fingerprint
    folder = step.stage if "role" not in counted else f"{step.stage}-{counted['role']}"
    return in_cache(folder)(key).with_suffix(".checkpoint.h5")


def read_training_images(faces: Path, mirror: bool) -> TrainingImages:
    """What the stage `prepare` wrote, as a training takes it; images stay on disk."""
    from models.training.trainer import TrainingImages

    facts = read_attributes(faces)
    return TrainingImages(
        source=str(faces),
        images=map_rows(faces, "images"),
        labels=map_rows(faces, "labels"),
        split=np.asarray(map_rows(faces, "split")),
        names=facts["names"],
        kinds=facts["kinds"],
        units=facts["units"],
        mirror=mirror,
        known_people=bool((np.asarray(map_rows(faces, "identity")) >= 0).all()),
    )


def run_training(
    trainer: Trainer,
    checkpoint: Path,
    folder: Path,
    card: ModelCard,
    limits: TrainingLimits = TrainingLimits(),
) -> bool:
    """Train from the checkpoint on, show and measure as it goes, write weights and card at the end.

    Ctrl-C ends it after the step under way, with a checkpoint and without new weights.

    Parameters
    ----------
    checkpoint : Path, continued where it is there
    folder : Path, gets previews, `history.jsonl` and `metrics.json`
    card : ModelCard, names the weight file; its metrics are completed

    Returns
    -------
    bool, whether the training is finished

    Raises
    ------
    UserError
        Where a loss is not finite; the checkpoint holds what was before.
    """
    from models.training.checkpoint import write_compact_checkpoint

    folder.mkdir(parents=True, exist_ok=True)
    source = checkpoint if checkpoint.exists() and limits.resume is None else limits.resume
    if source is None:
        trainer.begin()
    else:
        trainer.restore(source)
        say(f"  resumes after {trainer.progress} {trainer.unit} of {trainer.total}")
    for note in trainer.notes:
        say(f"  {note}")
    began = saved = measured = time.monotonic()
    title = f"{folder.name} ({trainer.unit})"
    with held_interrupts() as interrupted, counting(title, trainer.total, trainer.progress) as progress:
        losses: list[dict[str, float]] = []
        before = trainer.progress
        while not interrupted() and (loss := trainer.train_step()) is not None:
            _check_finite(loss, trainer, checkpoint)
            losses.append(dict(loss))
            progress.advance(trainer.progress - before)
            before, now = trainer.progress, time.monotonic()
            if now - saved > limits.checkpoint_seconds:
                trainer.save(checkpoint)
                _show(trainer, folder, losses, progress)
                losses, saved = [], time.monotonic()
            if now - measured > limits.measure_seconds:
                _note(folder, trainer, trainer.measure(), progress)
                measured = time.monotonic()
            if limits.minutes is not None and now - began > 60 * limits.minutes:
                break
        trainer.save(checkpoint)
        if limits.compact is not None:
            write_compact_checkpoint(checkpoint, limits.compact)
        if losses:
            _show(trainer, folder, losses, progress)
    seconds = time.monotonic() - began
    networks, metrics = trainer.publish()
    metrics = dict(card.metrics) | metrics | {"seconds_of_last_run": round(seconds)}
    metrics["finished"] = trainer.finished
    _write(networks, replace(card, metrics=metrics), folder)
    return trainer.finished


def _check_finite(loss, trainer: Trainer, checkpoint: Path) -> None:
    if not np.isfinite(list(loss.values())).all():
        saved = "the checkpoint holds what was before" if checkpoint.exists() else "nothing was saved yet"
        raise UserError(
            f"{checkpoint}: the training diverged after {trainer.progress} {trainer.unit} (loss not finite). "
            f"{trainer.remedy}; {saved}."
        )


def _show(trainer: Trainer, folder: Path, losses: Sequence[dict[str, float]], progress: Counter) -> None:
    pictures = trainer.preview()
    if pictures is not None:
        path = folder / f"preview-{trainer.progress:08d}.png"
        save_png(contact_sheet(pictures, columns=8), path, scale=2)
    means = {name: round(float(np.mean([loss[name] for loss in losses])), 4) for name in losses[0]}
    _note(folder, trainer, means, progress)


def _note(folder: Path, trainer: Trainer, figures: dict[str, float], progress: Counter) -> None:
    """Add a line to the training's history, and show it."""
    if not figures:
        return
    entry = {trainer.unit: trainer.progress} | figures
    with open(folder / "history.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    progress.note("  " + ", ".join(f"{name} {value:g}" for name, value in entry.items()))


def _write(networks: Sequence[PublishedNetwork], card: ModelCard, folder: Path) -> None:
    """Write the weight files, the one that decides freshness last, and the card."""
    from models.weights.weight_file import write_weights

    stem = card.weights.name.removesuffix(f".{networks[0].role}.h5")
    for network in reversed(networks):
        path = card.weights.with_name(f"{stem}.{network.role}.h5")
        write_weights(path, network.kind, network.config, network.arrays, network.metadata)
    write_model_card(card)
    with replacing(folder / "metrics.json") as path:
        path.write_text(json.dumps(card.metrics, indent=1, default=float), encoding="utf-8")
    headline = card.metrics.get("means") or card.metrics.get("distances") or {}
    say("  " + ", ".join(f"{name} {value:.4g}" for name, value in headline.items()))
