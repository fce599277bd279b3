"""Images per second of the generator: ours, ours without the cheap upscaling, and a plain PyTorch network.

Run: python benchmarks/bench_generator.py [--resolution 1024] [--batch 4] [--rounds 3]

All draw the same latents with the same random weights of full width, in turns within one process, so
that other work on the machine slows them alike; the ratios are what to read. The PyTorch network needs
`pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu`; it is left out without.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import ops

from models import progressive_gan
from models.equalized import EqualizedConv, upscale
from models.inference import compile_run, to_bytes
from models.progressive_gan import GanConfig, ProgressiveGenerator, feature_maps
from models.weights import network_arrays


class PlainConv(EqualizedConv):
    """The convolution as the paper writes it: double the picture, then convolve it."""

    def call(self, features):
        if self.resample == "up":
            features = upscale(features)
        kernel = self.kernel * self.scale
        return ops.conv(features, kernel, padding="same", data_format="channels_last") + self.bias


def keras_network(config: GanConfig, convolution: type, arrays: dict[str, np.ndarray] | None = None):
    """The generator built of one kind of convolution, with the given numbers or random ones."""
    usual = progressive_gan.EqualizedConv
    progressive_gan.EqualizedConv = convolution
    try:
        network = ProgressiveGenerator(config, name="generator")
    finally:
        progressive_gan.EqualizedConv = usual
    if arrays is not None:
        from models.weights import assign_weights

        assign_weights(network, arrays, "benchmark")
    return network


def drawing(network) -> Callable[[np.ndarray], np.ndarray]:
    """Latents to uint8 images, compiled as the pipeline compiles it."""
    run = compile_run(lambda latents: ops.cast(to_bytes(network(latents)), "uint8"))
    return lambda latents: run(latents)[0]


def torch_drawing(network: ProgressiveGenerator) -> Callable[[np.ndarray], np.ndarray] | None:
    """The same network in plain PyTorch calls, channels first; None where PyTorch is absent."""
    try:
        import torch
    except ImportError:
        return None
    from torch.nn import functional

    arrays = network_arrays(network)
    dense = torch.tensor(arrays["dense/kernel"] * network.dense.scale)
    dense_bias = torch.tensor(arrays["dense/bias"]).reshape(1, -1, 1, 1)

    def parameters(layer):
        kernel = np.ascontiguousarray(
            np.transpose(arrays[f"{layer.name}/kernel"] * layer.scale, (3, 2, 0, 1))
        )
        return torch.tensor(kernel), torch.tensor(arrays[f"{layer.name}/bias"])

    first, last = parameters(network.first_conv), parameters(network.to_rgb[-1])
    pairs = [
        (parameters(up), parameters(conv)) for up, conv in zip(network.up_convs, network.convs, strict=True)
    ]

    def norm(features):
        return features * torch.rsqrt(torch.mean(features**2, dim=1, keepdim=True) + 1e-8)

    def step(features, kernel_and_bias):
        return norm(functional.leaky_relu(functional.conv2d(features, *kernel_and_bias, padding=1), 0.2))

    def draw(latents):
        with torch.inference_mode():
            features = norm(torch.tensor(latents)) @ dense
            features = features.reshape(-1, 4, 4, network.config.maps[0]).permute(0, 3, 1, 2) + dense_bias
            features = step(norm(functional.leaky_relu(features, 0.2)), first)
            for up, conv in pairs:
                features = step(step(functional.interpolate(features, scale_factor=2.0), up), conv)
            images = torch.clamp(torch.floor(functional.conv2d(features, *last) * 127.5 + 128), 0, 255)
            return images.to(torch.uint8).permute(0, 2, 3, 1).numpy()

    return draw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--resolution", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = GanConfig(options.resolution, 512, feature_maps(options.resolution))
    keras.utils.set_random_seed(0)
    ours = keras_network(config, EqualizedConv)
    plain = keras_network(config, PlainConv, network_arrays(ours))
    rivals = {
        "ours": drawing(ours),
        "ours, upscaled before convolving": drawing(plain),
        "plain PyTorch": torch_drawing(ours),
    }
    rivals = {name: draw for name, draw in rivals.items() if draw is not None}
    latents = np.random.default_rng(0).standard_normal((options.batch, 512)).astype("float32")
    reference = rivals["ours"](latents)
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    differing = {}
    for name, draw in rivals.items():  # compiles, too
        differing[name] = (np.abs(draw(latents).astype(int) - reference) > 1).mean()
    for _ in range(options.rounds):
        for name, draw in rivals.items():
            began = time.perf_counter()
            draw(latents)
            seconds[name].append(time.perf_counter() - began)
    size = options.resolution
    print(
        f"{size}×{size}, batch {options.batch}, {keras.backend.backend()}, {len(os.sched_getaffinity(0))} cores"
    )
    print(f"{'':36s}{'images/s':>10s}{'ours is':>10s}{'pixels off by more than 1':>28s}")
    for name, times in seconds.items():
        # The ratio of each round, for the rounds see different loads.
        ratio = np.median(np.array(times) / np.array(seconds["ours"]))
        print(f"{name:36s}{options.batch / min(times):10.2f}{ratio:9.2f}×{differing[name]:28.1e}", flush=True)


if __name__ == "__main__":
    main()
