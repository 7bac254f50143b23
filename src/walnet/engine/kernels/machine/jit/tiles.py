"""`machine.tiles` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba.core import cgutils

from walnet.engine.kernels.machine.compile import FASTMATH
from walnet.engine.kernels.machine.tiles import (
    BYTES,
    ROWS,
    VECTORS,
    combine_tile,
    product_tile,
)

_FLAGS = tuple(sorted(FASTMATH))
_INT = ir.IntType(64)


class _Matrix:
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
        self.strides = [builder.sdiv(step, _INT(self.align)) for step in strides]
        self.lanes = BYTES // self.align
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), self.lanes)

    def at(self, *place: Any) -> Any:
        """Return the address of the number at a place."""
        steps = zip(place, self.strides, strict=True)
        parts = [self.builder.mul(index, stride) for index, stride in steps]
        return self.builder.gep(self.data, [_total(self.builder, parts)])

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
        return _shuffled(self.builder, first, [0] * self.lanes)


def _total(builder: Any, parts: list[Any]) -> Any:
    """Return the sum of some whole numbers."""
    total = parts[0]
    for part in parts[1:]:
        total = builder.add(total, part)
    return total


def _shuffled(builder: Any, vector: Any, lanes_wanted: list[int]) -> Any:
    """Return a vector of the wanted lanes of another."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes_wanted)), lanes_wanted)
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _added(builder: Any, total: Any, a: Any, b: Any) -> Any:
    """Return total + a b."""
    return builder.fadd(builder.fmul(a, b, flags=_FLAGS), total, flags=_FLAGS)


def _sum_of_lanes(builder: Any, vector: Any) -> Any:
    """Return the sum of a vector's lanes, half and half."""
    while vector.type.count > 1:
        half = vector.type.count // 2
        low = _shuffled(builder, vector, list(range(half)))
        high = _shuffled(builder, vector, list(range(half, 2 * half)))
        vector = builder.fadd(low, high, flags=_FLAGS)
    return builder.extract_element(vector, ir.IntType(32)(0))


