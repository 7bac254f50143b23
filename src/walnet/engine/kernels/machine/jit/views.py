"""`machine.views` in machine code: arrays made of a pointer, a shape and strides.

Nobody counts references to them: the buffer outlives the call. These functions are
written against Numba's own, untyped interface for such intrinsics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from numba.np.arrayobj import populate_array

from walnet.engine.kernels.machine.views import flat, matrix, stretch


def bare_array(
    context: Any, builder: Any, like: Any, pointer: Any, shape: list[Any]
) -> Any:
    """Build an array over a pointer that nobody counts: its owner outlives the call."""
    array_type = like.copy(ndim=len(shape), layout="C")
    array = context.make_array(array_type)(context, builder)
    size = context.get_constant(numba.types.intp, like.dtype.bitwidth // 8)
    strides = [builder.mul(n, size) for n in shape[1:]] + [size]
    populate_array(array, pointer, shape, strides, size, meminfo=None)
    return array._getvalue()  # noqa: SLF001


@numba.extending.intrinsic
def _matrix_at(
    _typing: Any, buffer: Any, _start: Any, _rows: Any, _columns: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        like = signature.args[0]
        array = context.make_array(like)(context, builder, args[0])
        pointer = builder.gep(array.data, [args[1]])
        return bare_array(context, builder, like, pointer, [args[2], args[3]])

    intp = numba.types.intp
    return buffer.copy(ndim=2, layout="C")(buffer, intp, intp, intp), build


@numba.extending.intrinsic
def _stretch_at(
    _typing: Any, buffer: Any, _start: Any, _n: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        like = signature.args[0]
        array = context.make_array(like)(context, builder, args[0])
        pointer = builder.gep(array.data, [args[1]])
        return bare_array(context, builder, like, pointer, [args[2]])

    intp = numba.types.intp
    return buffer.copy(ndim=1, layout="C")(buffer, intp, intp), build


@numba.extending.intrinsic
def _flattened(_typing: Any, array: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        like = signature.args[0]
        whole = context.make_array(like)(context, builder, args[0])
        return bare_array(context, builder, like, whole.data, [whole.nitems])

    return array.copy(ndim=1, layout="C")(array), build


@numba.extending.overload(matrix, inline="always", strict=False)
def _matrix(buffer: Any, start: Any, rows: Any, columns: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pointer(buffer: Any, start: Any, rows: Any, columns: Any) -> Any:
        return _matrix_at(buffer, start, rows, columns)  # type: ignore[call-arg]

    return pointer


@numba.extending.overload(stretch, inline="always", strict=False)
def _stretch(buffer: Any, start: Any, n: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pointer(buffer: Any, start: Any, n: Any) -> Any:
        return _stretch_at(buffer, start, n)  # type: ignore[call-arg]

    return pointer


@numba.extending.overload(flat, inline="always", strict=False)
def _flat(array: Any) -> Callable[..., Any]:  # noqa: ARG001
    def pointer(array: Any) -> Any:
        return _flattened(array)  # type: ignore[call-arg]

    return pointer
