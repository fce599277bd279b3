"""Stage `gan`: progressive training on prepared faces, with previews and distances as it goes."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from pipelines.cards import write_card
from pipelines.locks import locked
from pipelines.pictures import contact_sheet, save_png
from pipelines.prepare import TRAIN
from pipelines.progress import Counter, console, counting
from pipelines.recipe import Recipe
from pipelines.steps import Step, in_cache, run_folder
from tlgan.files import replacing
from tlgan.image_distances import SMALLEST_LEVEL, frechet_distance, sliced_wasserstein
from tlgan.latents import draw_latents
from tlgan.row_files import map_rows

CHECKPOINT_SECONDS = 120.0
PREVIEW_SEED = 77


def plan_gan(recipe: Recipe, prepare: Step, minutes: float | None = None) -> Step:
    """The step that trains the recipe's GAN.

    Parameters
    ----------
    minutes : stop after that long, and publish what there is; the next run goes on from there
    """
    from models.files import weights_folder

    options = recipe.gan
    output = weights_folder() / f"{options.name}.generator.h5"
    parameters = {field: getattr(options, field) for field in options.__struct_fields__ if field != "schedule"}
    schedule = [[getattr(phase, field) for field in phase.__struct_fields__] for phase in options.schedule]

    def work(step: Step) -> None:
        with locked(output):
            train(step, recipe, prepare.output, minutes)

    return Step(
        stage="gan",
        title="gan",
        version=1,
        parameters=parameters | {"schedule": schedule},
        inputs={"prepare": prepare.fingerprint},
        place=lambda fingerprint: output,
        work=work,
    )


def train(step: Step, recipe: Recipe, faces: Path, minutes: float | None) -> None:
    """Train from the checkpoint on, measure and show at every checkpoint's end, publish at the end."""
    from models.gan_training import GanTrainer, GanTraining, Phase
    from models.progressive_gan import GanConfig

    options = recipe.gan
    images, split = map_rows(faces, "images"), map_rows(faces, "split")
    photographs = np.ascontiguousarray(images[split == TRAIN])
    config = GanConfig(recipe.data.resolution, options.latent_dim, options.maps)
    training = GanTraining(**{field.name: getattr(options, field.name) for field in dataclasses.fields(GanTraining)})
    phases = [
        Phase(phase.resolution, phase.fade_images, phase.stable_images, phase.batch) for phase in options.schedule
    ]
    trainer = GanTrainer(config, training, phases)
    checkpoint = checkpoint_path(recipe, step)
    folder = run_folder(recipe.name) / "gan"
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        trainer.restore(checkpoint)
        console.print(f"  resumes after {trainer.images_seen} images")
    total = sum(phase.fade_images + phase.stable_images for phase in phases)
    began = saved = time.monotonic()
    with counting("gan (images)", total, trainer.images_seen) as progress:
        try:
            losses: list[dict[str, float]] = []
            while (loss := trainer.train_step(photographs)) is not None:
                losses.append(loss)
                now = time.monotonic()
                progress.advance(loss.pop("images"))
                if now - saved > CHECKPOINT_SECONDS:
                    trainer.save(checkpoint)
                    _show(trainer, folder, losses, progress)
                    losses, saved = [], time.monotonic()
                if minutes is not None and now - began > 60 * minutes:
                    break
        finally:
            trainer.save(checkpoint)
    publish(step, trainer, images[split != TRAIN], time.monotonic() - began, folder, recipe.classifier.name)


def checkpoint_path(recipe: Recipe, step: Step) -> Path:
    """The checkpoint of a training; a longer schedule continues it, other networks or data do not."""
    unscheduled = {key: value for key, value in step.parameters.items() if key not in ("schedule", "name")}
    key = dataclasses.replace(step, parameters=unscheduled).fingerprint
    return in_cache("gan")(key).with_suffix(".checkpoint.h5")


def _show(trainer, folder: Path, losses: list[dict[str, float]], progress: Counter) -> None:
    resolution, pictures = trainer.preview(draw_latents(0, 32, trainer.config.latent_dim, seed=PREVIEW_SEED))
    save_png(contact_sheet(pictures, columns=8), folder / f"preview-{trainer.images_seen:08d}.png", scale=2)
    means = {name: round(float(np.mean([loss[name] for loss in losses])), 3) for name in losses[0]}
    entry = {"images": trainer.images_seen, "resolution": resolution} | means
    with open(folder / "history.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    progress.note("  " + ", ".join(f"{name} {value}" for name, value in entry.items()))


def publish(
    step: Step, trainer, held_out: np.ndarray, seconds: float, folder: Path, labeller: str
) -> None:
    """Measure the moving average against held-out photographs and write the weight files and card."""
    from models.weights import network_arrays, write_weights

    resolution = trainer.config.resolution
    position = trainer.position()
    distances = measure(trainer, held_out, labeller) if position is None or position[0].resolution == resolution else {}
    card = {"images_seen": trainer.images_seen}
    discriminator = step.output.with_name(step.output.name.replace(".generator.", ".discriminator."))
    write_weights(
        discriminator, "discriminator", trainer.config, network_arrays(trainer.discriminator), card
    )
    write_weights(step.output, "generator", trainer.config, network_arrays(trainer.average), card)
    metrics = {
        "images_seen": trainer.images_seen,
        "schedule_finished": position is None,
        "distances": distances,
        "parameters": step.parameters,
        "inputs": step.inputs,
        "seconds_of_last_run": round(seconds),
    }
    write_card(step, metrics, "Progressive GAN")
    with replacing(folder / "metrics.json") as path:
        path.write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    console.print(f"  after {trainer.images_seen} images: " + ", ".join(f"{k} {v:.3f}" for k, v in distances.items()))


def measure(trainer, held_out: np.ndarray, labeller: str, seed: int = 0) -> dict[str, float]:
    """Distances of drawn faces to held-out photographs, and of held-out photographs to one another.

    Half of the held-out photographs are the measure; the other half gives the floor that a perfect
    generator would reach with as many images.
    """
    from models.labeller import load_labeller
    from tlgan.errors import UserError

    order = np.random.default_rng(seed).permutation(len(held_out))
    half = len(order) // 2
    real, other = held_out[np.sort(order[:half])], held_out[np.sort(order[half : 2 * half])]
    drawn = trainer.preview(draw_latents(0, half, trainer.config.latent_dim, seed=PREVIEW_SEED + 1))[1]
    distances: dict[str, float] = {"faces_compared": float(half)}
    if real.shape[1] >= SMALLEST_LEVEL:
        for name, faces in (("sliced_wasserstein", drawn), ("sliced_wasserstein_floor", other)):
            levels = sliced_wasserstein(real, faces)
            distances[name] = float(np.mean(list(levels.values())))
            distances |= {f"{name}_{level}px": value for level, value in levels.items()}
    try:
        features = load_labeller(labeller).features
        described = features(real)
    except UserError as error:  # none yet, or one of another size: the other distance stands alone
        console.print(f"  no Fréchet distance: {error}")
        return distances
    distances["frechet"] = frechet_distance(described, features(drawn))
    distances["frechet_floor"] = frechet_distance(described, features(other))
    return distances
