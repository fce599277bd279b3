"""The progressive generator in plain PyTorch calls, channels first, to compare ours with.

`generator_speed` runs it, in the Python of another environment: torch_generator.py WEIGHTS.npz LATENTS.npy IMAGES.npy

Needs PyTorch and NumPy alone. Draws once and saves the images, prints PyTorch's version, then draws once for every
line that comes in and prints the seconds by the clock and of the processor.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from torch.nn import functional


def drawing(arrays):
    """Latents to uint8 images (n, r, r, 3), from kernels as Keras has them, scaled."""

    def layer(name):
        kernel = np.ascontiguousarray(np.transpose(arrays[f"{name}/kernel"], (3, 2, 0, 1)))
        return torch.tensor(kernel), torch.tensor(arrays[f"{name}/bias"])

    size, levels = 4, []
    while f"conv{size * 2}/kernel" in arrays:
        size *= 2
        levels.append((layer(f"conv{size}_up"), layer(f"conv{size}")))
    first, colours = layer("conv4"), layer(f"to_rgb{size}")
    dense, dense_bias = torch.tensor(arrays["dense/kernel"]), torch.tensor(arrays["dense/bias"])

    def norm(features):
        return features * torch.rsqrt(torch.mean(features**2, dim=1, keepdim=True) + 1e-8)

    def activate(features):
        return norm(functional.leaky_relu(features, 0.2))

    def convolve(features, kernel_and_bias):
        return activate(functional.conv2d(features, *kernel_and_bias, padding=1))

    @torch.inference_mode()
    def draw(latents):
        features = (norm(torch.tensor(latents)) @ dense).reshape(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        features = convolve(activate(features + dense_bias.reshape(1, -1, 1, 1)), first)
        for up, conv in levels:
            features = convolve(convolve(functional.interpolate(features, scale_factor=2.0), up), conv)
        images = torch.clamp(torch.floor(functional.conv2d(features, *colours) * 127.5 + 128), 0, 255)
        return images.to(torch.uint8).permute(0, 2, 3, 1).numpy()

    return draw


def main() -> None:
    """Draw whenever a line comes in."""
    weights, latents, images = sys.argv[1:]
    with np.load(weights) as arrays:
        draw = drawing(dict(arrays))
    rows = np.load(latents)
    np.save(images, draw(rows))
    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        draw(rows)
        print(time.perf_counter() - wall, time.process_time() - processor, flush=True)


if __name__ == "__main__":
    main()
