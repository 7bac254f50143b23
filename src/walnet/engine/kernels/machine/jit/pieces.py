"""Kernels through Numba: each becomes a piece of LLVM's code, not optimised yet.

Numba would make machine code of every kernel by itself, and optimise it once more in
each of its callers. Here a kernel is only translated; `module` links all of them and
has them optimised once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
import numba
import numba.extending
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.lowering import Lower
from numba.core.registry import cpu_target
from numba.core.typed_passes import NativeLowering

from walnet.engine.kernels.machine.compile import CHOICES, KERNELS
from walnet.engine.kernels.machine.entries import Entry
from walnet.engine.kernels.machine.jit import (  # noqa: F401  (they register)
    fused,
    sums,
    tiles,
    turning,
    views,
)
from walnet.engine.kernels.machine.jit.structures import (
    RecordType,
    answer_at,
    arguments_at,
)

# Kernels that stand in the library once, by module and name.
_STAND_ALONE = {
    (function.__module__, function.__qualname__)
    for function, options in KERNELS.items()
    if not options
}


class _Piece(JITCodeLibrary):
    """A kernel's code as it was translated, and the libraries that it calls."""

    def add_linking_library(self, library: Any) -> None:
        self._linking_libraries.append(library)

    def add_llvm_module(self, ll_module: Any) -> None:
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        """Return no address: nobody calls a piece."""
        return 0

    @property
    def codegen(self) -> _Piece:
        """What Numba tells which object of Python belongs to a function: none does."""
        return self

    def set_env(self, _name: str, _env: Any) -> None:
        """Forget it."""

    @property
    def code(self) -> Any:
        """The module of the kernel alone."""
        return self._final_module

    @property
    def called(self) -> list[Any]:
        """The libraries of what it calls."""
        return list(self._linking_libraries)


class _BorrowingLower(Lower):
    """Numba's code generator, told that nobody counts references."""

    def __init__(self, context: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(context.subtarget(enable_nrt=False), *arguments, **options)

    def setup_function(self, fndesc: Any) -> None:
        super().setup_function(fndesc)
        if (fndesc.modname, fndesc.qualname) in _STAND_ALONE:
            self.function.attributes.add("noinline")


@register_pass(mutates_CFG=True, analysis_only=False)
class _PieceLowering(NativeLowering):
    """The step of Numba's compiler that generates code."""

    _name = "piece_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        return _BorrowingLower


class _PieceCompiler(CompilerBase):
    """Numba's compiler with a code generator of ours."""

    def define_pipelines(self) -> list[PassManager]:
        """Return the passes: Numba's own, but for one."""
        usual = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes = PassManager("kernels")
        passes.passes = [
            (_PieceLowering if each is NativeLowering else each, description)
            for each, description in usual.passes
        ]
        passes.finalize()
        return [passes]


def _dispatcher(function: Callable[..., Any], **options: Any) -> Any:
    # Said outright: what is left open Numba takes over from the caller.
    options = {"forceinline": False} | options
    return numba.njit(  # type: ignore[call-overload]
        error_model="numpy",
        pipeline_class=_PieceCompiler,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        **options,
    )(function)


def _make_known() -> None:
    """Tell Numba what the kernels are: to each other they are plain functions."""
    for function, options in KERNELS.items():
        made: Any = function
        # Numba's own pass that writes kernels into their callers asks for these two.
        dispatcher = _dispatcher(function, **options)
        made.targetoptions, made.py_func = dispatcher.targetoptions, function
        made.dispatcher = dispatcher  # Numba's type does not keep it alive
        cpu_target.typing_context.insert_global(function, types.Dispatcher(dispatcher))
    for choose, (single, double) in CHOICES.items():
        _make_choice_known(choose, single, double)


def _make_choice_known(choose: Any, single: Any, double: Any) -> None:
    @numba.extending.overload(choose, inline="always", strict=False)
    def _typed(x: object) -> Callable[..., object]:
        chosen = single if x == types.float32 else double

        def call(x: object) -> object:
            return chosen(x)

        return call


# This process compiles kernels, nothing else: what Numba brings along is a piece too.
cpu_target.target_context.codegen()._library_class = _Piece  # noqa: SLF001
_make_known()


def translated(entry: Entry[Any, Any], precision: str) -> tuple[str, _Piece]:
    """Return the name and the piece of an entry's code, which takes a record."""
    real = getattr(types, precision)
    function = _dispatcher(entry.function)
    arguments = arguments_at(entry.kinds, len(entry.slots_of_answer), real)
    write = answer_at(entry.answer)

    def call(record: Any) -> None:
        write(record, function(*arguments(record)))

    outer = _dispatcher(call)
    outer.compile((RecordType(),))
    (result,) = outer.overloads.values()
    return result.fndesc.llvm_func_name, result.library


def linked(outer: list[_Piece]) -> Any:
    """Return one module of pieces and all that they call, callers first."""
    module = llvm.parse_assembly(str(outer[0]._codegen._create_empty_module("walnet")))  # noqa: SLF001
    for library in _callers_first(outer):
        module.link_in(library.code, preserve=True)
    return module


def _callers_first(outer: list[_Piece]) -> Iterator[Any]:
    """Yield libraries, each before those that it calls."""
    order: list[Any] = []
    seen: set[int] = set()

    def visit(library: Any) -> None:
        if id(library) in seen:
            return
        seen.add(id(library))
        for each in library.called:
            visit(each)
        order.append(library)

    for each in outer:
        visit(each)
    yield from reversed(order)
