"""What there is to know of one setting: default, range, unit, a line of help.

The table of all settings is `walnet.engine.settings.Settings`. Python's checks, the
record that kernels read, the estimators' constraints, the command line's help and the
page's ranges are made of it.
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
    usual : str
        What happens where it is None, if that needs words.
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
    read_by : {"", "cost", "gradient", "update", "epoch"}
        The part of an iteration whose kernels read its value, as ``rule.NAME``; empty
        where Python alone reads it. "gradient" is what changes the gradient of the
        data: penalties and clipping.
    off : float
        What kernels read where it is None, or where there is no training: there it
        has no effect.
    """

    kind: str
    help: str
    usual: str = ""
    low: float = -math.inf
    high: float = math.inf
    ends: str = "[)"
    optional: bool = False
    names: tuple[str, ...] = ()
    unit: str = ""
    read_by: str = ""
    off: float = 0.0

    @property
    def sentence(self) -> str:
        """What it does, with the range of its values.

        Examples
        --------
        >>> Setting("number", "size of a step", low=0).sentence
        'Size of a step: a number in [0, inf)'
        """
        values = "" if self.kind in ("flag", "other") else f": {self.words}"
        return f"{self.help[:1].upper()}{self.help[1:]}{values}"

    @property
    def words(self) -> str:
        """What the values are, in words.

        Examples
        --------
        >>> Setting("number", "", low=0, high=1).words
        'a number in [0, 1)'
        >>> Setting("whole", "", low=1).words
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
