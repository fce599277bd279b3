"""The loop that trains a network of any kind: resumable, with previews and figures as it goes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.artifacts.model_card import ModelCard, write_model_card
from pipelines.images.picture_files import contact_sheet, save_png
from pipelines.workflow.interrupt import held_interrupts
from pipelines.workflow.progress import Counter, counting, say
from tlgan.errors import UserError
from tlgan.storage.atomic_files import replacing

if TYPE_CHECKING:
    from models.training.trainer import PublishedNetwork, Trainer


@dataclass(frozen=True)
class TrainingLimits:
    """How a training runs, beside what it computes.

    Attributes
    ----------
    minutes : float or None, stop after so long; the next run goes on from there
    resume : Path or None, a checkpoint to continue in place of the recipe's own
    compact : Path or None, gets the last checkpoint in half the space, to be carried elsewhere
    checkpoint_seconds : float, between checkpoints
    measure_seconds : float, between figures on the validation part
    """

    minutes: float | None = None
    resume: Path | None = None
    compact: Path | None = None
    checkpoint_seconds: float = 120.0
    measure_seconds: float = 900.0


@dataclass(frozen=True)
class TrainingFiles:
    """Where a training keeps its state and what it shows.

    Attributes
    ----------
    checkpoint : Path, of the newest state; continued where it is there
    folder : Path, gets previews, `history.jsonl` and `metrics.json`
    """

    checkpoint: Path
    folder: Path

    @property
    def best_checkpoint(self) -> Path:
        """The state with the best figure on the validation part."""
        return self.checkpoint.with_name(self.checkpoint.name.replace(".checkpoint.", ".best."))

    @property
    def best_figures(self) -> Path:
        """The figures of that state."""
        return self.folder / "best.json"


def run_training(
    trainer: Trainer, files: TrainingFiles, card: ModelCard, limits: TrainingLimits = TrainingLimits()
) -> bool:
    """Train from the checkpoint on, show and measure as it goes, write weights and card at the end.

    Where the trainer names a figure to watch, the state in which it was best is written, not the last one.
    Ctrl-C ends the training after the step under way, with a checkpoint and without new weights.

    Parameters
    ----------
    card : ModelCard, names the weight file; its metrics are completed

    Returns
    -------
    bool, whether the training is finished

    Raises
    ------
    UserError
        Where a loss is not finite; the checkpoint holds what was before.
    """
    began = time.monotonic()
    finished = train_to_end(trainer, files, limits)
    seconds = time.monotonic() - began
    networks, metrics = trainer.publish()
    metrics = {
        **card.metrics,
        **metrics,
        "schedule_finished": finished,
        "seconds_of_last_run": round(seconds),
    }
    _publish(networks, replace(card, metrics=metrics), files.folder)
    return finished


def train_to_end(trainer: Trainer, files: TrainingFiles, limits: TrainingLimits = TrainingLimits()) -> bool:
    """Train from the checkpoint on and leave the trainer in the state to publish; see `run_training`.

    Returns
    -------
    bool, whether the training is finished
    """
    from models.training.checkpoint import write_compact_checkpoint

    files.folder.mkdir(parents=True, exist_ok=True)
    _begin_or_resume(trainer, files, limits)
    with held_interrupts() as interrupted:
        _train(trainer, files, limits, interrupted)
        if limits.compact is not None:
            write_compact_checkpoint(files.checkpoint, limits.compact)
    finished = trainer.finished
    if trainer.watched:
        _measure(trainer, files, say)
        if files.best_checkpoint.exists():
            trainer.restore(files.best_checkpoint)
    return finished


def _begin_or_resume(trainer: Trainer, files: TrainingFiles, limits: TrainingLimits) -> None:
    source = limits.resume or (files.checkpoint if files.checkpoint.exists() else None)
    if source is None:
        files.best_figures.unlink(missing_ok=True)  # of a training that was begun before
        files.best_checkpoint.unlink(missing_ok=True)
        trainer.begin()
    else:
        trainer.restore(source)
        say(f"  resumes after {trainer.progress} {trainer.unit} of {trainer.total}")
    for note in trainer.notes:
        say(f"  {note}")


def _train(trainer: Trainer, files: TrainingFiles, limits: TrainingLimits, interrupted) -> None:
    """Take steps until the training is over, the time is up or Ctrl-C came; then save."""
    began = saved = measured = time.monotonic()
    title = f"{files.folder.name} ({trainer.unit})"
    losses: list[Mapping[str, float]] = []
    with counting(title, trainer.total, trainer.progress) as progress:
        before = trainer.progress
        while not interrupted() and (loss := trainer.train_step()) is not None:
            _check_finite(loss, trainer, files.checkpoint)
            losses.append(loss)
            progress.advance(trainer.progress - before)
            before, now = trainer.progress, time.monotonic()
            if now - saved > limits.checkpoint_seconds:
                trainer.save(files.checkpoint)
                _show(trainer, files.folder, losses, progress)
                losses, saved = [], time.monotonic()
            if now - measured > limits.measure_seconds:
                _measure(trainer, files, progress.note)
                measured = time.monotonic()
            if limits.minutes is not None and now - began > 60 * limits.minutes:
                break
        trainer.save(files.checkpoint)
        if losses:
            _show(trainer, files.folder, losses, progress)


def _check_finite(loss: Mapping[str, float], trainer: Trainer, checkpoint: Path) -> None:
    if not np.isfinite(list(loss.values())).all():
        saved = "the checkpoint holds what was before" if checkpoint.exists() else "nothing was saved yet"
        raise UserError(
            f"{checkpoint}: the training diverged after {trainer.progress} {trainer.unit} (loss not finite). "
            f"{trainer.remedy}; {saved}."
        )


def _show(trainer: Trainer, folder: Path, losses: Sequence[Mapping[str, float]], progress: Counter) -> None:
    """Write a preview, and the mean losses since the last one."""
    pictures = trainer.preview()
    if pictures is not None:
        path = folder / f"preview-{trainer.progress:08d}.png"
        save_png(contact_sheet(pictures, columns=8), path, scale=2)
    means = {name: round(float(np.mean([loss[name] for loss in losses])), 4) for name in losses[0]}
    _append_history(folder, trainer, means, progress.note)


def _measure(trainer: Trainer, files: TrainingFiles, tell) -> None:
    """Add figures on the validation part to the history; save the state where the watched one is best."""
    figures = trainer.measure()
    _append_history(files.folder, trainer, figures, tell)
    if trainer.watched not in figures:
        return
    best = None
    if files.best_checkpoint.exists() and files.best_figures.exists():
        best = json.loads(files.best_figures.read_text(encoding="utf-8"))[trainer.watched]
    if best is None or figures[trainer.watched] < best:
        trainer.save(files.best_checkpoint)
        with replacing(files.best_figures) as path:
            path.write_text(json.dumps({trainer.unit: trainer.progress} | figures), encoding="utf-8")


def _append_history(folder: Path, trainer: Trainer, figures: Mapping[str, float], tell) -> None:
    """Add a line to the training's history, and show it."""
    if not figures:
        return
    entry = {trainer.unit: trainer.progress, **figures}
    with open(folder / "history.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    tell("  " + ", ".join(f"{name} {value:g}" for name, value in entry.items()))


def _publish(networks: Sequence[PublishedNetwork], card: ModelCard, folder: Path) -> None:
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
