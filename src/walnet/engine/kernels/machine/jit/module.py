"""All kernels of a precision as one module of LLVM's, with C functions in front."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from walnet.engine.kernels.machine.entries import ENTRIES
from walnet.engine.kernels.machine.library import symbol

_KERNELS = Path(__file__).parents[2]

# What stands in front of an entry: Numba's functions return by two addresses.
_EXPORT = """
define i32 @{name}(ptr %record) {{
  %answer = alloca ptr, align 8
  %error = alloca ptr, align 8
  %code = call i32 @{inner}(ptr %answer, ptr %error, ptr %record)
  ret i32 %code
}}
declare i32 @{inner}(ptr, ptr, ptr)
"""


def import_kernels() -> None:
    """Import every module of kernels, so that all entries are known."""
    for path in sorted(_KERNELS.glob("*.py")):
        if path.stem != "__init__":
            import_module(f"walnet.engine.kernels.{path.stem}")


def module_of(precision: str) -> str:
    """Return the module of a precision, not optimised yet, as text."""
    import_kernels()
    from walnet.engine.kernels.machine.jit.pieces import linked, translated

    pairs = {name: translated(entry, precision) for name, entry in ENTRIES.items()}
    module = linked([piece for _, piece in pairs.values()])
    for name, (inner, _) in pairs.items():
        export = _EXPORT.format(name=symbol(name, precision), inner=inner)
        module.link_in(llvm.parse_assembly(export))
    exported = {symbol(name, precision) for name in ENTRIES}
    _hide(module, exported)
    return str(module)


def _hide(module: Any, exported: set[str]) -> None:
    """Let the linker see nothing but what is exported."""
    for each in (*module.functions, *module.global_variables):
        if not each.is_declaration and each.name not in exported:
            each.linkage = "internal"
