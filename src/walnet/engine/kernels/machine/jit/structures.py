"""Structures in machine code: an attribute is read from the record where it is used.

A record does not change while a kernel runs, and the compiler is told so: it reads a
field once, before a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.np import numpy_support
from numba.np.arrayobj import populate_array

from walnet.engine.kernels.machine.records import (
    Array,
    Fields,
    Kind,
    Number,
    Pointer,
    Several,
    kinds_of,
)

_SLOT = 8
_NUMBERS = {"q": types.int64, "d": types.float64, "Q": types.uint64}


class StructureType(types.Type):
    """The address of a structure's record, in one precision."""

    def __init__(self, structure: type[Any], real: Any) -> None:
        self.real = real
        self.kinds: dict[str, Kind] = kinds_of(structure)  # type: ignore[arg-type]
        super().__init__(f"{structure.__name__}({real})")

    def place_of(self, name: str) -> tuple[int, Kind]:
        """Return in which slot a field begins, and its kind."""
        slot = 0
        for field, kind in self.kinds.items():
            if field == name:
                return slot, kind
            slot += len(kind.slots)
        raise AttributeError(name)


class RecordType(types.Type):
    """The address of the record that an entry is called with."""

    def __init__(self) -> None:
        super().__init__("walnet record")


@numba.extending.register_model(RecordType)
@numba.extending.register_model(StructureType)
class _AddressModel(numba.extending.models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(8).as_pointer())


@infer_getattr
class _Attributes(AttributeTemplate):
    key = StructureType

    def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]
        return type_of(kind.place_of(name)[1], kind.real)


@lower_getattr_generic(StructureType)
def _attribute(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    slot, field = kind.place_of(name)
    return read(context, builder, field, kind.real, value, slot)


def type_of(kind: Kind, real: Any) -> Any:
    """Return Numba's type of a kind in a precision."""
    if isinstance(kind, Array):
        dtype = numpy_support.from_dtype(kind.dtype) if kind.dtype else real
        return types.Array(dtype, kind.ndim, "C")
    if isinstance(kind, Number):
        return _NUMBERS[kind.slots]
    if isinstance(kind, Fields):
        return numpy_support.from_dtype(kind.dtype)
    if isinstance(kind, Pointer):
        return StructureType(kind.structure, real)
    return types.Tuple([type_of(part, real) for part in kind.parts])


def read(
    context: Any, builder: Any, kind: Kind, real: Any, record: Any, slot: int
) -> Any:
    """Build the value of a kind that begins at a slot of a record."""
    if isinstance(kind, Array):
        return _read_array(context, builder, type_of(kind, real), record, slot)
    if isinstance(kind, Several):
        values = [
            read(context, builder, part, real, record, slot + place)
            for place, part in enumerate(kind.parts)
        ]
        return context.make_tuple(builder, type_of(kind, real), values)
    value_type = context.get_value_type(type_of(kind, real))
    return _load(builder, record, slot, value_type)


def _load(builder: Any, record: Any, slot: int, value_type: Any) -> Any:
    value = builder.load(slot_of(builder, record, slot, value_type), align=_SLOT)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


def slot_of(builder: Any, record: Any, slot: int, value_type: Any) -> Any:
    """Build the address of a slot, to read or write a type at."""
    place = builder.gep(record, [ir.IntType(32)(_SLOT * slot)])
    return builder.bitcast(place, value_type.as_pointer())


def _read_array(context: Any, builder: Any, kind: Any, record: Any, slot: int) -> Any:
    whole = ir.IntType(64)
    data_type = context.get_data_type(kind.dtype).as_pointer()
    data = _load(builder, record, slot, data_type)
    shape = [_load(builder, record, slot + 1 + n, whole) for n in range(kind.ndim)]
    array = context.make_array(kind)(context, builder)
    size = whole(context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    strides = [size]
    for n in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], n))
    populate_array(
        array, data, cgutils.pack_array(builder, shape, whole), strides, size, None
    )
    return array._getvalue()  # noqa: SLF001


def arguments_at(kinds: tuple[Kind, ...], first: int, real: Any) -> Callable[..., Any]:
    """Return an intrinsic that reads arguments from a record, from a slot on."""

    @numba.extending.intrinsic
    def arguments(_typing: Any, record: Any) -> tuple[Any, Callable[..., Any]]:
        kind = types.Tuple([type_of(each, real) for each in kinds])

        def build(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            values, slot = [], first
            for each in kinds:
                values.append(read(context, builder, each, real, args[0], slot))
                slot += len(each.slots)
            return context.make_tuple(builder, kind, values)

        return kind(record), build

    return arguments


def answer_at(answer: Kind | None) -> Callable[..., Any]:
    """Return an intrinsic that writes an answer to the beginning of a record."""

    @numba.extending.intrinsic
    def write(_typing: Any, record: Any, result: Any) -> tuple[Any, Callable[..., Any]]:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            given = signature.args[1]
            if answer is None:
                return context.get_dummy_value()
            parts = [(given, args[1])]
            if isinstance(answer, Several):
                values = cgutils.unpack_tuple(builder, args[1], len(given))
                parts = list(zip(given, values, strict=True))
            for slot, (letter, (kind, value)) in enumerate(
                zip(answer.slots, parts, strict=True)
            ):
                wanted = _NUMBERS[letter]
                number = context.cast(builder, value, kind, wanted)
                place = slot_of(builder, args[0], slot, context.get_value_type(wanted))
                builder.store(number, place, align=_SLOT)
            return context.get_dummy_value()

        return types.void(record, result), build

    return write
