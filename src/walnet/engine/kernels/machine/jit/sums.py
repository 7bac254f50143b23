"""`machine.sums` in machine code, put together from vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir

from walnet.engine.kernels.machine.jit.fused import build_fma
from walnet.engine.kernels.machine.jit.vectors import (
    INT,
    Matrix,
    loop,
    sum_of_lanes,
)
from walnet.engine.kernels.machine.sums import (
    VECTORS,
    dot,
    double_dot,
    double_total,
    total,
)
from walnet.engine.kernels.machine.tiles import BYTES

_DOUBLE = ir.DoubleType()


class _Terms(Matrix):
    """One array of what is summed: its numbers, in the precision of the sum.

    Parameters
    ----------
    context, builder, kind, value
        As of `Matrix`.
    real
        LLVM's type of the sum.
    """

    def __init__(
        self, context: Any, builder: Any, kind: Any, value: Any, real: Any
    ) -> None:
        super().__init__(context, builder, kind, value)
        self.real = real
        # A vector of float64 is filled by half a vector of float32.
        self.lanes = BYTES // (8 if real == _DOUBLE else self.align)
        self.vector = ir.VectorType(self.vector.element, self.lanes)

    def number(self, i: Any) -> Any:
        """Return the number at a place."""
        return self._widened(self.load(self.at(i)), self.real)

    def numbers(self, i: Any) -> Any:
        """Return a vector of numbers from a place on."""
        wide = ir.VectorType(self.real, self.lanes)
        return self._widened(self.load_vector(self.at(i)), wide)

    def _widened(self, value: Any, kind: Any) -> Any:
        return value if value.type == kind else self.builder.fpext(value, kind)


def _sum(builder: Any, terms: list[_Terms]) -> Any:
    """Build the sum of products (of two arrays) or of numbers (of one)."""
    (n,), lanes, real = terms[0].shape, terms[0].lanes, terms[0].real

    def added(sums: list[Any], values: list[Any]) -> list[Any]:
        if len(values) == 1:
            return [builder.fadd(sums[0], values[0])]
        return [build_fma(builder, values[0], values[1], sums[0])]

    def add_vectors(i: Any, sums: list[Any]) -> list[Any]:
        return added(sums, [each.numbers(i) for each in terms])

    def add_numbers(i: Any, sums: list[Any]) -> list[Any]:
        return added(sums, [each.number(i) for each in terms])

    def add_four(i: Any, sums: list[Any]) -> list[Any]:
        places = [builder.add(i, INT(v * lanes)) for v in range(VECTORS)]
        pairs = zip(places, sums, strict=True)
        return [add_vectors(place, [each])[0] for place, each in pairs]

    step = VECTORS * lanes
    of_four = builder.sub(n, builder.srem(n, INT(step)))
    whole = builder.sub(n, builder.srem(n, INT(lanes)))
    nothing = ir.Constant(ir.VectorType(real, lanes), [0.0] * lanes)
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
        pairs = zip(kinds, args, strict=True)
        terms = [_Terms(context, builder, *pair, real) for pair in pairs]
        return _sum(builder, terms)

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
