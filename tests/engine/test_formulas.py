"""Formulas of the table of activations say what the kernels compute."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from scipy.special import erf

from walnet.engine.formulas import evaluate
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.network import Network

NUMPY = {
    "number": float,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "negative": operator.neg,
    "choose": lambda z, limit, above, below: np.where(z > limit, above, below),
    "max": np.maximum,
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "erf": erf,
}
WITH_FORMULA = [name for name, row in ACTIVATIONS.items() if row.formula]
Z = np.concatenate([np.linspace(-8, 8, 161) + 1e-3, [-40.0, -20.0, 20.0, 40.0]])


def neuron(activation):
    """Return a network whose one output is g(x)."""
    network = Network([1, 1], output=activation, dtype="float64")
    network.parameters[:] = 1, 0
    return network


@pytest.mark.parametrize("activation", WITH_FORMULA)
def test_formulas_give_the_kernels_values_and_slopes(activation):
    row, network = ACTIVATIONS[activation], neuron(activation)
    g = evaluate(row.formula, {"z": Z}, NUMPY)
    np.testing.assert_allclose(g, network.feed_forward(Z[:, None])[:, 0], atol=1e-14)
    below = np.full(1, g.min() - 1e3)  # where |g - y| has the slope of g
    slopes = [network.back_propagate([[z]], below, "mae").db[0][0] for z in Z]
    names = {"z": Z, "a": g, "pi": np.pi}
    given = np.broadcast_to(evaluate(row.slope, names, NUMPY), Z.shape)
    np.testing.assert_allclose(given, slopes, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", WITH_FORMULA)
def test_values_stay_in_the_range_of_the_table(activation):
    row = ACTIVATIONS[activation]
    z = np.concatenate([np.linspace(-60, 60, 6001), [-1e6, 1e2]])
    g = neuron(activation).feed_forward(z[:, None])
    assert row.low <= g.min()
    assert g.max() <= row.high
    if np.isfinite(row.low):  # and come near its end
        assert g.min() == pytest.approx(row.low, abs=1e-4)


@pytest.mark.parametrize("wrong", ["z if z < 0 else 1", "z[0]", "z and 1", "'z'.x"])
def test_what_no_formula_can_hold_is_an_error(wrong):
    with pytest.raises(ValueError, match="cannot hold"):
        evaluate(wrong, {"z": 1.0}, NUMPY)
