"""The errors walnet raises on purpose.

::

    WalnetError
    ├── ShapeError (ValueError)            an array has the wrong shape
    ├── HyperparameterError (ValueError)   a setting is outside its range
    ├── DataError (ValueError)             values, files or columns that cannot be used
    ├── FileFormatError (ValueError)       a model file that is not one, or is damaged
    └── DivergedError (ArithmeticError)    the cost became NaN or infinite

Every message is one sentence: what was expected, what came, where, and what to do.
"""

from __future__ import annotations


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
