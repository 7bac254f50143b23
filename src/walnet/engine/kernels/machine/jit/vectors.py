"""Vectors, loops and arrays in code that is being built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from walnet.engine.kernels.machine.tiles import BYTES

INT = ir.IntType(64)


class Matrix:
    """An array in code that is being built: where its numbers are, and loads of them.

    Parameters
    ----------
    context, builder
        Numba's target context and llvmlite's builder.
    kind
        Numba's type of the array.
    value
        The array as the code holds it.
    """

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder, self.data = builder, array.data
        self.shape = cgutils.unpack_tuple(builder, array.shape)
        self.align = kind.dtype.bitwidth // 8
        strides = cgutils.unpack_tuple(builder, array.strides)
        self.strides = [builder.sdiv(step, INT(self.align)) for step in strides]
        self.lanes = BYTES // self.align
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), self.lanes)

    def at(self, *place: Any) -> Any:
        """Return the address of the number at a place."""
        steps = zip(place, self.strides, strict=True)
        parts = [self.builder.mul(index, stride) for index, stride in steps]
        return self.builder.gep(self.data, [whole_total(self.builder, parts)])

    def load(self, address: Any) -> Any:
        """Return the number at an address."""
        return self.builder.load(address, align=self.align)

    def load_vector(self, address: Any) -> Any:
        """Return the vector that begins at an address."""
        pointer = self.builder.bitcast(address, self.vector.as_pointer())
        return self.builder.load(pointer, align=self.align)

    def store_vector(self, vector: Any, address: Any) -> None:
        """Store a vector from an address on."""
        pointer = self.builder.bitcast(address, self.vector.as_pointer())
        self.builder.store(vector, pointer, align=self.align)

    def everywhere(self, number: Any) -> Any:
        """Return a vector that holds one number in every lane."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(nothing, number, ir.IntType(32)(0))
        return _shuffled(self.builder, [0] * self.lanes, first)


def whole_total(builder: Any, parts: list[Any]) -> Any:
    """Return the sum of some whole numbers."""
    total = parts[0]
    for part in parts[1:]:
        total = builder.add(total, part)
    return total


def _shuffled(
    builder: Any, lanes_wanted: list[int], vector: Any, other: Any = None
) -> Any:
    """Return a vector of the wanted lanes of one, or of two, counted through both."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes_wanted)), lanes_wanted)
    other = other or ir.Constant(vector.type, ir.Undefined)
    return builder.shuffle_vector(vector, other, mask)


def sum_of_lanes(builder: Any, vector: Any) -> Any:
    """Return the sum of a vector's lanes, half and half."""
    while vector.type.count > 1:
        half = vector.type.count // 2
        low = _shuffled(builder, list(range(half)), vector)
        high = _shuffled(builder, list(range(half, 2 * half)), vector)
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.IntType(32)(0))


def loop(
    builder: Any,
    numbers: tuple[Any, Any, int],
    sums: list[Any],
    body: Callable[[Any, list[Any]], list[Any]],
) -> list[Any]:
    """Build ``for i in range(*numbers): sums = body(i, sums)``, return sums."""
    first, end, step = numbers
    before = builder.block
    head, inside, after = (
        builder.append_basic_block(f"loop.{name}") for name in ("head", "body", "end")
    )
    builder.branch(head)
    builder.position_at_end(head)
    i = builder.phi(INT)
    i.add_incoming(first, before)
    carried = [builder.phi(start.type) for start in sums]
    for phi, start in zip(carried, sums, strict=True):
        phi.add_incoming(start, before)
    builder.cbranch(builder.icmp_signed("<", i, end), inside, after)
    builder.position_at_end(inside)
    results = body(i, carried)
    i.add_incoming(builder.add(i, INT(step)), builder.block)
    for phi, result in zip(carried, results, strict=True):
        phi.add_incoming(result, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return carried


def turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of a square of numbers: as many vectors as they have lanes.

    Blocks beside the diagonal change places, of one number, of two, of four.
    """
    n, size = len(rows), 1
    while size < n:
        for r in (r for r in range(n) if not r & size):
            low, high = rows[r], rows[r + size]
            upper = [c if not c & size else n + c - size for c in range(n)]
            lower = [c + size if not c & size else n + c for c in range(n)]
            rows = [*rows]
            rows[r] = _shuffled(builder, upper, low, high)
            rows[r + size] = _shuffled(builder, lower, low, high)
        size *= 2
    return rows
