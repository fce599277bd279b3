"""Stage `regress`: a small network from latents to all scores, which local edits follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pipelines.artifacts.labels_file import read_labels
from pipelines.artifacts.regressor_file import write_regressor_file
from pipelines.recipe.load import Recipe
from pipelines.stages.training_loop import TrainingFiles, TrainingLimits, train_to_end
from pipelines.workflow.lock import locked
from pipelines.workflow.paths import in_cache, run_folder
from pipelines.workflow.progress import say
from pipelines.workflow.step import Step
from tlgan.images import principal_components
from tlgan.storage.row_files import map_rows, read_attributes

if TYPE_CHECKING:
    from models.kinds.latent_regressor import RegressorOptions
    from models.training.latent_regressor import LabelledLatents
    from tlgan.axes.latent_regressor import LatentRegressor

LEAST_LABELS = 500  # known labels of an attribute; with fewer it is left out
LEAST_OF_EACH = 20  # labels of 0 and of 1
LARGEST_SCORE = 1e15  # whose squares, summed, are finite in float32


def plan_regress(recipe: Recipe, sample: Step, labels: Sequence[Step], averaged: Sequence[Step] = ()) -> Step:
    """Plan the step that trains the latent regressor on the labels of all labellers.

    `averaged` are the labels by the networks of `regress.average_with`.
    """
    rows = min(sample.rows, recipe.regress.most_rows)
    options = msgspec.to_builtins(recipe.regress)
    if not averaged:
        del options["average_with"]  # so that a regressor of earlier versions stays fresh
    return Step(
        stage="regress",
        title="regress",
        version=1,
        parameters=options | {"count": rows},
        inputs={"sample": sample.fingerprint}
        | {label.title: label.fingerprint for label in (*labels, *averaged)},
        place=in_cache("regressors"),
        work=lambda step: _regress(recipe, sample, (labels, averaged), rows, step),
        uses_networks=True,
    )


def _regress(
    recipe: Recipe, sample: Step, labels: tuple[Sequence[Step], Sequence[Step]], count: int, step: Step
) -> bool:
    with locked(step.output):
        columns = gather_columns(*labels, count=count)
        reason = "" if columns.names else "no attribute has as many labels as a network needs"
        if columns.left_out:
            say(f"  left out, too few labels: {', '.join(columns.left_out)}")
        regressor = None
        if not reason:
            latents = np.asarray(map_rows(sample.output, "latents", count), np.float32)
            files = TrainingFiles(
                step.output.with_suffix(".checkpoint.h5"), run_folder(recipe.name) / "regressor"
            )
            sha256 = read_attributes(sample.output)["generator_sha256"]
            components = np.zeros((count, 0), np.float32)
            if recipe.sample.keep_images and recipe.regress.components:
                images = map_rows(sample.output, "images", count)
                components = principal_components(images, recipe.regress.components)
            regressor = train_regressor(recipe.regress, latents, columns, files, sha256, components)
            if regressor is None:
                return False
            straight, held_out = (
                float(np.nanmean(values)) for values in (regressor.straight_held_out, regressor.held_out)
            )
            say(f"  held-out rows: mean score {held_out:.3f}; of the best straight line {straight:.3f}")
            if held_out <= straight:
                regressor, reason = None, "a straight line predicts unseen rows as well"
        if reason:
            say(f"  no regressor: {reason}; edits follow the straight axes.")
        write_regressor_file(regressor, reason, step)
        return True


@dataclass(frozen=True, eq=False)
class ScoreColumns:
    """Scores and labels to regress, one column for each axis that may be.

    Attributes
    ----------
    names : tuple of str
    values : float32 array, shape (n, n_columns), NaN = unknown
        Scores, or labels of 0 and 1 where `logistic`.
    logistic : bool array, shape (n_columns,)
    left_out : tuple of str, attributes with too few labels, or of one value
    """

    names: tuple[str, ...]
    values: np.ndarray
    logistic: np.ndarray
    left_out: tuple[str, ...]


def gather_columns(labels: Sequence[Step], averaged: Sequence[Step] = (), *, count: int) -> ScoreColumns:
    """Columns of all labellers side by side, named as the stage `fit` names its axes.

    Where networks of `averaged` know an attribute by the same name, its scores are the mean of theirs and the
    labeller's in standard deviations, in the labeller's units. Labels of 0 and 1 stay as they are.
    """
    names: list[str] = []
    columns: list[np.ndarray] = []
    logistic: list[bool] = []
    left_out: list[str] = []
    others = [column for label in averaged for column in _columns_of(label, count)]
    for label in labels:
        for title, values, is_label in _columns_of(label, count):
            if title in names or not _has_use(values, is_label):
                left_out.append(title)
                continue
            names.append(title)
            alike = [seen for name, seen, kind in others if name == title and not kind]
            columns.append(values if is_label or not alike else _mean_of_labellers(values, alike))
            logistic.append(is_label)
    values = np.stack(columns, axis=1) if columns else np.zeros((count, 0), np.float32)
    return ScoreColumns(tuple(names), values, np.array(logistic, dtype=bool), tuple(left_out))


def _columns_of(label: Step, count: int) -> Iterator[tuple[str, np.ndarray, bool]]:
    """The columns of one labeller as `_expand` gives them."""
    read = read_labels(label.output, count)
    scores = np.asarray(read.scores, np.float32)
    for column, (name, kind) in enumerate(zip(read.names, read.kinds, strict=True)):
        yield from _expand(name, kind, scores[:, column])


def _mean_of_labellers(values: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of scores, each in its own standard deviations, in the mean and deviation of the first; NaN stays."""
    values, *others = map(_with_finite_squares, (values, *others))
    centre, spread = np.nanmean(values), np.nanstd(values)
    in_deviations = [values, *(other for other in others if np.nanstd(other) > 0)]
    standard = np.stack([(one - np.nanmean(one)) / np.nanstd(one) for one in in_deviations])
    known = ~np.isnan(standard)
    means = np.where(known, standard, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    mixed: np.ndarray = np.where(np.isnan(values), np.nan, means * spread + centre).astype(np.float32)
    return mixed


def _with_finite_squares(scores: np.ndarray) -> np.ndarray:
    """Scores of float32, as float64 where they are so large that their squares would be infinite."""
    return scores.astype(np.float64) if np.nanmax(np.abs(scores), initial=0) > LARGEST_SCORE else scores


def _expand(name: str, kind: str, values: np.ndarray) -> list[tuple[str, np.ndarray, bool]]:
    """A column, or one of 0 and 1 for each category of it: name, values, whether they are labels."""
    from tlgan.regression.targets import holds_labels

    if kind != "categorical":
        return [(name, values, kind == "binary" and bool(holds_labels(values[:, None])[0]))]
    known = values[~np.isnan(values)]
    return [
        (
            f"{name}={code + 0.0:g}",
            np.where(np.isnan(values), np.nan, values == code).astype(np.float32),
            True,
        )
        for code in np.unique(known)
    ]


def _has_use(values: np.ndarray, is_label: bool) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < LEAST_LABELS:
        return False
    if is_label:
        return bool(min((known == 0).sum(), (known == 1).sum()) >= LEAST_OF_EACH)
    return bool(np.ptp(known) > 0)


def train_regressor(
    options: RegressorOptions,
    latents: np.ndarray,
    columns: ScoreColumns,
    files: TrainingFiles,
    generator_sha256: str,
    components: np.ndarray | None = None,
) -> LatentRegressor | None:
    """Train a regressor and measure it on the held-out rows; None where the training was interrupted.

    The checkpoints are deleted when it is finished.

    Parameters
    ----------
    options : RegressorOptions
    latents : float32 array, shape (n, latent_dim)
    columns : ScoreColumns
    files : TrainingFiles
    generator_sha256 : str
    components : float32 array, shape (n, n_components), optional
        Of the pictures, to be predicted beside the scores.
    """
    from models.training.latent_regressor import LatentRegressorTrainer

    rows, offsets, scales = labelled_latents(options, latents, columns)
    if components is not None:
        rows = replace(
            rows,
            targets=np.concatenate([rows.targets, components], axis=1),
            logistic=np.concatenate([rows.logistic, np.zeros(components.shape[1], bool)]),
        )
    trainer = LatentRegressorTrainer(options, rows)
    if not train_to_end(trainer, files, TrainingLimits(measure_seconds=10.0)):
        return None
    regressor = measured_regressor(columns.names, trainer.layers(), rows, (offsets, scales), generator_sha256)
    for path in (files.checkpoint, files.best_checkpoint, files.best_figures):
        path.unlink(missing_ok=True)
    return regressor


def labelled_latents(
    options: RegressorOptions, latents: np.ndarray, columns: ScoreColumns
) -> tuple[LabelledLatents, np.ndarray, np.ndarray]:
    """Rows in three parts, scores in standard deviations, with the offsets and scales of the scores."""
    from models.training.latent_regressor import LabelledLatents
    from models.training.trainer import TEST, TRAIN, VALIDATION
    from tlgan.regression.streaming.row_stream import held_out_rows

    count = len(latents)
    split = np.full(count, TRAIN, np.uint8)
    split[held_out_rows(0, count, options.validation, options.seed + 1)] = VALIDATION
    split[held_out_rows(0, count, options.held_out, options.seed)] = TEST
    training = columns.values[split == TRAIN].astype(np.float64)
    offsets = np.where(columns.logistic, 0.0, np.nanmean(training, axis=0))
    scales = np.where(columns.logistic, 1.0, np.nanstd(training, axis=0))
    scales[~(scales > 0)] = 1.0  # known, but all of one value among the training rows
    targets = ((columns.values - offsets) / scales).astype(np.float32)
    return LabelledLatents(latents, targets, columns.logistic, split), offsets, scales


def measured_regressor(
    names: Sequence[str],
    layers: Sequence[tuple[np.ndarray, np.ndarray]],
    rows: LabelledLatents,
    scaling: tuple[np.ndarray, np.ndarray],
    generator_sha256: str,
) -> LatentRegressor:
    """A regressor from trained layers, with its range, its scatter and its scores on the held-out rows."""
    from models.training.trainer import TEST, TRAIN
    from tlgan.axes.latent_regressor import LatentRegressor, member_outputs

    offsets, scales = scaling
    held, n_names = rows.split == TEST, len(names)
    outputs = member_outputs(layers, rows.latents)
    predicted = outputs.mean(axis=0)
    scores = _scores(predicted[held], rows.targets[held], rows.logistic)
    line = _straight_line(rows.latents, rows.targets[:, :n_names], rows.split == TRAIN)
    in_units = predicted[:, :n_names] * scales + offsets
    return LatentRegressor(
        names=tuple(names),
        weights=tuple(weights for weights, _ in layers),
        biases=tuple(biases for _, biases in layers),
        offsets=offsets,
        scales=scales,
        lowest=in_units.min(axis=0),
        highest=in_units.max(axis=0),
        held_out=scores[:n_names],
        scatter=np.quantile(outputs[:, held, :n_names].std(axis=0), 0.99, axis=0),
        straight_held_out=_scores(line[held], rows.targets[held, :n_names], rows.logistic[:n_names]),
        component_held_out=np.nan_to_num(scores[n_names:]),
        generator_sha256=generator_sha256,
    )


def _straight_line(latents: np.ndarray, targets: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Least-squares predictions of each target, fitted on the known training rows."""
    inputs = np.column_stack([latents, np.ones(len(latents))]).astype(np.float64)
    predicted = np.empty(targets.shape)
    known = ~np.isnan(targets) & training[:, None]
    # Columns that are known in the same rows are fitted together.
    for column in range(targets.shape[1]):
        alike = np.flatnonzero((known == known[:, [column]]).all(axis=0))
        if alike[0] == column:
            rows = known[:, column]
            lines = np.linalg.lstsq(inputs[rows], targets[rows][:, alike], rcond=None)[0]
            predicted[:, alike] = inputs @ lines
    return predicted


def _scores(predicted: np.ndarray, targets: np.ndarray, logistic: np.ndarray) -> np.ndarray:
    """R² of each column, AUC of labels; NaN where the rows do not tell."""
    from tlgan.evaluation.classifier_metrics import binary_scores, continuous_scores

    values = np.full(len(logistic), np.nan)
    for column, is_label in enumerate(logistic):
        scores = (binary_scores if is_label else continuous_scores)(predicted[:, column], targets[:, column])
        values[column] = scores["auc" if is_label else "r2"]
    return values
