"""`machine.tiles` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba.core import cgutils

from walnet.engine.kernels.machine.compile import FASTMATH
from walnet.engine.kernels.machine.tiles import (
    BYTES,
    PAIRS,
    ROWS,
    VECTORS,
    pack_columns,
    pack_rows,
    product_tile,
    tiles,
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
    """Return total + a b, rounded once where the processor can."""
    kind = total.type
    number = getattr(kind, "element", kind)
    name = {"float": "f32", "double": "f64"}[str(number)]
    if kind is not number:
        name = f"v{kind.count}{name}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fmuladd.{name}"
    )
    return builder.call(function, [a, b, total])


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


class _Factor:
    """A factor of a product, in a flat array, in code that is being built."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array, self.first, *self.steps = cgutils.unpack_tuple(builder, value, len(kind))
        self.matrix = _Matrix(context, builder, kind[0], array)

    def begin(self, *more: Any) -> Any:
        """Return the address of the first number, or of one that lies farther on."""
        places = [self.first, *more]
        return self.matrix.builder.gep(
            self.matrix.data, [_total(self.matrix.builder, places)]
        )


@dataclass(frozen=True)
class _Result:
    """Where a tile is written, and what its sums begin with and are multiplied by."""

    Z: _Matrix
    place: tuple[Any, Any, Any]
    start: _Matrix | None
    gate: _Matrix | None

    def starts(self, rows: int) -> list[Any]:
        """Return what the sums begin with, a vector a row."""
        Z, builder = self.Z, self.Z.builder
        if self.start is None:
            return [ir.Constant(Z.vector, [0.0] * Z.lanes)] * rows
        numbers = [
            self.start.at(builder.add(self.place[0], _INT(r))) for r in range(rows)
        ]
        return [Z.everywhere(Z.load(number)) for number in numbers]

    def write(self, sums: list[Any], i: Any) -> None:
        """Write the sums of the rows, one row after the other, from a column on."""
        Z, builder, j = self.Z, self.Z.builder, self.place[0]
        for number, total in enumerate(sums):
            r, v = divmod(number, VECTORS)
            where = builder.add(j, _INT(r)), builder.add(i, _INT(v * Z.lanes))
            if self.gate is not None:
                switch = self.gate.load_vector(self.gate.at(*where))
                Z.store_vector(_gated(builder, total, switch), Z.at(*where))
            else:
                Z.store_vector(total, Z.at(*where))


def _tiles(rows: int, left: _Factor, right: _Factor, to: _Result) -> None:
    """Build the work of :func:`tiles` for a number of rows."""
    builder, wide = to.Z.builder, _INT(VECTORS * to.Z.lanes)
    _, first, end = to.place
    last = builder.sub(to.Z.shape[1], wide)

    def body(lo: Any, _: list[Any]) -> list[Any]:
        beyond = builder.icmp_signed(">", lo, last)
        i = builder.select(beyond, last, lo)
        to.write(_sums(rows, left, (right, builder.sub(i, first)), to), i)
        return []

    _loop(builder, (first, end, wide.constant), [], body)


def _sums(
    rows: int, left: _Factor, right_at: tuple[_Factor, Any], to: _Result
) -> list[Any]:
    """Build the sums of a tile, from a column of the right factor on."""
    right, column = right_at
    W, A, builder = left.matrix, right.matrix, left.matrix.builder
    row_step, depth_step = left.steps
    first_rows = [left.begin(builder.mul(row_step, _INT(r))) for r in range(rows)]
    first_columns = [right.begin(column, _INT(v * A.lanes)) for v in range(VECTORS)]

    def body(_k: Any, carried: list[Any]) -> list[Any]:
        *sums, along_W, along_A = carried
        a = [A.load_vector(builder.gep(each, [along_A])) for each in first_columns]
        w = [A.everywhere(W.load(builder.gep(each, [along_W]))) for each in first_rows]
        pairs = [(x, y) for x in w for y in a]
        added = [_added(builder, s, *p) for s, p in zip(sums, pairs, strict=True)]
        steps = builder.add(along_W, depth_step), builder.add(along_A, right.steps[0])
        return [*added, *steps]

    sums = [each for each in to.starts(rows) for _ in range(VECTORS)]
    loop = (_INT(0), right.steps[1], 1)
    *sums, _, _ = _loop(builder, loop, [*sums, _INT(0), _INT(0)], body)
    return sums


def _pack_columns(A: _Matrix, i: Any, panel: _Matrix) -> None:
    """Build the work of :func:`pack_columns`."""
    builder, wide = A.builder, VECTORS * A.lanes

    def body(k: Any, carried: list[Any]) -> list[Any]:
        (to,) = carried
        for v in range(VECTORS):
            vector = A.load_vector(A.at(k, builder.add(i, _INT(v * A.lanes))))
            place = builder.gep(panel.data, [builder.add(to, _INT(v * A.lanes))])
            panel.store_vector(vector, place)
        return [builder.add(to, _INT(wide))]

    _loop(builder, (_INT(0), A.shape[0], 1), [_INT(0)], body)


