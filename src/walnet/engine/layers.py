"""The kinds of layers that a network is made of.

A network reads its inputs through one or more of `Inputs`, `NumberEmbedding` and
`LevelEmbedding`, side by side; a `Scale` layer may follow; then come `Dense` layers,
the last of which is the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.embeddings import PER_NUMBER
from walnet.engine.names import check_name
from walnet.errors import HyperparameterError

PARAMETRIZATIONS = ("standard", "ntk")
SHAPES = ("waves", "ramps")
# Kinds of parameters, which can learn at rates of their own.
PARAMETER_KINDS = (
    "weights",
    "biases",
    "slopes",
    "gammas",
    "numbers",
    "ramps",
    "levels",
    "scale",
)


@dataclass(frozen=True)
class Inputs:
    """Numbers, taken as they are.

    Parameters
    ----------
    n : int
        How many, at least 1.
    """

    n: int

    def __post_init__(self) -> None:
        _make_whole(self, "n")


@dataclass(frozen=True)
class NumberEmbedding:
    r"""Numbers, each with learned mixtures of waves or ramps of itself.

    Parameters
    ----------
    n : int
        How many numbers, at least 1. Each becomes four inputs of the next layer.
    shape : {"waves", "ramps"}, default "waves"
        What is mixed. Waves bend smoothly everywhere, and learn how fast they swing.
        Ramps rise one after the other, each between two quantiles of the number, so
        that any curve of straight pieces is a mixture of them, also one that jumps.

    Notes
    -----
    Waves are [1]_

    .. math:: x \mapsto [x,\; W_2 \cos(2\pi w_1 x + b_1) + b_2]

    with 16 frequencies :math:`w_1` and 3 mixtures of each number's own; ramps are [2]_

    .. math:: x \mapsto [x,\; W_2 \min(\max(w_1 x + b_1, 0), 1) + b_2]

    with 32 ramps, whose :math:`w_1` and :math:`b_1` do not learn: they rise one after
    the other from -3 to 3, until `walnet.Network.set_knots` puts them where the data
    is. Ensembles do that by themselves.

    References
    ----------
    .. [1] Y. Gorishniy et al., *On embeddings for numerical features*, 2022, in the
       form "PBLD" of D. Holzmüller et al., *Better by default*, 2024, appendix A.
    .. [2] Gorishniy et al. (2022), eq. (1), "piecewise linear encoding".
    """

    n: int
    shape: str = "waves"

    def __post_init__(self) -> None:
        _make_whole(self, "n")
        check_name(SHAPES, self.shape, "shape")


@dataclass(frozen=True)
class LevelEmbedding:
    """Levels of categories, each with learned numbers of its own.

    Parameters
    ----------
    levels : sequence of int
        How many levels each category has; its column holds whole numbers from 0.
    width : int, default 8
        Numbers that a level becomes.

    Notes
    -----
    A level is looked up in a table of parameters: Guo, Berkhahn (2016), section 3.
    """

    levels: tuple[int, ...]
    width: int = 8

    def __post_init__(self) -> None:
        whole = [_whole("levels", each) for each in self.levels]
        if not whole:
            raise HyperparameterError("levels must hold a number for each category")
        object.__setattr__(self, "levels", tuple(whole))
        _make_whole(self, "width")


@dataclass(frozen=True)
class Scale:
    """Each input times a learned number of its own: Holzmüller et al. (2024)."""


@dataclass(frozen=True)
class Dense:
    """Neurons, each of which reads all of the layer before.

    Parameters
    ----------
    n : int
        How many neurons, at least 1.
    activation : str, default "tanh"
        Name of the activation function.
    slopes : bool, default False
        Whether each neuron learns how much of the activation it takes:
        ``A = Z + (g(Z) - Z) a``.
    norm : bool, default False
        Whether weighted inputs are normalised over the batch: Ioffe, Szegedy (2015).
    dropout : float, default 0
        Share of the activations dropped while training, in [0, 1).
    parametrization : {"standard", "ntk"}
        "ntk": weights learn as if each were ``w/√n_in``, w learned at the full rate:
        the neural tangent parametrisation, Jacot et al. (2018).
    """

    n: int
    activation: str = "tanh"
    slopes: bool = False
    norm: bool = False
    dropout: float = 0.0
    parametrization: str = "standard"

    def __post_init__(self) -> None:
        _make_whole(self, "n")
        check_name(ACTIVATIONS, self.activation, "activation")
        check_name(PARAMETRIZATIONS, self.parametrization, "parametrization")
        _make_flag(self, "slopes")
        _make_flag(self, "norm")
        if self.activation == "softmax" and self.slopes:
            raise HyperparameterError("a softmax layer has no slopes to learn")
        number = isinstance(self.dropout, _NUMBERS) and not isinstance(
            self.dropout, _FLAGS
        )
        if not number or not 0 <= self.dropout < 1:
            raise HyperparameterError(
                f"dropout of a layer must be a number in [0, 1), got {self.dropout!r}"
            )
        object.__setattr__(self, "dropout", float(self.dropout))


_NUMBERS = (int, float, np.integer, np.floating)
_FLAGS = (bool, np.bool_)

Layer: TypeAlias = Inputs | NumberEmbedding | LevelEmbedding | Scale | Dense
READS_INPUTS = (Inputs, NumberEmbedding, LevelEmbedding)
_KINDS = {kind.__name__: kind for kind in (*READS_INPUTS, Scale, Dense)}


def checked_layers(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Return the layers, after checking that they follow on each other.

    Raises
    ------
    HyperparameterError
        If a layer that reads inputs comes later, the scale layer is not before the
        first dense one, or the last layer is not dense.
    """
    kinds = [type(layer) for layer in layers]
    n_front = next(
        (i for i, k in enumerate(kinds) if k not in READS_INPUTS), len(kinds)
    )
    rest = kinds[n_front:]
    if rest[:1] == [Scale]:
        rest = rest[1:]
    if not n_front or not rest or any(kind is not Dense for kind in rest):
        names = " → ".join(kind.__name__ for kind in kinds)
        raise HyperparameterError(
            "layers must be one or more of Inputs, NumberEmbedding and LevelEmbedding, "
            f"then a Scale or none, then Dense ones; got {names}"
        )
    last = layers[-1]
    if isinstance(last, Dense) and (last.slopes or last.norm or last.dropout):
        raise HyperparameterError(
            "the output layer takes no slopes, no normalisation and no dropout"
        )
    return layers


