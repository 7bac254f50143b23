"""The errors walnet raises on purpose.

::

    WalnetError
    ├── ShapeError (ValueError)            an array has the wrong shape
    ├── HyperparameterError (ValueError)   a setting is outside its range
    ├── DataError (ValueError)             values, files or columns that cannot be used
    ├── FileFormatError (ValueError)       a model file that is not one, or is damaged
    ├── DivergedError (ArithmeticError)    the cost became NaN or infinite
    ├── MachineCodeError (RuntimeError)    no compiled kernels fit this machine
    └── ProcessLostError (RuntimeError)    another process of the training has ended

Every message is one sentence: what was expected, what came, where, and what to do.
Warnings point at the line of the person's own code, see `warn_caller`.
"""

from __future__ import annotations

import sys
import warnings
from numbers import Integral
from typing import Any


class WalnetError(Exception):
    """Base class of every error that walnet raises on purpose."""


class ShapeError(WalnetError, ValueError):
    """An array has the wrong number of dimensions, rows or columns."""


class HyperparameterError(WalnetError, ValueError):
    """A setting has the wrong type or is outside its range."""


class DataError(WalnetError, ValueError):
    """Values, files or columns that cannot be learned from."""


class FileFormatError(WalnetError, ValueError):
    """A file that is not a walnet model, or is damaged."""


class DivergedError(WalnetError, ArithmeticError):
    """The cost became NaN or infinite while training.

    Parameters
    ----------
    message : str
        The sentence shown to the person.
    iteration : int
        The iteration (counted from 0) whose cost was not finite.
    layer : int
        The first layer (counted from 1) whose weighted input was not finite, or the
        output layer when only the cost itself overflowed.
    """

    def __init__(self, message: str, iteration: int, layer: int) -> None:
        super().__init__(message)
        self.iteration = iteration
        self.layer = layer

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes the same error."""
        return type(self), (str(self), self.iteration, self.layer)


class MachineCodeError(WalnetError, RuntimeError):
    """There are no compiled kernels that fit this machine, and none can be made."""


class ProcessLostError(WalnetError, RuntimeError):
    """Another process that trains the same network has ended, or does not answer."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "another process of this training has ended or does not answer; start "
            "the same command again: with a checkpoint it goes on where it was"
        )


def check_whole_number(name: str, value: object, at_least: int = 0) -> None:
    """Raise an error unless a value is a whole number that is large enough.

    Parameters
    ----------
    name : str
        What the number is called.
    value : object
        What was given.
    at_least : int, default 0
        The smallest number that is allowed.

    Raises
    ------
    HyperparameterError
        If it is smaller, or no whole number; True and False are none.

    Examples
    --------
    >>> check_whole_number("seed", -1)
    Traceback (most recent call last):
        ...
    walnet.errors.HyperparameterError: seed must be a whole number of at least 0, got -1
    """
    if (
        not isinstance(value, Integral)
        or isinstance(value, bool)
        or int(value) < at_least
    ):
        message = f"{name} must be a whole number of at least {at_least}"
        raise HyperparameterError(f"{message}, got {value!r}")


def warn_caller(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn about the line of code that called walnet.

    Parameters
    ----------
    message : str or Warning
        One sentence, or a warning that has it.
    category : type of Warning, default UserWarning
        The kind of warning.

    Notes
    -----
    The line is that of the innermost frame that is neither walnet's nor the decorator
    that scikit-learn puts around `fit`, however deep inside walnet this is called.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_caller("allow more time")
    >>> str(caught[0].message)
    'allow more time'
    """
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - `inspect` takes 10 ms to load
    while frame.f_back is not None and _is_inside(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inside(module: str) -> bool:
    """Return whether a module is walnet's own, or holds scikit-learn's decorator."""
    return module.partition(".")[0] == "walnet" or module == "sklearn.base"
