"""Angle between fitted and planted axes, method by method, and how often the 95 % cone holds the planted axis.

    python -m benchmarks.fit_accuracy [angles | coverage] [--quick]       # five minutes; --quick: half a minute

`angles` prints a table for each kind of noise: mean angle by method and number of samples, and the samples needed for
5°. `coverage` prints how often the 95 % cone of a fit holds the true axis. Without a word, both. docs/methods.md
quotes them.

Latents lie on the sphere of radius sqrt(latent_dim). A labeller sees eta = slope * u'z + offset
through noise, and gives a logit; probabilities and 0/1 labels follow from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.tables import print_columns

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits

SLOPE = 2.0
NOISE = 1.5  # scale, logits
LIMIT = "information limit"
TARGET = 5.0  # degrees

Labelling = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # from eta and random numbers to logits
Method = Callable[[np.ndarray, np.ndarray], np.ndarray]  # from latents and logits to directions


class PlantedSamples(NamedTuple):
    """Latents (n, D), unit directions of the true axes (attributes, D), and random numbers for the labels."""

    latents: np.ndarray
    truth: np.ndarray
    random: np.random.Generator


def plant_samples(n_samples: int, latent_dim: int, attributes: int, seed: int) -> PlantedSamples:
    """Draw latents on the sphere and true axes in any direction."""
    random = np.random.default_rng(seed)
    latents = random.standard_normal((n_samples, latent_dim))
    latents *= np.sqrt(latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = random.standard_normal((attributes, latent_dim))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    return PlantedSamples(latents.astype(np.float32), truth, random)


def normal(eta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Normal noise on every logit."""
    return eta + NOISE * random.standard_normal(eta.shape)


