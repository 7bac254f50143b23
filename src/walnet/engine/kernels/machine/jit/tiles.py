"""`machine.tiles` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir

from walnet.engine.kernels.machine.jit.fused import build_fma
from walnet.engine.kernels.machine.jit.vectors import INT, Matrix, loop, sum_of_lanes
from walnet.engine.kernels.machine.tiles import (
    ROWS,
    VECTORS,
    combine_tile,
    product_tile,
)


def _combine(
    W: Matrix, place: Any, A: Matrix, starts: list[Any], gate: Any, Z: Matrix
) -> None:
    """Build the work of :func:`combine_tile`; one start a row, as vectors."""
    j, i = place
    builder = A.builder
    rows = [builder.add(j, INT(r)) for r in range(ROWS)]
    steps = [INT(v * A.lanes) for v in range(VECTORS)]

    def body(k: Any, sums: list[Any]) -> list[Any]:
        row = A.at(k, i)
        a = [A.load_vector(builder.gep(row, [step])) for step in steps]
        w = [W.everywhere(W.load(W.at(r, k))) for r in rows]
        pairs = [(x, y) for x in w for y in a]
        return [build_fma(builder, *p, s) for s, p in zip(sums, pairs, strict=True)]

    sums = [start for start in starts for _ in steps]
    results = iter(loop(builder, (INT(0), A.shape[0], 1), sums, body))
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


def _products(dZ: Matrix, j: Any, A: Matrix, k: Any, dW: Matrix) -> None:
    """Build the work of :func:`product_tile`."""
    builder = A.builder
    rows = [builder.add(j, INT(r)) for r in range(ROWS)]
    columns = [builder.add(k, INT(c)) for c in range(VECTORS)]
    from_dZ = [dZ.at(row, INT(0)) for row in rows]
    from_A = [A.at(column, INT(0)) for column in columns]

    def adding(load: Callable[[Any], Any]) -> Callable[[Any, list[Any]], list[Any]]:
        def body(i: Any, sums: list[Any]) -> list[Any]:
            a = [load(builder.gep(row, [i])) for row in from_A]
            d = [load(builder.gep(row, [i])) for row in from_dZ]
            pairs = [(x, y) for x in d for y in a]
            return [build_fma(builder, *p, s) for s, p in zip(sums, pairs, strict=True)]

        return body

    m = A.shape[1]
    whole = builder.sub(m, builder.srem(m, INT(A.lanes)))
    sums = [ir.Constant(A.vector, [0.0] * A.lanes)] * (ROWS * VECTORS)
    sums = loop(builder, (INT(0), whole, A.lanes), sums, adding(A.load_vector))
    sums = [sum_of_lanes(builder, each) for each in sums]
    results = iter(loop(builder, (whole, m, 1), sums, adding(A.load)))
    for row in rows:
        for column in columns:
            builder.store(next(results), dW.at(row, column), align=dW.align)


@numba.extending.intrinsic
def _combine_intrinsic(
    _typing: Any, W: Any, j: Any, A: Any, i: Any, start: Any, gate: Any, Z: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        w, a, z = (Matrix(context, builder, kinds[n], args[n]) for n in (0, 2, 6))
        switches = None
        if kinds[5] != numba.types.none:
            switches = Matrix(context, builder, kinds[5], args[5])
        starts = [ir.Constant(a.vector, [0.0] * a.lanes)] * ROWS
        if kinds[4] != numba.types.none:
            b = Matrix(context, builder, kinds[4], args[4])
            rows = [b.at(builder.add(args[1], INT(r))) for r in range(ROWS)]
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
        dz, a, dw = (Matrix(context, builder, kinds[n], args[n]) for n in (0, 2, 4))
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
