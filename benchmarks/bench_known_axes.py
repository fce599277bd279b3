"""The truth table: how near the axes come to the planted ones, by method, samples and orthogonaliser.

    python -m benchmarks.bench_known_axes            # the oracle labels: under two minutes, no network
    python -m benchmarks.bench_known_axes --cnn      # beside it the CNN of `pipelines run known-axes`

Prints Markdown; docs/known-axes.md holds what it printed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click
import numpy as np

from data.synthetic.factors import COSINES
from data.synthetic.planted_axes import KnownAxes, plant_axes
from tlgan.axes.axes import Axes
from tlgan.axes.orthogonalize import orthogonalize_axes
from tlgan.editing.edit_methods import build_edit
from tlgan.evaluation.bootstrap import bootstrap_weights, interval
from tlgan.evaluation.leakage import at_equal_change, attribute_dependency
from tlgan.evaluation.rescoring import Rescoring, changes_in_deviations
from tlgan.latents.geometry import angles_between
from tlgan.latents.sampling import draw_latents
from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference
from tlgan.regression.fit import Fits, fit_glms, probabilities

NOISE = 0.5
FAMILY = "huber"  # of the tables that show one method: the recipe's
BASE = ("Male", "Age")
STEPS = (-2.0, -1.0, 1.0, 2.0)
EDITS = ("raw", "project", "gram-schmidt", "lowdin", "base-locked", "all-locked")
Method = Callable[[np.ndarray, np.ndarray, KnownAxes], np.ndarray]


def glm(latents, scores, known: KnownAxes, family: str = FAMILY) -> Fits:
    """Fit on all rows; nothing is held out, as the truth is known."""
    return fit_glms(latents, scores, known.names, known.kinds, family=family, held_out=0.0)


def decisions(scores, known: KnownAxes) -> np.ndarray:
    """0 or 1: the sign of a logit; above or below its mean for a continuous value."""
    binary = np.array(known.kinds) == "binary"
    return (scores > np.where(binary, 0.0, scores.mean(axis=0))).astype(float)


METHODS: dict[str, Method] = {
    "gaussian GLM on scores": lambda z, y, known: glm(z, y, known, "gaussian").directions,
    "Huber on scores": lambda z, y, known: glm(z, y, known, "huber").directions,
    "binomial GLM on probabilities": lambda z, y, known: (
        glm(z, probabilities(y, known.kinds), known, "binomial").directions
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


def oracle_labels(known: KnownAxes, count: int) -> Labels:
    latents = draw_latents(0, count, known.latent_dim, space="normal")
    return Labels("oracle", latents, known.noisy_scores(latents, NOISE))


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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


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
    for title, seen in (("limit, scores", False), ("limit, decisions", True)):
        limits = [known.angular_limits(count, NOISE, decisions=seen)[binary] for count in counts]
        rows.append([f"*{title}*", *(f"{np.median(limit):.2f}°" for limit in limits)])
    return table(["method", *(f"N = {count:,}" for count in counts)], rows)


def labellers_table(known: KnownAxes, labels: Sequence[Labels], counts: Sequence[int]) -> str:
    """Median and largest angle over all axes of the default fit, by labeller, beside its own limit."""
    rows = []
    for one in labels:
        noise = effective_noise(one, known)
        for what, summary in (("median", np.median), ("worst", np.max)):
            cells, limits = [], []
            for count in counts:
                found = glm(one.latents[:count], one.scores[:count], known).directions
                cells.append(f"{summary(angles_between(found, known.directions)):.2f}°")
                own = [known.angular_limits(count, value)[row] for row, value in enumerate(noise)]
                limits.append(f"{summary(own):.2f}°")
            rows += [[f"{one.name}, {what}", *cells], [f"*its limit, {what}*", *limits]]
    return table(["labeller", *(f"N = {count:,}" for count in counts)], rows)


def axes_table(known: KnownAxes, labels: Sequence[Labels]) -> str:
    """Angle of every axis and the labeller's noise, all samples."""
    head, columns = ["axis"], []
    for one in labels:
        fits = glm(one.latents, one.scores, known)
        columns += [
            [f"{angle:.2f}°" for angle in angles_between(fits.directions, known.directions)],
            [f"{angle:.2f}°" for angle in fits.angular_errors],
            [f"{value:.2f}" for value in effective_noise(one, known)],
        ]
        head += [f"{one.name}: angle", "stated error", "labeller's noise, sd"]
    return table(head, [list(row) for row in zip(known.names, *columns, strict=True)])


def nonlinear_table(count: int) -> str:
    """Median angle over binary axes where the factors are bent."""
    bends = ("none", "saturating", "accelerating", "skewed")
    columns = []
    for bend in bends:
        known = plant_axes(nonlinearity=bend)
        labels = oracle_labels(known, count)
        binary = np.array(known.kinds) == "binary"
        found = [method(labels.latents, labels.scores, known) for method in METHODS.values()]
        column = [np.median(angles_between(one, known.directions)[binary]) for one in found]
        columns.append([*column, np.median(known.angular_limits(count, NOISE)[binary])])
    names = [*METHODS, "*limit, scores*"]
    rows = [[name, *(f"{value:.2f}°" for value in row)] for name, *row in zip(names, *columns, strict=True)]
    return table(["method", *bends], rows)