def heavy(eta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Noise with heavy tails: Student's t with 3 degrees of freedom."""
    return eta + NOISE * random.standard_t(3, eta.shape)


def broken(eta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One image in twenty is broken: its logit has nothing to do with the latent."""
    wrong = random.random(eta.shape) < 0.05
    return np.where(wrong, 10 * random.standard_normal(eta.shape), normal(eta, random))


def saturated(eta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Logits that stop growing near ±4."""
    return 4 * np.tanh(normal(eta, random) / 4)


def overconfident(eta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Logits that grow faster than eta."""
    seen = normal(eta, random)
    return seen + 0.1 * seen**3


@dataclass(frozen=True)
class Labeller:
    """A simulated labeller.

    Attributes
    ----------
    name : str
    labelling : callable
    share : float
        Share of positives.
    information : float or None
        Fisher information of a logit about eta; None where it is not worked out.
    """

    name: str
    labelling: Labelling
    share: float
    information: float | None


LABELLERS = [
    Labeller("normal noise", normal, 0.5, 1 / NOISE**2),
    Labeller("normal noise, 5 % positive", normal, 0.05, 1 / NOISE**2),
    Labeller("normal noise, 1 % positive", normal, 0.01, 1 / NOISE**2),
    Labeller("t3 noise", heavy, 0.5, (3 + 1) / (3 + 3) / NOISE**2),
    Labeller("t3 noise, 5 % positive", heavy, 0.05, (3 + 1) / (3 + 3) / NOISE**2),
    Labeller("5 % broken images", broken, 0.5, None),
    Labeller("saturated logits", saturated, 0.5, 1 / NOISE**2),
    Labeller("overconfident logits", overconfident, 0.5, 1 / NOISE**2),
]


def fit(latents: np.ndarray, responses: np.ndarray, family: str) -> Fits:
    """Fit all columns as binary attributes, on all rows."""
    from tlgan.regression.fit import fit_glms

    names = [str(index) for index in range(responses.shape[1])]
    return fit_glms(latents, responses, names, ["binary"] * len(names), family=family, held_out=0)


def normal_scores(logits: np.ndarray) -> np.ndarray:
    """Quantiles of the normal distribution at the ranks of each column."""
    from scipy import stats

    return stats.norm.ppf((stats.rankdata(logits, axis=0) - 0.5) / len(logits))


def methods() -> dict[str, Method]:
    """The methods to compare, by name; each finds directions from latents and logits."""
    from scipy.special import expit

    from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference

    return {
        "gaussian, logits": lambda z, y: fit(z, y, "gaussian").directions,
        "huber, logits": lambda z, y: fit(z, y, "huber").directions,
        "gaussian, normal scores": lambda z, y: fit(z, normal_scores(y), "gaussian").directions,
        "arctanh least squares": lambda z, y: arctanh_least_squares(z, expit(y)),
        "binomial, probabilities": lambda z, y: fit(z, expit(y), "binomial").directions,
        "binomial, 0/1 labels": lambda z, y: fit(z, (y > 0).astype(float), "binomial").directions,
        "mean difference": lambda z, y: mean_difference(z, y > 0),
        "SVM on extreme 2 %": extreme_svm,
    }


def offset_for(share: float, labelling: Labelling) -> float:
    """Offset of eta that makes a share of the labels positive."""
    random = np.random.default_rng(0)
    eta = SLOPE * random.standard_normal(400_000)
    noise = labelling(np.zeros_like(eta), random) if labelling is heavy else normal(0 * eta, random)
    return -float(np.quantile(eta + noise, 1 - share))


def print_angles(latent_dim: int, attributes: int, counts: Sequence[int]) -> None:
    """Print the mean angle by method and number of samples, a table for each labeller."""
    from tlgan.latents.geometry import angles_between
    from tlgan.regression.solvers.angular_error import information_limit

    compared = methods()
    for place, labeller in enumerate(LABELLERS):
        rows: dict[str, list[float]] = {method: [] for method in (*compared, LIMIT)}
        offset = offset_for(labeller.share, labeller.labelling)
        for count in counts:
            latents, truth, random = plant_samples(count, latent_dim, attributes, 100 * place + 1)
            logits = labeller.labelling(SLOPE * latents @ truth.T + offset, random)
            for method, find in compared.items():
                rows[method].append(float(angles_between(find(latents, logits), truth).mean()))
            limit = np.nan
            if labeller.information is not None:
                limit = information_limit(count, latent_dim, SLOPE, labeller.information)
            rows[LIMIT].append(limit)
        print(f"\n{labeller.name}: mean angle to the true axis, degrees; samples for 5 degrees")
        widths = [26, *(9 for _ in counts), 11]
        print_columns(["", *map(str, counts), "for 5°"], widths)
        for method, values in rows.items():
            print_columns(
                [method, *(f"{x:.2f}" for x in values), samples_for(values, counts, TARGET)], widths
            )


def samples_for(values: Sequence[float], counts: Sequence[int], bound: float) -> str:
    """Samples at which log tangent, interpolated in log count, crosses the bound in degrees."""
    tangents, logs = np.log(np.tan(np.radians(values))), np.log(counts)
    target = np.log(np.tan(np.radians(bound)))
    if np.isnan(tangents).any():
        return "?"
    if tangents[-1] > target:  # beyond the measured counts the slope is -1/2
        return f"~{np.exp(logs[-1] + 2 * (tangents[-1] - target)):,.0f}"
    if tangents[0] < target:
        return f"< {counts[0]:,d}"
    return f"{np.exp(np.interp(-target, -tangents, logs)):,.0f}"


@dataclass(frozen=True)
class CoverageCase:
    """A fit whose cones are checked: what is fitted, how it is labelled, samples and latent size."""

    responses: str
    labelling: Labelling
    share: float
    samples: int
    latent_dim: int = 64


COVERAGE_CASES = [
    CoverageCase("gaussian", normal, 0.5, 2000),
    CoverageCase("gaussian", normal, 0.5, 20_000, 128),
    CoverageCase("gaussian", heavy, 0.5, 4000),
    CoverageCase("gaussian", normal, 0.05, 4000),
    CoverageCase("huber", normal, 0.5, 4000),
    CoverageCase("huber", heavy, 0.5, 4000),
    CoverageCase("binomial, probabilities", normal, 0.5, 4000),
    CoverageCase("binomial, probabilities", normal, 0.05, 4000),
    CoverageCase("binomial, probabilities", heavy, 0.5, 4000),
    CoverageCase("binomial, 0/1 labels", normal, 0.5, 4000),
    CoverageCase("binomial, 0/1 labels", normal, 0.05, 8000),
    CoverageCase("binomial, 0/1 labels", heavy, 0.5, 4000),
]


def fit_case(case: CoverageCase, samples: PlantedSamples) -> Fits:
    """Label the samples as the case says, and fit them."""
    from scipy.special import expit

    latents, truth, random = samples
    offset = offset_for(case.share, case.labelling)
    responses = case.labelling(SLOPE * latents @ truth.T + offset, random)
    if "probabilities" in case.responses:
        responses = expit(responses)
    elif "labels" in case.responses:
        responses = (responses > 0).astype(float)
    return fit(latents, responses, case.responses.split(",")[0])


def print_coverage(attributes: int, repeats: int) -> None:
    """Print a line for each case; attributes times repeats fits are counted."""
    from tlgan.latents.geometry import angles_between

    print("\nshare of true axes inside the 95 % cone; root mean square angle over the stated angular error")
    for case in COVERAGE_CASES:
        inside, ratios, cones = [], [], []
        for repeat in range(repeats):
            samples = plant_samples(case.samples, case.latent_dim, attributes, 7 + repeat)
            fits = fit_case(case, samples)
            found = angles_between(fits.directions, samples.truth)
            inside.append(found <= fits.cone_angles)
            ratios.append((np.sin(np.radians(found)) / np.sin(np.radians(fits.angular_errors))) ** 2)
            cones.append(fits.cone_angles)
        print(
            f"{case.responses:24s} {case.labelling.__name__:7s} {100 * case.share:3.0f} % positive, "
            f"{case.samples:6d} x {case.latent_dim:3d}: "
            f"{100 * np.mean(inside):5.1f} % of {attributes * repeats} (cone {np.mean(cones):5.2f} degrees), "
            f"ratio {np.sqrt(np.mean(ratios)):.3f}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one part or both."""
    parser = command_parser("fit_accuracy", __doc__)
    parser.add_argument("part", nargs="?", choices=["angles", "coverage"], help="one part; without it, both")
    parser.add_argument("--latent-dim", type=int, default=128)
    parser.add_argument("--attributes", type=int, default=12, help="axes that an angle is averaged over")
    parser.add_argument("--quick", action="store_true", help="fewer samples and axes")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    if options.part != "coverage":
        counts = [1000, 4000] if options.quick else [1000, 4000, 20_000, 60_000]
        print_angles(options.latent_dim, 4 if options.quick else options.attributes, counts)
    if options.part != "angles":
        print_coverage(50 if options.quick else 250, 1 if options.quick else 4)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