def _loop(
    builder: Any,
    numbers: tuple[Any, Any, int],
    sums: list[Any],
    body: Callable[[Any, list[Any]], list[Any]],
) -> list[Any]:
    """Build ``for i in range(*numbers): sums = body(i, sums)``, return sums."""
    first, end, step = numbers
    before = builder.block
    head, inside, after = (
        builder.append_basic_block(f"tile.{name}") for name in ("head", "body", "end")
    )
    builder.branch(head)
    builder.position_at_end(head)
    i = builder.phi(_INT)
    i.add_incoming(first, before)
    carried = [builder.phi(start.type) for start in sums]
    for phi, start in zip(carried, sums, strict=True):
        phi.add_incoming(start, before)
    builder.cbranch(builder.icmp_signed("<", i, end), inside, after)
    builder.position_at_end(inside)
    results = body(i, carried)
    i.add_incoming(builder.add(i, _INT(step)), builder.block)
    for phi, result in zip(carried, results, strict=True):
        phi.add_incoming(result, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return carried


def _combine(
    W: _Matrix, place: Any, A: _Matrix, starts: list[Any], gate: Any, Z: _Matrix
) -> None:
    """Build the work of :func:`combine_tile`; one start a row, as vectors."""
    j, i = place
    builder = A.builder
    rows = [builder.add(j, _INT(r)) for r in range(ROWS)]
    steps = [_INT(v * A.lanes) for v in range(VECTORS)]

    def body(k: Any, sums: list[Any]) -> list[Any]:
        row = A.at(k, i)
        a = [A.load_vector(builder.gep(row, [step])) for step in steps]
        w = [W.everywhere(W.load(W.at(r, k))) for r in rows]
        pairs = [(x, y) for x in w for y in a]
        return [_added(builder, s, *p) for s, p in zip(sums, pairs, strict=True)]

    sums = [start for start in starts for _ in steps]
    results = iter(_loop(builder, (_INT(0), A.shape[0], 1), sums, body))
    for r in rows:
        row = Z.at(r, i)
        row_of_gate = gate and gate.at(r, i)
        for step in steps:
            result = next(results)
            if gate is not None:
                switch = gate.load_vector(builder.gep(row_of_gate, [step]))
                result = _gated(builder, result, switch)
            Z.store_vector(result, builder.gep(row, [step]))


def _gated(builder: Any, vector: Any, switch: Any) -> Any:
    """Return a vector where the switch is above 0, and 0 times it elsewhere."""
    nothing = ir.Constant(vector.type, [0.0] * vector.type.count)
    off = builder.fmul(vector, nothing)
    return builder.select(builder.fcmp_ordered(">", switch, nothing), vector, off)


def _products(dZ: _Matrix, j: Any, A: _Matrix, k: Any, dW: _Matrix) -> None:
    """Build the work of :func:`product_tile`."""
    builder = A.builder
    rows = [builder.add(j, _INT(r)) for r in range(ROWS)]
    columns = [builder.add(k, _INT(c)) for c in range(VECTORS)]
    from_dZ = [dZ.at(row, _INT(0)) for row in rows]
    from_A = [A.at(column, _INT(0)) for column in columns]

    def adding(load: Callable[[Any], Any]) -> Callable[[Any, list[Any]], list[Any]]:
        def body(i: Any, sums: list[Any]) -> list[Any]:
            a = [load(builder.gep(row, [i])) for row in from_A]
            d = [load(builder.gep(row, [i])) for row in from_dZ]
            pairs = [(x, y) for x in d for y in a]
            return [_added(builder, s, *p) for s, p in zip(sums, pairs, strict=True)]

        return body

    m = A.shape[1]
    whole = builder.sub(m, builder.srem(m, _INT(A.lanes)))
    sums = [ir.Constant(A.vector, [0.0] * A.lanes)] * (ROWS * VECTORS)
    sums = _loop(builder, (_INT(0), whole, A.lanes), sums, adding(A.load_vector))
    sums = [_sum_of_lanes(builder, each) for each in sums]
    results = iter(_loop(builder, (whole, m, 1), sums, adding(A.load)))
    for row in rows:
        for column in columns:
            builder.store(next(results), dW.at(row, column), align=dW.align)


@numba.extending.intrinsic
def _combine_intrinsic(
    _typing: Any, W: Any, j: Any, A: Any, i: Any, start: Any, gate: Any, Z: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        w, a, z = (_Matrix(context, builder, kinds[n], args[n]) for n in (0, 2, 6))
        switches = None
        if kinds[5] != numba.types.none:
            switches = _Matrix(context, builder, kinds[5], args[5])
        starts = [ir.Constant(a.vector, [0.0] * a.lanes)] * ROWS
        if kinds[4] != numba.types.none:
            b = _Matrix(context, builder, kinds[4], args[4])
            rows = [b.at(builder.add(args[1], _INT(r))) for r in range(ROWS)]
            starts = [b.everywhere(b.load(row)) for row in rows]
        _combine(w, (args[1], args[3]), a, starts, switches, z)
        return context.get_dummy_value()

    return numba.types.void(W, j, A, i, start, gate, Z), build


@numba.extending.intrinsic
def _product_intrinsic(
    _typing: Any, dZ: Any, j: Any, A: Any, k: Any, dW: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        dz, a, dw = (_Matrix(context, builder, kinds[n], args[n]) for n in (0, 2, 4))
        _products(dz, args[1], a, args[3], dw)
        return context.get_dummy_value()

    return numba.types.void(dZ, j, A, k, dW), build


@numba.extending.overload(combine_tile, inline="always", strict=False)
def _combine_tile(
    W: Any,  # noqa: ARG001
    j: Any,  # noqa: ARG001
    A: Any,  # noqa: ARG001
    i: Any,  # noqa: ARG001
    start: Any,  # noqa: ARG001
    gate: Any,  # noqa: ARG001
    Z: Any,  # noqa: ARG001
) -> Callable[..., Any]:
    def tile(W: Any, j: Any, A: Any, i: Any, start: Any, gate: Any, Z: Any) -> Any:
        return _combine_intrinsic(W, j, A, i, start, gate, Z)  # type: ignore[call-arg]

    return tile


@numba.extending.overload(product_tile, inline="always", strict=False)
def _product_tile(dZ: Any, j: Any, A: Any, k: Any, dW: Any) -> Callable[..., Any]:  # noqa: ARG001
    def tile(dZ: Any, j: Any, A: Any, k: Any, dW: Any) -> Any:
        return _product_intrinsic(dZ, j, A, k, dW)  # type: ignore[call-arg]

    return tile
