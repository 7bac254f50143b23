"""Kernels that are compiled on the spot, because somebody has edited one.

Numba compiles in a process of its own: it is told things there about kernels that
would disturb other users of it. The object code is kept in a folder of this user's, so
the next process finds it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import llvmlite.binding as llvm

from walnet.engine.kernels.machine.folders import is_private, user_folder
from walnet.engine.kernels.machine.jit.targets import this_machine
from walnet.engine.kernels.machine.library import symbol
from walnet.engine.kernels.machine.sources import fingerprint
from walnet.errors import MachineCodeError

# `cache` lets two threads in at first: one engine would replace the other, and with it
# would go the code that the first thread runs.
_ONE_AT_A_TIME = Lock()
_SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


def function(entry: str, precision: str) -> Callable[[Any], int]:
    """Return the machine code of an entry in a precision."""
    with _ONE_AT_A_TIME:
        address = _engine(precision).get_function_address(symbol(entry, precision))
    return _SIGNATURE(address)


@cache
def _engine(precision: str) -> Any:
    """Return the machine code of every entry, those nobody has imported yet too."""
    target = this_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target.machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(_object_code(precision)))
    engine.finalize_object()
    return engine


def _object_code(precision: str) -> bytes:
    """Return what is kept of an earlier process, or compile."""
    folder = user_folder()
    name = f"{fingerprint()[:32]}-{this_machine().cpu}-{precision}{_checked()}.o"
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            return _compile(precision, Path(temporary) / name)
    kept = folder / name
    if kept.is_file() and is_private(kept):
        return kept.read_bytes()
    return _compile(precision, kept)


def _checked() -> str:
    """Code that checks every index is another than code that does not."""
    return "-checked" if os.environ.get("NUMBA_BOUNDSCHECK", "0") != "0" else ""


def _compile(precision: str, place: Path) -> bytes:
    """Compile a precision to a file, in a process of its own; return the file."""
    print(f"walnet: compiling the kernels for {precision} …", file=sys.stderr)  # noqa: T201
    paths = os.pathsep.join(path for path in sys.path if path)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        command = [sys.executable, "-m", f"{__package__}", precision, folder, "here"]
        environment = os.environ | {"PYTHONPATH": paths}
        done = subprocess.run(command, env=environment, check=False)  # noqa: S603
        if done.returncode:
            raise MachineCodeError(
                f"the kernels cannot be compiled for {precision}; the reason is above"
            )
        new = Path(folder, f"here-{precision}.o")
        code = new.read_bytes()
        new.replace(place)
    return code