def cosines_table(known: KnownAxes, labels: Sequence[Labels]) -> str:
    """Recovered beside planted cosines."""
    gains = []
    for one in labels:
        directions = glm(one.latents, one.scores, known).directions
        gains.append(directions @ directions.T)
    rows = []
    for (first, second), cosine in COSINES.items():
        i, j = known.names.index(first), known.names.index(second)
        rows.append([f"{first} – {second}", f"{cosine:+.2f}", *(f"{gain[i, j]:+.3f}" for gain in gains)])
    off = ~np.eye(len(known.names), dtype=bool)
    errors = [np.abs(gain - known.cosines)[off] for gain in gains]
    rows.append(["*mean error, all pairs*", "", *(f"{error.mean():.3f}" for error in errors)])
    rows.append(["*largest error*", "", *(f"{error.max():.3f}" for error in errors)])
    return table(["pair", "planted", *(one.name for one in labels)], rows)


def leakage_table(known: KnownAxes, one: Labels, count: int = 200) -> str:
    """Leakage of each way of editing at +1 sd of the target, told by the true factors."""
    fits = glm(one.latents, one.scores, known)
    raw = Axes(
        names=known.names,
        directions=fits.directions,
        raw_directions=fits.directions,
        slopes=fits.slopes,
        intercepts=fits.intercepts,
        units=known.units,
        kinds=known.kinds,
        angular_errors=fits.angular_errors,
        held_out=np.full(len(known.names), np.nan),
        n_samples=fits.n_samples,
        latent_space="normal",
        generator="known-axes",
        generator_sha256="",
    )
    axes = orthogonalize_axes(raw, BASE)
    latents = draw_latents(0, count, known.latent_dim, space="normal", seed=4321)
    before, weights = known.factors(latents), bootstrap_weights(count)
    draws = {}
    for edit in EDITS:
        move = build_edit(axes, edit)
        moved = np.array([[move(latents, row, step) for step in STEPS] for row in range(len(axes))])
        moved = np.moveaxis(moved, 2, 0)  # latents first
        after = known.factors(moved.reshape(-1, known.latent_dim)).reshape(*moved.shape[:3], -1)
        changes = changes_in_deviations(after, before, np.ones(len(known.names)))
        result = Rescoring(known.names, known.names, np.array(STEPS), changes)
        mean, largest = attribute_dependency(result)
        far = np.linalg.norm(moved - latents[:, None, None], axis=3)
        draws[edit] = [at_equal_change(result.achieved, v, STEPS, 1.0, weights) for v in (mean, largest, far)]
    together = ~np.isnan([values[0][0] for values in draws.values()]).any(axis=0)
    rows = []
    for edit, (mean, largest, far) in draws.items():
        low, high = interval(mean[:, together].mean(axis=1))
        spread = "" if high - low < 5e-4 else f" ({low:.3f} to {high:.3f})"
        rows.append(
            [
                edit,
                f"{mean[0, together].mean():.3f}{spread}",
                f"{largest[0, together].mean():.3f}",
                f"{np.max(largest[0, together]):.3f}",
                f"{far[0, together].mean():.2f}",
            ]
        )
    head = ["edit", "mean of the others", "largest of the others", "worst axis", "length of the move"]
    return f"{int(together.sum())} of {len(axes)} axes take the target that far by every edit.\n\n" + table(
        head, rows
    )


@click.command()
@click.option(
    "--cnn", is_flag=True, help="Beside the oracle, the network that `pipelines run known-axes` trained."
)
@click.option("--most", default=20_000, show_default=True, help="Largest number of samples.")
def main(cnn: bool, most: int) -> None:
    """Print the truth tables."""
    known = plant_axes()
    counts = [count for count in (500, 1_000, 2_000, 5_000, 10_000, 20_000) if count <= most]
    labels = [oracle_labels(known, most)]
    if cnn:
        labels.append(cnn_labels(known, most))
    print(f"## Angle to the planted axis, oracle with noise {NOISE} sd, median of the binary axes\n")
    print(angles_table(known, labels[0], counts))
    print("## The same where factors are bent, N = 10,000\n")
    print(nonlinear_table(min(most, 10_000)))
    print(f"## Labeller error and sampling error told apart: {FAMILY}, all axes\n")
    print(labellers_table(known, labels, counts))
    print(f"## Every axis, N = {most:,}\n")
    print(axes_table(known, labels))
    print(f"## Planted and recovered cosines, N = {most:,}\n")
    print(cosines_table(known, labels))
    for one in labels:
        print(f"## Leakage at +1 sd of the target, told by the true factors; axes of the {one.name}\n")
        print(leakage_table(known, one))


if __name__ == "__main__":
    main()
