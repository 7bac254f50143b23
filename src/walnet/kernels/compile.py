"""The one place that decides how kernels are compiled.

Every kernel of this package carries the decorator :func:`kernel`. The policy:

* ``nogil``: kernels touch no Python object, so threads may run them side by side.
* ``error_model="numpy"``: a division by zero gives infinity, as in NumPy, not an
  exception from the middle of an epoch.
* ``fastmath`` as a subset: sums may be reordered (so that they vectorise) and
  multiply-add fused, but NaN and infinity still mean what they mean. ``nnan`` and
  ``ninf`` would let the compiler delete the very test that notices divergence.
* ``cache``: machine code is kept beside the source, or in Numba's own cache folder.
  Numba looks only at the file a kernel stands in, so an edit in another file would
  leave stale machine code; the stamp of the cache is therefore the hash of *all*
  kernel files. Where no cache folder can be written, kernels compile in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba
import numba.extending
import numpy as np
from numba.np.arrayobj import populate_array

_FASTMATH = {"reassoc", "nsz", "arcp", "contract", "afn"}
_Function = TypeVar("_Function", bound=Callable[..., object])


def _hash_of_kernel_files() -> str:
    """Return a hash of every source file of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_STAMP = _hash_of_kernel_files()


def kernel(function: _Function) -> _Function:
    """Compile a function lazily, once for each combination of argument types."""
    compiled = numba.njit(nogil=True, error_model="numpy", fastmath=_FASTMATH)(function)
    if not numba.config.DISABLE_JIT:
        _enable_cache(compiled)
    return cast("_Function", compiled)


def part(function: _Function) -> _Function:
    """Mark a piece of a kernel that is compiled inside each kernel that calls it.

    A kernel that calls a kernel has the called one optimised again inside itself, at
    every level of calls: large pieces with one or two callers are cheaper written in.
    """
    return cast("_Function", numba.njit(inline="always")(function))


def matrix(buffer: np.ndarray, start: int, rows: int, columns: int) -> np.ndarray:
    """Return the (rows, columns) matrix that begins at a place of a flat buffer.

    In a kernel this is a bare pointer: NumPy's reshape would cost 30 ns each time,
    which is more than the arithmetic of a small layer.
    """
    return buffer[start : start + rows * columns].reshape((rows, columns))


def flat(array: np.ndarray) -> np.ndarray:
    """Return a contiguous array as one dimension, in a kernel at no cost."""
    return array.reshape(array.size)


def _bare_array(context, builder, like, pointer, shape):  # noqa: ANN001, ANN202
    """Build an array over a pointer that nobody counts: its owner outlives the call."""
    array_type = like.copy(ndim=len(shape), layout="C")
    array = context.make_array(array_type)(context, builder)
    size = context.get_constant(numba.types.intp, like.dtype.bitwidth // 8)
    strides = [builder.mul(n, size) for n in shape[1:]] + [size]
    populate_array(array, pointer, shape, strides, size, meminfo=None)
    return array._getvalue()  # noqa: SLF001


@numba.extending.intrinsic
def _matrix_at(typing, buffer, start, rows, columns):  # noqa: ANN001, ANN202, ARG001
    def build(context, builder, signature, args):  # noqa: ANN001, ANN202
        like = signature.args[0]
        array = context.make_array(like)(context, builder, args[0])
        pointer = builder.gep(array.data, [args[1]])
        return _bare_array(context, builder, like, pointer, [args[2], args[3]])

    intp = numba.types.intp
    return buffer.copy(ndim=2, layout="C")(buffer, intp, intp, intp), build


@numba.extending.intrinsic
def _flattened(typing, array):  # noqa: ANN001, ANN202, ARG001
    def build(context, builder, signature, args):  # noqa: ANN001, ANN202
        like = signature.args[0]
        whole = context.make_array(like)(context, builder, args[0])
        return _bare_array(context, builder, like, whole.data, [whole.nitems])

    return array.copy(ndim=1, layout="C")(array), build


@numba.extending.overload(matrix, inline="always", strict=False)
def _matrix(buffer, start, rows, columns):  # noqa: ANN001, ANN202, ARG001
    def pointer(buffer, start, rows, columns):  # noqa: ANN001, ANN202
        return _matrix_at(buffer, start, rows, columns)

    return pointer


@numba.extending.overload(flat, inline="always", strict=False)
def _flat(array):  # noqa: ANN001, ANN202, ARG001
    def pointer(array):  # noqa: ANN001, ANN202
        return _flattened(array)

    return pointer


def _enable_cache(compiled: numba.core.dispatcher.Dispatcher) -> None:
    """Cache machine code on disk, stamped with all kernel files, if a disk allows."""
    try:
        compiled.enable_caching()
    except RuntimeError:  # "no locator available": no folder can be written
        return
    index = getattr(compiled._cache, "_cache_file", None)  # noqa: SLF001
    if index is not None:
        index._source_stamp = _STAMP  # noqa: SLF001


def by_precision(single: _Function, double: _Function) -> _Function:
    """Return a function that is `single` for a float32 argument, else `double`.

    Inside kernels Numba picks while it compiles: nothing is left to decide at run time.
    """

    def choose(x: object) -> object:
        return single(x) if isinstance(x, np.float32) else double(x)

    @numba.extending.overload(choose, inline="always", strict=False)
    def _typed(x: object) -> Callable[..., object]:
        chosen = single if x == numba.types.float32 else double

        def call(x: object) -> object:
            return chosen(x)

        return call

    return cast("_Function", choose)
