"""Speed, agreement with statsmodels, and memory of `tlgan.regression.fit.fit_glms`.

Run: python benchmarks/bench_fit.py [--samples 20000 100000] [--million]

Every family fits 40 attributes of 512-dimensional latents; statsmodels and scikit-learn fit one
attribute on the same arrays in the same run, times 40. The arithmetic bound divides the
multiplications and additions that a family cannot avoid by the matrix-product rate measured here.
CPU seconds are printed too: on a machine with other work they say more than wall-clock seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tlgan.regression.fit import fit_glms, probabilities
from tlgan.regression.streaming.row_stream import worker_count

ATTRIBUTES, LATENT_DIM = 40, 512
NAMES, KINDS = [f"attribute {index}" for index in range(ATTRIBUTES)], ["binary"] * ATTRIBUTES


def samples(n_samples: int, seed: int = 0):
    """Latents on the sphere and noisy logits, base rates from rare to common."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n_samples, LATENT_DIM), dtype=np.float32)
    latents *= np.sqrt(LATENT_DIM) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = generator.standard_normal((ATTRIBUTES, LATENT_DIM), dtype=np.float32)
    truth *= 2 / np.linalg.norm(truth, axis=1, keepdims=True)
    noise = 1.5 * generator.standard_normal((n_samples, ATTRIBUTES), dtype=np.float32)
    return latents, latents @ truth.T + np.linspace(-3, 1, ATTRIBUTES, dtype=np.float32) + noise


def clock(function, *arguments, **options):
    wall, processor = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return result, time.perf_counter() - wall, time.process_time() - processor


def product_rates() -> tuple[float, float]:
    """Additions and multiplications per second of one core: float64 product, float32 X'X."""
    generator = np.random.default_rng(0)
    left, right = generator.random((4096, 512)), generator.random((512, 512))
    single = left.astype(np.float32)
    with threadpool_limits(1):
        double_time = min(clock(np.matmul, left, right)[2] for _ in range(5))
        single_time = min(clock(np.matmul, single.T, single)[2] for _ in range(5))
    return 2 * left.size * 512 / double_time, left.size * 512 / single_time


def floor_seconds(family: str, n_samples: int, rates: tuple[float, float]) -> float:
    """Seconds of one core for the products alone: moments, errors, passes of the solver."""
    double, single = rates
    square, narrow = n_samples * LATENT_DIM**2, 4 * n_samples * LATENT_DIM * ATTRIBUTES
    seconds = (square + 2 * square + 3 * narrow / 2) / double  # X'X, then X (X'X)^-1 and its squares
    if family == "huber":
        seconds += 9 * narrow / double
    if family.startswith("binomial"):
        seconds = (square + 12 * narrow) / double + 2 * ATTRIBUTES * square / single
    return seconds


def speed(n_samples: int, rates: tuple[float, float]) -> dict[str, tuple[float, float]]:
    """Seconds by the clock and of the processor for all attributes, by what fits them; printed, too."""
    latents, logits = samples(n_samples)
    chances, labels = probabilities(logits, KINDS), (logits > 0).astype(np.float64)
    print(f"\n{n_samples} samples x {LATENT_DIM} dimensions, {ATTRIBUTES} attributes, robust errors")
    print(f"{'':44s}{'wall s':>9s}{'CPU s':>9s}{'bound, CPU s':>14s}")
    cases = [
        ("gaussian", logits),
        ("huber", logits),
        ("binomial, probabilities", chances),
        ("binomial, 0/1 labels", labels),
    ]
    fits, times = {}, {}
    for case, responses in cases:
        family = case.split(",")[0]
        fits[case], wall, processor = clock(
            fit_glms, latents, responses, NAMES, KINDS, family=family, held_out=0
        )
        times[f"tlgan, {case}"] = wall, processor
        bound = floor_seconds(case, n_samples, rates)
        print(f"{'tlgan, ' + case:44s}{wall:9.2f}{processor:9.2f}{bound:14.2f}", flush=True)
    design = np.column_stack([np.ones(n_samples), latents.astype(np.float64)])
    rivals = {
        "gaussian": (logits, sm.families.Gaussian()),
        "binomial, probabilities": (chances, sm.families.Binomial()),
        "binomial, 0/1 labels": (labels, sm.families.Binomial()),
    }
    middle = ATTRIBUTES // 2
    for case, (responses, family) in rivals.items():
        model = sm.GLM(responses[:, middle].astype(np.float64), design, family=family)
        reference, wall, processor = clock(model.fit, cov_type="HC0", tol=1e-12)
        times[f"statsmodels, {case}"] = report(f"statsmodels, {case}, one x {ATTRIBUTES}", wall, processor)
        compare(fits[case], middle, reference)
    for solver in ("newton-cholesky", "lbfgs"):
        machine = LogisticRegression(C=np.inf, solver=solver, tol=1e-8, max_iter=1000)
        _, wall, processor = clock(machine.fit, latents.astype(np.float64), labels[:, middle])
        name = f"scikit-learn {solver}"
        took = report(f"{name}, 0/1 labels, one x {ATTRIBUTES}", wall, processor)
        times[f"{name}, binomial, 0/1 labels"] = took
    return times


