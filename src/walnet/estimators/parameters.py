"""The parameters that both estimators share: what each may be, and names in code."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
)

from walnet.engine.initializers import INITIALIZERS
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.setting import Setting
from walnet.engine.settings import TABLE
from walnet.errors import warn_caller

# walnet's optimizer of each stochastic solver; of sgd without Nesterov it is momentum.
OPTIMIZERS = {
    "sgd": "nesterov",
    "adam": "adam",
    "adamw": "adamw",
    "rmsprop": "rmsprop",
}
# Schedules that change the rate at every iteration; the others do so between epochs.
SMOOTH = ("step", "exponential", "cosine")
# scikit-learn's names of activations, in and out.
NAME_OF = {"logistic": "sigmoid", "exp": "exponential"}
SKLEARN_NAME_OF = {ours: theirs for theirs, ours in NAME_OF.items()}


class Parameters:
    """The constructor's arguments that both estimators share."""

    hidden_layer_sizes: Any
    activation: Any
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str | Callable[[int], float]
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    loss: Any
    dropout: Any
    batch_norm: bool
    initializer: str
    weight_decay: float
    clip_norm: float | None
    schedule_every: int
    schedule_factor: float
    warm_up: int
    standardize: bool
    callbacks: Any
    checkpoint: Any
    n_jobs: int | None

    get_params: Callable[..., dict[str, Any]]  # scikit-learn's


_CLOSED = {"[)": "left", "(]": "right", "[]": "both", "()": "neither"}
# Parameters that are settings of the engine, under scikit-learn's name or the same.
_SETTING_OF = {
    "alpha": "l2",
    **{
        name: name
        for name in (
            *("shuffle", "beta_1", "beta_2", "epsilon", "weight_decay", "clip_norm"),
            *("schedule_every", "schedule_factor", "warm_up"),
        )
    },
}


def _constraint(setting: Setting, ends: str = "") -> list[Any]:
    """Return a setting's range as scikit-learn checks it, with other ends if given."""
    none = [None] if setting.optional else []
    if setting.kind == "flag":
        return [*none, "boolean"]
    kind = Integral if setting.kind == "whole" else Real
    low, high = (None if np.isinf(end) else end for end in (setting.low, setting.high))
    closed = _CLOSED[ends or setting.ends]
    return [*none, Interval(kind, low, high, closed=closed)]


def _whole(low: int) -> Interval:
    return Interval(Integral, low, None, closed="left")


CONSTRAINTS: dict[str, list[Any]] = {
    **{name: _constraint(TABLE[setting]) for name, setting in _SETTING_OF.items()},
    # Where scikit-learn's range or kind of value is another one.
    "loss_parameter": [None, *_constraint(TABLE["cost_parameter"])],
    "batch_size": [StrOptions({"auto"}), *_constraint(TABLE["batch_size"])[1:]],
    "learning_rate_init": _constraint(TABLE["learning_rate"], "()"),
    "momentum": _constraint(TABLE["momentum"], "[]"),
    "hidden_layer_sizes": ["array-like", _whole(1)],
    "activation": [StrOptions({*ACTIVATIONS, "logistic"}), list, tuple],
    "solver": [StrOptions({*OPTIMIZERS, "lbfgs"})],
    "learning_rate": [
        StrOptions({"constant", "invscaling", "adaptive", *SMOOTH}),
        callable,
    ],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [_whole(1)],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "n_iter_no_change": [_whole(1), Options(Real, {np.inf})],
    "max_fun": [_whole(1)],
    # What scikit-learn's estimators do not have.
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "batch_norm": ["boolean"],
    "initializer": [StrOptions(set(INITIALIZERS))],
    "standardize": ["boolean"],
    "callbacks": [object],  # `own_callbacks` says more than a type could
    "checkpoint": [None, str, HasMethods("__fspath__")],
    "n_jobs": [None, Integral],
}


def hidden_sizes(given: Any) -> list[int]:
    """Return the sizes of the hidden layers, one number or several given.

    Raises
    ------
    ValueError
        If a size is less than 1.
    TypeError
        If one is not a whole number.
    """
    sizes = list(given) if np.iterable(given) else [given]
    if not all(isinstance(size, Integral) for size in sizes):
        raise TypeError(
            f"hidden_layer_sizes must be whole numbers, got {sizes}; "
            "each is the number of neurons of one hidden layer"
        )
    if any(size <= 0 for size in sizes):
        raise ValueError(
            f"hidden_layer_sizes must be > 0, got {sizes}; "
            "each is the number of neurons of one hidden layer"
        )
    return [int(size) for size in sizes]


def hidden_activations(given: Any, n_hidden: int) -> list[str]:
    """Return walnet's name of the activation of each hidden layer.

    Raises
    ------
    ValueError
        If there are names for another number of layers, or one is not known.
    """
    names = [given] * n_hidden if isinstance(given, str) else list(given)
    if len(names) != n_hidden:
        raise ValueError(
            f"activation must be one name, or one for each of the {n_hidden} hidden "
            f"layers; got {len(names)}"
        )
    for name in names:
        if name not in ACTIVATIONS and name not in NAME_OF:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation must be one of {known}; got {name!r}")
    return [NAME_OF.get(name, name) for name in names]


