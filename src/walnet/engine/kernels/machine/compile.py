"""The one place that decides how kernels are compiled.

Every kernel of this package carries the decorator :func:`kernel`. The policy:

* ``nogil``: kernels touch no Python object, so threads may run them side by side.
* ``error_model="numpy"``: a division by zero gives infinity, as in NumPy, not an
  exception from the middle of an epoch.
* ``fastmath`` as a subset: sums may be reordered (so that they vectorise) and
  multiply-add fused, but NaN and infinity still mean what they mean. ``nnan`` and
  ``ninf`` would let the compiler delete the very test that notices divergence.
* ``forceinline``: a kernel called by a kernel is written into it. Else its machine
  code stands in both, optimised once more in the second, and the linker takes for both
  whichever was loaded first: the last bits of a sum would depend on which kernels a
  process had used before, and on whether they came from the cache.
* ``pipeline_class``: no kernel owns an array. Those that Python hands in outlive the
  call, and views of them are bare: to count references to each of the arrays that a
  kernel passes on took a third of a small network's iteration.
* ``cache``: machine code is kept beside the source, or in Numba's own cache folder.
  Numba looks only at the file a kernel stands in, so an edit in another file would
  leave stale machine code; the stamp of the cache is therefore the hash of *all*
  kernel files. Where no cache folder can be written, kernels compile in memory, and
  what a folder has of broken files is compiled again (`cache`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.extending
import numpy as np
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering

from walnet.engine.kernels.machine.cache import SafeCache

_FASTMATH = {"reassoc", "nsz", "arcp", "contract", "afn"}
_Function = TypeVar("_Function", bound=Callable[..., object])


class _BorrowingLower(Lower):
    """Numba's code generator, told that nobody counts references."""

    def __init__(self, context: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(context.subtarget(enable_nrt=False), *arguments, **options)


@register_pass(mutates_CFG=True, analysis_only=False)
class _BorrowingLowering(NativeLowering):
    """The step of Numba's compiler that generates code."""

    _name = "borrowing_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        return _BorrowingLower


class _KernelCompiler(CompilerBase):
    """Numba's compiler with a code generator of ours."""

    def define_pipelines(self) -> list[PassManager]:
        """Return the passes: Numba's own, but for one."""
        usual = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes = PassManager("kernels")
        passes.passes = [
            (_BorrowingLowering if each is NativeLowering else each, description)
            for each, description in usual.passes
        ]
        passes.finalize()
        return [passes]


def _hash_of_kernel_files() -> str:
    """Return a hash of every source file of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_STAMP = _hash_of_kernel_files()


def kernel(function: _Function) -> _Function:
    """Compile a function lazily, once for each combination of argument types."""
    return _compiled(function, forceinline=True)


def entry(function: _Function) -> _Function:
    """Compile a kernel that Python calls and no other kernel does.

    Numba calls it from two wrappers: written into both, a large one takes three times
    as long to compile.
    """
    return _compiled(function, forceinline=False)


def _compiled(function: _Function, *, forceinline: bool) -> _Function:
    compiled = numba.njit(
        nogil=True,
        error_model="numpy",
        fastmath=_FASTMATH,
        forceinline=forceinline,
        pipeline_class=_KernelCompiler,
    )(function)
    if not getattr(numba.config, "DISABLE_JIT", 0):
        _enable_cache(compiled)
    return cast("_Function", compiled)


def part(function: _Function) -> _Function:
    """Mark a piece of a kernel that is compiled inside each kernel that calls it.

    A kernel that calls a kernel has the called one optimised again inside itself, at
    every level of calls: large pieces with one or two callers are cheaper written in.
    """
    return cast("_Function", numba.njit(inline="always")(function))


def _enable_cache(compiled: Any) -> None:
    """Cache machine code on disk, stamped with all kernel files, if a disk allows."""
    try:
        compiled._cache = SafeCache(compiled.py_func)  # noqa: SLF001
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
