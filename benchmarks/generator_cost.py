"""Operations and memory traffic of the progressive generator for one image, counted from its layers."""

from __future__ import annotations

from models.networks.progressive_gan import GanConfig, resolutions_to


def operations_per_image(config: GanConfig) -> float:
    """Multiplications and additions; a layer that doubles the picture counts 4 products per pair of weights."""
    sizes, maps = resolutions_to(config.resolution), config.maps
    products = config.latent_dim * 16 * maps[0] + 16 * 9 * maps[0] ** 2
    for size, before, after in zip(sizes[1:], maps, maps[1:], strict=False):
        products += size**2 * (4 * before * after + 9 * after**2)
    return 2.0 * (products + sizes[-1] ** 2 * maps[-1] * config.channels)


def activation_bytes(config: GanConfig, width: int) -> float:
    """Least traffic: each convolution's output is written once and read once, `width` bytes per number."""
    sizes, maps = resolutions_to(config.resolution), config.maps
    return 2.0 * width * 2 * sum(size**2 * features for size, features in zip(sizes, maps, strict=True))
