"""What there is to know of one setting: default, range, unit, a line of help.

The table of all settings is `walnet.engine.settings.Settings`; Python's checks and
the ranges of the page read it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from walnet.engine.names import check_name
from walnet.errors import HyperparameterError

_LARGEST_WHOLE = 2**63 - 1


@dataclass(frozen=True)
class Setting:
    """A setting.

    Attributes
    ----------
    kind : {"number", "whole", "name", "flag", "other"}
        What its values are; "other" is checked by `Settings` itself.
    help : str
        What it does, in a line.
    low, high : float
        The range of numbers.
    ends : str
        Which ends belong to the range: "[)", "()", "(]" or "[]".
    optional : bool
        Whether None is a value.
    names : tuple of str
        The values of a name.
    unit : str
        Of numbers: "epochs", "seconds"; empty where they have none.
    """

    kind: str
    help: str
    low: float = -math.inf
    high: float = math.inf
    ends: str = "[)"
    optional: bool = False
    names: tuple[str, ...] = ()
    unit: str = ""

    @property
    def words(self) -> str:
        """What the values are, in words.

        Examples
        --------
        >>> Setting("number", "", 0, 1).words
        'a number in [0, 1)'
        >>> Setting("whole", "", 1).words
        'a whole number of at least 1'
        """
        if self.kind == "number":
            ends = f"{self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"
            return f"a number in {ends}"
        if self.kind == "whole":
            return f"a whole number of at least {self.low:g}"
        if self.kind == "flag":
            return "True or False"
        return "one of " + ", ".join(self.names)

    def check(self, name: str, value: object) -> None:
        """Raise a HyperparameterError unless the value is in the range."""
        if value is None and self.optional:
            return
        if self.kind == "name":
            check_name(self.names, value, name)
        elif not self._holds(value):
            raise HyperparameterError(f"{name} must be {self.words}, got {value!r}")

    def _holds(self, value: Any) -> bool:
        """Return whether a value that is no name is in the range."""
        if self.kind in ("flag", "other"):
            return self.kind == "other" or isinstance(value, bool)
        if isinstance(value, (bool, np.bool_)):
            return False
        if self.kind == "whole":
            return isinstance(value, int) and self.low <= value <= _LARGEST_WHOLE
        if not isinstance(value, (int, float)):
            return False
        above = value > self.low or (self.ends[0] == "[" and value == self.low)
        below = value < self.high or (self.ends[1] == "]" and value == self.high)
        # A whole number may be larger than any float.
        return above and below and abs(value) <= sys.float_info.max


class FrozenMapping(Mapping[str, Any]):
    """A mapping that cannot be changed and can be hashed; it equals a like dict.

    Examples
    --------
    >>> factors = FrozenMapping({"biases": 0.1})
    >>> factors
    {'biases': 0.1}
    >>> factors == {"biases": 0.1}, {factors: "a key"}[factors]
    (True, 'a key')
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def setting(*, default: Any, kind: str, help: str, **facts: Any) -> Any:  # noqa: A002
    """Return the field of a setting, for the dataclass of all settings."""
    return field(default=default, metadata={"setting": Setting(kind, help, **facts)})
