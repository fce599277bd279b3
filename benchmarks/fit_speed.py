"""Speed and memory of `tlgan.regression.fit.fit_glms`, and its agreement with statsmodels.

    python -m benchmarks.fit_speed [--samples 20000 100000] [--million [N]]          # six minutes

Prints three tables: the largest differences to statsmodels; seconds of every family for 40 attributes of
512-dimensional latents; with `--million`, the peak memory of a fit that streams N samples from disk (a quarter of
an hour more). statsmodels and scikit-learn fit one attribute on the same arrays in the same run, times 40. The
bound divides the multiplications and additions that a family cannot avoid by the matrix-product rate measured
here. Processor seconds are printed, too: on a machine with other work they say more than seconds by the clock.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.options import command_parser
from benchmarks.processes import in_own_process, process_memory
from benchmarks.tables import print_columns
from benchmarks.timing import Seconds, time_call

if TYPE_CHECKING:
    from tlgan.regression.fit import Fits

ATTRIBUTES, LATENT_DIM = 40, 512
NAMES, KINDS = [f"attribute {index}" for index in range(ATTRIBUTES)], ["binary"] * ATTRIBUTES
WIDTHS = (44, 9, 9, 14)
GAUSSIAN, HUBER = "gaussian", "huber"
PROBABILITIES, LABELS = "binomial, probabilities", "binomial, 0/1 labels"
STATSMODELS_FAMILIES = {GAUSSIAN: "Gaussian", PROBABILITIES: "Binomial", LABELS: "Binomial"}


class ProductRates(NamedTuple):
    """Operations per second of one core: a float64 product, and X'X in float32 (half of the product's)."""

    double: float
    single: float


def draw_samples(n_samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Latents (n, 512) on the sphere and noisy logits (n, 40), positives from rare to common."""
    random = np.random.default_rng(seed)
    latents = random.standard_normal((n_samples, LATENT_DIM), dtype=np.float32)
    latents *= np.sqrt(LATENT_DIM) / np.linalg.norm(latents, axis=1, keepdims=True)
    truth = random.standard_normal((ATTRIBUTES, LATENT_DIM), dtype=np.float32)
    truth *= 2 / np.linalg.norm(truth, axis=1, keepdims=True)
    noise = 1.5 * random.standard_normal((n_samples, ATTRIBUTES), dtype=np.float32)
    return latents, latents @ truth.T + np.linspace(-3, 1, ATTRIBUTES, dtype=np.float32) + noise


def responses_of(logits: np.ndarray) -> dict[str, np.ndarray]:
    """What each case fits: logits, probabilities or 0/1 labels."""
    from tlgan.regression.fit import probabilities

    labels = (logits > 0).astype(np.float64)
    return {GAUSSIAN: logits, HUBER: logits, PROBABILITIES: probabilities(logits, KINDS), LABELS: labels}


def family_of(case: str) -> str:
    """Family of a case: what stands before the comma."""
    return case.split(",")[0]


def product_rates() -> ProductRates:
    """Measure the rates of one core: the best of five."""
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)
    left, right = random.random((4096, 512)), random.random((512, 512))
    single = left.astype(np.float32)
    with threadpool_limits(1):
        double_time = min(time_call(np.matmul, left, right).processor for _ in range(5))
        single_time = min(time_call(np.matmul, single.T, single).processor for _ in range(5))
    return ProductRates(2 * left.size * 512 / double_time, left.size * 512 / single_time)


def bound_seconds(family: str, n_samples: int, rates: ProductRates) -> float:
    """Seconds of one core for the products alone: X'X, standard errors, passes of the solver."""
    square, narrow = n_samples * LATENT_DIM**2, 4 * n_samples * LATENT_DIM * ATTRIBUTES
    # X'X, then X (X'X)^-1 and its squares
    seconds = (square + 2 * square + 3 * narrow / 2) / rates.double
    if family == HUBER:
        seconds += 9 * narrow / rates.double
    if family.startswith("binomial"):
        seconds = (square + 12 * narrow) / rates.double + 2 * ATTRIBUTES * square / rates.single
    return seconds


