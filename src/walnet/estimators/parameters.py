"""The parameters that both estimators share: what each may be, and names in code."""

from __future__ import annotations

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
from walnet.engine.plan import ACTIVATIONS

OPTIMIZERS = {
    "sgd": "nesterov",  # or momentum, as nesterovs_momentum says
    "adam": "adam",
    "adamw": "adamw",
    "rmsprop": "rmsprop",
}
# Schedules that change the rate at every iteration; the others do so between epochs.
SMOOTH = ("step", "exponential", "cosine")
# scikit-learn's names of activations, in and out.
NAME_OF = {"logistic": "sigmoid", "exp": "exponential"}
SKLEARN_NAME_OF = {ours: theirs for theirs, ours in NAME_OF.items()}


def _whole(low: int) -> Interval:
    return Interval(Integral, low, None, closed="left")


def _number(low: float, high: float | None, closed: str) -> Interval:
    return Interval(Real, low, high, closed=closed)


CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", _whole(1)],
    "activation": [StrOptions({*ACTIVATIONS, "logistic"}), list, tuple],
    "solver": [StrOptions({*OPTIMIZERS, "lbfgs"})],
    "alpha": [_number(0, None, "left")],
    "batch_size": [StrOptions({"auto"}), _whole(1)],
    "learning_rate": [
        StrOptions({"constant", "invscaling", "adaptive", *SMOOTH}),
        callable,
    ],
    "learning_rate_init": [_number(0, None, "neither")],
    "power_t": [_number(0, None, "left")],
    "max_iter": [_whole(1)],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [_number(0, None, "left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [_number(0, 1, "both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [_number(0, 1, "left")],
    "beta_1": [_number(0, 1, "left")],
    "beta_2": [_number(0, 1, "left")],
    "epsilon": [_number(0, None, "neither")],
    "n_iter_no_change": [_whole(1), Options(Real, {np.inf})],
    "max_fun": [_whole(1)],
    # What scikit-learn's estimators do not have.
    "loss_parameter": [None, _number(0, None, "neither")],
    "dropout": [_number(0, 1, "left"), "array-like"],
    "batch_norm": ["boolean"],
    "initializer": [StrOptions(set(INITIALIZERS))],
    "weight_decay": [_number(0, None, "left")],
    "clip_norm": [None, _number(0, None, "neither")],
    "schedule_every": [_whole(1)],
    "schedule_factor": [_number(0, 1, "right")],
    "warm_up": [_whole(0)],
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


def own_callbacks(model: Any) -> list[Any]:
    """Return the callbacks given as a parameter, one or several.

    Raises
    ------
    TypeError
        If one cannot be called.
    """
    given = () if model.callbacks is None else model.callbacks
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


def stochastic_only(model: Any) -> bool:
    """Return True where a solver takes rows in batches.

    Raises
    ------
    AttributeError
        If it does not: then there is no `partial_fit`.
    """
    if model.solver not in OPTIMIZERS:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{model.solver} is not stochastic."
        )
    return True
