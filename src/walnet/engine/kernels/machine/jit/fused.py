"""`machine.fused` in machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba.extending

from walnet.engine.kernels.machine.fused import fma


@numba.extending.intrinsic
def _fma_intrinsic(
    _typing: Any, a: Any, _b: Any, _c: Any
) -> tuple[Any, Callable[..., Any]]:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return a(a, a, a), build


@numba.extending.overload(fma, inline="always", strict=False)
def _fma(a: Any, b: Any, c: Any) -> Callable[..., Any]:  # noqa: ARG001
    def rounded_once(a: Any, b: Any, c: Any) -> Any:
        return _fma_intrinsic(a, b, c)  # type: ignore[call-arg]

    return rounded_once
