"""The parameters of the estimators, checked."""

from __future__ import annotations

import math
import os
from numbers import Integral, Real
from typing import Any

from sklearn.utils import check_random_state

from walnet.errors import HyperparameterError, check_whole_number


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


def threads_of(threads: Any) -> int:
    """Return how many members learn at the same time: by default one a core."""
    if threads is None:
        return _cores()
    return at_least_one("threads", threads)


def at_least_one(name: str, value: Any) -> int:
    """Return a whole number, or raise an error if it is below 1."""
    check_whole_number(name, value, 1)
    return int(value)


def check_no_time_limit(checkpoint: Any, time_limit: Any) -> None:
    """Raise an error for a checkpoint of a fit that depends on the clock."""
    if checkpoint is not None and time_limit is not None:
        raise HyperparameterError(
            "checkpoint and time_limit cannot be given together: what is learned "
            "within a time cannot be repeated after an interruption; set epochs "
            "instead of time_limit"
        )


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
