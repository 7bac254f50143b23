"""Entries: the kernels that Python calls.

An entry has one signature, whoever has compiled it and for whatever machine::

    int32_t walnet_NAME_PRECISION(void *record)

The record begins with what the entry answers; its arguments follow, as `records` lays
them out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

import numpy as np

from walnet.engine.kernels.machine.code import code_of, interpreted
from walnet.engine.kernels.machine.records import (
    Kind,
    Layout,
    Several,
    address_of,
    kind_of,
    kinds_of,
)

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

_DOUBLE = np.dtype(np.float64)
# Every entry by its name.
ENTRIES: dict[str, Entry[Any, Any]] = {}


class Entry(Generic[_Arguments, _Answer]):
    """A kernel that Python calls and no other kernel does.

    Parameters
    ----------
    function : callable
        The kernel; its annotations say how arguments and answer lie in the record.
    """

    def __init__(self, function: Callable[_Arguments, _Answer]) -> None:
        update_wrapper(self, function)
        self.function = function
        self.name = function.__name__
        self._code: dict[str, Callable[[Any], int]] = {}

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """How the arguments lie in the record."""
        return tuple(kinds_of(self.function).values())

    @cached_property
    def answer(self) -> Kind | None:
        """How the answer lies in the record, if there is one."""
        hint = get_type_hints(self.function, include_extras=True)["return"]
        return None if hint is type(None) else kind_of(hint)

    @property
    def slots_of_answer(self) -> str:
        """The numbers of the answer, in the letters of `struct`."""
        return self.answer.slots if self.answer else ""

    @cached_property
    def layout(self) -> Layout:
        """How arguments lie in the record."""
        return Layout.of(self.kinds, len(self.slots_of_answer))

    @cached_property
    def _read(self) -> Callable[[Any], tuple[Any, ...]]:
        """What reads the answer from the record."""
        return struct.Struct(self.slots_of_answer).unpack_from

    def __call__(
        self, *arguments: _Arguments.args, **options: _Arguments.kwargs
    ) -> _Answer:
        """Run the kernel; arguments are given by their place."""
        if interpreted():
            # As machine code: hashes wrap around, and infinity is no reason to warn.
            with np.errstate(all="ignore"):
                return self.function(*arguments, **options)
        code, record = self.ready(arguments)
        if code(record):
            raise IndexError(f"{self.name} has left an array")
        answer: Any = self._read(record)
        if not isinstance(self.answer, Several):
            answer = answer[0] if answer else None
        return answer  # type: ignore[no-any-return]

    def __reduce__(self) -> str:
        """Be found by its name."""
        return self.name

    def ready(self, arguments: tuple[Any, ...]) -> tuple[Callable[[Any], int], Any]:
        """Return the machine code, and a record of arguments to call it with."""
        layout = self.layout
        shows = layout.shows  # nothing, where arguments are the same in both precisions
        precision = _DOUBLE if shows is None else arguments[shows].dtype
        code = self._code.get(precision.char) or self._find(precision)
        return code, layout.record(arguments, precision)

    def _find(self, precision: np.dtype[Any]) -> Callable[[Any], int]:
        """Return the machine code for a precision; it is looked for once."""
        self._code[precision.char] = code_of(self.name, precision.name)
        return self._code[precision.char]


class Call:
    """A call that is made again and again: what changes is where some arrays are.

    Parameters
    ----------
    called : Entry
        What is called; it has no answer.
    arguments : tuple
        Those of the first call.
    changing : tuple of int
        Which of them are given anew, in the same shape and dtype, nobody checks it.
    """

    def __init__(
        self,
        called: Entry[..., None],
        arguments: tuple[Any, ...],
        changing: tuple[int, ...],
    ) -> None:
        self._entry, self._arguments, self._changing = called, arguments, changing
        if not interpreted():
            self._code, self._record = called.ready(arguments)
            self._slots = [called.layout.slots[place] for place in changing]

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the record behind, which holds addresses of this process."""
        return type(self), (self._entry, self._arguments, self._changing)

    def __call__(self, *arrays: np.ndarray) -> None:
        """Run the kernel on other arrays."""
        if interpreted():
            arguments = list(self._arguments)
            for place, array in zip(self._changing, arrays, strict=True):
                arguments[place] = array
            self._entry(*arguments)
            return
        for slot, array in zip(self._slots, arrays, strict=True):
            self._record[slot] = address_of(array)
        self._code(self._record)


def entry(function: Callable[_Arguments, _Answer]) -> Entry[_Arguments, _Answer]:
    """Mark a kernel that Python calls."""
    made = Entry(function)
    ENTRIES[made.name] = made
    return made