def measure(n_samples: int, rates: ProductRates) -> dict[str, Seconds]:
    """Seconds for all attributes, by library and case ("tlgan, huber"); printed, too."""
    latents, logits = draw_samples(n_samples)
    responses = responses_of(logits)
    print(f"\n{n_samples} samples x {LATENT_DIM} dimensions, {ATTRIBUTES} attributes, robust errors")
    print_columns(("", "wall s", "CPU s", "bound, CPU s"), WIDTHS)
    fits, times = time_tlgan(latents, responses, rates)
    times |= time_statsmodels(latents, responses, fits)
    times |= time_scikit_learn(latents, responses[LABELS])
    return times


def time_tlgan(
    latents: np.ndarray, responses: dict[str, np.ndarray], rates: ProductRates
) -> tuple[dict[str, Fits], dict[str, Seconds]]:
    """Fits of all attributes and their seconds, by case."""
    from tlgan.regression.fit import fit_glms

    fits, times = {}, {}
    for case, values in responses.items():
        options = {"family": family_of(case), "held_out": 0}
        fits[case], wall, processor = time_call(fit_glms, latents, values, NAMES, KINDS, **options)
        times[f"tlgan, {case}"] = Seconds(wall, processor)
        bound = bound_seconds(case, len(latents), rates)
        print_columns((f"tlgan, {case}", f"{wall:.2f}", f"{processor:.2f}", f"{bound:.2f}"), WIDTHS)
    return fits, times


def time_statsmodels(
    latents: np.ndarray, responses: dict[str, np.ndarray], fits: dict[str, Fits]
) -> dict[str, Seconds]:
    """Seconds of statsmodels, one attribute times 40; prints by how much its estimates differ from `fits`."""
    import statsmodels.api as sm

    design = np.column_stack([np.ones(len(latents)), latents.astype(np.float64)])
    middle, times = ATTRIBUTES // 2, {}
    for case, family in STATSMODELS_FAMILIES.items():
        values = responses[case][:, middle].astype(np.float64)
        model = sm.GLM(values, design, family=getattr(sm.families, family)())
        reference, wall, processor = time_call(model.fit, cov_type="HC0", tol=1e-12)
        times[f"statsmodels, {case}"] = print_as_all(f"statsmodels, {case}", Seconds(wall, processor))
        length = np.linalg.norm(reference.params[1:])
        coefficients = np.abs(fits[case].coefficients[middle] - reference.params[1:]).max() / length
        errors = np.abs(fits[case].standard_errors[middle] / reference.bse[1:] - 1).max()
        print(f"    largest difference: coefficients {coefficients:.1e} of their length, errors {errors:.1e}")
    return times


