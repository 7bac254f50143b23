"""Compile a precision: ``python -m …machine.jit PRECISION FOLDER TARGET …``.

Writes ``TARGET-PRECISION.o`` for each target, "here" for this machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

from walnet.engine.kernels.machine.jit.module import module_of
from walnet.engine.kernels.machine.jit.targets import emitted, target_of

if __name__ == "__main__":
    precision, folder, *names = sys.argv[1:]
    text = module_of(precision)
    for name in names:
        code = emitted(text, target_of(name))
        Path(folder, f"{name}-{precision}.o").write_bytes(code)
