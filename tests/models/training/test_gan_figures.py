"""Distances and spread of drawn faces beside photographs."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.gan_figures import enlarge, measure_gan


def blobs(n, seed, level):
    random = np.random.default_rng(seed)
    return np.clip(random.normal(level, 40, (n, 16, 16, 3)), 0, 255).astype(np.uint8)


def near(latents):
    return blobs(len(latents), 1, 100)


def test_measure_tells_near_from_far_and_gives_the_floor():
    held_out = blobs(40, 0, 100)
    figures = measure_gan(near, 4, held_out, floor=True)
    coarse = measure_gan(lambda latents: enlarge(near(latents)[:, ::4, ::4], 16), 4, held_out)
    assert figures["faces_compared"] == 40
    assert figures["sliced_wasserstein"] < 1.3 * figures["sliced_wasserstein_floor"]
    assert coarse["sliced_wasserstein"] > 1.5 * figures["sliced_wasserstein"]
    assert "frechet" not in figures
    assert "sliced_wasserstein_floor" not in coarse


@pytest.mark.network
def test_photographs_measured_against_themselves_have_no_distance_and_the_same_spread(toy_labeller):
    faces = np.repeat(np.repeat(blobs(12, 0, 100)[:, :8, :8], 2, axis=1), 2, axis=2)[:, :8, :8]
    figures = measure_gan(lambda latents: faces, 4, faces, toy_labeller)
    assert figures["frechet"] == pytest.approx(0, abs=1e-3)
    assert figures["feature_spread"] == figures["score_spread"] == 1
    assert figures["rare_attributes"] == 0
    dull = np.repeat(faces[:1], 12, axis=0)
    alike = measure_gan(lambda latents: dull, 4, faces, toy_labeller)
    assert alike["feature_spread"] < 0.01
    assert alike["frechet"] > 1


def test_measure_of_too_few_photographs_is_nothing():
    assert measure_gan(near, 4, blobs(3, 0, 100)) == {}


@pytest.fixture
def toy_labeller(tmp_path):
    from models.loaders.labeller import load_labeller
    from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
    from models.weights.weight_file import network_arrays, write_weights

    config = AttributeCnnConfig(resolution=8, outputs=2, widths=(6,), depths=(1,))
    random = np.random.default_rng(0)
    arrays = {
        name: np.abs(random.standard_normal(values.shape)).astype("float32")
        for name, values in network_arrays(build_attribute_cnn(config)).items()
    }
    card = {
        "names": ["a", "b"],
        "kinds": ["binary"] * 2,
        "units": ["logit"] * 2,
        "scales": [1, 1],
        "offsets": [0, 0],
    }
    path = tmp_path / "toy.labeller.h5"
    write_weights(path, "attribute_cnn", config, arrays, card, dtype="float32")
    return load_labeller(path)
