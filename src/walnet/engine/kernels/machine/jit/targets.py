"""The machines that kernels are emitted for, and the emission."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm


@dataclass(frozen=True)
class Target:
    """A kind of machine: LLVM's triple, the level of the processor, its features."""

    triple: str
    cpu: str
    features: str = ""

    def machine(self) -> Any:
        """Return LLVM's description."""
        _initialize()
        target = llvm.Target.from_triple(self.triple)
        wasm = self.triple.startswith("wasm")
        return target.create_target_machine(
            cpu=self.cpu,
            features=self.features,
            opt=3,
            reloc="static" if wasm else "pic",
            codemodel="default" if wasm else "small",
        )


def symbol(entry: str, precision: str) -> str:
    """Return the name of an entry's C function."""
    return f"walnet_{entry}_{precision}"


@cache
def _initialize() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


def this_machine() -> Target:
    """Return the target whose code runs here."""
    triple = llvm.get_process_triple()
    level = "x86-64-v3" if platform.machine().lower() in {"x86_64", "amd64"} else ""
    return Target(triple, level)


def optimised(text: str, target: Target) -> Any:
    """Return a module's code for a machine, optimised."""
    machine = target.machine()
    module = llvm.parse_assembly(
        _for_machine(text, target.triple, str(machine.target_data))
    )
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    return module


def emitted(text: str, target: Target) -> tuple[bytes, list[str]]:
    """Return the object code for a machine, and what must be linked to it."""
    module = optimised(text, target)
    return target.machine().emit_object(module), undefined(module)


def undefined(module: Any) -> list[str]:
    """Return the names of functions that a module calls and does not hold."""
    names = {each.name for each in module.functions if each.is_declaration}
    return sorted(name for name in names if not name.startswith("llvm."))


def _for_machine(text: str, triple: str, data_layout: str) -> str:
    """Return a module's text for another machine than the one it was made on."""
    text = re.sub(r"^target (datalayout|triple) = .*\n", "", text, flags=re.MULTILINE)
    head = f'target datalayout = "{data_layout}"\ntarget triple = "{triple}"\n'
    return head + text
