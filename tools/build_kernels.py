"""Compile the kernels into the package's library, for this machine or for others.

Numba translates the kernels of a precision, LLVM optimises them and emits objects, each
precision in a process of its own; a linker makes a library of the two. While the
library still fits the kernels' sources nothing is done. Needs Numba, and a linker: `cc`
for this machine, the package ziglang for others.

``python tools/build_kernels.py [--system "linux aarch64"] [--into FOLDER]``
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from walnet.engine.kernels.machine.library import (  # noqa: E402
    CONTENTS,
    FOLDER,
    levels,
    processor_features,
    system,
)
from walnet.engine.kernels.machine.sources import fingerprint  # noqa: E402

PRECISIONS = ("float32", "float64")
SUFFIXES = {"linux": "so", "macos": "dylib", "windows": "dll"}
# What ziglang calls the systems.
ZIG = {
    "linux x86-64": "x86_64-linux-gnu.2.17",
    "linux aarch64": "aarch64-linux-gnu.2.17",
    "macos x86-64": "x86_64-macos",
    "macos aarch64": "aarch64-macos",
    "windows x86-64": "x86_64-windows-gnu",
}
COMPILER = "walnet.engine.kernels.machine.jit"


class KernelsError(Exception):
    """The library cannot be built; the message is one sentence for the terminal."""


def levels_of(where: str, *, here_only: bool = False) -> list[str]:
    """Return the levels of processors that a system has libraries for.

    With `here_only` the best one of this very processor.
    """
    if here_only:
        return levels(processor_features())[:1]
    return ["aarch64"] if where.endswith("aarch64") else ["x86-64-v3", "x86-64-v2"]


def is_current(folder: Path, where: str, *, here_only: bool = False) -> bool:
    """Return whether a folder's library fits the kernels' sources."""
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        found, of = contents["libraries"].keys(), contents["system"]
        if contents["sources"] != fingerprint() or of != where:
            return False
        return bool(found) if here_only else found >= set(levels_of(where))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def needs() -> list[str]:
    """Return the packages that building for this machine asks for."""
    linker = [] if shutil.which("cc") else ["ziglang>=0.13"]
    return ["numba>=0.61", "numpy>=2.0", *linker]


def build(folder: Path, where: str, *, here_only: bool = False) -> None:
    """Build the library of a system into a folder.

    With `here_only` for processors such as this one alone, else for older ones, too.

    Raises
    ------
    KernelsError
        If something fails.
    """
    if where not in ZIG:
        raise KernelsError(f"there is no library for {where}; Numba compiles there")
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as objects:
        names = levels_of(where, here_only=here_only)
        print(f"Compiling the kernels for {where}, a minute or so:", flush=True)
        _compile(Path(objects), [f"{where}:{name}" for name in names], started)
        libraries: dict[str, Any] = {}
        for name in names:
            made = Path(objects, f"{name}.{SUFFIXES[where.split(maxsplit=1)[0]]}")
            parts = [Path(objects, f"{where}:{name}-{each}.o") for each in PRECISIONS]
            _link(where, parts, made)
            digest = hashlib.sha256(made.read_bytes()).hexdigest()
            libraries[name] = {"file": made.name, "sha256": digest}
            _replace(made, folder / made.name)
        contents = {"sources": fingerprint(), "system": where, "libraries": libraries}
        written = Path(objects, CONTENTS)
        written.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
        _replace(written, folder / CONTENTS)
    print(f"  done after {time.monotonic() - started:.0f} s: {folder}", flush=True)


def _compile(objects: Path, targets: list[str], started: float) -> None:
    """Compile both precisions, side by side, and say now and then that one does."""
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)])
    running = {
        precision: subprocess.Popen(
            [sys.executable, "-m", COMPILER, precision, str(objects), *targets],
            env=os.environ | {"PYTHONPATH": paths},
        )
        for precision in PRECISIONS
    }
    for precision, process in running.items():
        while True:
            try:
                code = process.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                print(f"  {time.monotonic() - started:.0f} s …", flush=True)
        if code:
            raise KernelsError(f"the kernels cannot be compiled for {precision}")


def _link(where: str, objects: list[Path], library: Path) -> None:
    """Link objects to a library that other programs load."""
    command = [*_linker(where), "-shared", "-s", "-o", str(library), *map(str, objects)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KernelsError(f"the library cannot be linked: {done.stderr.strip()}")


def _linker(where: str) -> list[str]:
    if where == system() and shutil.which("cc"):
        return ["cc"]
    if importlib.util.find_spec("ziglang") is None:
        raise KernelsError(
            f"to link a library for {where}, the package ziglang is needed"
        )
    return [sys.executable, "-m", "ziglang", "cc", "-target", ZIG[where]]


def _replace(new: Path, place: Path) -> None:
    """Put a file in its place at once: a process may be using the old one."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(new, beside)
    beside.replace(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", default=system(), choices=sorted(ZIG))
    parser.add_argument("--into", type=Path, default=FOLDER)
    options = parser.parse_args()
    here_only = options.system == system()
    if is_current(options.into, options.system, here_only=here_only):
        return
    try:
        build(options.into, options.system, here_only=here_only)
    except KernelsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
