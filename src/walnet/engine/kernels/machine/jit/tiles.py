"""`machine.tiles` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir

from walnet.engine.kernels.machine.jit.fused import build_fma
from walnet.engine.kernels.machine.jit.vectors import INT, Matrix, loop, turned
from walnet.engine.kernels.machine.tiles import (
    ROWS,
    STRIP,
    STRIPS,
    VECTORS,
    combine_tile,
    pack_columns,
    pack_rows,
    pack_strips,
)


def _tile(
    W: Matrix,
    row: Any,
    panel: Matrix,
    starts: list[Any],
    gate: Any,
    Z: Matrix,
    place: Any,
) -> None:
    """Build the work of :func:`combine_tile`; one start a row, as vectors."""
    builder, wide = Z.builder, VECTORS * Z.lanes
    steps = [INT(v * Z.lanes) for v in range(VECTORS)]
    rows = [builder.add(row, INT(r)) for r in range(ROWS)]

    def body(k: Any, sums: list[Any]) -> list[Any]:
        first = panel.at(builder.mul(k, INT(wide)))
        a = [Z.load_vector(builder.gep(first, [step])) for step in steps]
        w = [Z.everywhere(W.load(W.at(r, k))) for r in rows]
        pairs = [(x, y) for x in w for y in a]
        return [build_fma(builder, *p, s) for s, p in zip(sums, pairs, strict=True)]

    sums = [start for start in starts for _ in steps]
    results = iter(loop(builder, (INT(0), W.shape[1], 1), sums, body))
    for r in range(ROWS):
        j = builder.add(place[0], INT(r))
        written = Z.at(j, place[1])
        of_gate = gate and gate.at(j, place[1])
        for step in steps:
            result = next(results)
            if gate is not None:
                switch = Z.load_vector(builder.gep(of_gate, [step]))
                result = _gated(builder, result, switch)
            Z.store_vector(result, builder.gep(written, [step]))


def _gated(builder: Any, vector: Any, switch: Any) -> Any:
    """Return a vector where the switch is above 0, and 0 times it elsewhere."""
    nothing = ir.Constant(vector.type, [0.0] * vector.type.count)
    off = builder.fmul(vector, nothing)
    return builder.select(builder.fcmp_ordered(">", switch, nothing), vector, off)


def _pack_columns(A: Matrix, i: Any, panel: Matrix) -> None:
    """Build the work of :func:`pack_columns`."""
    builder, wide = A.builder, VECTORS * A.lanes

    def body(k: Any, _: list[Any]) -> list[Any]:
        read, written = A.at(k, i), panel.at(builder.mul(k, INT(wide)))
        for v in range(VECTORS):
            step = [INT(v * A.lanes)]
            vector = A.load_vector(builder.gep(read, step))
            A.store_vector(vector, builder.gep(written, step))
        return []

    loop(builder, (INT(0), A.shape[0], 1), [], body)


def _pack_rows(A: Matrix, k: Any, panel: Matrix) -> None:
    """Build the work of :func:`pack_rows`: squares are turned in registers."""
    builder, lanes, m = A.builder, A.lanes, A.shape[1]
    wide = VECTORS * lanes
    rows = [builder.add(k, INT(r)) for r in range(wide)]

    def square(i: Any, _: list[Any]) -> list[Any]:
        for v in range(VECTORS):
            few = rows[v * lanes : (v + 1) * lanes]
            columns = turned(builder, [A.load_vector(A.at(row, i)) for row in few])
            for c, column in enumerate(columns):
                place = builder.mul(builder.add(i, INT(c)), INT(wide))
                A.store_vector(column, panel.at(builder.add(place, INT(v * lanes))))
        return []

    def column(i: Any, _: list[Any]) -> list[Any]:
        first = builder.mul(i, INT(wide))
        for r, row in enumerate(rows):
            written = panel.at(builder.add(first, INT(r)))
            builder.store(A.load(A.at(row, i)), written, align=A.align)
        return []

    whole = builder.sub(m, builder.srem(m, INT(lanes)))
    loop(builder, (INT(0), whole, lanes), [], square)
    loop(builder, (whole, m, 1), [], column)


def _pack_strips(W: Matrix, j: Any, strips: Matrix) -> None:
    """Build the work of :func:`pack_strips`."""
    builder, (depth, n) = W.builder, W.shape
    last = builder.sub(n, INT(STRIP))
    firsts = []
    for s in range(STRIPS):
        first = builder.add(j, INT(s * ROWS))
        fits = builder.icmp_signed("<", first, last)
        firsts.append(builder.select(fits, first, last))

    def body(k: Any, _: list[Any]) -> list[Any]:
        for s, first in enumerate(firsts):
            row = builder.add(builder.mul(depth, INT(s)), k)
            read, written = W.at(k, first), strips.at(builder.mul(row, INT(STRIP)))
            for step in range(0, STRIP, W.lanes):
                vector = W.load_vector(builder.gep(read, [INT(step)]))
                W.store_vector(vector, builder.gep(written, [INT(step)]))
        return []

    loop(builder, (INT(0), depth, 1), [], body)


def _packing(pack: Callable[..., None]) -> Callable[..., Any]:
    """Return Numba's intrinsic of a copy."""

    @numba.extending.intrinsic
    def intrinsic(
        _typing: Any, A: Any, place: Any, panel: Any
    ) -> tuple[Any, Callable[..., Any]]:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kinds = signature.args
            a, p = (Matrix(context, builder, kinds[n], args[n]) for n in (0, 2))
            pack(a, args[1], p)
            return context.get_dummy_value()

        return numba.types.void(A, place, panel), build

    return intrinsic


