"""`machine.fused` in machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import cgutils

from walnet.engine.kernels.machine.fused import fma


def build_fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a b + c``, rounded once, of numbers or of vectors of one type."""
    lanes = f"v{a.type.count}" if isinstance(a.type, ir.VectorType) else ""
    element = a.type.element if lanes else a.type
    bits = 32 if isinstance(element, ir.FloatType) else 64
    kind = ir.FunctionType(a.type, [a.type] * 3)
    name = f"llvm.fma.{lanes}f{bits}"
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(function, [a, b, c])


@numba.extending.intrinsic
def _fma_intrinsic(
    _typing: Any, a: Any, _b: Any, _c: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return build_fma(builder, *args)

    return a(a, a, a), build


@numba.extending.overload(fma, inline="always", strict=False)
def _fma(a: Any, b: Any, c: Any) -> Callable[..., Any]:  # noqa: ARG001
    def rounded_once(a: Any, b: Any, c: Any) -> Any:
        return _fma_intrinsic(a, b, c)  # type: ignore[call-arg]

    return rounded_once
