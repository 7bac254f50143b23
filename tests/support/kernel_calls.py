"""Networks and data to try the engine on, and the oracle beside them."""

from __future__ import annotations

import naive
import numpy as np

from walnet.engine.arrays import as_examples
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.machine.randomness import draw_mask, mix, stream
from walnet.engine.layers import (
    Dense,
    Inputs,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
)
from walnet.engine.network import Network
from walnet.engine.training import Training

SIZES = {1: (3, 2), 2: (3, 4, 2), 3: (3, 4, 3, 2)}
PARAMETERS = {"huber": 0.7, "quantile": 0.3}
ANY_OUTPUT = [name for name, cost in COSTS.items() if not cost.outputs]

# A network of each kind of layers, and of all together.
KINDS = {
    "plain": [Inputs(3), Dense(4, "tanh"), Dense(2, "identity")],
    "numbers": [NumberEmbedding(2), Inputs(1), Dense(3, "gelu"), Dense(2, "identity")],
    "ramps": [NumberEmbedding(2, "ramps"), Inputs(1), Dense(3), Dense(2, "identity")],
    "levels": [LevelEmbedding((3, 4), 2), Dense(3, "silu"), Dense(2, "identity")],
    "two tables": [
        LevelEmbedding((3, 2), 2),
        Inputs(1),
        LevelEmbedding((4,), 3),
        Dense(3, "tanh"),
        Dense(1, "identity"),
    ],
    "scale": [Inputs(3), Scale(), Dense(3, "mish"), Dense(1, "identity")],
    "slopes": [
        Inputs(3),
        Dense(4, "selu", slopes=True),
        Dense(3, "sigmoid", slopes=True),
        Dense(2, "identity"),
    ],
    "norm": [
        Inputs(3),
        Dense(4, "tanh", norm=True),
        Dense(3, "softplus", slopes=True, norm=True),
        Dense(2, "identity"),
    ],
    "ntk": [
        Inputs(3),
        Dense(4, "tanh", parametrization="ntk"),
        Dense(2, "identity", parametrization="ntk"),
    ],
    "dropout": [
        Inputs(3),
        Dense(6, "tanh", dropout=0.4),
        Dense(5, "softmax", dropout=0.25),
        Dense(4, "selu", slopes=True, dropout=0.3),
        Dense(2, "identity"),
    ],
    "all": [
        NumberEmbedding(2),
        LevelEmbedding((3, 4), 2),
        Inputs(1),
        Scale(),
        Dense(
            5, "selu", slopes=True, norm=True, dropout=0.2, parametrization="ntk"
        ),
        Dense(4, "mish", slopes=True, dropout=0.1, parametrization="ntk"),
        Dense(3, "softmax", parametrization="ntk"),
    ],
}  # fmt: skip
LEVELS = {name for name in KINDS if "levels" in name or "table" in name} | {"all"}


def kind_of(name, rows=7, dtype="float64", seed=3):
    """Return a network of a kind, inputs and targets; no parameter is 0 or 1."""
    network = Network(KINDS[name], dtype=dtype, seed=seed)
    rng = np.random.default_rng([seed, len(name)])
    noise = rng.normal(0, 0.3, network.n_parameters)
    network.parameters[:] = single(network.parameters + noise)
    X = single(rng.normal(size=(rows, network.n_inputs)))
    counts = np.diff(network.layout.level_starts)
    for column, count in zip(network.layout.code_columns, counts, strict=True):
        X[:, column] = rng.integers(0, count, rows)
    Y = single(draw_targets(rng, cost_of(network), rows, network.n_outputs))
    return network, X, Y


def cost_of(network):
    """Return the cost that a network of a kind is tried with."""
    softmax = network.activations[-1] == "softmax"
    return "categorical_cross_entropy" if softmax else "mse"


def suited_output(cost, activation="identity"):
    """Return an output activation that the cost allows, this one where it may be."""
    allowed = COSTS[cost].outputs or (activation,)
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
    return naive.layers_of(network.layers, network.parameters.astype(np.float64))


def running(network):
    """Return the running mean and variance of each dense layer that is normalised."""
    return [
        network.statistics[:, r["target"] : r["target"] + r["n_out"]]
        if r["gammas"] >= 0
        else None
        for r in network.layout.dense
    ]


def oracle_gradient(network, X, Y, cost, w=None):
    """Return the oracle's gradient as one vector."""
    parameter = PARAMETERS.get(cost, 1.0)
    return naive.flat(naive.back_propagate(layers(network), X, Y, cost, parameter, w))


def oracle_cost(network, X, Y, cost, w=None):
    return naive.cost(layers(network), X, Y, cost, PARAMETERS.get(cost, 1.0), w)


def exact_gradient(network, X, Y, cost, **options):
    """Return the oracle's cost, and its gradient by complex steps."""
    options = {"parameter": PARAMETERS.get(cost, 1.0)} | options

    def J(theta):
        return naive.cost(naive.layers_of(network.layers, theta), X, Y, cost, **options)

    theta = network.parameters.astype(np.float64)
    return J(theta), naive.complex_step(J, theta)


def masks_of(training, iteration, factor, m):
    """Return each dense layer's mask of an iteration, (examples, neurons), or None."""
    # What a compiled kernel returns is a plain int, which has no width of its own.
    start = np.uint64(stream(training.plan.rule["key"], np.int64(-1 - iteration)))
    masks = []
    layers = training.plan.layers
    for record in layers[layers["kind"] == 0]:
        n, rate = int(record["n_out"]), float(record["dropout"])
        mask = np.empty(n * m, training.network.dtype)
        of_layer = np.uint64(mix(start + np.uint64(record["target"])))
        draw_mask(mask, rate * factor, of_layer)
        masks.append(mask.reshape(n, m).T.astype(float) if rate else None)
    return masks


def combinations():
    """Return activation, cost and depth: each activation, each cost, each depth."""
    activations, any_output = list(ACTIVATIONS), ANY_OUTPUT
    each = [
        (name, any_output[i % len(any_output)], 1 + i % 3)
        for i, name in enumerate(activations)
    ]
    return [*each, *(("tanh", name, 2) for name in COSTS if name not in any_output)]


def training_on(network, X, Y, settings, *, w=None, **options):
    """Return a training on checked arrays, in the network's precision."""
    numbers, codes = network.inputs(X)
    kind = network.dtype
    weights = np.empty(0, kind) if w is None else np.asarray(w, kind)
    examples = as_examples(numbers, codes, np.ascontiguousarray(Y, kind), weights)
    examples = examples._replace(**options.pop("changes", {}))
    return Training.on(network, examples, settings, **options)


def bits(*arrays):
    """Return the bytes of arrays: equal bytes are equal bits, NaN and -0 included."""
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def end_of(training):
    """Return the bits of all that a training leaves behind."""
    state = training.state()
    best = [] if state.best is None else [state.best.parameters, state.best.statistics]
    numbers = [state.learning_rate, state.plateau, state.clock.time]
    numbers += [state.clock.total, state.clock.iteration]
    return bits(
        state.parameters,
        state.statistics,
        state.memory,
        state.counters,
        state.sums,
        training.history.rows(),
        np.array(numbers, float),
        *best,
    ), state.stopping
