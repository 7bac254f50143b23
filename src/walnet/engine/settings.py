"""The settings of a training: one plain, checked, serialisable object."""

from __future__ import annotations

import dataclasses
import difflib
import math
import sys
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from walnet.engine.plan import COSTS, OPTIMIZERS, code_of
from walnet.errors import HyperparameterError

SCHEDULES = ("constant", "step", "exponential", "cosine", "plateau")
_SMALLEST_SHARE = {"rmsprop": 0.9}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained.

    Parameters
    ----------
    cost : str, default "mse"
        mse, mae, huber, quantile, poisson, binary_cross_entropy,
        categorical_cross_entropy.
    cost_parameter : float, default 1.0
        Huber's delta (> 0), or the quantile's level in (0, 1).
    optimizer : str, default "gradient_descent"
        gradient_descent, momentum, nesterov, rmsprop, adam, adamw.
    learning_rate : float, default 0.1
        Step of the update, > 0 (0 is allowed: nothing moves).
    iterations : int, optional
        Number of updates. Give this or `epochs`; 1,000 where neither is given.
    epochs : int, optional
        Number of passes over the training data.
    batch_size : int, optional
        Examples an update; all of them where not given. The last batch of an epoch may
        be smaller.
    shuffle : bool, default True
        Whether each epoch takes the examples in a new order.
    seed : int, default 0
        Where shuffles and dropout masks come from.
    momentum : float, default 0.9
        Of momentum and nesterov, in [0, 1).
    beta_1, beta_2 : float, default 0.9 and 0.999 (rmsprop: beta_2 0.9)
        Decay of the running means of the gradient and of its square, in [0, 1).
    epsilon : float, default 1e-8
        Keeps adam's and rmsprop's division finite, > 0.
    l1, l2 : float, default 0
        Penalties on weights: ``J += l1 Σ|W| + l2/2 ΣW²``.
    weight_decay : float, default 0
        Share of each weight, times the learning rate, taken off at each update;
        adamw's default is 0.01.
    dropout : float or sequence of float, default 0
        Share of each hidden layer's activations dropped while training, in [0, 1).
    clip_norm : float, optional
        Longest gradient allowed; a longer one is shortened to it.
    schedule : {"constant", "step", "exponential", "cosine", "plateau"}
        How the learning rate changes. step: times `schedule_factor` every
        `schedule_every` epochs. exponential: the same, smoothly, at every iteration.
        cosine: down to 0 at the last iteration. plateau: times `schedule_factor` when
        the cost has not improved for `schedule_every` epochs.
    schedule_every : int, default 10
        Epochs, at least 1.
    schedule_factor : float, default 0.5
        In (0, 1].
    warm_up : int, default 0
        Epochs over which the learning rate first rises from 0.
    stop_cost : float, optional
        Training stops after an epoch whose cost is below it.
    stop_accuracy : float, optional
        Training stops after an epoch whose accuracy reaches it, in (0, 1].
    patience : int, optional
        Training stops after so many epochs without improvement of the validation cost
        (where there is no validation data: of the cost of the training data after the
        epoch, without penalties), and the best parameters come back.
    min_improvement : float, default 0
        A smaller fall of the cost is none, ≥ 0.
    snapshots : int, optional
        Parameters are kept in the history every so many epochs.
    threads : int, default 1
        Threads that share the work of large batches; the numbers are the same bits.

    Raises
    ------
    HyperparameterError
        If a value has the wrong type or is outside its range.

    Examples
    --------
    >>> import walnet
    >>> settings = walnet.Settings(learning_rate=0.5, iterations=100)
    >>> walnet.Settings.from_dict(settings.to_dict()) == settings
    True
    """

    cost: str = "mse"
    cost_parameter: float = 1.0
    optimizer: str = "gradient_descent"
    learning_rate: float = 0.1
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    shuffle: bool = True
    seed: int = 0
    momentum: float = 0.9
    beta_1: float = 0.9
    beta_2: float | None = None
    epsilon: float = 1e-8
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float | None = None
    dropout: float | tuple[float, ...] = 0.0
    clip_norm: float | None = None
    schedule: str = "constant"
    schedule_every: int = 10
    schedule_factor: float = 0.5
    warm_up: int = 0
    stop_cost: float | None = None
    stop_accuracy: float | None = None
    patience: int | None = None
    min_improvement: float = 0.0
    snapshots: int | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        code_of(COSTS, self.cost, "cost")
        code_of(OPTIMIZERS, self.optimizer, "optimizer")
        code_of(dict.fromkeys(SCHEDULES, 0), self.schedule, "schedule")
        self._make_plain()
        self._set_defaults()
        for name, low, high, rule in _RANGES:
            _check_number(name, getattr(self, name), low, high, rule)
        for name, low in _WHOLE.items():
            _check_whole(name, getattr(self, name), low)
        rates = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,)
        for rate in rates:
            _check_number("dropout", rate, 0.0, 1.0, "[)")
        if self.iterations is not None and self.epochs is not None:
            raise HyperparameterError(
                "give iterations or epochs, not both: "
                f"got iterations={self.iterations} and epochs={self.epochs}"
            )
        if self.cost == "quantile" and not 0 < self.cost_parameter < 1:
            raise HyperparameterError(
                "cost_parameter must be in (0, 1) for the quantile cost, "
                f"got {self.cost_parameter}"
            )
        if not isinstance(self.shuffle, bool):
            raise HyperparameterError(
                f"shuffle must be True or False, got {self.shuffle!r}"
            )

    def _make_plain(self) -> None:
        """Turn NumPy's numbers and sequences into Python's own, ready for JSON."""
        fill = object.__setattr__  # the dataclass is frozen for everyone else
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (np.generic, np.ndarray)):
                value = value.tolist()
            if isinstance(value, (list, tuple)):
                value = tuple(np.asarray(each, object).tolist() for each in value)
            fill(self, field.name, value)

    def _set_defaults(self) -> None:
        """Fill in the defaults that depend on another setting."""
        fill = object.__setattr__  # the dataclass is frozen for everyone else
        if self.beta_2 is None:
            fill(self, "beta_2", _SMALLEST_SHARE.get(self.optimizer, 0.999))
        if self.weight_decay is None:
            fill(self, "weight_decay", 0.01 if self.optimizer == "adamw" else 0.0)
        if self.iterations is None and self.epochs is None:
            fill(self, "iterations", 1000)

    def dropout_rates(self, n_hidden: int) -> tuple[float, ...]:
        """Return one rate for each hidden layer.

        Raises
        ------
        HyperparameterError
            If there are rates for another number of layers.
        """
        if not isinstance(self.dropout, tuple):
            return (self.dropout,) * n_hidden
        if len(self.dropout) != n_hidden:
            raise HyperparameterError(
                f"dropout must be one rate, or one for each of the {n_hidden} hidden "
                f"layers; got {len(self.dropout)}"
            )
        return self.dropout

    def total_iterations(self, per_epoch: int) -> int:
        """Return the number of updates of the whole training."""
        if self.epochs is not None:
            return self.epochs * per_epoch
        return self.iterations or 0

    def replace(self, **changes: Any) -> Self:
        """Return settings with some values changed.

        Another optimizer brings its own defaults; a number of epochs takes the place
        of a number of iterations, and the other way round.
        """
        values = self.to_dict()
        if "optimizer" in changes:
            usual = type(self)(optimizer=self.optimizer)
            for name in ("beta_2", "weight_decay"):
                if values[name] == getattr(usual, name):
                    values[name] = None
        for name, rival in (("epochs", "iterations"), ("iterations", "epochs")):
            if changes.get(name) is not None:
                values[rival] = None
        return type(self).from_dict(values | changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, ready for JSON."""
        values = dataclasses.asdict(self)
        if isinstance(self.dropout, tuple):
            values["dropout"] = list(self.dropout)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the settings of plain values; an unknown name is an error."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise HyperparameterError(f"there is no setting {name!r}{hint}")
        return cls(**values)


