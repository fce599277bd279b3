"""Discovery at the published size on whatever device Keras has: images per second, shares of the chip's peak.

Run: KERAS_BACKEND=torch python benchmarks/bench_gpu.py          (or jax, or tensorflow; or: make bench-gpu)
     python benchmarks/bench_gpu.py --resolution 16 --batch 4 --samples 64 --side 256   a trial on a CPU

Full-width random weights. Needs a checkout on PYTHONPATH and `pip install keras scipy threadpoolctl` beside PyTorch,
JAX or TensorFlow with their own requirements. Operations are counted from the layers (upscaling with 4 products per
weight pair), peaks are measured here: a square matrix product in each precision, and (PyTorch only) an addition to a
long vector. A 16-bit precision is "allowed" where 99.9 % of the pixel values lie within one grey level of float32.
The whole discovery adds up its parts at their measured rates, pictures in the fastest precision that is allowed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from models.inference.compile import compile_batch, to_bytes
from models.inference.crop import shrink
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator, feature_maps, resolutions_to
from tlgan.latents.sampling import draw_latents

ATTRIBUTES, FACE = 40, 64
POLICIES = {"float32": "float32", "float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}
LEAST_WITHIN = 0.999  # as in `pipelines.sources.precision_check`


def operations(config: GanConfig) -> float:
    """Multiplications and additions for one image."""
    sizes, maps = resolutions_to(config.resolution), config.maps
    products = config.latent_dim * 16 * maps[0] + 16 * 9 * maps[0] ** 2
    for size, before, after in zip(sizes[1:], maps, maps[1:], strict=False):
        products += size**2 * (4 * before * after + 9 * after**2)
    return 2.0 * (products + sizes[-1] ** 2 * maps[-1] * config.channels)


def activation_bytes(config: GanConfig, width: int) -> float:
    """Least traffic for one image: each convolution's output written once and read once."""
    sizes, maps = resolutions_to(config.resolution), config.maps
    return 2.0 * width * 2 * sum(size**2 * features for size, features in zip(sizes, maps, strict=True))


def seconds(run: Callable[[], object], rounds: int = 3) -> float:
    """The best time of a call whose result has come back to the host; the first call compiles."""
    run()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def peaks(dtype: str, side: int) -> tuple[float, float]:
    """Operations per second of a matrix product, and bytes per second of an addition."""
    chain = 8  # so that the call itself does not count
    matrix = np.random.default_rng(0).standard_normal((side, side)).astype("float32") / side**0.5

    def products(values):
        values = ops.cast(values, dtype)
        result = values
        for _ in range(chain):
            result = ops.matmul(result, values)
        return ops.cast(ops.sum(ops.cast(result, "float32"), axis=1), "float32")

    run = compile_batch(products)
    rate = chain * 2 * side**3 / seconds(lambda: run(matrix))
    one = ops.ones((side * side * 4,), dtype)

    def added(_):
        return ops.add(one, 1)[:1]

    if keras.backend.backend() != "torch":  # a compiler would shorten that to one number
        return rate, float("nan")
    copy = compile_batch(added)
    return rate, 2 * side * side * 4 * keras.ops.convert_to_numpy(one[:1]).itemsize / seconds(
        lambda: copy(matrix[:1])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--side", type=int, default=8192, help="of the matrices that measure the peak")
    options = parser.parse_args()
    config = GanConfig(options.resolution, 512, feature_maps(options.resolution))
    latents = draw_latents(0, options.batch, config.latent_dim)
    cost = operations(config)
    print(f"{options.resolution}×{options.resolution}, batch {options.batch}, {keras.backend.backend()}, "
          f"{cost / 1e9:.1f} GFLOP an image")  # fmt: skip
    reference, rates, allowed = None, {}, {}
    for precision, policy in POLICIES.items():
        keras.utils.set_random_seed(0)
        network = ProgressiveGenerator(config, dtype=policy, name="generator")
        run = compile_batch(lambda z, n=network: ops.cast(to_bytes(ops.cast(n(z), "float32")), "uint8"))
        images = run(latents)[0].astype(int)
        reference = images if reference is None else reference
        near = (np.abs(images - reference) <= 1).mean()
        rates[precision] = options.batch / seconds(lambda run=run: run(latents))
        allowed[precision] = near >= LEAST_WITHIN
        peak, bandwidth = peaks(precision, options.side)
        traffic = rates[precision] * activation_bytes(config, 4 if precision == "float32" else 2)
        share = f", {traffic / bandwidth:.0%} of the bandwidth at least" if np.isfinite(bandwidth) else ""
        print(f"{precision:9s} {rates[precision]:8.2f} images/s, {rates[precision] * cost / peak:.0%} of the measured "
              f"{peak / 1e12:.2f} TFLOP/s{share}; within one level of float32: {near:.4%}, "
              f"{'allowed' if allowed[precision] else 'not allowed'}",
              flush=True)  # fmt: skip
    fastest = max((precision for precision in rates if allowed[precision]), key=lambda name: rates[name])
    labeller = build_attribute_cnn(AttributeCnnConfig(FACE, ATTRIBUTES))
    drawn = reference.astype("uint8")
    if options.resolution > FACE:
        view = compile_batch(lambda images: shrink(ops.cast(images, "float32"), FACE))
        drawn = view(drawn)[0].astype("uint8")
    read = compile_batch(lambda faces: read_faces(labeller, faces)[0])
    faces = np.resize(drawn, (128, FACE, FACE, 3))
    n = options.samples
    parts = {
        "latents": n / 4096 * seconds(lambda: draw_latents(0, 4096, 512), 2),
        f"generate, {fastest}": n / rates[fastest],
        "label": n / len(faces) * seconds(lambda: read(faces)),
    }
    try:
        parts["fit"] = fit_seconds(n)
    except ModuleNotFoundError as error:
        print(f"fit: left out ({error})")
    for name, part in parts.items():
        print(f"{name:20s} {part:9.1f} s for {n} samples")
    print(f"{'all':20s} {sum(parts.values()):9.1f} s, one part after the other")


def fit_seconds(n: int) -> float:
    """Seconds of the fit itself, least squares with robust errors, on the host."""
    from tlgan.regression.fit import fit_glms

    random = np.random.default_rng(0)
    latents = random.standard_normal((n, 512), dtype="float32")
    scores = latents[:, :ATTRIBUTES] + random.standard_normal((n, ATTRIBUTES), dtype="float32")
    names = [f"attribute {number}" for number in range(ATTRIBUTES)]
    began = time.perf_counter()
    fit_glms(latents, scores, names, ["binary"] * ATTRIBUTES, family="gaussian")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
