"""Angles to planted axes, recovered cosines and leakage: by method, number of samples and way of editing.

    python -m benchmarks.known_axes_accuracy            # known-factors labeller: under two minutes, no network
    python -m benchmarks.known_axes_accuracy --cnn      # beside it the CNN that `make run RECIPE=known-axes` trains

Prints its tables in Markdown; docs/known-axes.md quotes them. `--cnn` takes about a minute more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import markdown_table
from data.synthetic.factors import COSINES
from data.synthetic.planted_axes import KnownAxes, plant_axes
from pipelines.artifacts.labels_file import Labels as LabelTable
from pipelines.recipe.sections import Fit
from pipelines.stages.fit import Candidate, family_candidates, held_out_area
from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_methods import build_edit
from tlgan.evaluation.bootstrap import bootstrap_weights, interval
from tlgan.evaluation.leakage import at_equal_change, attribute_dependency
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations
from tlgan.latents.geometry import angles_between
from tlgan.latents.sampling import draw_latents
from tlgan.regression.axes_from_fits import axes_from_fits
from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference
from tlgan.regression.fit import Fits, fit_glms, probabilities

NOISE, KNOWN_FACTORS = 0.5, "known factors"
BASE = ("Male", "Age")
AMOUNTS = (-2.0, -1.0, 1.0, 2.0)  # standard deviations of the target
EDITS = ("raw", "project", "gram-schmidt", "lowdin", "base-locked", "all-locked")
Method = Callable[[np.ndarray, np.ndarray, KnownAxes], np.ndarray]


def fit_as_recipe(latents, scores, known: KnownAxes) -> Fits:
    """Fit as the stage `fit` does, by the family that predicts held-out decisions better, then on all rows."""
    labels = LabelTable(known.names, known.kinds, known.units, scores)

    def fit_candidate(candidate: Candidate, held_out: float) -> Fits:
        columns = candidate.responses, known.names, known.kinds
        return fit_glms(latents, *columns, family=candidate.families, held_out=held_out)

    candidates = family_candidates(Fit(), labels)
    best = max(candidates, key=lambda candidate: held_out_area(fit_candidate(candidate, 0.1)))
    return fit_candidate(best, 0.0)


def fit(latents, scores, known: KnownAxes, family: str) -> Fits:
    """Fit on all rows; nothing is held out, as the truth is known."""
    return fit_glms(latents, scores, known.names, known.kinds, family=family, held_out=0.0)


def decisions(scores, known: KnownAxes) -> np.ndarray:
    """0 or 1: the sign of a logit; above or below its mean for a continuous value."""
    binary = np.array(known.kinds) == "binary"
    return (scores > np.where(binary, 0.0, scores.mean(axis=0))).astype(float)


METHODS: dict[str, Method] = {
    "gaussian GLM on scores": lambda z, y, known: fit(z, y, known, "gaussian").directions,
    "Huber on scores": lambda z, y, known: fit(z, y, known, "huber").directions,
    "binomial GLM on probabilities": lambda z, y, known: (
        fit(z, probabilities(y, known.kinds), known, "binomial").directions
    ),
    "arctanh of clipped scores (TL-GAN)": lambda z, y, known: arctanh_least_squares(
        z, probabilities(y, ["binary"] * len(known.names))
    ),
    "binomial GLM on decisions": lambda z, y, known: (
        fit_glms(
            z,
            decisions(y, known),
            known.names,
            ["binary"] * len(known.names),
            family="binomial",
            held_out=0.0,
        ).directions
    ),
    "mean difference of decisions": lambda z, y, known: mean_difference(z, decisions(y, known)),
    "SVM on 2 % at each end (InterFaceGAN)": lambda z, y, known: extreme_svm(z, y),
}


@dataclass(frozen=True)
class Labels:
    """One labeller's scores of the benchmark's latents."""

    name: str
    latents: np.ndarray
    scores: np.ndarray


def known_factors_labels(known: KnownAxes, count: int) -> Labels:
    """The true factors with noise."""
    latents = draw_latents(0, count, known.latent_dim, space="normal")
    return Labels(KNOWN_FACTORS, latents, known.noisy_scores(latents, NOISE))


def cnn_labels(known: KnownAxes, count: int) -> Labels:
    """Portraits drawn and read by the recipe's network; about a minute for 20,000."""
    from models.loaders.labeller import load_labeller

    read = load_labeller("known-axes")
    latents = draw_latents(0, count, known.latent_dim, space="normal")
    parts = [read(known.generate(latents[start : start + 512])) for start in range(0, count, 512)]
    return Labels("CNN", latents, np.concatenate(parts))


