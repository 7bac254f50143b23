"""How one network of an ensemble is built and trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.layers import (
    SHAPES,
    Dense,
    Inputs,
    Layer,
    LevelEmbedding,
    NumberEmbedding,
    Scale,
)
from walnet.engine.settings import TABLE, Settings
from walnet.engine.threads import OwnCost
from walnet.errors import HyperparameterError

LEVEL_WIDTH = 8  # numbers that a level becomes
NUMBERS = (*SHAPES, "plain")
_MOST_LAYERS, _MOST_NEURONS = 20, 2**14
_OF_LAYERS = ("hidden_layers", "activation", "numbers", "batch_norm")
# Settings that the ensemble decides for itself, and what to do instead.
_BATCHES = "batches of a member are drawn anew in each epoch, all of one size"
NOT_OF_A_MEMBER = {
    "epochs": "set epochs of the estimator",
    "iterations": "set epochs of the estimator",
    "seed": "set random_state of the estimator",
    "threads": "set threads of the estimator",
    "time_limit": "set time_limit of the estimator",
    "shuffle": _BATCHES,
    "equal_batches": _BATCHES,
    "snapshots": "they are kept in a History, which walnet.train returns",
}
TUNABLE = (
    *_OF_LAYERS,
    *(name for name in TABLE if name not in NOT_OF_A_MEMBER),
)
"""What can be changed of a recipe, by name."""


@dataclass(frozen=True)
class Widths:
    """How wide the two ends of a network are.

    Attributes
    ----------
    numbers, plain : int
        Inputs that can be embedded, and ones and zeros, which are not.
    levels : tuple of int
        How many levels each category with a learned embedding has.
    outputs : int
        Outputs of the last layer: classes, or 1 for a number.
    """

    numbers: int
    plain: int
    levels: tuple[int, ...]
    outputs: int

    @property
    def level_starts(self) -> NDArray[np.int64]:
        """The first row of each category in the table of all levels, and their end."""
        return np.cumsum([0, *self.levels])


@dataclass(frozen=True)
class Recipe:
    """The hyper-parameters of the members of an ensemble.

    The values are those of RealMLP-TD, tuned by its authors on 118 tables [1]_.

    Attributes
    ----------
    hidden_layers : tuple of int
        Neurons of each. Without any the network is a sum of one curve a number and one
        weight a level: an additive model.
    activation : str
        Their activation; each neuron learns a slope.
    numbers : {"waves", "ramps", "plain"}
        How numbers are embedded, see `walnet.NumberEmbedding`; plain ones are not.
    settings : Settings
        How the network is trained.
    own_cost : tuple of two functions or None
        A cost and its derivative, instead of that of the settings.
    batch_norm : bool
        Whether weighted inputs of the hidden layers are normalised over the batch while
        a member learns. Weights and biases take the normalisation in when it is done.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", 2024, table A.1.
    """

    hidden_layers: tuple[int, ...]
    activation: str
    settings: Settings
    numbers: Literal["waves", "ramps", "plain"] = "waves"
    own_cost: OwnCost | None = None
    batch_norm: bool = False

    def layers(self, widths: Widths) -> list[Layer]:
        """Return the layers of a member: embeddings, scale layer, dense layers."""
        numbers = widths.numbers if self.numbers != "plain" else 0
        plain = widths.numbers + widths.plain - numbers
        front: list[Layer] = []
        if numbers:
            front.append(NumberEmbedding(numbers, self.numbers))
        if plain:
            front.append(Inputs(plain))
        if widths.levels:
            front.append(LevelEmbedding(widths.levels, LEVEL_WIDTH))
        hidden = Dense(
            1,
            self.activation,
            slopes=True,
            norm=self.batch_norm,
            parametrization="ntk",
        )
        dense = [replace(hidden, n=n) for n in self.hidden_layers]
        output = "softmax" if widths.outputs > 1 else "identity"
        last = Dense(widths.outputs, output, parametrization="ntk")
        return [*front, Scale(), *dense, last]

    def changed(self, changes: Mapping[str, Any]) -> Recipe:
        """Return the recipe with other values.

        Parameters
        ----------
        changes : mapping of str to value
            Names of `TUNABLE` and their values. A ``cost`` may also be a pair of
            functions of (y, y_pred), both of shape (rows, outputs), float32: the cost
            of each row, (rows,), and its derivative, (rows, outputs). For numbers y is
            the standardised target, of mean 0 and deviation 1; for classes y is one-hot
            and y_pred are probabilities. A cost that is no cross-entropy takes no
            smoothing.

        Returns
        -------
        Recipe

        Raises
        ------
        HyperparameterError
            If there is no such name, or a value is outside its range.
        """
        for name in changes:
            if name not in TUNABLE:
                raise _not_tunable(name)
        rest = dict(changes)
        parts: dict[str, Any] = {n: rest.pop(n) for n in _OF_LAYERS if n in rest}
        _check_layers(parts)
        if "hidden_layers" in parts:
            parts["hidden_layers"] = tuple(int(n) for n in parts["hidden_layers"])
        if "cost" in rest:
            parts["own_cost"] = _own_cost(rest["cost"])
        if parts.get("own_cost") is not None:
            rest["cost"] = "mse"  # which any output can have
        cost = COSTS.get(str(rest.get("cost")))
        if cost is not None and not cost.can_smooth:
            rest.setdefault("smoothing", 0.0)
        return replace(self, settings=self.settings.replace(**rest), **parts)

    @property
    def is_least_squares(self) -> bool:
        """Whether a member learns a number's mean, as the squared error does."""
        return self.settings.cost == "mse" and self.own_cost is None

    @property
    def watches_unseen(self) -> bool:
        """Whether rows that a member does not see decide when it stops."""
        settings = self.settings
        return settings.patience is not None or settings.stop_accuracy is not None

    @property
    def learned(self) -> Recipe:
        """The recipe of the layers that are left when a member has learned."""
        return replace(self, batch_norm=False)


