"""Which functions are kernels: compiled together, into one library of machine code.

A kernel is a function of plain Python, and stays one for whoever calls it from Python.
What carries a decorator of this file is known to the compiler of
`walnet.engine.kernels.machine.jit`, which compiles a precision as a whole: all that can
be reached from the entries (see `entries`). The policy:

* ``error_model="numpy"``: a division by zero gives infinity, as in NumPy, not an
  exception from the middle of an epoch.
* No ``fastmath``: what is summed in which order, and where a multiply-add is rounded
  once, stands in the source (`sums`, `fused`), not in the processor that is compiled
  for. So the bits are the same on all of them.
* A kernel is written into each kernel that calls it, or else, marked `shared`, stands
  once in the library. To call costs nanoseconds, to compile twice costs seconds.
* Kernels own nothing: no array is allocated, no reference counted, no object of Python
  touched. Arrays are bare pointers into memory that outlives the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])

# All kernels, and how each is compiled: with Numba's options.
KERNELS: dict[Callable[..., Any], dict[str, Any]] = {}
# Functions that are one kernel for float32 and another for float64.
CHOICES: dict[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]] = {}


def kernel(function: _Function) -> _Function:
    """Mark a function that is compiled into each kernel that calls it."""
    KERNELS[function] = {"forceinline": True}
    return function


def shared(function: _Function) -> _Function:
    """Mark a large kernel, or one of many callers, that stands in the library once."""
    KERNELS[function] = {}
    return function


def part(function: _Function) -> _Function:
    """Mark a kernel that is written into its callers before types are known.

    So records and tuples need not be passed on, and what is None is left out.
    """
    KERNELS[function] = {"inline": "always"}
    return function


def by_precision(single: _Function, double: _Function) -> _Function:
    """Return a function that is `single` for a float32 argument, else `double`.

    Inside kernels the choice is made while they are compiled.
    """

    def choose(x: Any) -> Any:
        return single(x) if isinstance(x, np.float32) else double(x)

    CHOICES[choose] = single, double
    return choose  # type: ignore[return-value]
