"""Networks and data to try the engine on, and the oracle beside them."""

from __future__ import annotations

import naive
import numpy as np

from walnet.engine.network import Network
from walnet.engine.plan import ACTIVATIONS, COSTS, REQUIRED_OUTPUT

SIZES = {
    1: (3, 2),
    2: (3, 4, 2),
    3: (3, 4, 3, 2),
    4: (3, 4, 3, 3, 2),
}
PARAMETERS = {"huber": 0.7, "quantile": 0.3}
ANY_OUTPUT = [cost for cost in COSTS if cost not in REQUIRED_OUTPUT]


def suited_output(cost, activation="identity"):
    """Return an output activation that the cost allows, this one where it may be."""
    allowed = REQUIRED_OUTPUT.get(cost, (activation,))
    return activation if activation in allowed else allowed[0]


def draw_targets(rng, cost, examples, outputs):
    """Return targets of the kind that a cost reads."""
    if cost == "categorical_cross_entropy":
        return np.eye(outputs)[rng.integers(0, outputs, examples)]
    if cost == "binary_cross_entropy":
        return rng.integers(0, 2, (examples, outputs)).astype(float)
    if cost == "poisson":
        return rng.poisson(1.5, (examples, outputs)).astype(float)
    return rng.normal(size=(examples, outputs))


def draw(seed, cost, activation, depth, *, dtype="float64", examples=4):
    """Return a network whose layers all have the activation, inputs and targets.

    Draws with a weighted input near a kink of ReLU, or an output near one of the cost,
    are thrown away: there the function has no derivative to compare with. So are those
    whose gradient is nothing but rounding. All numbers are exact in float32.
    """
    sizes = SIZES[depth]
    output = suited_output(cost, activation)
    # e to the power of e to the power of … soon loses every digit
    spread = 0.2 if activation == "exponential" else 0.7
    for attempt in range(1000):
        rng = np.random.default_rng([seed, depth, attempt])
        hidden = (activation,) * (depth - 1)
        network = Network(sizes, activation=hidden, output=output, dtype=dtype)
        network.parameters[:] = single(rng.normal(0, spread, network.n_parameters))
        X = single(rng.normal(size=(examples, sizes[0])))
        Y = single(draw_targets(rng, cost, examples, sizes[-1]))
        if not far_from_kinks(network, cost, X, Y):
            continue
        if abs(oracle_gradient(network, X, Y, cost)).max() > 0.03:
            return network, X, Y
    raise AssertionError("no draw far from the kinks")


def single(numbers):
    """Return numbers rounded to float32, as float64."""
    return np.asarray(numbers, np.float32).astype(np.float64)


def far_from_kinks(network, cost, X, Y, distance=1e-3):
    """Say whether no ReLU and no |d| of the cost is near the point where it bends."""
    outputs = naive.layer_outputs(layers(network), X)
    for (Z, _), activation in zip(outputs, network.activations, strict=True):
        if activation in naive.KINKED and abs(Z).min() < distance:
            return False
    d = abs(outputs[-1][1] - Y)
    if cost == "huber":
        return abs(d - PARAMETERS["huber"]).min() > distance
    return cost not in {"mae", "quantile"} or d.min() > distance


def layers(network):
    """Return a network's layers as the oracle takes them, in float64."""
    parameters = network.parameters.astype(np.float64)
    return naive.layers_of(network.layer_sizes, network.activations, parameters)


def oracle_gradient(network, X, Y, cost, w=None):
    """Return the oracle's gradient as one vector."""
    parameter = PARAMETERS.get(cost, 1.0)
    return naive.flat(naive.back_propagate(layers(network), X, Y, cost, parameter, w))


def oracle_cost(network, X, Y, cost, w=None):
    return naive.cost(layers(network), X, Y, cost, PARAMETERS.get(cost, 1.0), w)


def combinations():
    """Return every activation × cost × depth that has a meaning."""
    return [
        (activation, cost, depth)
        for activation in ACTIVATIONS
        for cost in COSTS
        for depth in SIZES
        if depth > 1 or suited_output(cost, activation) == activation
    ]


def bits(*arrays):
    """Return the bytes of arrays: equal bytes are equal bits, NaN and -0 included."""
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
