"""Angle to planted axes, method by method: which fit is nearest to the truth with fewest samples.

Run: python benchmarks/bench_methods.py [angles | coverage] [--quick]

`angles` compares methods; `coverage` counts how often the 95 % cone holds the truth. Without a word, both.

Latents lie on the sphere of radius sqrt(latent_dim). A labeller sees eta = slope * u'z + offset
through noise, and gives a logit; probabilities and 0/1 labels follow from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy import special, stats

from tlgan.regression.baselines import arctanh_least_squares, extreme_svm, mean_difference
from tlgan.regression.fit import Fits, fit_glms
from tlgan.regression.solvers.angular_error import information_limit

SLOPE = 2.0
NOISE = 1.5  # scale, logits


def latents_and_truth(n_samples: int, latent_dim: int, attributes: int, seed: int):
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n_samples, latent_dim))
    latents *= np.sqrt(latent_dim) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = generator.standard_normal((attributes, latent_dim))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    return latents.astype(np.float32), truth, generator


def normal(eta, generator):
    return eta + NOISE * generator.standard_normal(eta.shape)


def heavy(eta, generator):
    return eta + NOISE * generator.standard_t(3, eta.shape)


def broken(eta, generator):
    """One image in twenty is broken: its logit has nothing to do with the latent."""
    wrong = generator.random(eta.shape) < 0.05
    return np.where(wrong, 10 * generator.standard_normal(eta.shape), normal(eta, generator))


def saturated(eta, generator):
    return 4 * np.tanh(normal(eta, generator) / 4)


def overconfident(eta, generator):
    seen = normal(eta, generator)
    return seen + 0.1 * seen**3


# name, labeller, share of positives, Fisher information of a logit about eta (None: not worked out)
SCENES: list[tuple[str, Callable, float, float | None]] = [
    ("normal noise", normal, 0.5, 1 / NOISE**2),
    ("normal noise, 5 % positive", normal, 0.05, 1 / NOISE**2),
    ("normal noise, 1 % positive", normal, 0.01, 1 / NOISE**2),
    ("t3 noise", heavy, 0.5, (3 + 1) / (3 + 3) / NOISE**2),
    ("t3 noise, 5 % positive", heavy, 0.05, (3 + 1) / (3 + 3) / NOISE**2),
    ("5 % broken images", broken, 0.5, None),
    ("saturated logits", saturated, 0.5, 1 / NOISE**2),
    ("overconfident logits", overconfident, 0.5, 1 / NOISE**2),
]


def fitted(latents, responses, family: str) -> Fits:
    names = [str(index) for index in range(responses.shape[1])]
    return fit_glms(latents, responses, names, ["binary"] * len(names), family=family, held_out=0)


def normal_scores(logits):
    return stats.norm.ppf((stats.rankdata(logits, axis=0) - 0.5) / len(logits))


METHODS: dict[str, Callable] = {
    "gaussian, logits": lambda z, y: fitted(z, y, "gaussian").directions,
    "huber, logits": lambda z, y: fitted(z, y, "huber").directions,
    "gaussian, normal scores": lambda z, y: fitted(z, normal_scores(y), "gaussian").directions,
    "arctanh least squares": lambda z, y: arctanh_least_squares(z, special.expit(y)),
    "binomial, probabilities": lambda z, y: fitted(z, special.expit(y), "binomial").directions,
    "binomial, 0/1 labels": lambda z, y: fitted(z, (y > 0).astype(float), "binomial").directions,
    "mean difference": lambda z, y: mean_difference(z, y > 0),
    "SVM on extreme 2 %": extreme_svm,
}


def offset_for(share: float, labeller: Callable) -> float:
    """Offset of eta that makes a share of the labels positive."""
    generator = np.random.default_rng(0)
    eta = SLOPE * generator.standard_normal(400_000)
    noise = labeller(np.zeros_like(eta), generator) if labeller is heavy else normal(0 * eta, generator)
    return -float(np.quantile(eta + noise, 1 - share))


def angles(directions, truth):
    cosines = np.clip((directions * truth).sum(axis=1), -1, 1)
    return np.degrees(np.arccos(cosines))


def measure(latent_dim: int, attributes: int, counts: list[int]) -> dict[str, dict[str, list[float]]]:
    results: dict[str, dict[str, list[float]]] = {}
    for place, (scene, labeller, share, information) in enumerate(SCENES):
        rows: dict[str, list[float]] = {method: [] for method in METHODS}
        rows["information limit"] = []
        offset = offset_for(share, labeller)
        for count in counts:
            latents, truth, generator = latents_and_truth(count, latent_dim, attributes, 100 * place + 1)
            logits = labeller(SLOPE * latents @ truth.T + offset, generator)
            for method, find in METHODS.items():
                rows[method].append(float(angles(find(latents, logits), truth).mean()))
            limit = np.nan
            if information is not None:
                limit = information_limit(count, latent_dim, SLOPE, information)
            rows["information limit"].append(limit)
        results[scene] = rows
        show(scene, rows, counts)
    return results


def show(scene: str, rows: dict[str, list[float]], counts: list[int]) -> None:
    print(f"\n{scene}: mean angle to the true axis, degrees; samples for 5 degrees")
    print(f"{'':26s}" + "".join(f"{count:>9d}" for count in counts) + f"{'for 5°':>11s}")
    for method, values in rows.items():
        needed = samples_for(values, counts, 5.0)
        print(f"{method:26s}" + "".join(f"{value:9.2f}" for value in values) + f"{needed:>11s}", flush=True)


def samples_for(values: list[float], counts: list[int], bound: float) -> str:
    """Samples at which log tangent, interpolated in log count, crosses the bound."""
    tangents, logs = np.log(np.tan(np.radians(values))), np.log(counts)
    target = np.log(np.tan(np.radians(bound)))
    if np.isnan(tangents).any():
        return "?"
    if tangents[-1] > target:  # beyond the measured counts the slope is -1/2
        return f"~{np.exp(logs[-1] + 2 * (tangents[-1] - target)):,.0f}"
    if tangents[0] < target:
        return f"< {counts[0]:,d}"
    return f"{np.exp(np.interp(-target, -tangents, logs)):,.0f}"


COVERAGE_CASES = [
    # family, labeller, share, samples, latent_dim
    ("gaussian", normal, 0.5, 2000, 64),
    ("gaussian", normal, 0.5, 20_000, 128),
    ("gaussian", heavy, 0.5, 4000, 64),
    ("gaussian", normal, 0.05, 4000, 64),
    ("huber", normal, 0.5, 4000, 64),
    ("huber", heavy, 0.5, 4000, 64),
    ("binomial, probabilities", normal, 0.5, 4000, 64),
    ("binomial, probabilities", normal, 0.05, 4000, 64),
    ("binomial, probabilities", heavy, 0.5, 4000, 64),
    ("binomial, 0/1 labels", normal, 0.5, 4000, 64),
    ("binomial, 0/1 labels", normal, 0.05, 8000, 64),
    ("binomial, 0/1 labels", heavy, 0.5, 4000, 64),
]


def coverage(attributes: int, repeats: int) -> None:
    print("\nshare of true axes inside the 95 % cone; root mean square angle over the stated angular error")
    for family, labeller, share, count, latent_dim in COVERAGE_CASES:
        inside, ratios, cones = [], [], []
        for repeat in range(repeats):
            latents, truth, generator = latents_and_truth(count, latent_dim, attributes, 7 + repeat)
            logits = labeller(SLOPE * latents @ truth.T + offset_for(share, labeller), generator)
            if "probabilities" in family:
                logits = special.expit(logits)
            elif "labels" in family:
                logits = (logits > 0).astype(float)
            fits = fitted(latents, logits, family.split(",")[0])
            found = angles(fits.directions, truth)
            inside.append(found <= fits.cone_angles)
            ratios.append((np.sin(np.radians(found)) / np.sin(np.radians(fits.angular_errors))) ** 2)
            cones.append(fits.cone_angles)
        total = attributes * repeats
        print(
            f"{family:24s} {labeller.__name__:7s} {100 * share:3.0f} % positive, "
            f"{count:6d} x {latent_dim:3d}: "
            f"{100 * np.mean(inside):5.1f} % of {total} (cone {np.mean(cones):5.2f} degrees), "
            f"ratio {np.sqrt(np.mean(ratios)):.3f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["angles", "coverage"], help="one part; without it, both")
    parser.add_argument("--latent-dim", type=int, default=128)
    parser.add_argument("--attributes", type=int, default=12, help="axes that an angle is averaged over")
    parser.add_argument("--quick", action="store_true", help="fewer samples and axes")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.part != "coverage":
        counts = [1000, 4000] if options.quick else [1000, 4000, 20_000, 60_000]
        measure(options.latent_dim, 4 if options.quick else options.attributes, counts)
    if options.part != "angles":
        coverage(50 if options.quick else 250, 1 if options.quick else 4)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
