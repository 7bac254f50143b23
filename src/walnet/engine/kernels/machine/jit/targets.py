"""The machines that kernels are emitted for, and the emission."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from walnet.engine.kernels.machine.jit.soft_fma import relaxed_fma, without_fma
from walnet.engine.kernels.machine.library import (
    levels,
    processor_features,
    system,
)


@dataclass(frozen=True)
class Target:
    """A kind of machine: LLVM's triple, the level of the processor, its features."""

    triple: str
    cpu: str
    features: str = ""

    @property
    def is_wasm(self) -> bool:
        """Whether it is WebAssembly."""
        return self.triple.startswith("wasm")

    def with_its_fma(self, text: str) -> str:
        """Return a module's text with the multiply-adds that the target has."""
        if "+relaxed-simd" in self.features:
            return relaxed_fma(text)
        if self.is_wasm:  # it has to be loaded before anything is seen
            return without_fma(text, inline=False)
        return without_fma(text) if self.cpu == "x86-64-v2" else text

    def machine(self) -> Any:
        """Return LLVM's description."""
        _initialize()
        target = llvm.Target.from_triple(self.triple)
        return target.create_target_machine(
            cpu=self.cpu,
            features=self.features,
            opt=3,
            reloc="static" if self.is_wasm else "pic",
            codemodel="default" if self.is_wasm else "small",
        )


@cache
def _initialize() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


_WASM = (
    "+simd128,+nontrapping-fptoint,+bulk-memory,+bulk-memory-opt,+sign-ext,"
    "+mutable-globals"
)
_LINUX, _MACOS, _WINDOWS = "unknown-linux-gnu", "apple-macosx11.0", "pc-windows-gnu"

# By system, and by level of processor.
TARGETS = {
    "linux x86-64": {
        "x86-64-v3": Target(f"x86_64-{_LINUX}", "x86-64-v3"),
        "x86-64-v2": Target(f"x86_64-{_LINUX}", "x86-64-v2"),
    },
    "linux aarch64": {"aarch64": Target(f"aarch64-{_LINUX}", "generic")},
    "macos x86-64": {
        "x86-64-v3": Target(f"x86_64-{_MACOS}", "x86-64-v3"),
        "x86-64-v2": Target(f"x86_64-{_MACOS}", "x86-64-v2"),
    },
    "macos aarch64": {"aarch64": Target(f"arm64-{_MACOS}", "apple-m1")},
    "windows x86-64": {
        "x86-64-v3": Target(f"x86_64-{_WINDOWS}", "x86-64-v3"),
        "x86-64-v2": Target(f"x86_64-{_WINDOWS}", "x86-64-v2"),
    },
    # Where a browser's relaxed multiply-adds are rounded once, both give the same bits.
    "wasm": {
        "wasm32": Target("wasm32-unknown-unknown", "generic", _WASM),
        "wasm32-relaxed": Target(
            "wasm32-unknown-unknown", "generic", f"{_WASM},+relaxed-simd"
        ),
    },
}


def target_of(name: str) -> Target:
    """Return a target by its name: "linux x86-64:x86-64-v3", or "here"."""
    if name == "here":
        return this_machine()
    where, level = name.split(":")
    return TARGETS[where][level]


def this_machine() -> Target:
    """Return the target whose code runs here: the library's, where there is one."""
    for level in levels(processor_features()):
        if level in TARGETS.get(system(), {}):
            return TARGETS[system()][level]
    return Target(llvm.get_process_triple(), "")


def optimised(text: str, target: Target) -> Any:
    """Return a module's code for a machine, optimised."""
    machine = target.machine()
    text = _for_machine(text, target.triple, str(machine.target_data))
    module = llvm.parse_assembly(target.with_its_fma(text))
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    return module


def emitted(text: str, target: Target) -> bytes:
    """Return the object code for a machine."""
    code: bytes = target.machine().emit_object(optimised(text, target))
    return code


def _for_machine(text: str, triple: str, data_layout: str) -> str:
    """Return a module's text for another machine than the one it was made on."""
    text = re.sub(r"^target (datalayout|triple) = .*\n", "", text, flags=re.MULTILINE)
    head = f'target datalayout = "{data_layout}"\ntarget triple = "{triple}"\n'
    return head + text
