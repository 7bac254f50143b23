"""Modules of PyTorch for `walnet.to_torch`: what torch.nn has, and what it has not.

Imported where torch is installed and asked for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from walnet.engine.formulas import evaluate
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.embeddings import FREQUENCIES, LEARNED, STEPS
from walnet.engine.kernels.normalization import EPSILON, MOMENTUM
from walnet.engine.kernels.types import DENSE, LEVELS, NUMBERS, RAMPS, SCALE
from walnet.engine.layers import Dense
from walnet.export.operators import parse_operator

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Record
    from walnet.engine.network import Network

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "number": partial(torch.tensor, dtype=torch.float64),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "negative": operator.neg,
    "choose": lambda z, limit, above, below: torch.where(z > limit, above, below),
    "max": torch.maximum,
    "abs": torch.abs,
    "exp": torch.exp,
    "ln": torch.log,
    "sqrt": torch.sqrt,
    "tanh": torch.tanh,
    "erf": torch.erf,
}


class Affine(nn.Module):
    """Scales and shifts each column, in float64: ``x * factor + shift``.

    Parameters
    ----------
    factor, shift : ndarray of shape (columns,)
        Kept as buffers, so that they are in the module's ``state_dict``.
    dtype : torch.dtype
        Of what it returns.
    """

    def __init__(self, factor: np.ndarray, shift: np.ndarray, dtype: Any) -> None:
        super().__init__()
        self.register_buffer("factor", torch.from_numpy(np.array(factor, float)))
        self.register_buffer("shift", torch.from_numpy(np.array(shift, float)))
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        """Return the columns in other units."""
        return (x.double() * self.factor + self.shift).to(self.dtype)

    def extra_repr(self) -> str:
        """Read it as torch's own modules are read."""
        return f"features={len(self.factor)}"


class Formula(nn.Module):
    """An activation that torch.nn has not, worked out by its formula.

    Parameters
    ----------
    formula : str
        Of z, in the language of `walnet.engine.formulas`.
    """

    def __init__(self, formula: str) -> None:
        super().__init__()
        self.formula = formula

    def forward(self, z: Any) -> Any:
        """Return the activations of weighted inputs."""
        return evaluate(self.formula, {"z": z}, _OPERATIONS)

    def extra_repr(self) -> str:
        """Read it as torch's own modules are read."""
        return self.formula


class Sloped(nn.Module):
    """An activation of which each neuron takes a learned share: ``z + (g(z) - z) a``.

    Parameters
    ----------
    activation : Module
        g.
    slopes : ndarray of shape (neurons,)
        The shares a.
    """

    def __init__(self, activation: Any, slopes: np.ndarray) -> None:
        super().__init__()
        self.activation = activation
        self.slopes = _parameter(slopes)

    def forward(self, z: Any) -> Any:
        """Return the activations of weighted inputs."""
        return z + (self.activation(z) - z) * self.slopes


class Scale(nn.Module):
    """Each input times a learned number of its own.

    Parameters
    ----------
    scale : ndarray of shape (inputs,)
        The numbers.
    """

    def __init__(self, scale: np.ndarray) -> None:
        super().__init__()
        self.scale = _parameter(scale)

    def forward(self, x: Any) -> Any:
        """Return the scaled inputs."""
        return x * self.scale