def effective_noise(labels: Labels, known: KnownAxes) -> np.ndarray:
    """The labeller's error about a straight line, in standard deviations of a factor."""
    factors = known.factors(labels.latents)
    pairs = zip(labels.scores.T, factors.T, strict=True)
    correlations = np.array([np.corrcoef(score, factor)[0, 1] for score, factor in pairs])
    return np.sqrt(1 - correlations**2) / correlations


def angles_table(known: KnownAxes, labels: Labels, counts: Sequence[int]) -> str:
    """Median angle to the truth over the binary axes, by method and number of samples."""
    binary = np.array(known.kinds) == "binary"
    rows = []
    for name, method in METHODS.items():
        cells = []
        for count in counts:
            found = method(labels.latents[:count], labels.scores[:count], known)
            cells.append(f"{np.median(angles_between(found, known.directions)[binary]):.2f}°")
        rows.append([name, *cells])
    own = labels.name == KNOWN_FACTORS  # the limits are those of their noise
    for title, decided in (("limit, scores", False), ("limit, decisions", True)) if own else ():
        limits = [known.angular_limits(count, NOISE, decisions=decided)[binary] for count in counts]
        rows.append([f"*{title}*", *(f"{np.median(limit):.2f}°" for limit in limits)])
    return markdown_table(["method", *(f"N = {count:,}" for count in counts)], rows)


def labellers_table(known: KnownAxes, labels: Sequence[Labels], counts: Sequence[int]) -> str:
    """Median and largest angle over all axes of the default fit, by labeller, beside its own limit."""
    rows = []
    for one in labels:
        noise = effective_noise(one, known)
        for what, summary in (("median", np.median), ("worst", np.max)):
            cells, limits = [], []
            for count in counts:
                found = fit_as_recipe(one.latents[:count], one.scores[:count], known).directions
                cells.append(f"{summary(angles_between(found, known.directions)):.2f}°")
                own = [known.angular_limits(count, value)[row] for row, value in enumerate(noise)]
                limits.append(f"{summary(own):.2f}°")
            rows += [[f"{one.name}, {what}", *cells], [f"*its limit, {what}*", *limits]]
    return markdown_table(["labeller", *(f"N = {count:,}" for count in counts)], rows)


def axes_table(known: KnownAxes, labels: Sequence[Labels]) -> str:
    """Angle of every axis and the labeller's noise, all samples."""
    head, columns = ["axis"], []
    for one in labels:
        fits = fit_as_recipe(one.latents, one.scores, known)
        columns += [
            [f"{angle:.2f}°" for angle in angles_between(fits.directions, known.directions)],
            [f"{angle:.2f}°" for angle in fits.angular_errors],
            [f"{value:.2f}" for value in effective_noise(one, known)],
        ]
        head += [f"{one.name}: angle", "stated error", "labeller's noise, sd"]
    return markdown_table(head, [list(row) for row in zip(known.names, *columns, strict=True)])


def nonlinear_table(count: int) -> str:
    """Median angle over binary axes where the factors are bent."""
    bends = ("none", "saturating", "accelerating", "skewed")
    columns = []
    for bend in bends:
        known = plant_axes(nonlinearity=bend)
        labels = known_factors_labels(known, count)
        binary = np.array(known.kinds) == "binary"
        found = [method(labels.latents, labels.scores, known) for method in METHODS.values()]
        column = [np.median(angles_between(one, known.directions)[binary]) for one in found]
        columns.append([*column, np.median(known.angular_limits(count, NOISE)[binary])])
    names = [*METHODS, "*limit, scores*"]
    rows = [[name, *(f"{value:.2f}°" for value in row)] for name, *row in zip(names, *columns, strict=True)]
    return markdown_table(["method", *bends], rows)


def cosines_table(known: KnownAxes, labels: Sequence[Labels]) -> str:
    """Recovered beside planted cosines."""
    gains = []
    for one in labels:
        directions = fit_as_recipe(one.latents, one.scores, known).directions
        gains.append(directions @ directions.T)
    rows = []
    for (first, second), cosine in COSINES.items():
        i, j = known.names.index(first), known.names.index(second)
        rows.append([f"{first} – {second}", f"{cosine:+.2f}", *(f"{gain[i, j]:+.3f}" for gain in gains)])
    off = ~np.eye(len(known.names), dtype=bool)
    errors = [np.abs(gain - known.cosines)[off] for gain in gains]
    rows.append(["*mean error, all pairs*", "", *(f"{error.mean():.3f}" for error in errors)])
    rows.append(["*largest error*", "", *(f"{error.max():.3f}" for error in errors)])
    return markdown_table(["pair", "planted", *(one.name for one in labels)], rows)


