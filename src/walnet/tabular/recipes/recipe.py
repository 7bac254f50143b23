"""What a tabular network is trained with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from numbers import Real
from typing import Any

from walnet.engine.plan import ACTIVATIONS
from walnet.errors import HyperparameterError


@dataclass(frozen=True)
class Recipe:
    """The hyper-parameters of the members of an ensemble.

    The values are those of RealMLP-TD, tuned by its authors on 118 tables [1]_, where
    the comment does not say otherwise.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", 2024, table A.1.
    """

    hidden: tuple[int, ...] = (256, 256, 256)
    activation: str = "selu"
    embed_numbers: bool = True
    learning_rate: float = 0.04
    batch_size: int = 256
    epochs: int = 256
    schedule: str = "coslog4"
    beta_1: float = 0.9
    beta_2: float = 0.95
    epsilon: float = 1e-8
    dropout: float = 0.15
    weight_decay: float = 0.02
    smoothing: float = 0.1
    bias_rate: float = 0.1
    scale_rate: float = 6.0
    slope_rate: float = 0.1
    embedding_rate: float = 0.1
    level_rate: float = 1.0

    def changed(self, changes: Mapping[str, Any]) -> Recipe:
        """Return the recipe with other values.

        Parameters
        ----------
        changes : mapping of str to value
            Names of `TUNABLE` and their values.

        Returns
        -------
        Recipe

        Raises
        ------
        HyperparameterError
            If there is no such name, or a value is outside its range.
        """
        for name, value in changes.items():
            if name not in TUNABLE:
                message = f"recipe must hold names of {', '.join(TUNABLE)}"
                raise HyperparameterError(f"{message}, got {name!r}")
            if not TUNABLE[name].holds(value):
                message = f"{name} must be {TUNABLE[name].words}, got {value!r}"
                raise HyperparameterError(message)
        values = dict(changes)
        if "hidden" in values:
            values["hidden"] = tuple(int(n) for n in values["hidden"])
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as a dictionary that JSON can hold."""
        return asdict(self) | {"hidden": list(self.hidden)}


CLASSIFICATION = Recipe()
REGRESSION = Recipe(activation="mish", learning_rate=0.2, smoothing=0.0)


@dataclass(frozen=True)
class Range:
    """The values that a hyper-parameter may have, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _is_number(value: Any, low: float, high: float) -> bool:
    """Tell whether a value is a number in [low, high)."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and low <= value < high


def _are_sizes(value: Any) -> bool:
    """Tell whether a value is the neurons of a few hidden layers."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 20:
        return False
    return all(_is_number(n, 1, 2**14) and n == int(n) for n in value)


TUNABLE = {
    "hidden": Range("a list of 1 to 20 numbers of neurons", _are_sizes),
    "activation": Range(
        "the name of an activation",
        lambda value: value in ACTIVATIONS and value != "softmax",
    ),
    "embed_numbers": Range("true or false", lambda value: isinstance(value, bool)),
    "learning_rate": Range(
        "a number above 0, to 10", lambda value: value != 0 and _is_number(value, 0, 10)
    ),
    "dropout": Range("a number in [0, 1)", lambda value: _is_number(value, 0, 1)),
    "weight_decay": Range(
        "a number in [0, 10)", lambda value: _is_number(value, 0, 10)
    ),
    "smoothing": Range("a number in [0, 1)", lambda value: _is_number(value, 0, 1)),
}
"""What `walnet.tune` looks for, by its name in `Recipe`."""