def embedded_names(layers: tuple[Layer, ...], names: Sequence[str]) -> list[str]:
    """Return a name for each number that the first dense layer reads.

    Parameters
    ----------
    layers : tuple of layers
        Of a network.
    names : sequence of str
        Of the columns of its inputs.

    Examples
    --------
    >>> embedded_names((NumberEmbedding(1), LevelEmbedding((3,), 2)), ["size", "hue"])
    ['size', 'size: wave 1', 'size: wave 2', 'size: wave 3', 'hue: 1', 'hue: 2']
    """
    rest, found = iter(names), []
    for layer in layers:
        if isinstance(layer, LevelEmbedding):
            for name in islice(rest, len(layer.levels)):
                found += [f"{name}: {k}" for k in range(1, layer.width + 1)]
        elif isinstance(layer, NumberEmbedding):
            for name in islice(rest, layer.n):
                mixtures = (
                    f"{name}: {layer.shape[:-1]} {k}" for k in range(1, PER_NUMBER)
                )
                found += [name, *mixtures]
        elif isinstance(layer, Inputs):
            found += islice(rest, layer.n)
    return found


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain values, ready for JSON."""
    values = asdict(layer)
    if "levels" in values:
        values["levels"] = list(values["levels"])
    return {"kind": type(layer).__name__} | values


def layer_from_dict(values: dict[str, Any]) -> Layer:
    """Return the layer of plain values, trusting none of them.

    Raises
    ------
    HyperparameterError
        If they are not those of a layer.
    """
    rest = dict(values)
    kind = _KINDS.get(str(rest.pop("kind", "")))
    try:
        layer = kind(**rest) if kind is not None else None
    except TypeError:
        layer = None
    if layer is None:
        raise HyperparameterError(f"there is no layer of {values!s:.100}")
    return layer


def _whole(name: str, value: object) -> int:
    """Return a whole number of at least 1."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or int(value) < 1:  # type: ignore[call-overload]
        raise HyperparameterError(
            f"{name} of a layer must be a whole number of at least 1, got {value!r}"
        )
    return int(value)  # type: ignore[call-overload, no-any-return]


def _make_flag(layer: Dense, name: str) -> None:
    """Check a flag of a layer under construction, and make it Python's own bool."""
    value = getattr(layer, name)
    if not isinstance(value, _FLAGS):
        raise HyperparameterError(
            f"{name} of a layer must be True or False, got {value!r}"
        )
    object.__setattr__(layer, name, bool(value))


def _make_whole(layer: Layer, name: str) -> None:
    """Check a size of a layer under construction, and make it Python's own int."""
    object.__setattr__(layer, name, _whole(name, getattr(layer, name)))