def time_scikit_learn(latents: np.ndarray, labels: np.ndarray) -> dict[str, Seconds]:
    """Seconds of scikit-learn's logistic regression without penalty, one attribute times 40."""
    from sklearn.linear_model import LogisticRegression

    times = {}
    for solver in ("newton-cholesky", "lbfgs"):
        model = LogisticRegression(C=np.inf, solver=solver, tol=1e-8, max_iter=1000)
        _, wall, processor = time_call(model.fit, latents.astype(np.float64), labels[:, ATTRIBUTES // 2])
        name = f"scikit-learn {solver}"
        times[f"{name}, {LABELS}"] = print_as_all(f"{name}, 0/1 labels", Seconds(wall, processor))
    return times


def print_as_all(what: str, one: Seconds) -> Seconds:
    """Print the seconds of one attribute as those of all, and return these."""
    every = Seconds(ATTRIBUTES * one.wall, ATTRIBUTES * one.processor)
    cells = (f"{what}, one x {ATTRIBUTES}", f"{every.wall:.1f}", f"{every.processor:.1f}")
    print_columns(cells, WIDTHS)
    return every


def print_agreement(n_samples: int = 2000, latent_dim: int = 32) -> None:
    """Compare all attributes with statsmodels, at a size where that takes seconds."""
    latents = draw_samples(n_samples)[0][:, :latent_dim]
    random = np.random.default_rng(1)
    truth = random.standard_normal((ATTRIBUTES, latent_dim)) / 4
    noise = random.standard_normal((n_samples, ATTRIBUTES))
    responses = responses_of(latents @ truth.T + np.linspace(-2, 1, ATTRIBUTES) + noise)
    print(f"\nlargest difference to statsmodels over {ATTRIBUTES} attributes, {n_samples} x {latent_dim}")
    for case in STATSMODELS_FAMILIES:
        for covariance, theirs in (("robust", "HC0"), ("model", "nonrobust")):
            each, together, errors = largest_differences(latents, responses[case], case, covariance, theirs)
            print(f"{case:26s}{covariance:8s} coefficients {each:.1e} each, {together:.1e} of their length; "
                  f"standard errors {errors:.1e}", flush=True)  # fmt: skip


def largest_differences(
    latents: np.ndarray, responses: np.ndarray, case: str, covariance: str, theirs: str
) -> np.ndarray:
    """Largest relative difference of a coefficient, of one to the length of all, and of a standard error."""
    import statsmodels.api as sm

    from tlgan.regression.fit import fit_glms

    options = {"family": family_of(case), "held_out": 0, "covariance": covariance}
    fits = fit_glms(latents, responses, NAMES, KINDS, **options)
    design = np.column_stack([np.ones(len(latents)), latents.astype(np.float64)])
    largest = np.zeros(3)
    for index in range(ATTRIBUTES):
        family = getattr(sm.families, STATSMODELS_FAMILIES[case])()
        reference = sm.GLM(responses[:, index], design, family=family).fit(cov_type=theirs, tol=1e-13)
        slopes = reference.params[1:]
        difference = np.abs(fits.coefficients[index] - slopes)
        each, together = (difference / np.abs(slopes)).max(), difference.max() / np.linalg.norm(slopes)
        errors = np.abs(fits.standard_errors[index] / reference.bse[1:] - 1).max()
        largest = np.maximum(largest, [each, together, errors])
    return largest


def print_streamed_memory(n_samples: int, families: Sequence[str]) -> None:
    """Peak memory of fits that stream their rows from HDF5, each family in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.h5"
        write_samples(path, n_samples)
        print(f"\n{n_samples} samples streamed from {path.stat().st_size / 1e9:.1f} GB of HDF5")
        for family in families:
            print(in_own_process(stream_fit, str(path), family), flush=True)


def write_samples(path: Path, n_samples: int) -> None:
    """Write so many latents and scores in blocks."""
    import h5py

    rows = min(4096, n_samples)  # of a chunk
    with h5py.File(path, "w") as file:
        file.create_dataset("latents", (n_samples, LATENT_DIM), "f4", chunks=(rows, LATENT_DIM))
        file.create_dataset("scores", (n_samples, ATTRIBUTES), "f4", chunks=(rows, ATTRIBUTES))
        random = np.random.default_rng(0)
        truth = random.standard_normal((ATTRIBUTES, LATENT_DIM), dtype=np.float32) / 12
        for start in range(0, n_samples, 50_000):
            latents, noise = draw_samples(min(50_000, n_samples - start), seed=start + 1)
            file["latents"][start : start + len(latents)] = latents
            file["scores"][start : start + len(latents)] = latents @ truth.T + noise


def stream_fit(path: str, family: str) -> str:
    """Fit from the file; the line to print, with this process's peak memory."""
    import h5py

    from tlgan.regression.fit import fit_glms, probabilities

    with h5py.File(path, "r") as file:
        responses = file["scores"]
        if family == "binomial":
            responses = probabilities(responses, KINDS)
        before = process_memory("VmHWM") / 2**10
        fits, wall, processor = time_call(fit_glms, file["latents"], responses, NAMES, KINDS, family=family)
    return (
        f"{family:10s} {wall:7.0f} s wall, {processor:7.0f} s CPU, "
        f"peak memory {process_memory('VmHWM') / 2**10:.2f} GiB "
        f"({before:.2f} before the fit), median angular error {np.median(fits.angular_errors):.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = command_parser("fit_speed", __doc__)
    parser.add_argument("--samples", type=int, nargs="*", default=[20_000, 100_000])
    stream = "stream N samples (a million without N)"
    parser.add_argument("--million", type=int, nargs="?", const=1_000_000, metavar="N", help=stream)
    parser.add_argument("--families", nargs="*", default=["gaussian", "huber", "binomial"], help="to stream")
    options = parser.parse_args(arguments)
    from threadpoolctl import threadpool_limits

    from tlgan.regression.streaming.row_stream import worker_count

    rates = product_rates()
    print(
        f"{worker_count()} cores, load {os.getloadavg()[0]:.1f}; one core: {rates.double / 1e9:.0f} GFLOP/s "
        f"float64 product, {rates.single / 1e9:.0f} float32 X'X (half the product's operations)"
    )
    with threadpool_limits(1):
        print_agreement()
    for n_samples in options.samples:
        measure(n_samples, rates)
    if options.million:
        print_streamed_memory(options.million, options.families)


if __name__ == "__main__":
    main()
