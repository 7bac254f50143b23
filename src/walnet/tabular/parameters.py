"""The parameters of the estimators, checked."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from sklearn.utils import check_random_state

from walnet.errors import HyperparameterError, check_whole_number, warn_caller
from walnet.estimators.parameters import thread_count


def seed_of(random_state: Any) -> int:
    """Return a seed: a number itself, or one drawn from a random state."""
    if isinstance(random_state, Integral) and int(random_state) >= 0:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def seconds_of(time_limit: Any) -> float:
    """Return the seconds that training may take.

    Raises
    ------
    HyperparameterError
        If it is no finite number above 0.
    """
    is_number = isinstance(time_limit, Real) and not isinstance(time_limit, bool)
    if not is_number or not 0 < time_limit < math.inf:
        message = "time_limit must be a number of seconds above 0"
        raise HyperparameterError(f"{message}, got {time_limit!r}")
    return float(time_limit)


def jobs_of(n_jobs: Any) -> int:
    """Return how many members learn at the same time, as joblib reads it.

    Raises
    ------
    HyperparameterError
        If it is no whole number, or 0.
    """
    whole = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and not (whole and n_jobs):
        raise HyperparameterError(
            "n_jobs must be a whole number other than 0, of which -1 is all cores, or "
            f"None for 1, got {n_jobs!r}"
        )
    return thread_count(n_jobs)


def at_least_one(name: str, value: Any) -> int:
    """Return a whole number, or raise an error if it is below 1."""
    check_whole_number(name, value, 1)
    return int(value)


def check_no_time_limit(checkpoint: Any, time_limit: Any) -> None:
    """Raise an error for a checkpoint of a fit that depends on the clock."""
    if checkpoint is not None and time_limit is not None:
        raise HyperparameterError(
            "checkpoint and time_limit cannot be given together: what is learned "
            "within a time cannot be repeated after an interruption; set max_iter "
            "instead of time_limit"
        )


FORMER = {"max_iter": "epochs", "n_jobs": "threads"}
"""Parameters that are called after scikit-learn's now, and their former names."""
NOT_GIVEN = "deprecated"


def current(estimator: Any, name: str) -> Any:
    """Return a parameter, also where it was given by its former name."""
    given = getattr(estimator, FORMER[name])
    if isinstance(given, str) and given == NOT_GIVEN:
        return getattr(estimator, name)
    return -1 if name == "n_jobs" and given is None else given


def warn_of_former_names(estimator: Any, callback: Any) -> None:
    """Warn of parameters, or an argument of `fit`, that have other names now."""
    given = {
        old: f"the parameter {new}"
        for new, old in FORMER.items()
        if getattr(estimator, old) != NOT_GIVEN
    }
    if callback is not None:
        given["callback"] = "the parameter callbacks"
    for old, new in given.items():
        warn_caller(f"{old} will be removed; it is now {new}", FutureWarning)
