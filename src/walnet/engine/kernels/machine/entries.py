"""Entries: the kernels that Python calls.

An entry has one signature, whoever has compiled it and for whatever machine::

    int32_t walnet_NAME_PRECISION(void *record)

The record begins with what the entry answers; its arguments follow, as `records` lays
them out.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

import numpy as np

from walnet.engine.kernels.machine.code import code_of, interpreted
from walnet.engine.kernels.machine.records import Kind, Several, kind_of, kinds_of

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

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
    def _layout(self) -> tuple[struct.Struct, struct.Struct, Any, int]:
        """Answer and whole as structs, the record's type, who shows the precision."""
        empty = self.slots_of_answer
        slots = "".join(kind.slots for kind in self.kinds)
        whole = struct.Struct(f"{8 * len(empty)}x{slots}")
        shows = next(i for i, kind in enumerate(self.kinds) if kind.is_real)
        return struct.Struct(empty), whole, ctypes.c_int64 * (whole.size // 8), shows

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel."""
        if interpreted():
            return self.function(*arguments)  # type: ignore[call-arg]
        answer, whole, new_record, shows = self._layout
        precision: np.dtype[Any] = arguments[shows].dtype
        numbers: list[Any] = []
        for kind, value in zip(self.kinds, arguments, strict=True):
            numbers += kind.numbers(value, precision)
        record = new_record()
        whole.pack_into(record, 0, *numbers)
        code = self._code.get(precision.char) or self._find(precision)
        if code(record):
            raise IndexError(f"{self.name} has left an array")
        answers = answer.unpack_from(record)
        if isinstance(self.answer, Several):
            return answers
        return answers[0] if answers else None

    def _find(self, precision: np.dtype[Any]) -> Callable[[Any], int]:
        """Return the machine code for a precision; it is looked for once."""
        self._code[precision.char] = code_of(self.name, precision.name)
        return self._code[precision.char]


def entry(function: Callable[_Arguments, _Answer]) -> Entry[_Arguments, _Answer]:
    """Mark a kernel that Python calls."""
    made = Entry(function)
    ENTRIES[made.name] = made
    return made
