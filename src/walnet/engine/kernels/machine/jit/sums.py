"""`machine.sums` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba.core import cgutils

from walnet.engine.kernels.machine.jit.fused import build_fma
from walnet.engine.kernels.machine.jit.vectors import INT, loop, sum_of_lanes
from walnet.engine.kernels.machine.sums import (
    VECTORS,
    dot,
    double_dot,
    double_total,
    total,
)
from walnet.engine.kernels.machine.tiles import BYTES

_DOUBLE = ir.DoubleType()


class _Terms:
    """One array of what is summed: loads of its numbers, in the precision of the sum.

    Parameters
    ----------
    context, builder
        Numba's target context and llvmlite's builder.
    kind, value
        Numba's type of the array, and the array as the code holds it.
    real
        LLVM's type of the sum.
    """

    def __init__(
        self, context: Any, builder: Any, kind: Any, value: Any, real: Any
    ) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder, self.data, self.real = builder, array.data, real
        (self.size,) = cgutils.unpack_tuple(builder, array.shape)
        self.align = kind.dtype.bitwidth // 8
        self.stored = context.get_value_type(kind.dtype)

    def number(self, i: Any) -> Any:
        """Return the number at a place."""
        address = self.builder.gep(self.data, [i])
        return self._widened(self.builder.load(address, align=self.align), self.real)

    def vector(self, i: Any, lanes: int) -> Any:
        """Return so many numbers from a place on."""
        stored = ir.VectorType(self.stored, lanes)
        address = self.builder.gep(self.data, [i])
        pointer = self.builder.bitcast(address, stored.as_pointer())
        loaded = self.builder.load(pointer, align=self.align)
        return self._widened(loaded, ir.VectorType(self.real, lanes))

    def _widened(self, value: Any, kind: Any) -> Any:
        return value if value.type == kind else self.builder.fpext(value, kind)


def _sum(builder: Any, terms: list[_Terms], lanes: int) -> Any:
    """Build the sum of products (of two arrays) or of numbers (of one)."""

    def added(sums: list[Any], values: list[Any]) -> list[Any]:
        if len(values) == 1:
            return [builder.fadd(sums[0], values[0])]
        return [build_fma(builder, values[0], values[1], sums[0])]

    def add_vectors(i: Any, sums: list[Any]) -> list[Any]:
        return added(sums, [each.vector(i, lanes) for each in terms])

    def add_numbers(i: Any, sums: list[Any]) -> list[Any]:
        return added(sums, [each.number(i) for each in terms])

    def add_four(i: Any, sums: list[Any]) -> list[Any]:
        places = [builder.add(i, INT(v * lanes)) for v in range(VECTORS)]
        pairs = zip(places, sums, strict=True)
        return [add_vectors(place, [each])[0] for place, each in pairs]

    n, step = terms[0].size, VECTORS * lanes
    of_four = builder.sub(n, builder.srem(n, INT(step)))
    whole = builder.sub(n, builder.srem(n, INT(lanes)))
    nothing = ir.Constant(ir.VectorType(terms[0].real, lanes), [0.0] * lanes)
    sums = loop(builder, (INT(0), of_four, step), [nothing] * VECTORS, add_four)
    (sums[0],) = loop(builder, (of_four, whole, lanes), sums[:1], add_vectors)
    while len(sums) > 1:
        half = len(sums) // 2
        pairs = zip(sums[:half], sums[half:], strict=True)
        sums = [builder.fadd(low, high) for low, high in pairs]
    start = sum_of_lanes(builder, sums[0])
    (result,) = loop(builder, (whole, n, 1), [start], add_numbers)
    return result


def _building(double: bool) -> Callable[..., Any]:  # noqa: FBT001
    """Return what builds a sum, in float64 or in the precision of the arrays."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        real = _DOUBLE if double else context.get_value_type(kinds[0].dtype)
        lanes = BYTES // (8 if double else kinds[0].dtype.bitwidth // 8)
        pairs = zip(kinds, args, strict=True)
        terms = [_Terms(context, builder, *pair, real) for pair in pairs]
        return _sum(builder, terms, lanes)

    return build


def _checked(*arrays: Any) -> None:
    """Refuse arrays whose numbers are not side by side."""
    if any(array.ndim != 1 or array.layout != "C" for array in arrays):
        raise numba.TypingError(f"sums take contiguous arrays, got {arrays}")


@numba.extending.intrinsic
def _dot_intrinsic(_typing: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]]:
    _checked(a, b)
    return a.dtype(a, b), _building(double=False)


@numba.extending.intrinsic
def _total_intrinsic(_typing: Any, a: Any) -> tuple[Any, Callable[..., Any]]:
    _checked(a)
    return a.dtype(a), _building(double=False)


@numba.extending.intrinsic
def _double_dot_intrinsic(
    _typing: Any, a: Any, b: Any
) -> tuple[Any, Callable[..., Any]]:
    _checked(a, b)
    return numba.types.float64(a, b), _building(double=True)


@numba.extending.intrinsic
def _double_total_intrinsic(_typing: Any, a: Any) -> tuple[Any, Callable[..., Any]]:
    _checked(a)
    return numba.types.float64(a), _building(double=True)


@numba.extending.overload(dot, inline="always", strict=False)
def _dot(a: Any, b: Any) -> Callable[..., Any]:  # noqa: ARG001
    def summed(a: Any, b: Any) -> Any:
        return _dot_intrinsic(a, b)  # type: ignore[call-arg]

    return summed


@numba.extending.overload(total, inline="always", strict=False)
def _total(a: Any) -> Callable[..., Any]:  # noqa: ARG001
    def summed(a: Any) -> Any:
        return _total_intrinsic(a)  # type: ignore[call-arg]

    return summed


@numba.extending.overload(double_dot, inline="always", strict=False)
def _double_dot(a: Any, b: Any) -> Callable[..., Any]:  # noqa: ARG001
    def summed(a: Any, b: Any) -> Any:
        return _double_dot_intrinsic(a, b)  # type: ignore[call-arg]

    return summed


@numba.extending.overload(double_total, inline="always", strict=False)
def _double_total(a: Any) -> Callable[..., Any]:  # noqa: ARG001
    def summed(a: Any) -> Any:
        return _double_total_intrinsic(a)  # type: ignore[call-arg]

    return summed
