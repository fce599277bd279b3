"""Loading labellers: scores are calibrated, images of any size are cropped, rows are scored."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

import models
from models.inference.crop import CropWindow, compile_crop
from models.loaders.labeller import load_labeller
from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.networks.face_attributes import AgeGenderConfig, build_age_gender
from models.weights.weight_file import network_arrays, write_weights
from tests.models.networks.plain_layers import outputs, randomize
from tlgan.errors import UserError

pytestmark = pytest.mark.network

CONFIG = AttributeCnnConfig(8, 2, widths=(4, 6), depths=(1, 1))
METADATA = {
    "names": ["Male", "Age"],
    "kinds": ["binary", "continuous"],
    "units": ["logit", "years"],
    "scales": [2.0, 10.0],
    "offsets": [0.5, 40.0],
}


def images(n=3, resolution=8):
    return np.random.default_rng(0).integers(0, 256, (n, resolution, resolution, 3)).astype("uint8")


def write_labeller(path, **metadata):
    network = build_attribute_cnn(CONFIG)
    write_weights(
        path, "attribute_cnn", CONFIG, network_arrays(network), METADATA | metadata, dtype="float32"
    )
    return network


@pytest.mark.parametrize("mirror", [True, False])
def test_load_labeller_scores_as_its_network_and_metadata_say(tmp_path, mirror):
    network = write_labeller(tmp_path / "a.labeller.h5", mirror=mirror)
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    assert (labeller.name, labeller.names, labeller.units) == (
        "a.labeller",
        ("Male", "Age"),
        ("logit", "years"),
    )
    scores, features = map(ops.convert_to_numpy, read_faces(network, images(), mirror))
    np.testing.assert_allclose(labeller(images()), scores * [2, 10] + [0.5, 40], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(labeller.features(images()), features, rtol=1e-4, atol=1e-5)


SIDECAR = """
features = "features"

[input]
size = 32
left = -0.25
top = -0.25
side = 1.5
repeat_border = true
mean = [100.0, 110.0, 120.0]
scale = [255.0, 255.0, 255.0]

[[attributes]]
name = "Young"
kind = "binary"
output = "fc.age"
reads = "logit"
scale = -0.1
offset = 4.0

[[attributes]]
name = "Male"
kind = "binary"
output = "fc.gender"
reads = "class logits"
"""


def test_load_labeller_reads_a_network_for_faces_as_its_sidecar_says(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    config = AgeGenderConfig(32, (2, 3, 4, 5, 6))
    network = build_age_gender(config)
    randomize(network)
    path = tmp_path / "artifacts" / "weights" / "toy.labeller.h5"
    write_weights(path, "age_gender", config, network_arrays(network), dtype="float32")
    path.with_suffix(".toml").write_text(SIDECAR)
    judge = models.load_labeller("toy", "judge")  # a labeller serves as judge
    assert (judge.names, judge.kinds) == (("Young", "Male"), ("binary", "binary"))
    pictures = images(3, 16)
    wide = np.pad(pictures, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="edge")
    read = compile_crop(CropWindow(32))(wide)
    age, gender, features = outputs(network, ((read - np.float32([100, 110, 120])) / 255).astype("float32"))
    scores, described = judge.score_and_features(pictures)
    np.testing.assert_allclose(scores[:, 0], 4 - 0.1 * age[:, 0], atol=1e-4)
    np.testing.assert_allclose(scores[:, 1], gender[:, 0] - gender[:, 1], atol=1e-4)
    np.testing.assert_allclose(described, features, atol=1e-4)


def test_score_rows_crops_and_ignores_latents_and_row_numbers(tmp_path):
    write_labeller(tmp_path / "a.labeller.h5")
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    large = images(3, 32)
    scores = labeller.score_rows(large, np.zeros((3, 5)), 40)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, labeller(compile_crop(CropWindow(8))(large)))
    np.testing.assert_array_equal(labeller.score_rows(large, np.ones((3, 5)), 0), scores)
    assert labeller.reads_images


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (
            np.zeros((2, 32, 32, 3), "uint8"),
            r"must be 8×8 pixels .*Got 32×32\. `score_rows\(images\)` shrinks",
        ),
        (
            np.zeros((32, 32, 3), "uint8"),
            r"of shape \(n, R, R, 3\)\. Got uint8 \(32, 32, 3\); one picture is",
        ),
        (np.zeros((1, 8, 8, 4), "uint8"), r"Got uint8 \(1, 8, 8, 4\)"),
        (np.zeros((1, 8, 8, 3), "float32"), "must be uint8"),
    ],
)
def test_other_pictures_are_refused_with_what_to_do(tmp_path, pictures, words):
    write_labeller(tmp_path / "a.labeller.h5")
    with pytest.raises(UserError, match=words):
        load_labeller(tmp_path / "a.labeller.h5")(pictures)


def test_pictures_that_are_not_square_are_refused(tmp_path):
    write_labeller(tmp_path / "a.labeller.h5")
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    for use in (labeller.crop, labeller.score_rows, labeller.score_and_features):
        with pytest.raises(UserError, match=r"`images` must be square\. Got 178×218 pixels; cut a square"):
            use(np.zeros((1, 218, 178, 3), "uint8"))


def test_score_and_features_are_those_of_two_passes(tmp_path):
    write_labeller(tmp_path / "a.labeller.h5")
    labeller = load_labeller(tmp_path / "a.labeller.h5")
    large = images(3, 32)
    scores, features = labeller.score_and_features(large)
    np.testing.assert_array_equal(scores, labeller.score_rows(large))
    np.testing.assert_array_equal(features, labeller.features(labeller.crop(large)))


def test_load_labeller_by_name_and_role(tmp_path, monkeypatch):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    folder = tmp_path / "artifacts" / "weights"
    write_labeller(folder / "small.judge.h5")
    assert models.load_labeller("small", "judge").name == "small.judge"
    with pytest.raises(UserError, match="`labeller` must be a file or one of"):
        models.load_labeller("small")


def test_load_labeller_refuses_other_weight_files(tmp_path):
    write_weights(tmp_path / "g.h5", "generator", CONFIG, {"a": np.zeros(2)})
    with pytest.raises(UserError, match=r"must be an attribute_cnn. Got a generator"):
        load_labeller(tmp_path / "g.h5")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scales": [2.0]}, "one entry for each of 2 outputs"),
        ({"scales": "ab"}, "not that of a labeller"),
        ({"names": None}, "not that of a labeller"),
        ({"kinds": ["binary", "other"]}, "not that of a labeller"),
        ({"offsets": [0.0, float("inf")]}, "must have finite scales"),
    ],
)
def test_load_labeller_refuses_impossible_cards(tmp_path, changes, message):
    write_labeller(tmp_path / "a.labeller.h5", **changes)
    with pytest.raises(UserError, match=message):
        load_labeller(tmp_path / "a.labeller.h5")
