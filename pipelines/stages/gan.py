"""Stage `gan`: progressive training on prepared faces, with previews and distances as it goes."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from pipelines.artifacts.model_card import write_card
from pipelines.evaluation.gan_distances import measure
from pipelines.images.picture_files import contact_sheet, save_png
from pipelines.recipe.load import Recipe
from pipelines.stages.prepare import TRAIN
from pipelines.workflow.interrupt import held_interrupts
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache, run_folder
from pipelines.workflow.progress import Counter, counting, say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents
from tlgan.storage.atomic_files import replacing
from tlgan.storage.row_files import map_rows

CHECKPOINT_SECONDS = 120.0
MEASURE_SECONDS = 900.0
PREVIEW_SEED = 77


def plan_gan(recipe: Recipe, prepare: Step, minutes: float | None = None) -> Step:
    """The step that trains the recipe's GAN.

    Parameters
    ----------
    minutes : stop after that long, and publish what there is; the next run goes on from there
    """
    from models.weights.locate import weights_folder

    options = recipe.gan
    output = weights_folder() / f"{options.name}.generator.h5"
    parameters = {
        field: getattr(options, field) for field in options.__struct_fields__ if field != "schedule"
    }
    schedule = [[getattr(phase, field) for field in phase.__struct_fields__] for phase in options.schedule]

    def work(step: Step) -> bool:
        with locked(output):
            return train(step, recipe, prepare.output, minutes)

    return Step(
        stage="gan",
        title="gan",
        version=1,
        parameters=parameters | {"schedule": schedule},
        inputs={"prepare": prepare.fingerprint},
        place=lambda fingerprint: output,
        work=work,
    )


def train(step: Step, recipe: Recipe, faces: Path, minutes: float | None) -> bool:
    """Train from the checkpoint on, show and measure as it goes, publish at the end.

    Returns whether the schedule is finished.
    """
    from models.networks.progressive_gan import GanConfig
    from models.training.progressive_gan import GanTrainer, GanTraining, Phase

    options = recipe.gan
    images, split = map_rows(faces, "images"), map_rows(faces, "split")
    photographs = np.ascontiguousarray(images[split == TRAIN])
    if not len(photographs):
        raise UserError(
            f"{faces}: must hold faces to train on. Got none. Raise the first share of `data.split`."
        )
    config = GanConfig(recipe.data.resolution, options.latent_dim, options.maps)
    training = GanTraining(
        **{field.name: getattr(options, field.name) for field in dataclasses.fields(GanTraining)}
    )
    phases = [
        Phase(phase.resolution, phase.fade_images, phase.stable_images, phase.batch)
        for phase in options.schedule
    ]
    trainer = GanTrainer(config, training, phases)
    checkpoint = checkpoint_path(recipe, step)
    folder = run_folder(recipe.name) / "gan"
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        trainer.restore(checkpoint)
        say(f"  resumes after {trainer.images_seen} images")
    total = sum(phase.fade_images + phase.stable_images for phase in phases)
    held_out = images[split != TRAIN]
    began = saved = measured = time.monotonic()
    with held_interrupts() as interrupted, counting("gan (images)", total, trainer.images_seen) as progress:
        losses: list[dict[str, float]] = []
        while not interrupted() and (loss := trainer.train_step(photographs)) is not None:
            _check_finite(loss, trainer, checkpoint)
            losses.append(loss)
            now = time.monotonic()
            progress.advance(loss.pop("images"))
            if now - saved > CHECKPOINT_SECONDS:
                trainer.save(checkpoint)
                _show(trainer, folder, losses, progress)
                losses, saved = [], time.monotonic()
            if now - measured > MEASURE_SECONDS:
                distances = distances_now(trainer, held_out, recipe, floor=False)
                _note(folder, {"images": trainer.images_seen} | distances, progress)
                measured = time.monotonic()
            if minutes is not None and now - began > 60 * minutes:
                break
        trainer.save(checkpoint)
    seconds = time.monotonic() - began
    publish(step, trainer, distances_now(trainer, held_out, recipe), seconds, folder, recipe.data.kind)
    return trainer.position() is None


def _check_finite(loss: dict[str, float], trainer, checkpoint: Path) -> None:
    if not np.isfinite(list(loss.values())).all():
        raise UserError(
            f"{checkpoint}: the training went astray after {trainer.images_seen} images (loss not finite). "
            "Lower `gan.learning_rate` or raise `gan.penalty`; the checkpoint holds what was before."
        )


def checkpoint_path(recipe: Recipe, step: Step) -> Path:
    """The checkpoint of a training; a longer schedule continues it, other networks or data do not."""
    unscheduled = {key: value for key, value in step.parameters.items() if key not in ("schedule", "name")}
    key = dataclasses.replace(step, parameters=unscheduled).fingerprint
    return in_cache("gan")(key).with_suffix(".checkpoint.h5")


def _show(trainer, folder: Path, losses: list[dict[str, float]], progress: Counter) -> None:
    resolution, pictures = trainer.preview(draw_latents(0, 32, trainer.config.latent_dim, seed=PREVIEW_SEED))
    save_png(contact_sheet(pictures, columns=8), folder / f"preview-{trainer.images_seen:08d}.png", scale=2)
    means = {name: round(float(np.mean([loss[name] for loss in losses])), 3) for name in losses[0]}
    _note(folder, {"images": trainer.images_seen, "resolution": resolution} | means, progress)


def _note(folder: Path, entry: dict[str, float], progress: Counter) -> None:
    """Add a line to the training's history, and show it."""
    with open(folder / "history.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    progress.note("  " + ", ".join(f"{name} {value:g}" for name, value in entry.items()))


def distances_now(trainer, held_out: np.ndarray, recipe: Recipe, floor: bool = True) -> dict[str, float]:
    """Distances of what the moving average draws now to held-out photographs."""
    return measure(
        lambda latents: trainer.preview(latents)[1],
        trainer.config.latent_dim,
        held_out,
        recipe.classifier.name,
        floor,
    )


def publish(
    step: Step, trainer, distances: dict[str, float], seconds: float, folder: Path, kind: str
) -> None:
    """Write the weight files of the moving average and of the discriminator, and the card."""
    from models.weights.weight_file import network_arrays, write_weights

    card = {"images_seen": trainer.images_seen}
    discriminator = step.output.with_name(step.output.name.replace(".generator.", ".discriminator."))
    write_weights(discriminator, "discriminator", trainer.config, network_arrays(trainer.discriminator), card)
    write_weights(step.output, "generator", trainer.config, network_arrays(trainer.average), card)
    metrics = {
        "images_seen": trainer.images_seen,
        "schedule_finished": trainer.position() is None,
        "distances": distances,
        "parameters": step.parameters,
        "inputs": step.inputs,
        "seconds_of_last_run": round(seconds),
    }
    write_card(step, metrics, "Progressive GAN", kind)
    with replacing(folder / "metrics.json") as path:
        path.write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    say(f"  after {trainer.images_seen} images: " + ", ".join(f"{k} {v:.3f}" for k, v in distances.items()))
