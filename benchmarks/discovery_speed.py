"""Seconds of a whole discovery at the published size, on the device that Keras has; shares of the chip's peak.

    KERAS_BACKEND=torch python -m benchmarks.discovery_speed      # or jax, tensorflow; or make bench-gpu
    python -m benchmarks.discovery_speed --resolution 16 --batch 4 --samples 64 --side 256   # a trial

Prints images per second in each precision, then the seconds of each part for so many samples; takes minutes on a
GPU. Weights are random and of full width. Needs the checkout and `pip install keras scipy threadpoolctl` beside
PyTorch, JAX or TensorFlow with their own requirements. Operations are counted from the layers (upscaling with 4
products per pair of weights), peaks are measured here: a square matrix product in each precision, and (PyTorch
only) an addition to a long vector. A 16-bit precision is "allowed" where 99.9 % of the pixel values lie within
one grey level of float32. The whole discovery adds up its parts at their measured rates, pictures in the fastest
precision that is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import command_parser
from benchmarks.timing import best_seconds, time_call

if TYPE_CHECKING:
    from models.networks.progressive_gan import GanConfig

ATTRIBUTES, FACE = 40, 64
LATENT_DIM = 512
POLICIES = {"float32": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}
LEAST_WITHIN = 0.999  # as in `pipelines.sources.precision_check`


@dataclass(frozen=True)
class PrecisionSpeed:
    """The generator in one precision.

    Attributes
    ----------
    rate : float
        Images per second.
    peak : float
        Operations per second of a matrix product.
    bandwidth : float
        Bytes per second of an addition; NaN where it was not measured.
    within : float
        Share of pixel values within one grey level of float32.
    images : uint8 array, shape (n, R, R, 3)
    """

    rate: float
    peak: float
    bandwidth: float
    within: float
    images: np.ndarray

    @property
    def is_allowed(self) -> bool:
        """Whether the pictures are near enough to those of float32."""
        return self.within >= LEAST_WITHIN


def matrix_rate(dtype: str, side: int) -> float:
    """Operations per second of a product of square matrices."""
    from keras import ops

    from models.inference.compile import compile_batch

    chain = 8  # so that the call itself does not count
    matrix = np.random.default_rng(0).standard_normal((side, side)).astype("float32") / side**0.5

    def products(values):
        values = ops.cast(values, dtype)
        result = values
        for _ in range(chain):
            result = ops.matmul(result, values)
        return ops.cast(ops.sum(ops.cast(result, "float32"), axis=1), "float32")

    run = compile_batch(products)
    return chain * 2 * side**3 / best_seconds(lambda: run(matrix))


def memory_bandwidth(dtype: str, side: int) -> float:
    """Bytes per second of an addition to 4 side² numbers; NaN on other backends than PyTorch."""
    import keras
    from keras import ops

    from models.inference.compile import compile_batch

    if keras.backend.backend() != "torch":  # a compiler would shorten the addition to one number
        return float("nan")
    one = ops.ones((side * side * 4,), dtype)
    add = compile_batch(lambda _: ops.add(one, 1)[:1])
    width = ops.convert_to_numpy(one[:1]).itemsize
    start = np.zeros((1, side), "float32")
    return 2 * side * side * 4 * width / best_seconds(lambda: add(start))


def measure_precision(
    config: GanConfig, precision: str, latents: np.ndarray, side: int, reference: np.ndarray | None
) -> PrecisionSpeed:
    """Draw in one precision; `reference` has the images of float32, None if this is float32."""
    import keras
    from keras import ops

    from models.inference.compile import compile_batch, to_bytes
    from models.networks.progressive_gan import ProgressiveGenerator

    keras.utils.set_random_seed(0)
    network = ProgressiveGenerator(config, dtype=POLICIES[precision], name="generator")
    draw = compile_batch(lambda z: ops.cast(to_bytes(ops.cast(network(z), "float32")), "uint8"))
    images = draw(latents)[0]
    within = 1.0 if reference is None else float((np.abs(images.astype(int) - reference) <= 1).mean())
    rate = len(latents) / best_seconds(lambda: draw(latents))
    return PrecisionSpeed(
        rate, matrix_rate(precision, side), memory_bandwidth(precision, side), within, images
    )


def print_precision(config: GanConfig, precision: str, speed: PrecisionSpeed) -> None:
    """Print one line."""
    from benchmarks.generator_cost import activation_bytes, operations_per_image

    traffic = speed.rate * activation_bytes(config, 4 if precision == "float32" else 2)
    known = np.isfinite(speed.bandwidth)
    bandwidth = f", {traffic / speed.bandwidth:.0%} of the bandwidth at least" if known else ""
    share = speed.rate * operations_per_image(config) / speed.peak
    print(
        f"{precision:9s} {speed.rate:8.2f} images/s, {share:.0%} of the measured "
        f"{speed.peak / 1e12:.2f} TFLOP/s{bandwidth}; within one level of float32: {speed.within:.4%}, "
        f"{'allowed' if speed.is_allowed else 'not allowed'}",
        flush=True,
    )


def labelling_rate(images: np.ndarray) -> float:
    """Images per second that a labeller of 40 attributes reads, made of these at 64×64 pixels."""
    from keras import ops

    from models.inference.compile import compile_batch
    from models.inference.crop import shrink
    from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces

    labeller = build_attribute_cnn(AttributeCnnConfig(FACE, ATTRIBUTES))
    if images.shape[1] > FACE:
        view = compile_batch(lambda batch: shrink(ops.cast(batch, "float32"), FACE))
        images = view(images)[0].astype("uint8")
    read = compile_batch(lambda faces: read_faces(labeller, faces)[0])
    faces = np.resize(images, (128, FACE, FACE, 3))
    return len(faces) / best_seconds(lambda: read(faces))


def fit_seconds(n: int) -> float:
    """Seconds of the fit itself, least squares with robust errors, on the host."""
    from tlgan.regression.fit import fit_glms

    random = np.random.default_rng(0)
    latents = random.standard_normal((n, LATENT_DIM), dtype="float32")
    scores = latents[:, :ATTRIBUTES] + random.standard_normal((n, ATTRIBUTES), dtype="float32")
    names, kinds = [f"attribute {number}" for number in range(ATTRIBUTES)], ["binary"] * ATTRIBUTES
    return time_call(fit_glms, latents, scores, names, kinds, family="gaussian").wall


def print_parts(n: int, speeds: dict[str, PrecisionSpeed]) -> None:
    """Print the seconds of each part of a discovery with n samples, and of all."""
    from tlgan.latents.sampling import draw_latents

    allowed = [precision for precision in speeds if speeds[precision].is_allowed]
    fastest = max(allowed, key=lambda precision: speeds[precision].rate)
    parts = {
        "latents": n / 4096 * best_seconds(lambda: draw_latents(0, 4096, LATENT_DIM), 2),
        f"generate, {fastest}": n / speeds[fastest].rate,
        "label": n / labelling_rate(speeds["float32"].images),
    }
    try:
        parts["fit"] = fit_seconds(n)
    except ModuleNotFoundError as error:
        print(f"fit: left out ({error})")
    for name, part in parts.items():
        print(f"{name:20s} {part:9.1f} s for {n} samples")
    print(f"{'all':20s} {sum(parts.values()):9.1f} s, one part after the other")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the lines of each precision, then those of each part."""
    parser = command_parser("discovery_speed", __doc__)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--side", type=int, default=8192, help="of the matrices that measure the peak")
    options = parser.parse_args(arguments)
    import keras

    from benchmarks.generator_cost import operations_per_image
    from models.networks.progressive_gan import GanConfig, feature_maps
    from tlgan.latents.sampling import draw_latents

    config = GanConfig(options.resolution, LATENT_DIM, feature_maps(options.resolution))
    latents = draw_latents(0, options.batch, config.latent_dim)
    print(f"{options.resolution}×{options.resolution}, batch {options.batch}, {keras.backend.backend()}, "
          f"{operations_per_image(config) / 1e9:.1f} GFLOP an image")  # fmt: skip
    speeds: dict[str, PrecisionSpeed] = {}
    for precision in POLICIES:
        reference = speeds["float32"].images if speeds else None
        speeds[precision] = measure_precision(config, precision, latents, options.side, reference)
        print_precision(config, precision, speeds[precision])
    print_parts(options.samples, speeds)


if __name__ == "__main__":
    main()
