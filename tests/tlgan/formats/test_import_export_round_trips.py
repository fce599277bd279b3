"""Any axes come back from every self-describing format to the last bit."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlgan.axes.axes import ATTRIBUTE_KINDS, LATENT_SPACES, OPTIONAL_NUMBERS, Axes
from tlgan.axes.unit_vectors import unit_rows
from tlgan.formats.import_export import export_axes, import_axes

TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
NUMBERS = st.one_of(st.just(float("nan")), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def any_axes(draw) -> Axes:
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    count, latent_dim = len(names), draw(st.integers(1, 5))

    def per_axis(values):
        return draw(st.lists(values, min_size=count, max_size=count))

    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    directions, raw = (unit_rows(generator.standard_normal((count, latent_dim))) for _ in range(2))
    return Axes(
        names=tuple(names),
        directions=directions,
        raw_directions=raw,
        slopes=np.array(per_axis(NUMBERS)),
        intercepts=np.array(per_axis(NUMBERS)),
        units=tuple(per_axis(st.one_of(st.just(""), TEXTS))),
        kinds=tuple(per_axis(st.sampled_from(ATTRIBUTE_KINDS))),
        angular_errors=np.array(per_axis(st.floats(0, 180))),
        held_out=np.array(per_axis(NUMBERS)),
        n_samples=np.array(per_axis(st.integers(0, 2**53))),
        latent_space=draw(st.sampled_from(LATENT_SPACES)),
        generator=draw(st.one_of(st.just(""), TEXTS)),
        generator_sha256=draw(st.sampled_from(["", "0f" * 32])),
        method="project",
        base=(names[0],),
        **{
            field: np.array(per_axis(st.floats(0, 180) if field == "systematic_errors" else NUMBERS))
            for field in draw(st.sets(st.sampled_from(OPTIONAL_NUMBERS)))
        },
    )


@pytest.mark.parametrize("ending", ["axes.h5", "npz", "json", "csv"])
@given(axes=any_axes())
@settings(max_examples=40, deadline=None)
def test_every_field_comes_back_exactly(ending, axes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        assert export_axes(axes, path) == []
        back, notes = import_axes([path])
    assert notes == []
    for field, value in vars(axes).items():
        np.testing.assert_array_equal(getattr(back, field), value, err_msg=field)
