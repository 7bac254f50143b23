"""An iteration as plain values, ready for JSON.

::

    number, optimizer, learning_rate      of the iteration, counted from 1
    network                               the description of the network
    batch       size, rows, weight
    cost        name, formula, data, penalty, total
    formulas    z, a, dA, dZ, dW, db: MathML, in general
    examples    the followed one first; all of a small batch
        row, in_batch, inputs, target, prediction, label, predicted_label, cost
        layers[l].neurons[j]
            terms [{w, a, product}], bias, z, a, mask, passed_on,
            dA_terms [{w, dZ, product}], dA, slope, dZ
    layers      one a layer
        layer, activation, n_inputs, n_neurons
        neurons[j]
            weights [parameter], bias parameter
    parameter   before, after, dW, gradient, terms [product an example], rest,
                first, second (the optimizer's memory: [before, after] or null)

``dW`` (``db`` of a bias) is the derivative by back-propagation alone, ``gradient`` the
one used: penalties and clipping included. ``terms`` are the products dZ · a of the
examples in ``examples``, ``rest`` is what the others of the batch add. Where cost and
activation go back in one step (a cross-entropy with its own activation), ``dA`` and
``slope`` are null, as is the slope of a softmax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.tracing.costs import example_cost
from walnet.tracing.expressions import Call, Expression, Name, constant
from walnet.tracing.facts import label_of
from walnet.tracing.lines import Limits
from walnet.tracing.notation import MathML
from walnet.tracing.page import math

if TYPE_CHECKING:
    from walnet.tracing.parameters import Parameters
    from walnet.tracing.quantities import Quantities
    from walnet.tracing.trace import Trace


def plain_values(trace: Trace) -> dict[str, Any]:
    """Return the whole iteration."""
    writer = trace.writer(Limits())
    iteration, network = trace.iteration, trace.iteration.network
    examples = [example(trace, q) for q in writer.examples]
    layers = [
        layer(writer.parameters, at, examples if iteration.taking_part else [])
        for at in range(network.n_layers)
    ]
    return {
        "number": trace.number,
        "optimizer": writer.first.optimizer,
        "learning_rate": trace.learning_rate,
        "network": network.config(),
        "batch": {
            "size": len(trace.rows),
            "rows": trace.rows.tolist(),
            "weight": iteration.weight,
        },
        "cost": {
            "name": writer.first.cost_name,
            "data": iteration.cost,
            "penalty": iteration.penalty,
            "total": trace.cost,
        },
        "formulas": formulas(),
        "examples": examples,
        "layers": layers,
    }


def formulas() -> dict[str, str]:
    """Return the formulas of a layer l in general, as MathML."""
    names = MathML(names=True, decimals=6)
    made: dict[str, Expression] = {
        "z": Name("W", 0) * Name("a_prev", 0) + Name("b", 0),
        "a": Call("g", Name("z", 0)),
        "dA": Name("W_nextᵀ", 0) * Name("dZ_next", 0),
        "dZ": Name("dA", 0) * Call("g′", Name("z", 0)),
        "dW": Call("Σ", Name("dZ", 0) * Name("a_prev", 0)),
        "db": Call("Σ", Name("dZ", 0)),
        "J": constant(1) / Name("m", 0) * Call("Σ", Name("c", 0)),
    }
    return {
        name: math(f"<mi>{name}</mi><mo>=</mo>{formula.write(names)[0]}")
        for name, formula in made.items()
    }


def example(trace: Trace, q: Quantities) -> dict[str, Any]:
    """Return one example on its way through the network and back."""
    iteration, i = trace.iteration, q.example
    shown = iteration.shown
    prediction = iteration.layers[-1].A[i]
    return {
        "row": int(shown.numbers[i]),
        "in_batch": iteration.taking_part,
        "inputs": shown.X[i].tolist(),
        "target": shown.Y[i].tolist(),
        "prediction": prediction.tolist(),
        "label": label_of(trace, shown.Y[i]),
        "predicted_label": label_of(trace, prediction),
        "cost": example_cost(q.cost_name, q.parameter, q.output()).value(),
        "layers": [
            {"neurons": [neuron(q, at, j) for j in range(len(q.b[at]))]}
            for at in range(q.network.n_layers)
        ],
    }


def neuron(q: Quantities, at: int, j: int) -> dict[str, Any]:
    """Return one neuron's numbers for one example."""
    held = q.iteration.layers[at]
    a_prev = [float(q.source(at, k).number) for k in range(q.W[at].shape[1])]
    alone = not q.is_fused(at)
    slope = q.slope_formula(at, j) if alone else None
    back: list[dict[str, float]] = []
    if at + 1 < q.network.n_layers:
        errors = q.iteration.layers[at + 1].dZ[q.example].tolist()
        back = _products(q.W[at + 1][:, j].tolist(), errors, "dZ")
    return {
        "terms": _products(q.W[at][j].tolist(), a_prev, "a"),
        "bias": float(q.b[at][j]),
        "z": float(held.Z[q.example, j]),
        "a": float(held.A[q.example, j]),
        "mask": None if held.mask is None else float(held.mask[q.example, j]),
        "passed_on": float(held.passed_on[q.example, j]),
        "dA_terms": back,
        "dA": float(q.dA(at, j).number) if alone else None,
        "slope": None if slope is None else slope.value(),
        "dZ": float(held.dZ[q.example, j]),
    }


def _products(
    weights: list[float], others: list[float], name: str
) -> list[dict[str, float]]:
    """Return the terms of a weighted sum."""
    return [
        {"w": w, name: other, "product": w * other}
        for w, other in zip(weights, others, strict=True)
    ]


def layer(
    parameters: Parameters, at: int, examples: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a layer's parameters, neuron by neuron."""
    network = parameters.first.network
    n_in, n_out = network.layer_sizes[at], network.layer_sizes[at + 1]
    neurons = []
    for j in range(n_out):
        passed = [each["layers"][at]["neurons"][j] for each in examples]
        errors = [each["dZ"] for each in passed]
        weights = [
            parameter(
                parameters,
                (at, j, k),
                [each["dZ"] * each["terms"][k]["a"] for each in passed],
            )
            for k in range(n_in)
        ]
        bias = parameter(parameters, (at, j, None), errors)
        neurons.append({"weights": weights, "bias": bias})
    return {
        "layer": at + 1,
        "activation": network.activations[at],
        "n_inputs": n_in,
        "n_neurons": n_out,
        "neurons": neurons,
    }


def parameter(
    parameters: Parameters, where: tuple[int, int, int | None], terms: list[float]
) -> dict[str, Any]:
    """Return one parameter before and after, and its gradient term by term."""
    iteration = parameters.iteration
    at, j, k = where
    record = iteration.plan[at]
    place = int(record["biases"]) + j
    if k is not None:
        place = int(record["weights"]) + j * int(record["n_in"]) + k
    derivative = float(iteration.data_gradient[place])
    before, after = iteration.before, iteration.after
    return {
        "before": float(before.parameters[place]),
        "after": float(after.parameters[place]),
        "db" if k is None else "dW": derivative,
        "gradient": float(iteration.gradient[place]),
        "terms": terms,
        "rest": derivative - sum(terms) if len(terms) < len(iteration.batch.X) else 0.0,
        "first": _pair(before.first, after.first, place),
        "second": _pair(before.second, after.second, place),
    }


def _pair(before: np.ndarray, after: np.ndarray, place: int) -> list[float] | None:
    """Return one number of the optimizer's memory before and after."""
    return [float(before[place]), float(after[place])] if before.size else None
