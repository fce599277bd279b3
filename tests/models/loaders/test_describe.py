"""`inspect` and `sample_images`: what a file of a network is, and what it draws."""

from __future__ import annotations

import numpy as np
import pytest

from models.loaders.describe import inspect, sample_images
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn
from models.networks.face_recogniser import FaceRecogniserConfig
from models.networks.progressive_gan import GanConfig, ProgressiveGenerator
from models.networks.translators.conditions import Condition
from models.networks.translators.fader_network import FaderConfig, build_fader_network
from models.weights.weight_file import network_arrays, write_weights
from tests.models.conftest import official_state, onnx_generator, write_official

pytestmark = pytest.mark.network


def write_gan(path):
    write_official(path, tuple(official_state(function) for function in ("G_paper", "D_paper", "G_paper")))


def test_inspect_describes_our_own_files(tmp_path):
    config = GanConfig(8, 10, (4, 3))
    network = ProgressiveGenerator(config)
    write_weights(tmp_path / "g.h5", "generator", config, network_arrays(network))
    facts = inspect(tmp_path / "g.h5")
    assert (facts.role, facts.parameters, facts.latent_space) == (
        "generator",
        network.count_params(),
        "sphere",
    )
    assert facts.description == "weight file of this project"
    write_weights(tmp_path / "d.h5", "discriminator", config, {"a": np.zeros(3)})
    assert inspect(tmp_path / "d.h5").role == "discriminator"
    cnn = AttributeCnnConfig(32, 2, widths=(4, 4), depths=(1, 1))
    metadata = {
        "names": ["a", "b"],
        "kinds": ["binary"] * 2,
        "units": [""] * 2,
        "scales": [1, 1],
        "offsets": [0, 0],
    }
    write_weights(tmp_path / "l.h5", "attribute_cnn", cnn, network_arrays(build_attribute_cnn(cnn)), metadata)
    facts = inspect(tmp_path / "l.h5")
    assert (facts.role, facts.attributes, facts.resolution) == ("labeller", ("a", "b"), 32)


def test_inspect_describes_a_recogniser_of_faces(tmp_path):
    config = FaceRecogniserConfig(widths=(2, 3, 4, 5), features=6)
    write_weights(tmp_path / "e.h5", "face_recogniser", config, {"a": np.zeros(3)})
    facts = inspect(tmp_path / "e.h5")
    assert (facts.role, facts.resolution, facts.parameters) == ("embedder", 150, 3)


def test_inspect_describes_a_translator(tmp_path):
    config = FaderConfig(16, (Condition("Smiling", "binary", "", (0.0, 1.0)),), (4, 6))
    network = build_fader_network(config).whole
    write_weights(tmp_path / "t.h5", "fader_network", config, network_arrays(network))
    facts = inspect(tmp_path / "t.h5")
    assert (facts.role, facts.attributes, facts.resolution) == ("translator", ("Smiling",), 16)
    assert facts.notes == ("levels of Smiling: 0, 1",)
    assert facts.parameters == network.count_params()


def test_inspect_notes_that_a_prior_is_missing(tmp_path):
    onnx_generator(tmp_path / "a.onnx")
    facts = inspect(tmp_path / "a.onnx")
    assert facts.latent_space is None
    assert "prior is not declared" in facts.notes[0]
    assert facts.parameters > 1000


@pytest.mark.parametrize("largest", [256, 8])
def test_sample_images_for_a_contact_sheet(tmp_path, largest):
    write_gan(tmp_path / "all.pkl")
    images = sample_images(tmp_path / "all.pkl", largest=largest)
    assert images.shape == (16, min(16, largest), min(16, largest), 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(sample_images(tmp_path / "all.pkl", count=3, largest=largest), images[:3])
