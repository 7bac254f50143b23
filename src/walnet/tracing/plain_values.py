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

from typing import Any

import numpy as np

from walnet.tracing.chain import Chain
from walnet.tracing.expressions import Call, Expression, Name, constant
from walnet.tracing.html import math
from walnet.tracing.iteration import Iteration
from walnet.tracing.layer import Block, Layer, Learned, Parameter
from walnet.tracing.notation import MathML
from walnet.tracing.parameters import ParameterLines
from walnet.tracing.passes import Pass
from walnet.tracing.summary import Names


def plain_values(iteration: Iteration, names: Names) -> dict[str, Any]:
    """Return the whole iteration."""
    chain = Chain(iteration)
    shown = list(range(len(iteration.shown)))
    counted = shown if iteration.in_batch else []
    return {
        "number": iteration.before.iteration + 1,
        "optimizer": ParameterLines(iteration, 1).optimizer,
        "learning_rate": iteration.learning_rate,
        "network": iteration.network.config(),
        "batch": {
            "size": len(iteration.batch),
            "rows": iteration.batch.numbers.tolist(),
            "weight": iteration.weight,
        },
        "cost": {
            "name": chain.cost.name,
            "data": iteration.cost,
            "penalty": iteration.penalty,
            "total": iteration.cost + iteration.penalty,
        },
        "formulas": formulas(),
        "examples": [example(iteration, chain, names, i) for i in shown],
        "front": [layer_values(layer, counted) for layer in chain.front],
        "layers": [layer_values(layer, counted) for layer in chain.dense],
    }


def forward_values(passed: Pass) -> dict[str, Any]:
    """Return one example's way through a network, item by item."""
    chain = Chain(passed)
    return {
        place: [
            {
                **layer.facts(),
                "neurons": [layer.values(0, j) for j in range(layer.size)],
            }
            for layer in layers
        ]
        for place, layers in (("front", chain.front), ("layers", chain.dense))
    }


def formulas() -> dict[str, str]:
    """Return the formulas of a layer l in general, as MathML."""
    symbols = MathML(names=True, decimals=6)
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
        name: math(f"<mi>{name}</mi><mo>=</mo>{formula.write(symbols)[0]}")
        for name, formula in made.items()
    }


def example(iteration: Iteration, chain: Chain, names: Names, i: int) -> dict[str, Any]:
    """Return one example on its way through the network and back."""
    shown, prediction = iteration.shown, iteration.layers[-1].A[i]
    return {
        "row": int(shown.numbers[i]),
        "in_batch": iteration.in_batch,
        "inputs": shown.columns(iteration.network.layout)[i].tolist(),
        "target": shown.Y[i].tolist(),
        "prediction": prediction.tolist(),
        "label": names.label(shown.Y[i]),
        "predicted_label": names.label(prediction),
        "cost": chain.cost.of_example(i).formula.value(),
        **{
            place: [
                {"neurons": [layer.values(i, j) for j in range(layer.size)]}
                for layer in layers
            ]
            for place, layers in (("front", chain.front), ("layers", chain.dense))
        },
    }


def layer_values(layer: Layer, examples: list[int]) -> dict[str, Any]:
    """Return a layer's parameters, neuron by neuron."""
    neurons = [
        {
            name: _values(layer.iteration, found, examples)
            for name, found in all_.items()
        }
        for all_ in map(layer.parameters, range(layer.size))
    ]
    return {**layer.facts(), "neurons": neurons}


def _values(iteration: Iteration, found: Learned, examples: list[int]) -> Any:
    """Return one parameter, or a list of them."""
    if isinstance(found, Block):
        return block_values(iteration, found, examples)
    if isinstance(found, list):
        return [parameter_values(iteration, each, examples) for each in found]
    return parameter_values(iteration, found, examples)


def parameter_values(
    iteration: Iteration, parameter: Parameter, examples: list[int]
) -> dict[str, Any]:
    """Return one parameter before and after, and its gradient term by term."""

    def shares(i: int) -> np.ndarray:
        return np.array([parameter.share(i).value()])

    block = Block(parameter.derivative, parameter.index, 1, shares)
    return block_values(iteration, block, examples)[0]


def block_values(
    iteration: Iteration, block: Block, examples: list[int]
) -> list[dict[str, Any]]:
    """Return each parameter of a block, as `parameter_values` does."""
    before, after = iteration.before, iteration.after
    part = slice(block.start, block.start + block.size)
    derivatives = iteration.data_gradient[part].tolist()
    terms = np.array([block.shares(i) for i in examples]).T.tolist()
    terms = terms or [[] for _ in derivatives]
    is_part = len(examples) < len(iteration.batch)
    columns = zip(
        before.parameters[part].tolist(),
        after.parameters[part].tolist(),
        derivatives,
        iteration.gradient[part].tolist(),
        terms,
        _memory(iteration, 0, part),
        _memory(iteration, 1, part),
        strict=True,
    )
    return [
        {
            "before": old,
            "after": new,
            block.derivative: derivative,
            "gradient": used,
            "terms": each,
            "rest": derivative - sum(each) if is_part else 0.0,
            "first": first,
            "second": second,
        }
        for old, new, derivative, used, each, first, second in columns
    ]


def _memory(iteration: Iteration, slot: int, part: slice) -> list[Any]:
    """Return the optimizer's memory before and after, None where it keeps none."""
    n, size = iteration.gradient.size, part.stop - part.start
    if iteration.before.memory.size <= slot * n:
        return [None] * size
    lo = slot * n + part.start
    pair = (each.memory[lo : lo + size] for each in (iteration.before, iteration.after))
    both: list[Any] = np.stack(list(pair), axis=1).tolist()
    return both
