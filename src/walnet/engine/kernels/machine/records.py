"""How arguments lie in memory: what an entry is given is the address of one record.

Every number of a record takes eight bytes, whatever the machine: an address, a size, a
whole number or a float64. An array is its address, then its shape; a structure is the
address of a record of its own, which is written once and lives as long as the
structure. So to call a kernel is to write a handful of numbers, and WebAssembly, whose
addresses are shorter, reads the very same records.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from typing import (
    Annotated,
    Any,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

_Class = TypeVar("_Class", bound=type)
_BYTE = ctypes.c_char


def address_of(array: np.ndarray) -> int:
    """Return where a contiguous array's numbers begin; 0 if it has none."""
    if not array.size:
        return 0
    try:  # half as long as by the array's own interface: one prediction takes 4 µs
        return ctypes.addressof(_BYTE.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):  # of one that is read-only
        if not array.flags.c_contiguous:
            raise TypeError("a kernel takes contiguous arrays only") from None
        place: int = array.__array_interface__["data"][0]
        return place


@dataclass(frozen=True)
class Array:
    """An array; without a dtype it has the precision of the call."""

    ndim: int
    dtype: np.dtype[Any] | None = None

    @property
    def slots(self) -> str:
        """The address and the shape, in the letters of `struct`."""
        return "q" * (1 + self.ndim)

    @property
    def is_real(self) -> bool:
        """Whether its dtype is the precision of the call."""
        return self.dtype is None

    def numbers(self, value: np.ndarray, precision: np.dtype[Any]) -> tuple[int, ...]:
        """Return what a record holds of an array."""
        wanted = precision if self.dtype is None else self.dtype
        shape = value.shape
        if value.dtype != wanted or len(shape) != self.ndim:
            raise TypeError(
                f"a kernel takes an array of {wanted} and {self.ndim} dimensions here, "
                f"got {value.dtype} and {value.ndim}"
            )
        return address_of(value), *shape


@dataclass(frozen=True)
class Number:
    """A whole number, a float64 or 64 bits."""

    slots: str
    is_real = False

    def numbers(self, value: Any, _precision: np.dtype[Any]) -> tuple[Any]:
        """Return what a record holds of a number."""
        return (value,)


@dataclass(frozen=True)
class Fields:
    """One record of NumPy, whose fields kernels read by name."""

    dtype: np.dtype[Any]
    slots = "q"
    is_real = False

    def numbers(self, value: np.void, _precision: np.dtype[Any]) -> tuple[int]:
        """Return what a record holds of a record."""
        return (value.__array_interface__["data"][0],)


@dataclass(frozen=True)
class Pointer:
    """A structure; `is_real` says whether the precision can be seen from it."""

    structure: type[Any]
    is_real: bool
    slots = "q"

    def numbers(self, value: Structure, precision: np.dtype[Any]) -> tuple[int]:
        """Return what a record holds of a structure."""
        if self.is_real and value.dtype != precision:
            raise TypeError(f"a kernel takes {precision} here, got {value.dtype}")
        return (value.address,)


@dataclass(frozen=True)
class Several:
    """A tuple of numbers, one after the other."""

    parts: tuple[Number, ...]
    is_real = False

    @property
    def slots(self) -> str:
        """Those of the parts."""
        return "".join(part.slots for part in self.parts)

    def numbers(self, value: tuple[Any, ...], _precision: Any) -> tuple[Any, ...]:
        """Return what a record holds of a tuple."""
        return value


Kind = Array | Number | Fields | Pointer | Several

# Annotations of what kernels take, beside int, float and tuples of them.
Vector = Annotated[np.ndarray, Array(1)]
Matrix = Annotated[np.ndarray, Array(2)]
DoubleVector = Annotated[np.ndarray, Array(1, np.dtype(np.float64))]
DoubleMatrix = Annotated[np.ndarray, Array(2, np.dtype(np.float64))]
WholeVector = Annotated[np.ndarray, Array(1, np.dtype(np.int64))]
CodeVector = Annotated[np.ndarray, Array(1, np.dtype(np.int32))]
CodeMatrix = Annotated[np.ndarray, Array(2, np.dtype(np.int32))]
# A number in the precision of the arrays: float32 or float64.
Real: TypeAlias = Any
# 64 random bits: unsigned in kernels, a plain int where Python sees them.
Bits = Annotated[Any, Number("Q")]