_INFINITY = math.inf
_LARGEST_WHOLE = 2**63 - 1
# name, lowest, highest, and whether each end belongs to the range
_RANGES = (
    ("cost_parameter", 0.0, _INFINITY, "()"),
    ("learning_rate", 0.0, _INFINITY, "[)"),
    ("momentum", 0.0, 1.0, "[)"),
    ("beta_1", 0.0, 1.0, "[)"),
    ("beta_2", 0.0, 1.0, "[)"),
    ("epsilon", 0.0, _INFINITY, "()"),
    ("l1", 0.0, _INFINITY, "[)"),
    ("l2", 0.0, _INFINITY, "[)"),
    ("weight_decay", 0.0, _INFINITY, "[)"),
    ("clip_norm", 0.0, _INFINITY, "()"),
    ("schedule_factor", 0.0, 1.0, "(]"),
    ("stop_cost", -_INFINITY, _INFINITY, "()"),
    ("stop_accuracy", 0.0, 1.0, "(]"),
    ("min_improvement", 0.0, _INFINITY, "[)"),
)
_WHOLE = {
    "iterations": 0,
    "epochs": 0,
    "batch_size": 1,
    "seed": 0,
    "schedule_every": 1,
    "warm_up": 0,
    "patience": 1,
    "snapshots": 1,
    "threads": 1,
}


_OPTIONAL = {
    "iterations",
    "epochs",
    "batch_size",
    "clip_norm",
    "stop_cost",
    "stop_accuracy",
    "patience",
    "snapshots",
}


def _check_number(name: str, value: object, low: float, high: float, ends: str) -> None:
    """Raise unless the value is a number inside the range, or may be None."""
    if value is None and name in _OPTIONAL:
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        above = value > low or (ends[0] == "[" and value == low)
        below = value < high or (ends[1] == "]" and value == high)
        # A whole number may be larger than any float.
        if above and below and abs(value) <= sys.float_info.max:
            return
    raise HyperparameterError(
        f"{name} must be a number in {ends[0]}{low:g}, {high:g}{ends[1]}, got {value!r}"
    )


def _check_whole(name: str, value: Any, low: int) -> None:
    """Raise unless the value is a whole number of at least `low`, or may be None."""
    if value is None and name in _OPTIONAL:
        return
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and low <= value <= _LARGEST_WHOLE:
        return
    raise HyperparameterError(
        f"{name} must be a whole number of at least {low}, got {value!r}"
    )
