"""From sizes and names to layers, and from layers to a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.layers import (
    READS_INPUTS,
    Dense,
    Inputs,
    Layer,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
    checked_layers,
)
from walnet.engine.names import check_name
from walnet.errors import HyperparameterError
from walnet.words import count


def as_layers(
    layers: Sequence[int | Layer], activation: str | Sequence[str], output: str
) -> tuple[Layer, ...]:
    """Return layers of kinds; numbers are the inputs and dense layers."""
    given = tuple(layers) if np.iterable(layers) else ()
    if len(given) < 2:
        raise HyperparameterError(
            "layers must name at least the input and the output, such as "
            f"[2, 4, 1]; got {layers!r}"
        )
    first = [] if isinstance(given[0], READS_INPUTS) else [0]
    numbers = [i for i, each in enumerate(given) if not isinstance(each, Layer)]
    hidden = [i for i in numbers if i not in first and i != len(given) - 1]
    names = dict(zip(hidden, _one_each(activation, len(hidden)), strict=True))
    names[len(given) - 1] = output
    made = [
        each if isinstance(each, Layer) else _from_number(i, each, names.get(i))
        for i, each in enumerate(given)
    ]
    return checked_layers(tuple(made))


def _from_number(index: int, size: Any, activation: str | None) -> Layer:
    """Return the layer that a size stands for."""
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not whole or size < 1:
        raise HyperparameterError(
            f"layers must be whole numbers of at least 1, got {size!r}"
        )
    return Inputs(size) if index == 0 else Dense(size, str(activation))


def _one_each(value: Any, n: int) -> tuple[str, ...]:
    """Return the name of an activation for each hidden layer."""
    one = isinstance(value, str) or not np.iterable(value)
    names = (value,) * n if one else tuple(value)
    if len(names) != n:
        raise HyperparameterError(
            "activation must be one name, or one for each of the "
            f"{n} hidden layers; got {len(names)}"
        )
    for name in (value,) if one else names:
        check_name(ACTIVATIONS, name, "activation")
    return names


def checked_dtype(dtype: str | np.dtype[Any]) -> np.dtype[Any]:
    """Return float32 or float64."""
    try:
        # To NumPy None is float64, as an argument and in a comparison.
        found = np.dtype("O" if dtype is None else dtype)
    except TypeError:
        found = np.dtype("O")
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise HyperparameterError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


def in_words(layer: Layer) -> str:
    """Return a layer as a network's sentence names it."""
    if isinstance(layer, Inputs):
        return count(layer.n, "input")
    if isinstance(layer, NumberEmbedding):
        return f"{count(layer.n, 'number')} embedded by {layer.shape}"
    if isinstance(layer, LevelEmbedding):
        return f"{count(len(layer.levels), 'column')} of levels"
    if isinstance(layer, Scale):
        return "scale"
    extras = [" with slopes"] * layer.slopes + [" normalised"] * layer.norm
    return f"{layer.n} {layer.activation}{''.join(extras)}"
