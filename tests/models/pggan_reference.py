"""Progressive GANs in NumPy, float64, as their papers and projects define them; channels first."""

from __future__ import annotations

import math

import numpy as np

GAIN = math.sqrt(2)


def leaky(features, leak=0.2):
    return np.where(features > 0, features, features * leak)


def pixel_norm(features, epsilon=1e-8):
    return features / np.sqrt((features**2).mean(axis=1, keepdims=True) + epsilon)


def doubled(images):
    return images.repeat(2, axis=2).repeat(2, axis=3)


def halved(images):
    n, channels, height, width = images.shape
    return images.reshape(n, channels, height // 2, 2, width // 2, 2).mean(axis=(3, 5))


def convolve(features, kernel, padding=None):
    """Correlation with zero borders; kernel (height, width, in, out)."""
    size = kernel.shape[0]
    padding = size // 2 if padding is None else padding
    padded = np.pad(features, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    height, width = (length - size + 1 for length in padded.shape[2:])
    total = 0
    for row in range(size):
        for column in range(size):
            window = padded[:, :, row : row + height, column : column + width]
            total = total + np.einsum("nchw,ck->nkhw", window, kernel[row, column])
    return total


def four_shifts(kernel):
    """A 3×3 kernel padded by one, its four shifts added up: 4×4."""
    padded = np.pad(kernel, ((1, 1), (1, 1), (0, 0), (0, 0)))
    return padded[1:, 1:] + padded[:-1, 1:] + padded[1:, :-1] + padded[:-1, :-1]


def transpose_convolve(features, kernel):
    """Transposed convolution of stride 2, SAME: each pixel adds its stamp; kernel (4, 4, out, in)."""
    n, _, height, width = features.shape
    canvas = np.zeros((n, kernel.shape[2], 2 * height + 2, 2 * width + 2))
    for row in range(4):
        for column in range(4):
            stamped = np.einsum("nchw,kc->nkhw", features, kernel[row, column])
            canvas[:, :, row : row + 2 * height : 2, column : column + 2 * width : 2] += stamped
    return canvas[:, :, 1:-1, 1:-1]


def stride_convolve(features, kernel):
    """Convolution of stride 2 with SAME padding; kernel (4, 4, in, out)."""
    return convolve(features, kernel, padding=1)[:, :, ::2, ::2]


def official_generator(state, latents):
    """`G_paper` on its state dict, labels zero."""
    given = state["static_kwargs"]
    variables = {name: np.asarray(values, float) for name, values in state["variables"]}
    scaled, fused = given.get("use_wscale", True), given.get("fused_scale", True)
    epsilon = given.get("pixelnorm_epsilon", 1e-8)
    leak = 0.2 if given.get("use_leakyrelu", True) else 0.0

    def weight(name, fan_in, gain=GAIN):
        return variables[f"{name}/weight"] * (gain / math.sqrt(fan_in) if scaled else 1.0)

    def finish(name, features):
        features = leaky(features + variables[f"{name}/bias"][:, None, None], leak)
        return pixel_norm(features, epsilon) if given.get("use_pixelnorm", True) else features

    def conv(name, features):
        kernel = variables[f"{name}/weight"]
        return finish(name, convolve(features, weight(name, np.prod(kernel.shape[:3]))))

    combined = np.concatenate([latents, np.zeros((len(latents), given.get("label_size", 0)))], axis=1)
    if given.get("normalize_latents", True):
        combined = pixel_norm(combined, epsilon)
    features = combined @ weight("4x4/Dense", combined.shape[1], math.sqrt(2) / 4)
    features = finish("4x4/Dense", features.reshape(len(latents), -1, 4, 4))
    features = conv("4x4/Conv", features)
    size = 8
    while size <= given["resolution"]:
        place = f"{size}x{size}"
        if fused:
            name = f"{place}/Conv0_up"
            kernel = four_shifts(weight(name, 9 * features.shape[1]))
            features = finish(name, transpose_convolve(features, kernel))
        else:
            features = conv(f"{place}/Conv0", doubled(features))
        features = conv(f"{place}/Conv1", features)
        size *= 2
    colours = weight("ToRGB_lod0", features.shape[1], 1.0)
    return convolve(features, colours) + variables["ToRGB_lod0/bias"][:, None, None]


def official_discriminator(state, images):
    """`D_paper` on its state dict: scores (n,), all images one group where there are fewer than eight."""
    given = state["static_kwargs"]
    variables = {name: np.asarray(values, float) for name, values in state["variables"]}
    scaled, fused = given.get("use_wscale", True), given.get("fused_scale", True)

    def weight(name, gain=GAIN):
        values = variables[f"{name}/weight"]
        return values * (gain / math.sqrt(np.prod(values.shape[:-1])) if scaled else 1.0)

    def finish(name, features):
        return leaky(features + variables[f"{name}/bias"].reshape(-1, *[1] * (features.ndim - 2)))

    features = finish("FromRGB_lod0", convolve(images, weight("FromRGB_lod0")))
    size = given["resolution"]
    while size > 4:
        place = f"{size}x{size}"
        features = finish(f"{place}/Conv0", convolve(features, weight(f"{place}/Conv0")))
        if fused:
            name = f"{place}/Conv1_down"
            features = finish(name, stride_convolve(features, four_shifts(weight(name)) * 0.25))
        else:
            features = halved(finish(f"{place}/Conv1", convolve(features, weight(f"{place}/Conv1"))))
        size //= 2
    groups = features.reshape(min(4, len(images)), -1, *features.shape[1:])
    deviation = np.sqrt(groups.var(axis=0) + 1e-8).mean(axis=(1, 2, 3))
    deviation = np.tile(deviation, len(groups)).reshape(-1, 1, 1, 1)
    features = np.concatenate([features, np.broadcast_to(deviation, (len(images), 1, 4, 4))], axis=1)
    features = finish("4x4/Conv", convolve(features, weight("4x4/Conv")))
    features = finish("4x4/Dense0", features.reshape(len(images), -1) @ weight("4x4/Dense0"))
    return (features @ weight("4x4/Dense1", 1.0) + variables["4x4/Dense1/bias"])[:, 0]


def gan_zoo_generator(variables, latents, equalized=True):
    """facebookresearch/pytorch_GAN_zoo: He's constant on weights and biases, everywhere."""

    def parts(name):
        weight = np.asarray(variables[f"{name}.module.weight"], float)
        constant = math.sqrt(2 / np.prod(weight.shape[1:])) if equalized else 1.0
        return weight * constant, np.asarray(variables[f"{name}.module.bias"], float) * constant

    def conv(name, features):
        weight, bias = parts(name)
        return convolve(features, weight.transpose(2, 3, 1, 0)) + bias[:, None, None]

    weight, bias = parts("formatLayer")
    features = leaky(pixel_norm(latents) @ weight.T + bias).reshape(len(latents), -1, 4, 4)
    features = pixel_norm(leaky(conv("groupScale0.0", pixel_norm(features))))
    level = 0
    while f"scaleLayers.{level}.0.module.weight" in variables:
        features = doubled(features)
        for place in (0, 1):
            features = pixel_norm(leaky(conv(f"scaleLayers.{level}.{place}", features)))
        level += 1
    return conv(f"toRGBLayers.{level}", features)


def genforce_generator(variables, latents, start=0):
    """genforce/interfacegan: pixel norm before each convolution, scale after it, then bias."""
    variables = {name: np.asarray(values, float) for name, values in variables.items()}
    features, number = latents[:, :, None, None], start
    while f"layer{number}.wscale.bias" in variables:
        name, features = f"layer{number}", pixel_norm(features)
        fused = variables.get(f"{name}.weight")
        if fused is not None:
            scale = math.sqrt(2 / (9 * features.shape[1]))
            features = transpose_convolve(features, four_shifts(fused * scale).swapaxes(2, 3))
        else:
            weight = variables[f"{name}.conv.weight"]
            offset = number - start
            features = doubled(features) if offset >= 2 and offset % 2 == 0 else features
            padding = 3 if offset == 0 else 1
            features = convolve(features, weight.transpose(2, 3, 1, 0), padding)
            features = features * math.sqrt(2 / np.prod(weight.shape[1:]))
        features = leaky(features + variables[f"{name}.wscale.bias"][:, None, None])
        number += 1
    size = features.shape[2]
    last = f"output{(number - start) // 2 - 1}"
    last = last if f"{last}.conv.weight" in variables else f"output_{size}x{size}"
    weight = variables[f"{last}.conv.weight"]
    features = convolve(pixel_norm(features), weight.transpose(2, 3, 1, 0)) / math.sqrt(weight.shape[1])
    return features + variables[f"{last}.wscale.bias"][:, None, None]
