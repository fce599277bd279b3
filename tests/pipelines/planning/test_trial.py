"""A first look at a generator's file: names, sizes, what is asked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.planning.trial import common_base, trial_count, trial_name
from tlgan.errors import UserError


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("dcgan.onnx", "dcgan"),
        ("My net (1).generator.onnx", "My-net-1"),
        ("karras2018iclr-celebahq-1024x1024.pkl", "karras2018iclr-celebahq-1024x1024"),
        ("gen.weights.h5", "gen"),
        ("生成器.onnx", "generator"),
        ("_.keras", "generator"),
        ("a" * 200 + ".onnx", "a" * 60),
    ],
)
def test_file_gives_the_name(file, name):
    assert trial_name(Path("folder") / file) == name


def test_name_that_is_given_counts():
    assert trial_name(Path("dcgan.onnx"), "faces.v2") == "faces.v2"
    with pytest.raises(UserError, match="`--name` must be letters"):
        trial_name(Path("dcgan.onnx"), "a b")


@pytest.mark.parametrize(
    ("seconds", "minutes", "latent_dim", "count"),
    [
        (0.001, 5, 128, 4_000),  # fast: no more than a first look needs
        (0.1, 5, 128, 3_000),
        (0.1, 5.17, 128, 3_100),
        (30.0, 5, 128, 400),  # slow: what a fit needs at least
        (30.0, 5, 512, 1_100),
    ],
)
def test_count_fits_the_minutes_and_the_fit(seconds, minutes, latent_dim, count):
    assert trial_count(seconds, minutes, latent_dim) == count


@pytest.mark.parametrize(
    ("names", "shares", "base"),
    [
        (("Male", "Young"), (0.5, 0.9), ("Male", "Young")),
        (("Young", "Smiling", "Male"), (0.5, 0.0, 0.9), ("Male", "Young")),
        (("Male", "Young"), (0.01, 0.5), ()),  # a generator of women
        (("Male", "Young"), (0.5, 0.99), ()),
        (("Age", "Beard"), (0.5, 0.5), ()),
    ],
)
def test_base_is_what_is_common(names, shares, base):
    rows = np.arange(100)[:, None] / 100
    scores = np.where(rows < np.array(shares), 1.0, -1.0)
    assert common_base(SimpleNamespace(names=names), scores) == base
