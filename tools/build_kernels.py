"""Compile the kernels into the package's library for this machine, and WebAssembly.

Numba translates the kernels of a precision, LLVM optimises them and emits objects, each
precision in a process of its own; a linker makes a library of the two. A library that
still fits the kernels' sources is not made again. Needs Numba, and a linker: the
package ziglang, or `cc` for this machine alone.

``python tools/build_kernels.py``
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from walnet.engine.kernels.machine.library import (  # noqa: E402
    CONTENTS,
    FOLDER,
    system,
)
from walnet.engine.kernels.machine.sources import fingerprint  # noqa: E402

PRECISIONS = ("float32", "float64")
SUFFIXES = {"linux": "so", "macos": "dylib", "windows": "dll", "wasm": "wasm"}
# What ziglang calls the systems.
ZIG = {
    "linux x86-64": "x86_64-linux-gnu.2.17",
    "linux aarch64": "aarch64-linux-gnu.2.17",
    "macos x86-64": "x86_64-macos",
    "macos aarch64": "aarch64-macos",
    "windows x86-64": "x86_64-windows-gnu",
}
WASM = "wasm"
BUILT = ROOT / "build" / "kernels"  # what is not for the package here
FOR_WASM = (
    *("--no-entry", "--export-dynamic", "--export=__heap_base", "--import-memory"),
    *("--gc-sections", "--strip-all", "-z", "stack-size=65536"),
)
WINDOWS_START = Path(__file__).with_name("windows_start.c")
COMPILER = "walnet.engine.kernels.machine.jit"


class KernelsError(Exception):
    """The library cannot be built; the message is one sentence for the terminal."""


def folder_of(where: str) -> Path:
    """Return the folder of a system's library: this one's is in the package."""
    return FOLDER if where == system() else BUILT / where.replace(" ", "-")


def levels_of(where: str) -> list[str]:
    """Return the levels of processors that a system has libraries for."""
    if where == WASM:
        return ["wasm32", "wasm32-relaxed"]
    return ["aarch64"] if where.endswith("aarch64") else ["x86-64-v3", "x86-64-v2"]


def is_current(where: str) -> bool:
    """Return whether a system's library is there and fits the kernels' sources."""
    try:
        text = (folder_of(where) / CONTENTS).read_text(encoding="utf-8")
        contents = json.loads(text)
        found, of = set(contents["libraries"]), contents["system"]
        if contents["sources"] != fingerprint() or of != where:
            return False
        return set(levels_of(where)) <= found
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def missing_of(systems: Iterable[str]) -> list[str]:
    """Return those systems that have no library which fits the sources."""
    return [where for where in systems if not is_current(where)]


def needs(systems: list[str]) -> list[str]:
    """Return the packages that building for some systems asks for."""
    if not systems:
        return []
    own = systems == [system()] and shutil.which("cc")
    linker = [] if own else ["ziglang>=0.13"]
    return ["numba>=0.61", "numpy>=2.0", *linker]


def build(systems: list[str]) -> None:
    """Build the libraries of some systems, each into a folder of its own.

    Raises
    ------
    KernelsError
        If something fails.
    """
    if not systems:
        return
    for where in systems:
        if where not in {*ZIG, WASM}:
            raise KernelsError(f"there is no library for {where}; Numba compiles there")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as objects:
        print(f"Compiling the kernels for {', '.join(systems)}:", flush=True)
        targets = [f"{where}:{name}" for where in systems for name in levels_of(where)]
        _compile(Path(objects), targets, started)
        for where in systems:
            _write(Path(objects), where)
    print(f"  done after {time.monotonic() - started:.0f} s", flush=True)


def _write(objects: Path, where: str) -> None:
    """Link a system's objects, and lay the libraries into its folder, with a list."""
    folder = folder_of(where)
    folder.mkdir(parents=True, exist_ok=True)
    libraries: dict[str, Any] = {}
    for name in levels_of(where):
        made = objects / f"{name}.{SUFFIXES[where.split(maxsplit=1)[0]]}"
        parts = [objects / f"{where}:{name}-{each}.o" for each in PRECISIONS]
        _link(where, parts, made)
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        libraries[name] = {"file": made.name, "sha256": digest}
        _replace(made, folder / made.name)
    contents = {"sources": fingerprint(), "system": where, "libraries": libraries}
    written = objects / CONTENTS
    written.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
    _replace(written, folder / CONTENTS)


def _compile(objects: Path, targets: list[str], started: float) -> None:
    """Compile both precisions, side by side, and say now and then that one does."""
    running = {
        # By the folder, not by PYTHONPATH: while pip installs walnet anew, it takes the
        # folder of the one that is installed out of the path.
        precision: subprocess.Popen(
            [sys.executable, "-m", COMPILER, precision, str(objects), *targets],
            cwd=ROOT / "src",
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
    command = [*_linker(where), "-o", str(library), *map(str, objects)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KernelsError(f"the library cannot be linked: {done.stderr.strip()}")


def _linker(where: str) -> list[str]:
    """Return the linker: ziglang's, which knows all systems, or this machine's."""
    if importlib.util.find_spec("ziglang"):
        if where == WASM:
            return [sys.executable, "-m", "ziglang", "wasm-ld", *FOR_WASM]
        command = [sys.executable, "-m", "ziglang", "cc", "-target", ZIG[where]]
        command += ["-shared", "-s", "-nostdlib", "-fno-builtin", "-O2"]
        return command + [str(WINDOWS_START)] * where.startswith("windows")
    if where == system() and shutil.which("cc"):
        return ["cc", "-shared", "-s"]
    raise KernelsError(f"to link a library for {where}, the package ziglang is needed")


def _replace(new: Path, place: Path) -> None:
    """Put a file in its place at once: a process may be using the old one."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(new, beside)
    beside.replace(place)


def main(systems: Iterable[str]) -> None:
    try:
        build(missing_of(systems))
    except KernelsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main((system(), WASM))
