"""The settings of a training: one plain, checked, serialisable object."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.layers import PARAMETER_KINDS, Dense, Layer
from walnet.engine.setting import FrozenMapping, Setting, setting
from walnet.errors import HyperparameterError

SCHEDULES = ("constant", "step", "exponential", "cosine", "coslog4", "plateau")
FADES = ("constant", "flat_cosine")


def _of_optimizers(setting: str) -> str:
    """Return the default of a setting that depends on the optimizer, in words."""
    first, *rest = ((name, getattr(row, setting)) for name, row in OPTIMIZERS.items())
    others = [f"of {name} {value:g}" for name, value in rest if value != first[1]]
    return ", ".join([f"{first[1]:g}", *others])


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained.

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

    cost: str = setting(
        default="mse", kind="name", help="what is made small", names=tuple(COSTS)
    )
    cost_parameter: float = setting(
        default=1.0,
        kind="number",
        help="Huber's delta, or the quantile's level in (0, 1)",
        low=0.0,
        ends="()",
        read_by="cost",
    )
    smoothing: float = setting(
        default=0.0,
        kind="number",
        help="share of a label given to all classes, in a cross-entropy",
        low=0.0,
        high=1.0,
        read_by="cost",
    )
    optimizer: str = setting(
        default="gradient_descent",
        kind="name",
        help="the update rule",
        names=tuple(OPTIMIZERS),
    )
    learning_rate: float = setting(
        default=0.1,
        kind="number",
        help="size of a step; at 0 nothing moves",
        low=0.0,
    )
    iterations: int | None = setting(
        default=None,
        kind="whole",
        help="number of updates, instead of epochs",
        usual="1,000 where epochs are not given either",
        low=0,
        optional=True,
    )
    epochs: int | None = setting(
        default=None,
        kind="whole",
        help="number of passes over the training data",
        low=0,
        optional=True,
    )
    batch_size: int | None = setting(
        default=None,
        kind="whole",
        help="examples of one update; the last of an epoch may have fewer",
        usual="all of them",
        low=1,
        optional=True,
        unit="examples",
    )
    equal_batches: bool = setting(
        default=False,
        kind="flag",
        help="whether batches are made equally large, near batch_size, and "
        "the few examples left over wait for another epoch",
    )
    shuffle: bool = setting(
        default=True,
        kind="flag",
        help="whether each epoch takes the examples in a new order",
    )
    seed: int = setting(
        default=0,
        kind="whole",
        help="where shuffles and dropout masks come from",
        low=0,
    )
    momentum: float = setting(
        default=0.9,
        kind="number",
        help="share of the velocity kept, of momentum and nesterov",
        low=0.0,
        high=1.0,
        read_by="update",
    )
    beta_1: float = setting(
        default=0.9,
        kind="number",
        help="decay of adam's running mean of the gradient",
        low=0.0,
        high=1.0,
        read_by="update",
    )
    beta_2: float | None = setting(
        default=None,
        kind="number",
        help="decay of the running mean of its square",
        usual=_of_optimizers("beta_2"),
        low=0.0,
        high=1.0,
        read_by="update",
    )
    epsilon: float = setting(
        default=1e-8,
        kind="number",
        help="keeps adam's and rmsprop's division finite",
        low=0.0,
        ends="()",
        read_by="update",
    )
    l1: float = setting(
        default=0.0,
        kind="number",
        help="penalty on weights, J += l1 Σ|W|",
        low=0.0,
        read_by="gradient",
    )
    l2: float = setting(
        default=0.0,
        kind="number",
        help="penalty on weights, J += l2/2 ΣW²",
        low=0.0,
        read_by="gradient",
    )
    weight_decay: float | None = setting(
        default=None,
        kind="number",
        help="share of each weight, times the learning rate, taken off at each update",
        usual=_of_optimizers("weight_decay"),
        low=0.0,
    )
    dropout: float | tuple[float, ...] = setting(
        default=0.0,
        kind="other",
        help="share of each hidden layer's activations dropped while training, "
        "in [0, 1), or several, one a layer; 0 leaves the layers' own",
    )
    clip_norm: float | None = setting(
        default=None,
        kind="number",
        help="longest gradient; a longer one is shortened to it",
        low=0.0,
        ends="()",
        optional=True,
        read_by="gradient",
        off=math.inf,
    )
    schedule: str = setting(
        default="constant",
        kind="name",
        help="how the learning rate changes",
        names=SCHEDULES,
    )
    schedule_every: int = setting(
        default=10,
        kind="whole",
        help="after how many epochs a step, exponential or plateau schedule "
        "multiplies the learning rate",
        low=1,
        unit="epochs",
    )
    schedule_factor: float = setting(
        default=0.5,
        kind="number",
        help="what it is multiplied with",
        low=0.0,
        high=1.0,
        ends="(]",
    )
    warm_up: int = setting(
        default=0,
        kind="whole",
        help="epochs over which the learning rate first rises from 0",
        low=0,
        unit="epochs",
    )
    fade: str = setting(
        default="constant",
        kind="name",
        help="how dropout and weight decay change in the course of training",
        names=FADES,
    )
    rate_factors: Mapping[str, float] | None = setting(
        default=None,
        kind="other",
        help="a factor on the learning rate of each kind of parameter: "
        + ", ".join(PARAMETER_KINDS),
        optional=True,
    )
    stop_cost: float | None = setting(
        default=None,
        kind="number",
        help="training stops after an epoch whose cost is below it",
        ends="()",
        optional=True,
        read_by="epoch",
        off=-math.inf,
    )
    stop_accuracy: float | None = setting(
        default=None,
        kind="number",
        help="training stops after an epoch whose accuracy reaches it",
        low=0.0,
        high=1.0,
        ends="(]",
        optional=True,
    )
    patience: int | None = setting(
        default=None,
        kind="whole",
        help="training stops after so many epochs without improvement of the "
        "cost of the validation data (else of the training data), and the best "
        "parameters come back",
        low=1,
        optional=True,
        unit="epochs",
    )
    min_improvement: float = setting(
        default=0.0,
        kind="number",
        help="the least fall of the cost that counts as improvement",
        low=0.0,
    )
    time_limit: float | None = setting(
        default=None,
        kind="number",
        help="seconds after which training has to end; the schedule runs "
        "faster where time is short",
        low=0.0,
        ends="()",
        optional=True,
        unit="seconds",
    )
    snapshots: int | None = setting(
        default=None,
        kind="whole",
        help="parameters are kept in the history every so many epochs",
        low=1,
        optional=True,
        unit="epochs",
    )
    threads: int = setting(
        default=1,
        kind="whole",
        help="threads that share the work of large batches, to the same bits",
        low=1,
    )

    def __post_init__(self) -> None:
        self._make_plain()
        for name, each in TABLE.items():
            if not (name in _LATE and getattr(self, name) is None):
                each.check(name, getattr(self, name))
        self._set_defaults()
        rates = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,)
        for rate in rates:
            _DROPOUT.check("dropout", rate)
        self._check_rate_factors()
        self._check_together()

    def _check_together(self) -> None:
        """Check what settings ask of each other."""
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
        if self.smoothing and not COSTS[self.cost].can_smooth:
            raise HyperparameterError(
                f"smoothing is for the cross-entropies, got it with cost {self.cost!r}"
            )

    def _check_rate_factors(self) -> None:
        """Check the factors of the kinds of parameters."""
        if self.rate_factors is None:
            return
        if not isinstance(self.rate_factors, Mapping):
            raise HyperparameterError(
                "rate_factors must be a mapping from kinds of parameters to factors, "
                f"got {self.rate_factors!r}"
            )
        for kind, factor in self.rate_factors.items():
            if kind not in PARAMETER_KINDS:
                known = ", ".join(PARAMETER_KINDS)
                raise HyperparameterError(
                    f"rate_factors must name kinds of parameters, {known}; got {kind!r}"
                )
            _FACTOR.check(f"rate_factors of {kind}", factor)

    def _make_plain(self) -> None:
        """Turn NumPy's numbers and sequences into Python's own, ready for JSON."""
        fill = object.__setattr__  # the dataclass is frozen for everyone else
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Mapping):
                value = FrozenMapping({k: _plain(v) for k, v in value.items()})
            fill(self, field.name, _plain(value))

    def _set_defaults(self) -> None:
        """Fill in the defaults that depend on another setting."""
        fill = object.__setattr__  # the dataclass is frozen for everyone else
        if self.beta_2 is None:
            fill(self, "beta_2", OPTIMIZERS[self.optimizer].beta_2)
        if self.weight_decay is None:
            fill(self, "weight_decay", OPTIMIZERS[self.optimizer].weight_decay)
        if self.iterations is None and self.epochs is None:
            fill(self, "iterations", 1000)

    def dropout_rates(self, layers: tuple[Layer, ...]) -> tuple[float, ...]:
        """Return one rate for each hidden layer of a network.

        Raises
        ------
        HyperparameterError
            If there are rates for another number of layers.
        """
        hidden = [each for each in layers if isinstance(each, Dense)][:-1]
        n_hidden = len(hidden)
        if self.dropout == 0.0:
            return tuple(each.dropout for each in hidden)
        if not isinstance(self.dropout, tuple):
            return (self.dropout,) * n_hidden
        if len(self.dropout) != n_hidden:
            raise HyperparameterError(
                f"dropout must be one rate, or one for each of the {n_hidden} hidden "
                f"layers; got {len(self.dropout)}"
            )
        return self.dropout

    @property
    def is_steady(self) -> bool:
        """Whether nothing changes with training time, but for plateaus."""
        timed = self.schedule not in ("constant", "plateau") or self.warm_up
        return not timed and self.fade == "constant"

    def total_iterations(self, per_epoch: int) -> int:
        """Return the number of updates of the whole training."""
        if self.epochs is not None:
            return self.epochs * per_epoch
        return self.iterations or 0

    def replace(self, **changes: Any) -> Self:
        """Return settings with some values changed.

        Another optimizer brings its own defaults; a number of epochs takes the place
        of a number of iterations, and the other way round.

        Parameters
        ----------
        **changes
            Settings by their names.

        Returns
        -------
        Settings
            The others are as they were.
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
        """Return the settings as plain values, ready for JSON.

        Returns
        -------
        dict
            Every setting by its name.
        """
        values = {name: getattr(self, name) for name in TABLE}
        if self.rate_factors is not None:
            values["rate_factors"] = dict(self.rate_factors)
        if isinstance(self.dropout, tuple):
            values["dropout"] = list(self.dropout)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any], beside: Iterable[str] = ()) -> Self:
        """Return the settings of plain values; an unknown name is an error.

        Parameters
        ----------
        values : dict
            Settings by their names; what is not named has its default.
        beside : iterable of str
            Other names that the caller takes, which a misspelt one may stand for.

        Returns
        -------
        Settings
            Checked, as by the constructor.
        """
        known = list(TABLE)
        for name in values:
            if name not in known:
                near = difflib.get_close_matches(name, [*known, *beside], 1)
                hint = f"did you mean {near[0]}?" if near else "see `walnet settings`"
                raise HyperparameterError(f"there is no setting {name!r}; {hint}")
        return cls(**values)


def _plain(value: Any) -> Any:
    """Return NumPy's numbers and arrays, and sequences, as Python's own."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(np.asarray(each, object).tolist() for each in value)
    return value


TABLE: dict[str, Setting] = {
    each.name: each.metadata["setting"] for each in dataclasses.fields(Settings)
}
"""Every setting by its name."""
_LATE = ("beta_2", "weight_decay")  # whose defaults depend on the optimizer
_DROPOUT = Setting("number", "", low=0.0, high=1.0)
_FACTOR = Setting("number", "", low=0.0)


def _parameters() -> str:
    """Return the table of settings as numpydoc has parameters."""
    lines = ["Parameters", "----------"]
    for each in dataclasses.fields(Settings):
        fact = TABLE[each.name]
        values = "" if fact.kind == "other" else f"{fact.words}, "
        lines.append(f"{each.name} : {values}default {each.default!r}")
        none = f"; None: {fact.usual}" if fact.usual else ""
        lines.append(f"    {fact.help[:1].upper()}{fact.help[1:]}{none}.")
    return "\n".join("    " + line if line else "" for line in lines)


Settings.__doc__ = (Settings.__doc__ or "").replace(
    "    Raises\n", f"{_parameters()}\n\n    Raises\n", 1
)
