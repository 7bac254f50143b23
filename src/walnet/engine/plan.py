"""From names to what kernels read: plans, rules and workspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels import activations, costs
from walnet.engine.kernels import optimizers as updates
from walnet.engine.kernels.machine.views import matrix
from walnet.engine.kernels.types import LAYER, RULE, Record, Workspace
from walnet.errors import HyperparameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from walnet.engine.kernels.types import Examples
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings

ACTIVATIONS = {
    "identity": activations.IDENTITY,
    "sigmoid": activations.SIGMOID,
    "tanh": activations.TANH,
    "relu": activations.RELU,
    "leaky_relu": activations.LEAKY_RELU,
    "elu": activations.ELU,
    "selu": activations.SELU,
    "gelu": activations.GELU,
    "silu": activations.SILU,
    "mish": activations.MISH,
    "softplus": activations.SOFTPLUS,
    "softmax": activations.SOFTMAX,
    "exponential": activations.EXPONENTIAL,
}
COSTS = {
    "mse": costs.MSE,
    "mae": costs.MAE,
    "huber": costs.HUBER,
    "quantile": costs.QUANTILE,
    "poisson": costs.POISSON,
    "binary_cross_entropy": costs.BINARY_CROSS_ENTROPY,
    "categorical_cross_entropy": costs.CATEGORICAL_CROSS_ENTROPY,
}
OPTIMIZERS = {
    "gradient_descent": updates.GRADIENT_DESCENT,
    "momentum": updates.MOMENTUM,
    "nesterov": updates.NESTEROV,
    "rmsprop": updates.RMSPROP,
    "adam": updates.ADAM,
    "adamw": updates.ADAMW,
}
# Costs that read the output as probabilities or as a rate, and the activations that
# give one.
REQUIRED_OUTPUT = {
    "binary_cross_entropy": ("sigmoid",),
    "categorical_cross_entropy": ("softmax",),
    "poisson": ("exponential", "softplus", "sigmoid"),
}
# A shard must have this many multiplications to be worth a thread of its own.
_SHARD_FROM = 12_000_000
_MOST_SHARDS = 8


def code_of(names: Mapping[str, int], name: str, what: str) -> int:
    """Return the kernels' code of a name, or say which names there are."""
    if not isinstance(name, str) or name not in names:
        known = ", ".join(names)
        raise HyperparameterError(f"{what} must be one of {known}; got {name!r}")
    return names[name]


def layer_plan(
    layer_sizes: Sequence[int],
    layer_activations: Sequence[str],
    dropout: Sequence[float] = (),
) -> np.ndarray:
    """Return the record array of a network's layers.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of the input, the hidden layers and the output.
    layer_activations : sequence of str
        One a layer after the input.
    dropout : sequence of float
        One rate in [0, 1) a hidden layer; empty for none.
    """
    plan = np.zeros(len(layer_sizes) - 1, LAYER)
    place, neurons = 0, layer_sizes[0]
    for number, layer in enumerate(plan):
        n_in, n_out = layer_sizes[number], layer_sizes[number + 1]
        layer["n_in"], layer["n_out"] = n_in, n_out
        layer["activation"] = ACTIVATIONS[layer_activations[number]]
        layer["weights"] = place
        layer["biases"] = place + n_in * n_out
        layer["neurons_before"] = neurons
        layer["dropout"] = dropout[number] if number < len(dropout) else 0.0
        place += (n_in + 1) * n_out
        neurons += n_out
    return plan


def make_workspace(plan: np.ndarray, capacity: int, dtype: np.dtype[Any]) -> Workspace:
    """Return buffers for batches of at most `capacity` examples."""
    neurons = int(plan[-1]["neurons_before"] + plan[-1]["n_out"])
    widest = int(max(plan["n_in"].max(), plan["n_out"].max()))
    drops = neurons if (plan["dropout"] > 0).any() else 0
    outputs = int(plan[-1]["n_out"])
    sizes = (neurons, neurons, neurons, drops, widest, outputs, 1)
    return Workspace(capacity, *(np.zeros(capacity * n, dtype) for n in sizes))


def weights_of(layer: Record, flat: np.ndarray) -> np.ndarray:
    """Return W of a layer as a view that keeps the parameters alive.

    What the kernel of this name returns is a bare pointer: it would outlive a network
    that is gone.
    """
    return matrix(flat, layer["weights"], layer["n_out"], layer["n_in"])


def cost_rule(cost: str, parameter: float, output: str, n_outputs: int) -> Record:
    """Return a rule record that knows the cost, and nothing of training yet."""
    code = code_of(COSTS, cost, "cost")
    allowed = REQUIRED_OUTPUT.get(cost, (output,))
    if output not in allowed:
        raise HyperparameterError(
            f"cost {cost!r} needs an output layer with activation "
            f"{' or '.join(allowed)}; this network's is {output}"
        )
    rule = np.zeros(1, RULE)
    rule["cost"] = code
    rule["cost_parameter"] = parameter
    # Cross-entropies sum over outputs; the others are means over outputs.
    rule["cost_scale"] = 1.0 if cost.endswith("cross_entropy") else 1.0 / n_outputs
    rule["recorded_share"] = 1.0
    rule["clip_norm"] = np.inf
    rule["stop_cost"] = -np.inf
    rule["shards"] = 1
    return rule[0]


def label_rule(Y: np.ndarray) -> tuple[int, float]:
    """Return how right predictions are counted, told from the targets.

    (0, 0) not at all: regression. (1, threshold) targets of two values: an output must
    be on the target's side of their middle. (2, 0) one-hot rows: the largest output
    must be the label's.
    """
    low, high = float(Y.min()), float(Y.max())
    if low == high or not np.isin(Y, (low, high)).all():
        return 0, 0.0
    if Y.shape[1] > 1 and (Y.sum(axis=1) == 1.0).all():
        return 2, 0.0
    return 1, (low + high) / 2


def shards_for(plan: np.ndarray, batch_size: int) -> int:
    """Return into how many shards a batch is split: fixed by the work alone."""
    work = int((plan["n_in"] * plan["n_out"]).sum()) * batch_size
    shards = 1
    while shards < _MOST_SHARDS and work // (2 * shards) >= _SHARD_FROM:
        shards *= 2
    return shards


def training_rule(
    settings: Settings, network: Network, examples: Examples, batch: int
) -> Record:
    """Return the record that the kernels read the settings from."""
    output, n_outputs = network.activations[-1], network.n_outputs
    rule = cost_rule(settings.cost, settings.cost_parameter, output, n_outputs)
    for name in ("momentum", "beta_1", "beta_2", "epsilon", "l1", "l2", "weight_decay"):
        rule[name] = getattr(settings, name)
    rule["task"], rule["threshold"] = label_rule(examples.Y)
    rule["optimizer"] = OPTIMIZERS[settings.optimizer]
    rule["batch_size"] = batch
    rule["shuffle"] = int(settings.shuffle and batch < examples.X.shape[0])
    rule["key"] = np.random.SeedSequence(settings.seed).generate_state(1, np.uint64)[0]
    rates = settings.dropout_rates(network.n_layers - 1)
    rule["dropout"] = int(any(rate > 0 for rate in rates))
    rule["shards"] = shards_for(network.plan, batch)
    if settings.clip_norm is not None:
        rule["clip_norm"] = settings.clip_norm
    if settings.stop_cost is not None:
        rule["stop_cost"] = settings.stop_cost
    if settings.stop_accuracy is not None and rule["task"] == 0:
        raise HyperparameterError(
            "stop_accuracy needs labels, targets of two or more classes; these are "
            "numbers: set stop_cost instead"
        )
    return rule
