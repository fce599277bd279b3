"""What holds of every orthogonalisation, whatever the directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tlgan.axes.orthogonalization import (
    MAX_CONDITION,
    condition_number,
    gram_schmidt,
    independent_rows,
    lowdin,
    project_out,
)
from tlgan.errors import UserError


@st.composite
def direction_rows(draw):
    """Up to six rows in up to eight dimensions, of lengths from 1e-100 to 1e100, many nearly collinear."""
    n_axes = draw(st.integers(1, 6))
    latent_dim = draw(st.integers(n_axes, 8))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = generator.standard_normal((n_axes, latent_dim))
    shared = draw(st.floats(0, 1 - 1e-9))
    rows = shared * rows[:1] + (1 - shared) * rows
    return rows * 10.0 ** generator.uniform(-100, 100, (n_axes, 1))


@pytest.mark.parametrize("orthogonalize", [gram_schmidt, lowdin])
@given(rows=direction_rows())
@settings(max_examples=60, deadline=None)
def test_rows_become_orthonormal_or_are_refused(orthogonalize, rows):
    if condition_number(rows) > MAX_CONDITION:
        with pytest.raises(UserError, match="nearly collinear"):
            orthogonalize(rows)
        rows = rows[independent_rows(rows)]
    made = orthogonalize(rows)
    np.testing.assert_allclose(made @ made.T, np.eye(len(made)), atol=1e-9)
    # Each stays on the side of its former self, and the span is the same.
    units = rows / np.linalg.norm(rows / np.abs(rows).max(axis=1, keepdims=True), axis=1, keepdims=True)
    units /= np.abs(rows).max(axis=1, keepdims=True)
    assert (np.sum(made * units, axis=1) > 0).all()
    np.testing.assert_allclose(units @ made.T @ made, units, atol=1e-9)
    np.testing.assert_allclose(orthogonalize(made), made, atol=1e-9)


@given(rows=direction_rows(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_projected_rows_are_off_the_base_and_nearest_to_themselves(rows, seed):
    assume(len(rows) < rows.shape[1])
    # Other draws than those of `rows`, whatever the seeds.
    moving = np.random.default_rng([1, seed]).standard_normal((2, rows.shape[1]))
    assume(all(condition_number([*rows, row]) <= MAX_CONDITION / 10 for row in moving))
    off = project_out(moving, rows)
    spanned = gram_schmidt(rows)
    np.testing.assert_allclose(off @ spanned.T, 0, atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(off, axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(project_out(off, rows), off, atol=1e-10)
    # What the projection keeps of a row is its whole part off the base.
    lengths = np.sum(off * moving, axis=1) ** 2 + np.sum((moving @ spanned.T) ** 2, axis=1)
    np.testing.assert_allclose(lengths, np.sum(moving**2, axis=1), rtol=1e-9)