def _pack_rows(A: _Matrix, j: Any, panel: _Matrix) -> None:
    """Build the work of :func:`pack_rows`, square by square."""
    builder, lanes, wide = A.builder, A.lanes, VECTORS * A.lanes
    m = A.shape[1]
    whole = builder.sub(m, builder.srem(m, _INT(lanes)))
    rows = [A.at(builder.add(j, _INT(r)), _INT(0)) for r in range(wide)]

    def square(i: Any, _: list[Any]) -> list[Any]:
        for v in range(VECTORS):
            of_square = rows[v * lanes : (v + 1) * lanes]
            loaded = [A.load_vector(builder.gep(row, [i])) for row in of_square]
            for c, vector in enumerate(_turned(builder, loaded)):
                column = builder.add(i, _INT(c))
                to = builder.add(builder.mul(column, _INT(wide)), _INT(v * lanes))
                panel.store_vector(vector, builder.gep(panel.data, [to]))
        return []

    def single(i: Any, _: list[Any]) -> list[Any]:
        for r, row in enumerate(rows):
            to = builder.add(builder.mul(i, _INT(wide)), _INT(r))
            number = A.load(builder.gep(row, [i]))
            builder.store(number, builder.gep(panel.data, [to]), align=A.align)
        return []

    _loop(builder, (_INT(0), whole, lanes), [], square)
    _loop(builder, (whole, m, 1), [], single)


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of a square whose rows are vectors, by halves of halves."""
    n = len(rows)
    step = 1
    while step < n:
        low = [x + n * (x & step != 0) - step * (x & step != 0) for x in range(n)]
        high = [x + step for x in low]
        turned = list(rows)
        for r in range(n):
            if not r & step:
                pair = rows[r], rows[r + step]
                turned[r] = _pick(builder, *pair, low)
                turned[r + step] = _pick(builder, *pair, high)
        rows, step = turned, 2 * step
    return rows


def _pick(builder: Any, a: Any, b: Any, lanes_wanted: list[int]) -> Any:
    """Return a vector of the wanted lanes of two, counted through."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes_wanted)), lanes_wanted)
    return builder.shuffle_vector(a, b, mask)


def _gated(builder: Any, vector: Any, switch: Any) -> Any:
    """Return a vector where the switch is above 0, and 0 times it elsewhere."""
    nothing = ir.Constant(vector.type, [0.0] * vector.type.count)
    off = builder.fmul(vector, nothing)
    return builder.select(builder.fcmp_ordered(">", switch, nothing), vector, off)


def _products(dZ: _Matrix, j: Any, A: _Matrix, k: Any, dW: _Matrix) -> None:
    """Build the work of :func:`product_tile`."""
    builder = A.builder
    rows = [builder.add(j, _INT(r)) for r in range(PAIRS[0])]
    columns = [builder.add(k, _INT(c)) for c in range(PAIRS[1])]
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
def _tiles_intrinsic(
    _typing: Any,
    rows: Any,
    left: Any,
    right: Any,
    start: Any,
    gate: Any,
    Z: Any,
    place: Any,
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args

        def optional(n: int) -> _Matrix | None:
            if kinds[n] == numba.types.none:
                return None
            return _Matrix(context, builder, kinds[n], args[n])

        left_factor, right_factor = (
            _Factor(context, builder, kinds[n], args[n]) for n in (1, 2)
        )
        to = _Result(
            _Matrix(context, builder, kinds[5], args[5]),
            tuple(cgutils.unpack_tuple(builder, args[6], 3)),
            optional(3),
            optional(4),
        )
        end = builder.append_basic_block("tiles.end")
        switch = builder.switch(args[0], end)
        for count in range(1, ROWS + 1):
            block = builder.append_basic_block(f"tile.{count}")
            switch.add_case(_INT(count), block)
            builder.position_at_end(block)
            _tiles(count, left_factor, right_factor, to)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    types = (rows, left, right, start, gate, Z, place)
    return numba.types.void(*types), build


def _packing(pack: Callable[[_Matrix, Any, _Matrix], None]) -> Callable[..., Any]:
    """Return the intrinsic of a way to fill a panel."""

    @numba.extending.intrinsic
    def packing(_typing: Any, A: Any, first: Any, panel: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kinds = signature.args
            a, p = (_Matrix(context, builder, kinds[n], args[n]) for n in (0, 2))
            pack(a, args[1], p)
            return context.get_dummy_value()

        return numba.types.void(A, first, panel), build

    return packing


_pack_columns_intrinsic = _packing(_pack_columns)
_pack_rows_intrinsic = _packing(_pack_rows)


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


@numba.extending.overload(tiles, inline="always", strict=False)
def _tiles_in_code(
    rows: Any,  # noqa: ARG001
    left: Any,  # noqa: ARG001
    right: Any,  # noqa: ARG001
    start: Any,  # noqa: ARG001
    gate: Any,  # noqa: ARG001
    Z: Any,  # noqa: ARG001
    place: Any,  # noqa: ARG001
) -> Callable[..., Any]:
    def build(
        rows: Any,
        left: Any,
        right: Any,
        start: Any,
        gate: Any,
        Z: Any,
        place: Any,
    ) -> Any:
        return _tiles_intrinsic(rows, left, right, start, gate, Z, place)  # type: ignore[call-arg]

    return build


@numba.extending.overload(pack_columns, inline="always", strict=False)
def _pack_columns_in_code(A: Any, i: Any, panel: Any) -> Callable[..., Any]:  # noqa: ARG001
    def build(A: Any, i: Any, panel: Any) -> Any:
        return _pack_columns_intrinsic(A, i, panel)

    return build


@numba.extending.overload(pack_rows, inline="always", strict=False)
def _pack_rows_in_code(A: Any, j: Any, panel: Any) -> Callable[..., Any]:  # noqa: ARG001
    def build(A: Any, j: Any, panel: Any) -> Any:
        return _pack_rows_intrinsic(A, j, panel)

    return build


@numba.extending.overload(product_tile, inline="always", strict=False)
def _product_tile(dZ: Any, j: Any, A: Any, k: Any, dW: Any) -> Callable[..., Any]:  # noqa: ARG001
    def tile(dZ: Any, j: Any, A: Any, k: Any, dW: Any) -> Any:
        return _product_intrinsic(dZ, j, A, k, dW)  # type: ignore[call-arg]

    return tile