def _not_tunable(name: str) -> HyperparameterError:
    """Return the error for a name that a recipe does not hold."""
    if name in NOT_OF_A_MEMBER:
        return HyperparameterError(
            f"recipe cannot hold {name}: {NOT_OF_A_MEMBER[name]}"
        )
    names = ", ".join(TUNABLE)
    return HyperparameterError(f"recipe must hold names of {names}, got {name!r}")


def _own_cost(cost: Any) -> OwnCost | None:
    """Return a cost that is a pair of functions; None of one that is a name."""
    if isinstance(cost, str):
        return None
    if isinstance(cost, (list, tuple)) and len(cost) == 2 and all(map(callable, cost)):
        return cost[0], cost[1]
    raise HyperparameterError(
        f"cost must be one of {', '.join(COSTS)}, or a pair of functions of y and "
        f"y_pred, the cost and its derivative; got {cost!r}"
    )


def _check_layers(parts: Mapping[str, Any]) -> None:
    """Check what is changed of the layers."""
    sizes, activation = parts.get("hidden_layers", [1]), parts.get("activation", "selu")
    if not _are_sizes(sizes):
        raise HyperparameterError(
            f"hidden_layers must be a list of 0 to {_MOST_LAYERS} numbers of neurons, "
            f"got {sizes!r}"
        )
    known = isinstance(activation, str) and activation in ACTIVATIONS
    if not known or activation == "softmax":
        names = ", ".join(name for name in ACTIVATIONS if name != "softmax")
        raise HyperparameterError(
            f"activation must be one of {names}, got {activation!r}"
        )
    numbers, norm = parts.get("numbers", "plain"), parts.get("batch_norm", False)
    if numbers not in NUMBERS:
        names = ", ".join(NUMBERS)
        raise HyperparameterError(f"numbers must be one of {names}, got {numbers!r}")
    if not isinstance(norm, bool):
        raise HyperparameterError(f"batch_norm must be true or false, got {norm!r}")


def _are_sizes(value: Any) -> bool:
    """Return whether a value is the neurons of a few hidden layers."""
    if not isinstance(value, (list, tuple)) or not len(value) <= _MOST_LAYERS:
        return False
    whole = (isinstance(n, Integral) and not isinstance(n, bool) for n in value)
    return all(whole) and all(1 <= n < _MOST_NEURONS for n in value)


BATCH_SIZE = 256
_SETTINGS = Settings(
    optimizer="adam",
    learning_rate=0.04,
    epochs=256,
    batch_size=BATCH_SIZE,
    equal_batches=True,
    schedule="coslog4",
    fade="flat_cosine",
    beta_2=0.95,
    dropout=0.15,
    weight_decay=0.02,
    cost="categorical_cross_entropy",
    smoothing=0.1,
    rate_factors={
        "biases": 0.1,
        "slopes": 0.1,
        "numbers": 0.1,
        "ramps": 1.0,
        "levels": 1.0,
        "scale": 6.0,
    },
)
CLASSIFICATION = Recipe((256, 256, 256), "selu", _SETTINGS)
REGRESSION = Recipe(
    (256, 256, 256),
    "mish",
    _SETTINGS.replace(learning_rate=0.2, cost="mse", smoothing=0.0),
)


def with_ramps(recipe: Recipe) -> Recipe:
    """Return a recipe whose members see numbers by ramps.

    Ramps learn at about the same rate for numbers and for classes, tables of levels
    more slowly, and labels are not smoothed, which sharpens probabilities where trees
    are strong: tables of many levels. An additive model has no neurons to drop.
    """
    settings = recipe.settings
    rate = 0.5 if recipe.is_least_squares else 2.0
    factors = {**(settings.rate_factors or {}), "levels": 0.1, "ramps": rate}
    dropout = settings.dropout if recipe.hidden_layers else 0.0
    settings = settings.replace(rate_factors=factors, smoothing=0.0, dropout=dropout)
    return replace(recipe, numbers="ramps", settings=settings)
