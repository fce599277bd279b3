"""Which faces are compared, and what is said of networks that are not there."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.editors.contenders import (
    DRAWN,
    PHOTOGRAPHED,
    balanced_rows,
    built_in_contenders,
    drawn_faces,
    light_decoders,
)
from data.synthetic.planted_axes import plant_axes
from pipelines.recipe.load import load_recipe


def test_rows_are_as_many_with_as_without():
    values = np.array([0, 0, 1, 0, 1, 0, 0, 1.0])
    assert balanced_rows(values, 4).tolist() == [0, 1, 2, 4]
    assert balanced_rows(values, 100).tolist() == [0, 1, 2, 3, 4, 7]


@pytest.mark.network
def test_a_network_that_is_not_there_is_told_with_the_command_that_trains_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TLGAN_HOME", str(tmp_path))
    assert list(built_in_contenders([light_decoders(8)])) == []
    expected = 'make train RECIPE=deepfakes NAME=light SET="networks.light.ranges=8'
    assert f"DeepFakes, 8 decoders: not measured. Train it with `{expected}" in capsys.readouterr().out


def test_commands_name_networks_of_recipes():
    for one in (
        network for part in (DRAWN, PHOTOGRAPHED) for networks in part.values() for network in networks
    ):
        network = load_recipe(one.recipe).networks[one.network]
        assert network.weights == one.weights or f"weights={one.weights}" in one.settings


def test_drawn_faces_come_with_latents_and_true_labels():
    known = plant_axes(latent_dim=24, resolution=16)
    faces = drawn_faces(known, 5)
    np.testing.assert_array_equal(faces.images, known.generate(faces.latents))
    np.testing.assert_array_equal(faces.value_of("Smiling"), known.labels(faces.latents)[:, 13])
