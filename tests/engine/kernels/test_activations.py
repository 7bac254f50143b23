"""Activations and their slopes, one neuron at a time, through the kernels' doors."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.network import Network

EACH = [name for name in ACTIVATIONS if name != "softmax"]
PLACES = np.concatenate(
    [np.linspace(-6, 6, 97) + 1e-3, [-30.0, -12.0, -1e-4, 1e-4, 12.0, 30.0]]
)


def neuron(activation, dtype):
    """Return a network whose one output is g(x)."""
    network = Network([1, 1], output=activation, dtype=dtype)
    network.parameters[:] = 1, 0
    return network


def values(activation, z, dtype):
    """Return g(z), unchecked: z may be NaN or infinite."""
    X = np.asarray(z, dtype).reshape(-1, 1)
    codes = np.empty((len(X), 0), np.int32)
    return neuron(activation, dtype).outputs(X, codes).ravel()


def slope(activation, z, dtype):
    """Return g'(z): the derivative of |g(z + b) - y| at b = 0, where y is far below."""
    gradients = neuron(activation, dtype).back_propagate([[z]], [-1e3], "mae")
    return gradients.db[0][0]


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 2e-6)])
@pytest.mark.parametrize("activation", EACH)
def test_values_match_the_oracle(activation, dtype, bound):
    z = PLACES.astype(dtype)
    want = naive.ACTIVATIONS[activation](z.astype(np.float64))
    got = values(activation, z, dtype)
    np.testing.assert_allclose(got, want, rtol=bound, atol=bound)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 2e-6)])
@pytest.mark.parametrize("activation", EACH)
def test_slopes_match_the_oracle(activation, dtype, bound):
    z = PLACES[abs(PLACES) < 20].astype(dtype)
    want = naive.SLOPES[activation](z.astype(np.float64))
    got = np.array([slope(activation, value, dtype) for value in z])
    np.testing.assert_allclose(got, want, rtol=bound, atol=bound)


@pytest.mark.parametrize("activation", EACH)
def test_slopes_match_the_complex_step(activation):
    z, h = PLACES[abs(PLACES) < 20], 1e-30
    want = naive.ACTIVATIONS[activation](z + 1j * h).imag / h
    got = np.array([slope(activation, value, "float64") for value in z])
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", EACH)
def test_NaN_in_is_NaN_out(activation, dtype):
    got = values(activation, [1.0, np.nan, 1.0], dtype)
    assert np.isnan(got[1])
    assert np.isfinite(got[[0, 2]]).all()


LIMITS = {
    # activation: (at -infinity, at infinity)
    "identity": (-np.inf, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, np.inf),
    "leaky_relu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "selu": (-naive.SELU_SCALE * naive.SELU_ALPHA, np.inf),
    "gelu": (np.nan, np.inf),  # -∞ times 0: nothing finite, so that training stops
    "silu": (np.nan, np.inf),
    "mish": (np.nan, np.inf),
    "softplus": (0, np.inf),
    "exponential": (0, np.inf),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", EACH)
def test_infinity_is_never_taken_for_a_number(activation, dtype):
    got = values(activation, [-np.inf, np.inf], dtype)
    wanted = zip(got, LIMITS[activation], strict=True)
    for value, limit in wanted:
        close = value == pytest.approx(limit, rel=1e-6, abs=1e-37, nan_ok=True)
        # Where a finite limit is missed, the value must not be finite either.
        assert close or not np.isfinite(value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_tanh_and_their_kin_take_huge_inputs(dtype):
    for activation in EACH:
        if activation == "exponential":
            continue  # it grows without bound
        got = values(activation, [-1e4, 1e4], dtype)
        assert np.isfinite(got).all(), activation


def test_relu_and_its_slope_at_zero_are_zero():
    assert values("relu", [0.0], "float64")[0] == 0
    assert slope("relu", 0.0, "float64") == 0


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_values_stay_in_the_stated_range(activation):
    network = Network([1, 3], output=activation, dtype="float64", seed=1)
    A = network.feed_forward(np.linspace(-40, 40, 4001)[:, None])
    facts = ACTIVATIONS[activation]
    assert facts.low <= A.min()
    assert A.max() <= facts.high
    if np.isfinite(facts.low):  # and come near to its end
        assert A.min() < facts.low + 1e-4
