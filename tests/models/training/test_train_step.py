"""Training steps against formulas, among them the gradient of a gradient, on every backend."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from models.inference.backend import input_gradients
from models.training.train_step import compile_joint_step, compile_step, unread_moments

pytestmark = pytest.mark.network

RATE = 0.01


def variable(values, **options):
    return keras.Variable(np.asarray(values, "float32"), dtype="float32", **options)


def rows(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def test_input_gradients_of_a_quadratic_form():
    inputs, matrix = rows(5, 3), rows(3, 3, seed=1)

    def form(values):
        return ops.sum(ops.matmul(values, matrix) * values, axis=1)

    slopes = ops.convert_to_numpy(input_gradients(form, ops.convert_to_tensor(inputs)))
    np.testing.assert_allclose(slopes, inputs @ (matrix + matrix.T), rtol=1e-5, atol=1e-5)


def test_a_step_follows_the_gradient_of_a_gradient():
    """With f(x) = Σ w x³, the penalty mean |∇f|² is mean Σ 9 w² x⁴, and its gradient 18 w mean x⁴."""
    inputs, start = rows(6, 4), rows(4, seed=1)
    weights = variable(start)

    def loss(values):
        slopes = input_gradients(lambda points: ops.sum(weights * points**3, axis=1), values)
        return (ops.mean(ops.sum(ops.square(slopes), axis=1)),)

    step = compile_step(loss, keras.optimizers.SGD(RATE), [weights])
    (penalty,) = step(ops.convert_to_tensor(inputs))
    quartic = (inputs**4).mean(axis=0)
    assert float(penalty) == pytest.approx(float((9 * start**2 * quartic).sum()), rel=1e-5)
    np.testing.assert_allclose(np.array(weights), start - RATE * 18 * start * quartic, rtol=1e-5, atol=1e-6)


def test_only_trained_variables_move_and_every_figure_comes_back():
    trained, still, unused = variable([1.0, 2.0]), variable([3.0, 4.0]), variable([5.0])

    def loss(values):
        error = ops.sum(trained * still * values)
        return error, error * 2

    step = compile_step(loss, keras.optimizers.SGD(RATE), [trained, unused], [still])
    batch = ops.convert_to_tensor(np.float32([10, 100]))
    figures = [float(figure) for figure in step(batch)]
    assert figures == [830, 1660]
    np.testing.assert_allclose(np.array(trained), [1 - RATE * 30, 2 - RATE * 400], rtol=1e-6)
    np.testing.assert_array_equal(np.array(still), [3, 4])
    np.testing.assert_array_equal(np.array(unused), [5])
    assert float(step(batch)[0]) < 830  # the second step starts where the first ended


def test_values_that_the_loss_assigns_stay_after_the_step():
    trained, mean = variable([1.0]), variable([0.0], trainable=False)

    def loss(values):
        mean.assign(mean * 0.5 + ops.mean(values, keepdims=True) * 0.5)
        return (ops.sum(trained * values),)

    step = compile_step(loss, keras.optimizers.SGD(RATE), [trained], [mean])
    for _ in range(2):
        step(ops.convert_to_tensor(np.float32([4, 8])))
    np.testing.assert_allclose(np.array(mean), [4.5])


def test_optimizer_state_goes_on_from_step_to_step():
    """Momentum 0.5 on a constant gradient g moves by g, 1.5 g, 1.75 g."""
    trained = variable([0.0])
    optimizer = keras.optimizers.SGD(1.0, momentum=0.5)
    step = compile_step(lambda values: (ops.sum(trained * values),), optimizer, [trained])
    places = []
    for _ in range(3):
        step(ops.convert_to_tensor(np.float32([2])))
        places.append(float(np.array(trained)[0]))
    np.testing.assert_allclose(places, [-2, -5, -8.5])


@pytest.mark.network
def test_a_joint_step_updates_each_group_from_the_values_before_it():
    """Two players, x minimises x·y and y minimises y² - x·y: both gradients are taken before either moves."""
    x, y = (keras.Variable([value]) for value in (2.0, 3.0))
    rates = [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)]

    def losses(scale):
        product = ops.sum(x * y) * scale
        return product, ops.sum(y * y) - product, product

    step = compile_joint_step(losses, [(rates[0], [x]), (rates[1], [y])])
    first, second, figure = (float(value) for value in step(ops.convert_to_tensor(np.float32(1))))
    assert (first, second, figure) == pytest.approx((6.0, 3.0, 6.0))
    assert float(x[0]) == pytest.approx(2 - 0.1 * 3)
    assert float(y[0]) == pytest.approx(3 - 0.1 * (2 * 3 - 2))


def test_moments_that_no_step_reads_are_cleared():
    moved, kept = variable(rows(5)), variable(rows(5))
    forgetful = keras.optimizers.Adam(RATE, beta_1=0.0)
    ordinary = keras.optimizers.Adam(RATE, beta_1=0.5)

    def losses(inputs):
        return ops.sum(ops.square(moved - inputs)), ops.sum(ops.square(kept - inputs))

    step = compile_joint_step(losses, [(forgetful, [moved]), (ordinary, [kept])])
    for seed in range(3):
        step(ops.convert_to_tensor(rows(5, seed=seed + 1)))
    (moment,) = unread_moments(forgetful)
    assert not ops.convert_to_numpy(moment).any()
    assert unread_moments(ordinary) == []
    assert any("momentum" in one.path and ops.convert_to_numpy(one).any() for one in ordinary.variables)
