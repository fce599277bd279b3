"""Axes: what is validated, selected and derived."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from tlgan.axes.axes import Axes, axes_from_directions
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError


def make_fields(n_axes: int = 3, latent_dim: int = 8) -> dict[str, object]:
    rng = np.random.default_rng(5)
    coefficients = rng.normal(size=(n_axes, latent_dim))
    raw = unit_rows(coefficients)
    return {
        "names": [f"attribute {row}" for row in range(n_axes)],
        "directions": raw,
        "raw_directions": raw,
        "slopes": np.linalg.norm(coefficients, axis=1),
        "intercepts": rng.normal(size=n_axes),
        "units": ["logit"] * n_axes,
        "kinds": ["binary"] * n_axes,
        "angular_errors": np.full(n_axes, 2.5),
        "held_out": np.full(n_axes, 0.9),
        "n_samples": 1000,
        "latent_space": "sphere",
        "generator": "toy",
        "generator_sha256": "0" * 64,
    }


def test_axes_fields_are_float64_read_only_and_per_axis():
    axes = Axes(**make_fields())
    assert len(axes) == 3
    assert axes.latent_dim == 8
    assert axes.n_samples.tolist() == [1000, 1000, 1000]
    assert axes.names == ("attribute 0", "attribute 1", "attribute 2")
    with pytest.raises(ValueError, match="read-only"):
        axes.directions[0, 0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        axes.method = "lowdin"


def test_axes_do_not_share_memory_with_their_input():
    fields = make_fields()
    slopes = fields["slopes"]
    axes = Axes(**fields)
    slopes[0] = 99.0
    assert axes.slopes[0] != 99.0


def test_axes_predictor_is_intercept_plus_slope_times_raw_direction():
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=(3, 8))
    fields = make_fields() | {
        "raw_directions": unit_rows(coefficients),
        "slopes": np.linalg.norm(coefficients, axis=1),
    }
    axes = Axes(**fields)
    latent = rng.normal(size=8)
    predictor = axes.intercepts + axes.slopes * (axes.raw_directions @ latent)
    np.testing.assert_allclose(predictor, axes.intercepts + coefficients @ latent, rtol=1e-13)


def test_axes_select_keeps_order_and_values():
    axes = Axes(**make_fields())
    chosen = axes.select(["attribute 2", "attribute 0"])
    assert chosen.names == ("attribute 2", "attribute 0")
    np.testing.assert_array_equal(chosen.directions, axes.directions[[2, 0]])
    np.testing.assert_array_equal(chosen.slopes, axes.slopes[[2, 0]])
    assert chosen.generator == "toy"


def test_axes_index_suggests_the_nearest_name():
    with pytest.raises(UserError, match="Did you mean 'attribute 1'"):
        Axes(**make_fields()).index("atribute 1")


def test_axes_kept_cosines_are_those_with_raw_directions():
    fields = make_fields(2, 2) | {
        "directions": np.array([[1.0, 0.0], [0.0, 1.0]]),
        "raw_directions": np.array([[1.0, 0.0], [0.8, 0.6]]),
    }
    np.testing.assert_allclose(Axes(**fields).kept_cosines, [1.0, 0.6])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("names", ["a", "b"], "one entry per name"),
        ("names", ["a", "b", "a"], "'a' is there twice"),
        ("names", ["a", "b", ""], "printable"),
        ("names", ["a", "b", "\x1b[31mred"], "printable"),
        ("names", ["a", "b", "x" * 201], "1 to 200 characters"),
        ("names", "abc", "sequence of texts"),
        ("names", [1, 2, 3], "sequence of texts"),
        ("directions", np.ones((3, 8)), "rows of length 1"),
        ("directions", np.eye(2, 8), "one row per name (3). Got 2"),
        ("directions", np.full((3, 8), np.nan), "rows of length 1"),
        ("directions", np.eye(3, 8).astype(complex), "real array"),
        ("directions", np.eye(3, 8).astype(object), "real array"),
        ("directions", np.eye(3), "shape of `directions`"),
        ("raw_directions", np.ones(8), "2 dimension(s)"),
        ("slopes", [1.0, 2.0], "one entry per name (3). Got 2"),
        ("slopes", [1.0, 2.0, np.inf], "'attribute 2' has inf"),
        ("units", ["logit"], "one entry per name"),
        ("kinds", ["binary", "binary", "ordinal"], "one of binary, continuous, categorical"),
        ("angular_errors", [1.0, 2.0, -1.0], "[0, 180]"),
        ("n_samples", -1, "whole numbers"),
        ("n_samples", [1.5, 2.0, 3.0], "whole numbers"),
        ("n_samples", [1, 2], "one entry per name"),
        ("latent_space", "ball", "one of sphere, normal, uniform"),
        ("generator", "a\nb", "printable"),
        ("generator_sha256", "abc", "64 lower-case hexadecimal"),
        ("method", "qr", "one of none, project"),
        ("base", "Male", "sequence of texts"),
    ],
)
def test_axes_refuses(field, value, message):
    if field == "names" and value == ["a", "b"]:
        message = "one"
    with pytest.raises(UserError, match=re.escape(message)):
        Axes(**make_fields() | {field: value})


def test_axes_from_directions_says_unknown_not_zero():
    axes = axes_from_directions(["a"], [[3.0, 4.0]], latent_space="normal")
    np.testing.assert_array_equal(axes.directions, [[0.6, 0.8]])
    assert np.isnan([axes.slopes[0], axes.intercepts[0], axes.angular_errors[0], axes.held_out[0]]).all()
    assert axes.n_samples[0] == 0
