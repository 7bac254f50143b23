"""`machine.turning` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending

from walnet.engine.kernels.machine.jit.vectors import INT, Matrix, loop, turned
from walnet.engine.kernels.machine.tiles import VECTORS
from walnet.engine.kernels.machine.turning import turn_strip


def _turn_strip(
    rows: Matrix, order: Matrix | None, at: Any, columns: Matrix, place: Any
) -> None:
    """Build the work of :func:`turn_strip`: squares, one after the other."""
    builder, lanes = rows.builder, rows.lanes
    few = [builder.add(at, INT(r)) for r in range(VECTORS * lanes)]
    if order is not None:
        few = [order.load(order.at(each)) for each in few]
    last = builder.sub(rows.shape[1], INT(lanes))

    def square(first: Any, _: list[Any]) -> list[Any]:
        fits = builder.icmp_signed("<", first, last)
        k = builder.select(fits, first, last)
        vectors = [rows.load_vector(rows.at(row, k)) for row in few]
        squares = [
            turned(builder, vectors[v * lanes : (v + 1) * lanes])
            for v in range(VECTORS)
        ]
        for c, pair in enumerate(zip(*squares, strict=True)):
            written = columns.at(builder.add(k, INT(c)), place)
            for v, column in enumerate(pair):
                columns.store_vector(column, builder.gep(written, [INT(v * lanes)]))
        return []

    loop(builder, (INT(0), rows.shape[1], lanes), [], square)


@numba.extending.intrinsic
def _strip_intrinsic(
    _typing: Any, rows: Any, order: Any, at: Any, columns: Any, place: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        r, c = (Matrix(context, builder, kinds[n], args[n]) for n in (0, 3))
        o = None
        if kinds[1] != numba.types.none:
            o = Matrix(context, builder, kinds[1], args[1])
        _turn_strip(r, o, args[2], c, args[4])
        return context.get_dummy_value()

    return numba.types.void(rows, order, at, columns, place), build


@numba.extending.overload(turn_strip, inline="always", strict=False)
def _overload_strip(
    rows: Any,  # noqa: ARG001
    order: Any,  # noqa: ARG001
    at: Any,  # noqa: ARG001
    columns: Any,  # noqa: ARG001
    i: Any,  # noqa: ARG001
) -> Callable[..., Any]:
    def strip(rows: Any, order: Any, at: Any, columns: Any, i: Any) -> Any:
        return _strip_intrinsic(rows, order, at, columns, i)  # type: ignore[call-arg]

    return strip