def report(what: str, wall: float, processor: float) -> tuple[float, float]:
    """Print the seconds of one attribute as those of all, and give them."""
    wall, processor = ATTRIBUTES * wall, ATTRIBUTES * processor
    print(f"{what:44s}{wall:9.1f}{processor:9.1f}", flush=True)
    return wall, processor


def compare(fits, index: int, reference) -> None:
    length = np.linalg.norm(reference.params[1:])
    coefficients = np.abs(fits.coefficients[index] - reference.params[1:]).max() / length
    errors = np.abs(fits.standard_errors[index] / reference.bse[1:] - 1).max()
    print(f"    largest difference: coefficients {coefficients:.1e} of their length, errors {errors:.1e}")


def agreement(n_samples: int = 2000, latent_dim: int = 32) -> None:
    """All 40 attributes against statsmodels, at a size where that takes seconds."""
    latents, _ = samples(n_samples)
    latents = latents[:, :latent_dim]
    generator = np.random.default_rng(1)
    truth = generator.standard_normal((ATTRIBUTES, latent_dim)) / 4
    logits = latents @ truth.T + np.linspace(-2, 1, ATTRIBUTES) + generator.standard_normal((n_samples, 40))
    design = np.column_stack([np.ones(n_samples), latents.astype(np.float64)])
    print(f"\nlargest difference to statsmodels over {ATTRIBUTES} attributes, {n_samples} x {latent_dim}")
    for case, family in (("gaussian", "Gaussian"), ("binomial, probabilities", "Binomial"),
                         ("binomial, 0/1 labels", "Binomial")):  # fmt: skip
        responses = logits
        if family == "Binomial":
            responses = probabilities(logits, KINDS) if "prob" in case else (logits > 0).astype(float)
        for covariance, theirs in (("robust", "HC0"), ("model", "nonrobust")):
            fits = fit_glms(latents, responses, NAMES, KINDS, family=case.split(",")[0], held_out=0,
                            covariance=covariance)  # fmt: skip
            worst = np.zeros(3)
            for index in range(ATTRIBUTES):
                model = sm.GLM(responses[:, index], design, family=getattr(sm.families, family)())
                reference = model.fit(cov_type=theirs, tol=1e-13)
                difference = np.abs(fits.coefficients[index] - reference.params[1:])
                worst = np.maximum(worst, [
                    (difference / np.abs(reference.params[1:])).max(),
                    difference.max() / np.linalg.norm(reference.params[1:]),
                    np.abs(fits.standard_errors[index] / reference.bse[1:] - 1).max(),
                ])  # fmt: skip
            print(f"{case:26s}{covariance:8s} coefficients {worst[0]:.1e} each, {worst[1]:.1e} of their "
                  f"length; standard errors {worst[2]:.1e}", flush=True)  # fmt: skip


def million(n_samples: int, families: list[str]) -> None:
    """Peak memory of a fit streamed from HDF5, each family in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("latents", (n_samples, LATENT_DIM), "f4", chunks=(4096, LATENT_DIM))
            file.create_dataset("scores", (n_samples, ATTRIBUTES), "f4", chunks=(4096, ATTRIBUTES))
            generator = np.random.default_rng(0)
            truth = generator.standard_normal((ATTRIBUTES, LATENT_DIM), dtype=np.float32) / 12
            for start in range(0, n_samples, 50_000):
                latents, noise = samples(min(50_000, n_samples - start), seed=start + 1)
                file["latents"][start : start + len(latents)] = latents
                file["scores"][start : start + len(latents)] = latents @ truth.T + noise
        print(f"\n{n_samples} samples streamed from {path.stat().st_size / 1e9:.1f} GB of HDF5")
        for family in families:
            command = [sys.executable, __file__, "--stream", str(path), family]
            subprocess.run(command, check=True)


def peak_memory() -> float:
    """GiB that this process has held at most; Linux only (`ru_maxrss` would count the parent's too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def stream(path: str, family: str) -> None:
    with h5py.File(path, "r") as file:
        responses = file["scores"]
        if family == "binomial":
            responses = probabilities(responses, KINDS)
        before = peak_memory()
        fits, wall, processor = clock(fit_glms, file["latents"], responses, NAMES, KINDS, family=family)
    print(
        f"{family:10s} {wall:7.0f} s wall, {processor:7.0f} s CPU, peak memory {peak_memory():.2f} GiB "
        f"({before:.2f} before the fit), median angular error {np.median(fits.angular_errors):.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="*", default=[20_000, 100_000])
    parser.add_argument(
        "--million", type=int, nargs="?", const=1_000_000, metavar="N", help="stream N samples"
    )
    parser.add_argument("--families", nargs="*", default=["gaussian", "huber", "binomial"], help="to stream")
    parser.add_argument("--stream", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        return stream(*options.stream)
    rates = product_rates()
    load = os.getloadavg()[0]
    print(
        f"{worker_count()} cores, load {load:.1f}; one core: {rates[0] / 1e9:.0f} GFLOP/s float64 product, "
        f"{rates[1] / 1e9:.0f} float32 X'X (half the product's operations)"
    )
    with threadpool_limits(1):
        agreement()
    for n_samples in options.samples:
        speed(n_samples, rates)
    if options.million:
        million(options.million, options.families)
    return None


if __name__ == "__main__":
    main()