class NumberEmbedding(nn.Module):
    """Numbers, each with mixtures of cosines or ramps: ``[x, W2 φ(w1, x, b1) + b2]``.

    Parameters
    ----------
    parameters : ndarray of shape (n_parameters,)
        Those of the layer, as they stand in a network: w1, b1, W2, b2.
    n : int
        How many numbers.
    shapes : int
        Cosines, or ramps, of each.
    """

    def __init__(self, parameters: np.ndarray, n: int, shapes: int) -> None:
        super().__init__()
        ends = n * shapes * np.array([1, 2, 2 + LEARNED])
        w1, b1, W2, b2 = np.split(parameters, ends)
        self._shape(w1.reshape(n, shapes), b1.reshape(n, shapes))
        self.mixtures = _parameter(W2.reshape(n, LEARNED, shapes))
        self.shifts = _parameter(b2.reshape(n, LEARNED))

    def _shape(self, w1: np.ndarray, b1: np.ndarray) -> None:
        """Take what the cosines learn."""
        self.frequencies, self.phases = _parameter(w1), _parameter(b1)

    def shaped(self, column: Any) -> Any:
        """Return the cosines, (rows, n, shapes)."""
        turns = column * self.frequencies + self.phases / (2 * np.pi)
        # Their whole part taken off, the cosine of a large number is exact, too.
        return torch.cos(2 * np.pi * (turns - torch.floor(turns + 0.5)))

    def forward(self, x: Any) -> Any:
        """Return (rows, 4 n) of the numbers, (rows, n)."""
        column = x[:, :, None]
        mixed = torch.einsum("rnq,nkq->rnk", self.shaped(column), self.mixtures)
        return torch.cat([column, mixed + self.shifts], dim=2).flatten(1)


class RampEmbedding(NumberEmbedding):
    """Numbers, each with mixtures of ramps, which stay where the data put them."""

    def _shape(self, w1: np.ndarray, b1: np.ndarray) -> None:
        """Take where the ramps stand, which does not learn."""
        self.register_buffer("slopes", torch.from_numpy(w1.copy()))
        self.register_buffer("offsets", torch.from_numpy(b1.copy()))

    def shaped(self, column: Any) -> Any:
        """Return how far up each ramp the numbers are, (rows, n, shapes)."""
        return torch.clamp(column * self.slopes + self.offsets, 0.0, 1.0)


class LevelEmbedding(nn.Module):
    """Levels of categories, each with learned numbers of its own.

    Parameters
    ----------
    table : ndarray of shape (levels, width)
        The numbers of all categories' levels.
    counts : ndarray of shape (categories,), int
        How many levels each category has.
    """

    def __init__(self, table: np.ndarray, counts: np.ndarray) -> None:
        super().__init__()
        weights = torch.from_numpy(table.copy())
        self.table = nn.Embedding.from_pretrained(weights, freeze=False)
        self.register_buffer("counts", torch.from_numpy(counts.astype(np.int64)))
        first = np.cumsum(counts) - counts
        self.register_buffer("first", torch.from_numpy(first.astype(np.int64)))

    def forward(self, x: Any) -> Any:
        """Return (rows, categories · width) of levels, (rows, categories).

        A level that there is not is an IndexError.
        """
        levels = x.long()
        known = (levels >= 0) & (levels < self.counts) & (levels == x)
        rows = torch.where(known, levels + self.first, self.table.num_embeddings)
        return self.table(rows).flatten(1)