def kind_of(annotation: Any) -> Kind:
    """Return how what is annotated so lies in a record."""
    for note in getattr(annotation, "__metadata__", ()):
        return note  # type: ignore[no-any-return]
    if get_origin(annotation) is tuple:
        return Several(tuple(map(_number, get_args(annotation))))
    if annotation in {int, bool, float}:
        return _number(annotation)
    is_real = any(kind.is_real for kind in kinds_of(annotation).values())
    return Pointer(annotation, is_real)


def _number(annotation: Any) -> Number:
    """Return how a number lies in a record."""
    for note in getattr(annotation, "__metadata__", ()):
        assert isinstance(note, Number)  # noqa: S101 - tuples hold numbers alone
        return note
    return Number("d" if annotation is float else "q")


@cache
def kinds_of(annotated: Any) -> dict[str, Kind]:
    """Return the kinds of a structure's fields, or of a function's arguments."""
    hints = get_type_hints(annotated, include_extras=True)
    hints.pop("return", None)
    return {name: kind_of(hint) for name, hint in hints.items()}


class Structure(tuple[Any, ...]):  # noqa: SLOT001 - it keeps its record
    """Arrays that kernels take together: a tuple with names, and a record of them."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the record behind, which holds addresses of this process."""
        return type(self)._make, (tuple(self),)  # type: ignore[attr-defined]

    @cached_property
    def dtype(self) -> np.dtype[Any] | None:
        """The precision: that of the first array which has no other."""
        shows = _layout_of(type(self)).shows
        return None if shows is None else self[shows].dtype

    @cached_property
    def address(self) -> int:
        """Where its record begins, which lives as long as this object does."""
        self._record = _layout_of(type(self)).record(self, self.dtype)
        return ctypes.addressof(self._record)


@dataclass(frozen=True)
class Layout:
    """How several values lie in a record, one after the other.

    Attributes
    ----------
    readers : tuple of callable
        What gives the numbers of each value: the kinds'.
    packing : struct.Struct
        The slots.
    shows : int or None
        Which of the values shows the precision.
    slots : tuple of int
        Where each value begins.
    new : callable
        Makes an empty record.
    """

    readers: tuple[Callable[..., Any], ...]
    packing: struct.Struct
    shows: int | None
    slots: tuple[int, ...]
    new: Callable[[], Any]

    @classmethod
    def of(cls, kinds: tuple[Kind, ...], first: int = 0) -> Layout:
        """Return the layout of kinds, behind some slots that stay empty."""
        slots = "".join(kind.slots for kind in kinds)
        shows = (place for place, kind in enumerate(kinds) if kind.is_real)
        packing = struct.Struct(f"{8 * first}x{slots}")
        new = ctypes.c_int64 * (packing.size // 8)
        readers = tuple(kind.numbers for kind in kinds)
        places = accumulate((len(kind.slots) for kind in kinds), initial=first)
        return cls(readers, packing, next(shows, None), tuple(places), new)

    def record(self, values: tuple[Any, ...], precision: np.dtype[Any] | None) -> Any:
        """Return a record of values."""
        numbers: list[Any] = []
        for numbers_of, value in zip(self.readers, values, strict=True):
            numbers += numbers_of(value, precision)
        record = self.new()
        self.packing.pack_into(record, 0, *numbers)
        return record


@cache
def _layout_of(structure: type[Structure]) -> Layout:
    return Layout.of(tuple(kinds_of(structure).values()))


def structure(named_tuple: _Class) -> _Class:
    """Give a class of named tuples records: kernels take its objects by address."""
    members = {
        "__doc__": named_tuple.__doc__,
        "__module__": named_tuple.__module__,
        "__qualname__": named_tuple.__qualname__,
        "__annotations__": named_tuple.__annotations__,
    }
    return type(named_tuple.__name__, (named_tuple, Structure), members)  # type: ignore[return-value]
