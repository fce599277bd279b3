"""Attribute networks: shapes of every architecture, features, mirror images, impossible shapes."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from models.networks.attribute_cnn import AttributeCnnConfig, build_attribute_cnn, read_faces
from models.weights.weight_file import network_variables
from tlgan.errors import UserError

SMALL = {"resolution": 8, "outputs": 3, "widths": (4, 6), "depths": (1, 2)}


def faces(n=5, resolution=8):
    return np.random.default_rng(0).integers(0, 256, (n, resolution, resolution, 3)).astype("uint8")


def spread_of_weights(network):
    """Random numbers in every variable, so that no output is zero by its start."""
    random = np.random.default_rng(1)
    for name, variable in network_variables(network).items():
        if "seed" not in name:
            values = random.uniform(0.2, 1, variable.shape) * random.choice([-1, 1], variable.shape)
            variable.assign(np.abs(values) if "variance" in name else values)
    return network


def tiny_application(include_top, weights, input_shape):
    """Stands for a network of `keras.applications`: bytes in, a quarter of the pixels out."""
    images = keras.Input(input_shape)
    return keras.Model(images, layers.Conv2D(6, 3, strides=4, padding="same", name="conv")(images / 255.0))


@pytest.mark.network
@pytest.mark.parametrize("architecture", ["residual", "plain", "application"])
def test_outputs_are_linear_in_the_features(architecture, monkeypatch):
    monkeypatch.setattr(keras.applications, "Tiny", tiny_application, raising=False)
    config = AttributeCnnConfig(architecture=architecture, application="Tiny", **SMALL)
    network = spread_of_weights(build_attribute_cnn(config))
    outputs, features = (ops.convert_to_numpy(part) for part in read_faces(network, faces()))
    assert outputs.shape == (5, 3)
    assert features.shape == (5, 6)
    assert features.std(axis=0).max() > 0
    kernel, bias = network.get_layer("attributes").get_weights()
    np.testing.assert_allclose(outputs, features @ kernel + bias, rtol=1e-3, atol=1e-3)


@pytest.mark.network
def test_a_face_and_its_mirror_image_read_the_same_only_where_they_should():
    network = spread_of_weights(build_attribute_cnn(AttributeCnnConfig(**SMALL)))
    mirrored = faces()[:, :, ::-1]
    same = [ops.convert_to_numpy(read_faces(network, images)[0]) for images in (faces(), mirrored)]
    np.testing.assert_allclose(same[0], same[1], rtol=1e-3, atol=1e-3)
    sided = [ops.convert_to_numpy(read_faces(network, images, False)[0]) for images in (faces(), mirrored)]
    assert np.abs(sided[0] - sided[1]).max() > 1e-2


@pytest.mark.network
def test_dropout_changes_outputs_in_training_alone():
    network = build_attribute_cnn(AttributeCnnConfig(dropout=0.9, **SMALL))
    images = ops.convert_to_tensor(faces().astype("float32") / 127.5 - 1)
    read = [ops.convert_to_numpy(network(images, training=training)[0]) for training in (False, False, True)]
    np.testing.assert_array_equal(read[0], read[1])
    assert np.abs(read[0] - read[2]).max() > 1e-4


@pytest.mark.network
def test_committed_shapes_have_these_sizes():
    """The recipe's labeller and judge; a change would make trained weights useless."""
    labeller = build_attribute_cnn(AttributeCnnConfig(64, 40))
    judge = build_attribute_cnn(AttributeCnnConfig(64, 40, "plain", (32, 64, 128, 224), (1, 2, 2, 2)))
    assert (labeller.count_params(), judge.count_params()) == (1_609_480, 1_272_488)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "resnet"}, r"`architecture` must be one of .*Got 'resnet'"),
        ({"depths": (1,)}, r"`depths` must have one entry per width \(2\)\. Got 1"),
        ({"resolution": 10}, r"`resolution` must be a multiple of 4, .*Got 10"),
        ({"resolution": 0}, r"`resolution` must be a multiple of 4, .*Got 0"),
        ({"resolution": 8, "widths": (2,) * 4, "depths": (1,) * 4}, "must be a multiple of 16"),
    ],
)
def test_impossible_shapes_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        AttributeCnnConfig(**(SMALL | changes))


def failing_application(**_):
    raise Exception(
        "URL fetch failure on https://example.org: None\n -- [Errno -2] Name or service not known"
    )


@pytest.mark.network
@pytest.mark.parametrize(
    ("application", "message"),
    [
        ("", "must be a network of keras.applications"),
        ("Nonesuch", "must be a network of keras.applications.*Got 'Nonesuch'"),
        ("resnet", "must be a network of keras.applications"),  # a module, not a network
        ("Failing", "`application` Failing cannot be built for 8 pixels .*URL fetch failure"),
    ],
)
def test_applications_that_cannot_be_built_are_refused_in_a_line(application, message, monkeypatch):
    monkeypatch.setattr(keras.applications, "Failing", failing_application, raising=False)
    config = AttributeCnnConfig(architecture="application", application=application, **SMALL)
    with pytest.raises(UserError, match=message) as error:
        build_attribute_cnn(config)
    assert "\n" not in str(error.value)