class SideBySide(nn.Module):
    """Layers that read the inputs, each its own columns, into one row.

    Parameters
    ----------
    layers : list of Module
        The layers.
    columns : list of ndarray of int
        The columns of X that each of them reads.
    """

    def __init__(self, layers: list[Any], columns: list[np.ndarray]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.columns = [each.tolist() for each in columns]

    def forward(self, X: Any) -> Any:
        """Return what all layers say of the rows of X, side by side."""
        pairs = zip(self.layers, self.columns, strict=True)
        return torch.cat([layer(X[:, columns]) for layer, columns in pairs], dim=1)


def activation_of(name: str) -> Any:
    """Return the module of an activation of ours."""
    row = ACTIVATIONS[name]
    if not row.torch:
        return Formula(row.formula)
    module, arguments, options = parse_operator(row.torch)
    return getattr(nn, module)(*arguments, **options)


def modules_of(network: Network, *, weighted: bool = False) -> list[Any]:
    """Return the modules that compute what a network does, one after the other.

    Parameters
    ----------
    network : Network
        Its parameters are copied.
    weighted : bool
        Whether they end with the output layer's weighted inputs, before its activation.
    """
    modules: list[Any] = []
    front = _front(network)
    if front is not None:
        modules.append(front)
    dense = [each for each in network.layers if isinstance(each, Dense)]
    if weighted:
        dense[-1] = replace(dense[-1], activation="identity")
    following = iter(dense)
    for record in network.layout.records:
        if record["kind"] == SCALE:
            modules.append(Scale(_stretch(network, record, "weights", record["n_out"])))
        elif record["kind"] == DENSE:
            modules += _dense(network, record, next(following))
    return modules


def _front(network: Network) -> Any:
    """Return what reads the inputs, or None where they are taken as they are."""
    layout, layers, columns = network.layout, [], []
    for record in layout.records:
        if record["kind"] in {DENSE, SCALE}:
            continue
        levels = record["kind"] == LEVELS
        among = layout.code_columns if levels else layout.dense_columns
        first, n = int(record["source_row"]), int(record["n_in"])
        columns.append(among[first : first + n])
        layers.append(_reader(network, record))
    return SideBySide(layers, columns) if layers else None


_EMBEDDINGS = {NUMBERS: (NumberEmbedding, FREQUENCIES), RAMPS: (RampEmbedding, STEPS)}


def _reader(network: Network, record: Record) -> Any:
    """Return the module of a layer that reads inputs."""
    parameters = _stretch(network, record, "weights", record["n_weights"])
    if record["kind"] in _EMBEDDINGS:
        embedding, shapes = _EMBEDDINGS[int(record["kind"])]
        return embedding(parameters, int(record["n_in"]), shapes)
    if record["kind"] != LEVELS:
        return nn.Identity()
    first, n = int(record["source_row"]), int(record["n_in"])
    counts = np.diff(network.layout.level_starts)[first : first + n]
    return LevelEmbedding(parameters.reshape(counts.sum(), -1), counts)


def _dense(network: Network, record: Record, layer: Dense) -> Iterator[Any]:
    """Yield the modules of a dense layer."""
    n_in, n_out = int(record["n_in"]), int(record["n_out"])
    W = _stretch(network, record, "weights", record["n_weights"]).reshape(n_out, n_in)
    b = _stretch(network, record, "biases", n_out)
    kind = getattr(torch, network.dtype.name)
    linear = nn.Linear(n_in, n_out, bias=not layer.norm, dtype=kind)
    linear.weight = _parameter(W)
    if not layer.norm:
        linear.bias = _parameter(b)
    yield linear
    if layer.norm:
        yield _normalization(network, record, b)
    activation = activation_of(layer.activation)
    if layer.slopes:
        yield Sloped(activation, _stretch(network, record, "slopes", n_out))
    elif not isinstance(activation, nn.Identity):
        yield activation
    if layer.dropout:
        yield nn.Dropout(layer.dropout)


def _normalization(network: Network, record: Record, b: np.ndarray) -> Any:
    """Return batch normalisation, whose shift is the layer's biases."""
    lo, n = int(record["target"]), int(record["n_out"])
    kind = getattr(torch, network.dtype.name)
    module = nn.BatchNorm1d(n, EPSILON, MOMENTUM, dtype=kind)
    module.weight = _parameter(_stretch(network, record, "gammas", n))
    module.bias = _parameter(b)
    mean, variance = network.statistics[:, lo : lo + n]
    module.running_mean.copy_(torch.from_numpy(mean.copy()))
    module.running_var.copy_(torch.from_numpy(variance.copy()))
    return module


def _stretch(network: Network, record: Record, start: str, size: int) -> np.ndarray:
    """Return a layer's parameters that begin where one of its record's fields says."""
    lo = int(record[start])
    return network.parameters[lo : lo + int(size)]


def _parameter(values: np.ndarray) -> Any:
    """Return a copy of numbers that can be learned."""
    return nn.Parameter(torch.from_numpy(values.copy()))