def dropout_rates(given: Any, n_hidden: int) -> tuple[float, ...]:
    """Return the dropout rate of each hidden layer.

    Raises
    ------
    ValueError
        If there are rates for another number of layers, or one is outside [0, 1).
    """
    rates = list(given) if np.iterable(given) else [given] * n_hidden
    if len(rates) != n_hidden or not all(
        isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates
    ):
        raise ValueError(
            f"dropout must be one rate in [0, 1), or one for each of the {n_hidden} "
            f"hidden layers; got {given!r}"
        )
    return tuple(float(rate) for rate in rates)


def thread_count(n_jobs: int | None) -> int:
    """Return the number of threads that n_jobs asks for, as joblib reads it."""
    from joblib import effective_n_jobs

    return 1 if n_jobs is None else int(effective_n_jobs(n_jobs))


def own_callbacks(callbacks: Any) -> list[Callable[[Any], object]]:
    """Return the callbacks given as a parameter, one or several.

    Raises
    ------
    TypeError
        If one cannot be called.
    """
    given = () if callbacks is None else callbacks
    several = list(given) if isinstance(given, (list, tuple)) else [given]
    for each in several:
        if not callable(each):
            what = "functions that take the training"
            if hasattr(each, "on_fit_task_begin") or hasattr(each, "setup"):
                what += " (scikit-learn's own go to set_callbacks)"
            raise TypeError(f"callbacks must be {what}, got {each!r}")
    return several


def check_class_weight(given: Any) -> None:
    """Refuse weights of classes that are not numbers of at least 0.

    Raises
    ------
    ValueError
        If there is one.
    """
    for weights in given if isinstance(given, list) else [given]:
        for label, weight in weights.items() if isinstance(weights, dict) else ():
            if not (isinstance(weight, Real) and 0 <= float(weight) < np.inf):
                raise ValueError(
                    "class_weight must hold finite numbers >= 0, got "
                    f"{weight!r} for class {label!r}"
                )


def is_pair(loss: Any) -> bool:
    """Return whether a loss is a pair of functions.

    Raises
    ------
    ValueError
        If it is something else that is not a name.
    """
    if isinstance(loss, str):
        return False
    pair = tuple(loss)
    if len(pair) != 2 or not all(map(callable, pair)):
        raise ValueError(
            "loss must be a name, or two functions of (y, y_pred): the cost of each "
            f"example and its derivative; got {loss!r}"
        )
    return True


def stochastic_only(params: Parameters) -> bool:
    """Return True where a solver takes rows in batches.

    Raises
    ------
    AttributeError
        If it does not: then there is no `partial_fit`.
    """
    if params.solver not in OPTIMIZERS:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{params.solver} is not stochastic."
        )
    return True


def optimizer_of(params: Parameters) -> str:
    """Return walnet's optimizer of a stochastic solver."""
    if params.solver == "sgd" and not params.nesterovs_momentum:
        return "momentum"
    return OPTIMIZERS[params.solver]


def check_parameters(params: Parameters, *, incremental: bool, scored: bool) -> None:
    """Refuse what the solver, or `partial_fit`, would have to leave out.

    What scikit-learn documents as without effect, such as a momentum of adam, is not.

    Parameters
    ----------
    params : Parameters
        What is checked.
    incremental : bool
        Whether it is `partial_fit`.
    scored : bool
        Whether `fit` was given validation rows.

    Raises
    ------
    ValueError
        If there is such a parameter.
    """
    is_pair(params.loss)
    own_callbacks(params.callbacks)
    if incremental and params.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True")
    if incremental and params.checkpoint is not None:
        raise ValueError(
            "checkpoint is of fit, got it with partial_fit: call walnet.save between "
            "calls of partial_fit, or set_params(checkpoint=None)"
        )
    if params.solver == "lbfgs":
        _check_lbfgs(params, scored=scored)


def _check_lbfgs(params: Parameters, *, scored: bool) -> None:
    """Refuse what L-BFGS, which takes all rows at once, cannot do."""
    rate = params.learning_rate
    for name, asked in (
        ("dropout", np.any(params.dropout)),
        ("batch_norm", params.batch_norm),
        ("weight_decay", params.weight_decay > 0),
        ("clip_norm", params.clip_norm is not None),
        ("learning_rate", callable(rate) or rate in SMOOTH),
        ("warm_up", params.warm_up > 0),
        ("checkpoint", params.checkpoint is not None),
    ):
        if asked:
            raise ValueError(
                f'{name} needs a stochastic solver, such as "adam" or "sgd", got '
                f'solver="lbfgs" and {name}={getattr(params, name)!r}: L-BFGS takes '
                "all rows at once and finds each step by itself; take another solver, "
                f"or leave {name} out"
            )
    if params.early_stopping and not scored:
        warn_caller(
            'early_stopping has no effect on solver="lbfgs", as in scikit-learn, '
            "unless fit is given rows to score: X_val and y_val"
        )


def batch_size_for(params: Parameters, n_rows: int) -> int:
    """Return how many rows an update takes, and warn where there are fewer."""
    if params.batch_size == "auto":
        return min(200, n_rows)
    size = int(params.batch_size)
    if size > n_rows:
        warn_caller(
            f"Got `batch_size` {size}, larger than the {n_rows} rows; it is clipped to "
            "them, so that each update takes all rows"
        )
    return min(size, n_rows)


def check_checkpoint(params: Parameters) -> None:
    """Refuse a checkpoint that could not be gone on from to the same bits.

    Raises
    ------
    ValueError
        If chance cannot be repeated.
    """
    whole = isinstance(params.random_state, Integral)
    if not whole or params.warm_start:
        raise ValueError(
            "checkpoint needs a whole number as random_state, and no warm_start: what "
            f"is random must come again; got random_state={params.random_state!r}"
        )
