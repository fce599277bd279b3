"""Stage `classifier`: two attribute networks, the labeller and the judge, scored on held-out identities."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.artifacts.model_card import write_card
from pipelines.recipe.load import Recipe
from pipelines.recipe.sections import Data, Network
from pipelines.stages.prepare import TEST, TRAIN, VALIDATION
from pipelines.workflow.interrupt import held_interrupts
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache
from pipelines.workflow.progress import counting, say
from pipelines.workflow.step import Step
from tlgan.errors import UserError
from tlgan.evaluation.classifier_metrics import binary_scores, continuous_scores, fit_temperature
from tlgan.storage.row_files import map_rows, read_attributes

CHECKPOINT_SECONDS = 60.0
CONFIG = ("architecture", "widths", "depths", "dropout", "application", "application_weights")


def plan_classifier(recipe: Recipe, role: str, prepare: Step) -> Step:
    """The step that trains the network of one role, "labeller" or "judge"."""
    from models.weights.locate import weights_folder

    options: Network = getattr(recipe.classifier, role)
    output = weights_folder() / f"{recipe.classifier.name}.{role}.h5"
    parameters = {field: getattr(options, field) for field in options.__struct_fields__}

    def work(step: Step) -> None:
        checkpoint = in_cache(f"classifier-{role}")(step.fingerprint).with_suffix(".checkpoint.h5")
        with locked(output):
            train(step, options, prepare.output, checkpoint, recipe.data)

    return Step(
        stage="classifier",
        title=f"classifier {role}",
        version=1,
        parameters={"role": role, "name": recipe.classifier.name, "mirror": recipe.data.mirror} | parameters,
        inputs={"prepare": prepare.fingerprint},
        place=lambda fingerprint: output,
        work=work,
    )


def train(step: Step, options: Network, faces: Path, checkpoint: Path, data: Data) -> None:
    """Train from the checkpoint on, calibrate on the validation split, score on the test split, publish."""
    from models.networks.attribute_cnn import AttributeCnnConfig
    from models.training.classifier import ClassifierTrainer, ClassifierTraining

    facts, labels = readable_labels(faces)
    images, split = map_rows(faces, "images"), map_rows(faces, "split")
    _check_parts(faces, labels, split, facts["names"])
    rows = np.flatnonzero(split == TRAIN)
    binary = np.array([kind == "binary" for kind in facts["kinds"]])
    offsets, scales = _standard(labels[rows], binary)
    config = AttributeCnnConfig(
        resolution=images.shape[1],
        outputs=len(binary),
        **{field: getattr(options, field) for field in CONFIG},
    )
    training = ClassifierTraining(
        **{field: getattr(options, field) for field in ClassifierTraining.__annotations__}
    )
    trainer = ClassifierTrainer(config, training, binary, len(rows), data.mirror)
    if checkpoint.exists():
        trainer.restore(checkpoint)
        say(f"  resumes at step {trainer.step} of {trainer.n_steps}")
    standard = (labels[rows] - offsets) / scales
    began = saved = time.monotonic()
    losses: list[float] = []
    faces_of_training = np.ascontiguousarray(images[rows])
    with held_interrupts() as interrupted, counting(step.title, trainer.n_steps, trainer.step) as progress:
        while not interrupted() and (loss := trainer.train_step(faces_of_training, standard)) is not None:
            if not np.isfinite(loss):
                raise UserError(
                    f"{checkpoint}: the training went astray at step {trainer.step} (loss not finite). "
                    "Lower the `learning_rate`; the checkpoint holds what was before."
                )
            losses.append(loss)
            progress.advance(1)
            if trainer.step % trainer.steps_per_epoch == 0:
                epoch = trainer.step // trainer.steps_per_epoch
                progress.note(f"  epoch {epoch}: loss {np.mean(losses):.4f}")
                losses.clear()
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                trainer.save(checkpoint)
                saved = time.monotonic()
        trainer.save(checkpoint)
    seconds = time.monotonic() - began
    known_people = bool((map_rows(faces, "identity") >= 0).all())
    publish(step, trainer, data, facts, (offsets, scales), (images, labels, split), seconds, known_people)


def readable_labels(faces: Path) -> tuple[dict[str, Any], np.ndarray]:
    """Names, kinds and units of the attributes that a network can read, and their labels.

    Categorical attributes are left out: a network has one output for each attribute.
    """
    facts, labels = read_attributes(faces), map_rows(faces, "labels")
    kept = [column for column, kind in enumerate(facts["kinds"]) if kind in ("binary", "continuous")]
    left_out = [name for column, name in enumerate(facts["names"]) if column not in kept]
    if left_out:
        say(f"  left out, since categorical: {', '.join(left_out)}")
    if not kept:
        raise UserError(f"{faces}: must have a binary or continuous label. Got none. Give other labels.")
    return {key: [facts[key][column] for column in kept] for key in ("names", "kinds", "units")}, labels[
        :, kept
    ]


def _check_parts(faces: Path, labels: np.ndarray, split: np.ndarray, names: list[str]) -> None:
    counts = np.bincount(split, minlength=3)
    if not counts.all():
        raise UserError(
            f"{faces}: must hold faces to train, calibrate and test. Got {', '.join(map(str, counts))}. "
            "Change `data.split`, or give more faces."
        )
    unknown = np.isnan(labels[split == TRAIN]).all(axis=0)
    if unknown.any():
        raise UserError(
            f"{faces}: must have a label of every attribute among {counts[TRAIN]} training faces. Got none of "
            f"{names[int(np.argmax(unknown))]}. Leave it out of the table, or give more faces."
        )


def publish(
    step: Step, trainer, data: Data, facts, standard, faces, seconds: float, known_people: bool
) -> None:
    """Calibrate, score and write the weight file with its card and metrics."""
    from models.inference.compile import compile_forward
    from models.networks.attribute_cnn import read_faces
    from models.weights.weight_file import network_arrays, write_weights

    offsets, scales = standard
    images, labels, split = faces
    read = compile_forward(lambda batch: read_faces(trainer.network, batch, data.mirror)[0], 128)

    def outputs(part):
        rows = np.flatnonzero(split == part)
        return read(images[rows]), labels[rows]

    raw, known = outputs(VALIDATION)
    scales, offsets = np.array(scales), np.array(offsets)
    for column, kind in enumerate(facts["kinds"]):
        if kind == "binary":
            scales[column], offsets[column] = 1 / fit_temperature(raw[:, column], known[:, column]), 0.0
    raw, known = outputs(TEST)
    scores = raw * scales + offsets
    attributes = {}
    for column, (name, kind) in enumerate(zip(facts["names"], facts["kinds"], strict=True)):
        score = binary_scores if kind == "binary" else continuous_scores
        attributes[name] = score(scores[:, column], known[:, column])
        if kind == "binary":
            attributes[name]["uncalibrated_error"] = binary_scores(raw[:, column], known[:, column])[
                "calibration_error"
            ]
    metrics = {
        "test_faces": len(known),
        "test_identities_are_held_out": known_people,
        "means": _means(attributes),
        "attributes": attributes,
        "seconds_of_last_run": round(seconds),
        "parameters": step.parameters,
        "inputs": step.inputs,
    }
    card = {
        "names": facts["names"],
        "kinds": facts["kinds"],
        "units": [
            "logit" if kind == "binary" else unit
            for kind, unit in zip(facts["kinds"], facts["units"], strict=True)
        ],
        "mirror": data.mirror,
        "scales": [float(value) for value in scales],
        "offsets": [float(value) for value in offsets],
    }
    write_weights(step.output, "attribute_cnn", trainer.config, network_arrays(trainer.network), card)
    write_card(step, metrics, f"Attribute network ({step.parameters['role']})", data.kind)
    means = metrics["means"]
    say("  " + ", ".join(f"{name} {value:.4f}" for name, value in means.items()))


def _standard(labels: np.ndarray, binary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offset and scale that bring continuous labels to mean 0 and deviation 1; 0 and 1 for binary ones."""
    mean, deviation = np.nanmean(labels, axis=0), np.nanstd(labels, axis=0)
    offsets = np.where(binary, 0.0, mean).astype("float32")
    return offsets, np.where(binary | (deviation == 0), 1.0, deviation).astype("float32")


def _means(attributes: dict) -> dict[str, float]:
    keys = {key for scores in attributes.values() for key in scores} - {"n"}
    return {
        key: float(np.nanmean([scores[key] for scores in attributes.values() if key in scores]))
        for key in sorted(keys)
    }
