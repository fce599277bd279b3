"""Scores of the pictures of latents with their Jacobian through both networks."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from models.inference.crop import CropWindow
from models.loaders.generator import load_generator
from models.loaders.labeller import load_labeller
from models.loaders.score_jacobian import compile_score_jacobian
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.weights.weight_file import network_arrays, write_weights
from tests.models.networks.plain_layers import randomize
from tlgan.errors import UserError
from tlgan.latents.sampling import draw_latents

pytestmark = pytest.mark.network

GAN = GanConfig(resolution=16, latent_dim=6, maps=(8, 8, 8))
CNN = AttributeCnnConfig(8, 2, widths=(4, 6), depths=(1, 1))
CARD = {
    "names": ["Male", "Age"],
    "kinds": ["binary", "continuous"],
    "units": ["logit", "years"],
    "scales": [2.0, 10.0],
    "offsets": [0.5, 40.0],
}


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """A generator of 16×16 pixels and a labeller that reads 8×8."""
    folder = tmp_path_factory.mktemp("networks")
    keras.utils.set_random_seed(0)
    generator, labeller = ProgressiveGenerator(GAN), build_attribute_cnn(CNN)
    randomize(generator, 0)
    write_weights(folder / "a.generator.h5", "generator", GAN, network_arrays(generator), dtype="float32")
    write_weights(
        folder / "a.labeller.h5", "attribute_cnn", CNN, network_arrays(labeller), CARD, dtype="float32"
    )
    return load_generator(folder / "a.generator.h5"), load_labeller(folder / "a.labeller.h5")


@pytest.mark.parametrize("window", [None, CropWindow(8, 0.25, 0.25, 0.5)])
def test_scores_are_those_of_the_picture_and_gradients_those_of_the_scores(networks, window):
    generator, labeller = networks
    latents = draw_latents(0, 3, 6, space="sphere").astype(float)
    score = compile_score_jacobian(generator, [labeller, labeller], window)
    scores, jacobian = score(latents)
    assert scores.shape == (3, 4)
    assert jacobian.shape == (3, 4, 6)
    np.testing.assert_array_equal(scores[:, :2], scores[:, 2:])
    images = np.clip(generator.floats(latents) * 127.5 + 128, 0, 255).astype(np.uint8)
    seen = images if window is None else images[:, 4:12, 4:12]
    np.testing.assert_allclose(scores[:, :2], labeller.score_rows(seen), rtol=0.02, atol=0.05)
    along, step = np.random.default_rng(1).standard_normal((3, 6)), 1e-3
    ahead, behind = (score(latents + sign * step * along)[0] for sign in (1, -1))
    slopes, wanted = np.einsum("nkd,nd->nk", jacobian, along), (ahead - behind) / (2 * step)
    assert np.linalg.norm(slopes - wanted) < 0.1 * np.linalg.norm(wanted)  # rectifiers bend within a step


def test_networks_without_gradient_are_refused(networks):
    generator, labeller = networks
    foreign = replace(labeller, name="stranger.onnx", read_tensors=None)
    with pytest.raises(UserError, match=r"none leads through stranger\.onnx.*Take the method 'local'"):
        compile_score_jacobian(generator, [labeller, foreign])
    with pytest.raises(UserError, match="none leads through a"):
        compile_score_jacobian(replace(generator, draw_tensors=None), [labeller])