_columns, _rows, _strips = (
    _packing(each) for each in (_pack_columns, _pack_rows, _pack_strips)
)


@numba.extending.intrinsic
def _tile_intrinsic(
    _typing: Any,
    W: Any,
    row: Any,
    panel: Any,
    start: Any,
    gate: Any,
    Z: Any,
    place: Any,
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        w, p, z = (Matrix(context, builder, kinds[n], args[n]) for n in (0, 2, 5))
        j, i = (builder.extract_value(args[6], side) for side in range(2))
        switches = None
        if kinds[4] != numba.types.none:
            switches = Matrix(context, builder, kinds[4], args[4])
        starts = [ir.Constant(z.vector, [0.0] * z.lanes)] * ROWS
        if kinds[3] != numba.types.none:
            b = Matrix(context, builder, kinds[3], args[3])
            rows = [b.at(builder.add(j, INT(r))) for r in range(ROWS)]
            starts = [b.everywhere(b.load(each)) for each in rows]
        _tile(w, args[1], p, starts, switches, z, (j, i))
        return context.get_dummy_value()

    return numba.types.void(W, row, panel, start, gate, Z, place), build


@numba.extending.overload(pack_columns, inline="always", strict=False)
def _overload_columns(A: Any, i: Any, panel: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pack(A: Any, i: Any, panel: Any) -> Any:
        return _columns(A, i, panel)

    return pack


@numba.extending.overload(pack_rows, inline="always", strict=False)
def _overload_rows(A: Any, k: Any, panel: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pack(A: Any, k: Any, panel: Any) -> Any:
        return _rows(A, k, panel)

    return pack


@numba.extending.overload(pack_strips, inline="always", strict=False)
def _overload_strips(W: Any, j: Any, strips: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pack(W: Any, j: Any, strips: Any) -> Any:
        return _strips(W, j, strips)

    return pack


@numba.extending.overload(combine_tile, inline="always", strict=False)
def _overload_tile(
    W: Any,  # noqa: ARG001
    row: Any,  # noqa: ARG001
    panel: Any,  # noqa: ARG001
    start: Any,  # noqa: ARG001
    gate: Any,  # noqa: ARG001
    Z: Any,  # noqa: ARG001
    place: Any,  # noqa: ARG001
) -> Callable[..., Any]:
    def tile(
        W: Any, row: Any, panel: Any, start: Any, gate: Any, Z: Any, place: Any
    ) -> Any:
        return _tile_intrinsic(W, row, panel, start, gate, Z, place)  # type: ignore[call-arg]

    return tile
