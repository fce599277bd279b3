"""Orthogonalisation against constructed truth, and every way it must refuse."""

from __future__ import annotations

import numpy as np
import pytest

from tlgan.axes.orthogonalization import (
    MAX_CONDITION,
    condition_number,
    gram_schmidt,
    independent_rows,
    kept_cosines,
    lowdin,
    project_out,
)
from tlgan.axes.unit_vectors import unit_rows
from tlgan.errors import UserError

ALL = [
    gram_schmidt,
    lowdin,
    lambda rows, **options: project_out(rows, np.eye(1, np.shape(rows)[1]), **options),
]


def correlated(n_axes: int = 12, latent_dim: int = 64, shared: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    return rng.normal(size=(n_axes, latent_dim)) + shared * rng.normal(size=latent_dim)


def test_project_out_is_orthogonal_to_every_base_row_of_a_correlated_base():
    # The original orthogonalised the base only where told that it was orthogonal already.
    rows, base = correlated(12)[3:], correlated(12)[:3]
    assert abs(unit_rows(base) @ unit_rows(base).T - np.eye(3)).max() > 0.3
    result = project_out(rows, base)
    assert abs(result @ base.T).max() < 1e-12
    np.testing.assert_allclose(np.linalg.norm(result, axis=1), 1.0, rtol=1e-14)


def test_project_out_matches_least_squares():
    rows, base = unit_rows(correlated()[3:]), correlated()[:3]
    coefficients, *_ = np.linalg.lstsq(base.T, rows.T, rcond=None)
    np.testing.assert_allclose(
        project_out(rows, base), unit_rows(rows - coefficients.T @ base), rtol=0, atol=1e-13
    )


def test_project_out_depends_on_the_span_of_the_base_only():
    rows, base = correlated()[3:], correlated()[:3]
    mixed = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [1.0, 0.0, 1.0]]) @ base
    np.testing.assert_allclose(project_out(rows, mixed), project_out(rows, base), atol=1e-12)


def test_project_out_stays_orthogonal_where_little_remains():
    base = np.eye(1, 8)
    rows = np.array([[1.0, 1e-3, 0, 0, 0, 0, 0, 0]])
    result = project_out(rows, base)
    np.testing.assert_allclose(result, [[0, 1, 0, 0, 0, 0, 0, 0]], atol=1e-15)


def test_project_out_without_base_changes_nothing():
    rows = correlated()
    np.testing.assert_array_equal(project_out(rows, []), unit_rows(rows))
    np.testing.assert_array_equal(project_out(rows, np.empty((0, 64))), unit_rows(rows))


def test_gram_schmidt_matches_the_textbook_loop():
    rows = unit_rows(correlated())
    expected: list[np.ndarray] = []
    for row in rows:
        rest = row - sum(((row @ done) * done for done in expected), np.zeros_like(row))
        expected.append(rest / np.linalg.norm(rest))
    result = gram_schmidt(rows)
    np.testing.assert_allclose(result, expected, atol=1e-12)
    np.testing.assert_allclose(result[0], rows[0], atol=1e-15)
    assert (kept_cosines(result, rows) > 0).all()


