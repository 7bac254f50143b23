"""Compile a precision for this machine: ``python -m …machine.jit float32 FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from walnet.engine.kernels.machine.jit.module import module_of
from walnet.engine.kernels.machine.jit.targets import emitted, this_machine

if __name__ == "__main__":
    precision, place = sys.argv[1:]
    code, _ = emitted(module_of(precision), this_machine())
    Path(place).write_bytes(code)
