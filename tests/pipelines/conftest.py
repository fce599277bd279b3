"""A toy pipeline: a random generator of 8×8 pictures and a random labeller, run whole within a test."""

from __future__ import annotations

import numpy as np
import pytest

ATTRIBUTES = ("Male", "Young", "Smiling", "Bald")


@pytest.fixture(scope="session")
def toy_weights(tmp_path_factory):
    """Folder with `toy.generator.h5` and `toy.labeller.h5`, random but always the same."""
    import keras

    from models.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
    from models.progressive_gan import GanConfig, ProgressiveGenerator
    from models.weights import network_arrays, write_weights

    folder = tmp_path_factory.mktemp("weights")
    keras.utils.set_random_seed(3)
    config = GanConfig(resolution=8, latent_dim=8, maps=(8, 8))
    write_weights(
        folder / "toy.generator.h5",
        "generator",
        config,
        network_arrays(ProgressiveGenerator(config)),
        dtype="float32",
    )
    config = AttributeCnnConfig(resolution=8, outputs=len(ATTRIBUTES), widths=(8, 8), depths=(1, 1))
    network = build_attribute_cnn(config)
    card = {
        "names": ATTRIBUTES,
        "kinds": ["binary"] * 4,
        "units": ["logit"] * 4,
        "scales": np.full(4, 20.0).tolist(),
        "offsets": [0.0] * 4,
    }
    write_weights(
        folder / "toy.labeller.h5", "attribute_cnn", config, network_arrays(network), card, dtype="float32"
    )
    return folder


@pytest.fixture
def toy_recipe(toy_weights, tmp_path, monkeypatch):
    """A recipe of the toy pipeline, in a home of its own."""
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path / "home"))
    path = tmp_path / "toy.toml"
    path.write_text(
        f"""
name = "toy"
[sample]
generator = "{toy_weights}/toy.generator.h5"
count = 600
[label]
labellers = ["{toy_weights}/toy.labeller.h5"]
[orthogonalize]
base = ["Male", "Young"]
[report]
strips = 2
steps = 3
"""
    )
    return path
