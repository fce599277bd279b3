"""The loop that trains a network of any kind: resumable, with previews and figures as it goes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.weights.card import renewing_card, write_card_before
from pipelines.artifacts.model_card import ModelCard, write_model_card
from pipelines.artifacts.training_history import FILE as HISTORY
from pipelines.artifacts.training_history import append_history, read_history
from pipelines.images.charts import small_charts
from pipelines.images.picture_files import contact_sheet, save_png
from pipelines.workflow.checked_json import read_json, write_json
from pipelines.workflow.interrupt import held_interrupts
from pipelines.workflow.progress import Counter, counting, say
from tlgan.errors import UserError
from tlgan.limits.structured_text import parse_json
from tlgan.storage.atomic_files import replacing
from tlgan.storage.file_hash import file_sha256

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
    folder : Path, gets previews, `history.jsonl`, `curves.png` and `metrics.json`
    curves : what `curves.png` shows; see `models.kinds.network_kind.NetworkKind`
    """

    checkpoint: Path
    folder: Path
    curves: tuple[tuple[str, tuple[str, ...]], ...] = ()

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
    _drop_later_history(files.folder / HISTORY, trainer)
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
                _show(trainer, files.folder, losses, progress)
                trainer.save(files.checkpoint)
                losses, saved = [], time.monotonic()
            if now - measured > limits.measure_seconds:
                _measure(trainer, files, progress.note)
                measured = time.monotonic()
            if limits.minutes is not None and now - began > 60 * limits.minutes:
                break
        if losses:
            _show(trainer, files.folder, losses, progress)
        trainer.save(files.checkpoint)
    _draw_curves(files)


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
    _draw_curves(files)
    if trainer.watched not in figures:
        return
    best = None
    if files.best_checkpoint.exists() and files.best_figures.exists():
        best = read_json(files.best_figures, "Delete it, then run the same command again.")[0][
            trainer.watched
        ]
    if best is None or figures[trainer.watched] < best:
        trainer.save(files.best_checkpoint)
        write_json(files.best_figures, {trainer.unit: trainer.progress} | figures)


def _drop_later_history(path: Path, trainer: Trainer) -> None:
    """Drop the last lines of the history that are of steps after the checkpoint, which are now taken again.

    A training that begins anew drops that of the one before.
    """
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = len(lines)
    while kept and _progress_of(lines[kept - 1], trainer.unit) > trainer.progress:
        kept -= 1
    if kept < len(lines):
        with replacing(path) as partial:
            partial.write_text("".join(f"{line}\n" for line in lines[:kept]), encoding="utf-8")


def _progress_of(line: str, unit: str) -> float:
    """Progress that a line of the history tells; infinite where the line was cut off."""
    try:
        return float(parse_json(line)[unit])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _append_history(folder: Path, trainer: Trainer, figures: Mapping[str, float], tell) -> None:
    """Add a line to the training's history, and show it."""
    if not figures:
        return
    entry = append_history(folder, trainer.unit, trainer.progress, figures)
    tell("  " + ", ".join(f"{name} {value:g}" for name, value in entry.items()))


def _draw_curves(files: TrainingFiles) -> None:
    """Draw the figures so far over the training, where there are two of one at least."""
    history = read_history(files.folder)
    charts = history.charts(files.curves) if history else {}
    if history and charts:
        with replacing(files.folder / "curves.png") as path:
            path.write_bytes(small_charts(charts, history.unit))


def _publish(networks: Sequence[PublishedNetwork], card: ModelCard, folder: Path) -> None:
    """Write the weight files with their cards; while they are written, the card says that they are not finished."""
    from models.weights.weight_file import write_weights

    stem = card.weights.name.removesuffix(f".{networks[0].role}.h5")
    card.weights.parent.mkdir(parents=True, exist_ok=True)
    write_card_before(card.weights, dict(card.metrics) | {"schedule_finished": False})
    for network in reversed(networks):
        path = card.weights.with_name(f"{stem}.{network.role}.h5")
        beside = renewing_card(path, {"trained_with": card.weights.name, "command": card.command})
        with nullcontext() if path == card.weights else beside:
            metadata = dict(network.metadata)
            if network.hash_of:
                metadata[f"{network.hash_of}_sha256"] = file_sha256(
                    card.weights.with_name(f"{stem}.{network.hash_of}.h5")
                )
            write_weights(path, network.kind, network.config, network.arrays, metadata)
        if network.own_card and path != card.weights:
            title = card.title.replace(f"({networks[0].role})", f"({network.role})")
            write_model_card(replace(card, weights=path, title=title))
    write_model_card(card)
    with replacing(folder / "metrics.json") as path:
        path.write_text(json.dumps(card.metrics, indent=1, default=float), encoding="utf-8")
    headline = card.metrics.get("means") or card.metrics.get("distances") or {}
    say("  " + ", ".join(f"{name} {value:.4g}" for name, value in headline.items()))