def axes_of(fits: Fits) -> Axes:
    """The fitted axes, orthogonal to the base."""
    return orthogonalize_axes(axes_from_fits(fits, latent_space="normal", generator="known-axes"), BASE)


@dataclass(frozen=True)
class EditLeakage:
    """Bootstrap draws of what an edit changes where the target has moved by 1 sd, shape (draws, axes).

    Attributes
    ----------
    mean, largest : float array
        Change of the other true factors in sd; the first row is without resampling, NaN where the target does
        not get that far.
    distance : float array
        Length of the move in latent space.
    """

    mean: np.ndarray
    largest: np.ndarray
    distance: np.ndarray


def measure_leakage(known: KnownAxes, axes: Axes, edit: str, count: int) -> EditLeakage:
    """Edit `count` latents along every axis and let the true factors tell what changed."""
    latents = draw_latents(0, count, known.latent_dim, space="normal", seed=4321)
    before, weights = known.factors(latents), bootstrap_weights(count)
    move = build_edit(axes, edit)
    moved = np.array([[move(latents, row, amount) for amount in AMOUNTS] for row in range(len(axes))])
    moved = np.moveaxis(moved, 2, 0)  # latents first
    after = known.factors(moved.reshape(-1, known.latent_dim)).reshape(*moved.shape[:3], -1)
    changes = changes_in_deviations(after, before, np.ones(len(known.names)))
    result = Rescoring(known.names, known.names, np.array(AMOUNTS), changes)
    mean, largest = attribute_dependency(result)
    distance = np.linalg.norm(moved - latents[:, None, None], axis=3)
    values = (mean, largest, distance)
    return EditLeakage(*(at_equal_change(result.achieved, v, AMOUNTS, 1.0, weights) for v in values))


def leakage_table(known: KnownAxes, one: Labels, count: int = 200) -> str:
    """Leakage of each way of editing at +1 sd of the target, told by the true factors."""
    axes = axes_of(fit_as_recipe(one.latents, one.scores, known))
    found = {edit: measure_leakage(known, axes, edit, count) for edit in EDITS}
    reached = ~np.isnan([leakage.mean[0] for leakage in found.values()]).any(axis=0)
    rows = []
    for edit, leakage in found.items():
        low, high = interval(leakage.mean[:, reached].mean(axis=1))
        spread = "" if high - low < 5e-4 else f" ({low:.3f} to {high:.3f})"
        largest = leakage.largest[0, reached]
        cells = [
            f"{leakage.mean[0, reached].mean():.3f}{spread}",
            f"{largest.mean():.3f}",
            f"{largest.max():.3f}",
        ]
        rows.append([edit, *cells, f"{leakage.distance[0, reached].mean():.2f}"])
    head = ["edit", "mean of the others", "largest of the others", "worst axis", "length of the move"]
    counted = f"{int(reached.sum())} of {len(axes)} axes take the target that far by every edit.\n\n"
    return counted + markdown_table(head, rows)


def print_section(title: str, table: str) -> None:
    """Print a heading and a table below it."""
    print(f"## {title}\n\n{table}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = command_parser("known_axes_accuracy", __doc__)
    parser.add_argument(
        "--cnn",
        action="store_true",
        help="beside the known factors, the CNN that `make run RECIPE=known-axes` trains",
    )
    parser.add_argument("--most", type=int, default=20_000, help="largest number of samples")
    options = parser.parse_args(arguments)
    most, known = options.most, plant_axes()
    counts = [count for count in (500, 1_000, 2_000, 5_000, 10_000, 20_000) if count <= most]
    labels = [known_factors_labels(known, most)]
    if options.cnn:
        labels.append(cnn_labels(known, most))
    title = f"Angle to the planted axis, known factors with noise {NOISE} sd, median of the binary axes"
    print_section(title, angles_table(known, labels[0], counts))
    bent = min(most, 10_000)
    for one in labels[1:]:
        title = "The same by family, the CNN's scores, median of the binary axes"
        print_section(title, angles_table(known, one, counts))
    print_section(f"The same where factors are bent, N = {bent:,}", nonlinear_table(bent))
    title = "Labeller error and sampling error told apart: the recipe's fit, all axes"
    print_section(title, labellers_table(known, labels, counts))
    print_section(f"Every axis, N = {most:,}", axes_table(known, labels))
    print_section(f"Planted and recovered cosines, N = {most:,}", cosines_table(known, labels))
    for one in labels:
        title = f"Leakage at +1 sd of the target, told by the true factors; axes of the {one.name}"
        print_section(title, leakage_table(known, one))


if __name__ == "__main__":
    main()
