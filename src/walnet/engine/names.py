"""Names that a table knows, and the sentence about those it does not."""

from __future__ import annotations

from collections.abc import Iterable

from walnet.errors import HyperparameterError


def check_name(names: Iterable[str], name: object, what: str) -> None:
    """Raise a HyperparameterError unless a table has the name.

    Parameters
    ----------
    names : iterable of str
        Those there are.
    name : object
        What came.
    what : str
        What it names: "activation".
    """
    if not isinstance(name, str) or name not in set(names):
        known = ", ".join(names)
        raise HyperparameterError(f"{what} must be one of {known}; got {name!r}")
