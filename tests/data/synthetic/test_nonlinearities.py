from __future__ import annotations

import numpy as np
import pytest

from data.synthetic.nonlinearities import NONLINEARITIES


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_nonlinearities_are_monotone_with_true_slope_and_inverse(nonlinearity: str) -> None:
    curve = NONLINEARITIES[nonlinearity]
    x = np.linspace(-3, 3, 601)
    y = curve.value(x)
    assert (np.diff(y) > 0).all()
    np.testing.assert_allclose(curve.slope(x)[1:-1], np.gradient(y, x)[1:-1], rtol=1e-3)
    np.testing.assert_allclose(curve.inverse(y), x, atol=1e-9)
    np.testing.assert_allclose([y[300], curve.slope(np.zeros(1))[0]], [0, 1], atol=1e-12)