def test_gram_schmidt_works_on_rows_not_columns():
    result = gram_schmidt([[2.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    np.testing.assert_allclose(result, [[1, 0, 0], [0, 1, 0]], atol=1e-15)


def test_lowdin_is_the_inverse_square_root_of_the_gram_matrix():
    rows = unit_rows(correlated())
    values, vectors = np.linalg.eigh(rows @ rows.T)
    np.testing.assert_allclose(lowdin(rows), vectors / np.sqrt(values) @ vectors.T @ rows, atol=1e-12)


def test_lowdin_does_not_depend_on_the_order():
    rows, order = correlated(), np.random.default_rng(0).permutation(12)
    np.testing.assert_allclose(lowdin(rows[order]), lowdin(rows)[order], atol=1e-12)


def test_lowdin_keeps_more_in_total_than_gram_schmidt():
    rows = correlated()
    assert kept_cosines(lowdin(rows), rows).sum() > kept_cosines(gram_schmidt(rows), rows).sum()
    assert kept_cosines(lowdin(rows), rows).min() > kept_cosines(gram_schmidt(rows), rows).min()


@pytest.mark.parametrize("method", [gram_schmidt, lowdin])
@pytest.mark.parametrize("shape", [(1, 5), (5, 5), (40, 512)])
def test_orthonormal_to_rounding(method, shape):
    rows = np.random.default_rng(3).normal(size=shape) + 2.0
    result = method(rows)
    assert result.dtype == np.float64
    assert abs(result @ result.T - np.eye(shape[0])).max() < 5e-15


@pytest.mark.parametrize("method", [gram_schmidt, lowdin])
def test_orthonormal_to_rounding_near_the_condition_bound(method):
    rng = np.random.default_rng(3)
    first = rng.normal(size=64)
    rows = np.array([first, first + 3e-4 * rng.normal(size=64)])
    assert MAX_CONDITION / 3 < condition_number(rows) < MAX_CONDITION
    result = method(rows)
    assert abs(result @ result.T - np.eye(2)).max() < 5e-12


@pytest.mark.parametrize("method", [gram_schmidt, lowdin])
def test_one_vector_is_only_scaled(method):
    np.testing.assert_allclose(method([[3.0, 4.0]]), [[0.6, 0.8]], rtol=1e-15)


def test_one_vector_off_one_vector():
    np.testing.assert_allclose(project_out([[3.0, 4.0]], [[2.0, 0.0]]), [[0.0, 1.0]], atol=1e-15)


@pytest.mark.parametrize("method", [gram_schmidt, lowdin])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("noise", [0.0, 1e-16, 1e-12, 1e-7, 1e-6])
def test_collinear_rows_are_refused_with_the_names_of_the_pair(method, sign, noise):
    rows = unit_rows(correlated())
    rows[7] = sign * rows[2] + noise * np.random.default_rng(0).normal(size=64)
    names = [f"axis-{row}" for row in range(12)]
    with pytest.raises(UserError, match=r"'axis-2' and 'axis-7' point"):
        method(rows, names=names)
    with pytest.raises(UserError, match="row 2 and row 7"):
        method(rows)


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-6])
def test_project_out_refuses_a_direction_in_the_span_of_the_base(noise):
    base = correlated()[:3]
    rows = unit_rows(correlated()[3:])
    rows[4] = base[0] - 2 * base[1] + noise * np.random.default_rng(0).normal(size=64)
    with pytest.raises(UserError, match="axis 'e' lies in the span of the base"):
        project_out(rows, base, names=list("abcdefghi"), base_names=["x", "y", "z"])


def test_project_out_refuses_a_collinear_base():
    base = correlated()[[0, 1, 0]]
    with pytest.raises(UserError, match="'x' and 'z' point the same way"):
        project_out(correlated()[3:], base, base_names=["x", "y", "z"])


def test_three_dependent_rows_are_all_named():
    rows = unit_rows(correlated())
    rows[5] = rows[1] + rows[9]
    with pytest.raises(UserError, match="dependent together are row 1, row 5, row 9"):
        gram_schmidt(rows)


def test_two_collinear_pairs_name_one_of_them():
    rows = unit_rows(correlated())
    rows[5], rows[8] = rows[1], rows[2]
    with pytest.raises(UserError, match=r"row 1 and row 5|row 2 and row 8"):
        lowdin(rows)


def test_more_rows_than_dimensions_are_refused():
    with pytest.raises(UserError, match="At most 4 directions"):
        gram_schmidt(np.random.default_rng(0).normal(size=(5, 4)))


def test_the_bound_can_be_chosen():
    rows = np.array([[1.0, 0.0], [1.0, 0.02]])
    gram_schmidt(rows)
    with pytest.raises(UserError, match="bound 50"):
        gram_schmidt(rows, max_condition=50)


def test_condition_number_of_a_pair_is_the_cotangent_of_half_the_angle():
    angle = np.radians(7.0)
    rows = [[5.0, 0.0], [np.cos(angle), np.sin(angle)]]
    assert condition_number(rows) == pytest.approx(1 / np.tan(angle / 2), rel=1e-12)
    assert condition_number([[1.0, 0.0], [2.0, 0.0]]) > 1e15


def test_independent_rows_keeps_the_first_of_each_dependent_set():
    rows = unit_rows(correlated())
    rows[5], rows[8], rows[11] = rows[1], -rows[2], rows[3] + rows[4]
    chosen = independent_rows(rows)
    assert chosen.tolist() == [0, 1, 2, 3, 4, 6, 7, 9, 10]
    assert np.isfinite(gram_schmidt(rows[chosen])).all()


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "bad", [[[0.0, 0.0], [1.0, 0.0]], [[np.nan, 1.0]], [[np.inf, 1.0]], [[1 + 2j, 0]], [["a", "b"]]]
)
def test_bad_rows_are_refused(method, bad):
    with pytest.raises(UserError):
        method(np.array(bad))


@pytest.mark.parametrize("bad", [[[1.0, 0.0, 0.0]], [[0.0, 0.0]], [[np.nan, 1.0]], [1.0, 0.0]])
def test_bad_base_is_refused(bad):
    with pytest.raises(UserError):
        project_out([[1.0, 1.0]], bad)


def test_kept_cosines_need_one_shape():
    assert kept_cosines([[2.0, 0.0]], [[3.0, 4.0]]).tolist() == pytest.approx([0.6])
    with pytest.raises(UserError, match="one shape"):
        kept_cosines(np.eye(2), np.eye(1, 2))


def test_results_are_finite_over_shrinking_angles():
    rng = np.random.default_rng(0)
    first, second = np.linalg.qr(rng.normal(size=(16, 2)))[0].T
    for angle in 10.0 ** np.arange(-17, 0.5, 0.5):
        rows = np.array([first, np.cos(angle) * first + np.sin(angle) * second])
        for method in ALL[:2]:
            try:
                result = method(rows)
            except UserError:
                assert angle < 2.1 / MAX_CONDITION
            else:
                assert np.isfinite(result).all()
                assert angle > 1.9 / MAX_CONDITION
