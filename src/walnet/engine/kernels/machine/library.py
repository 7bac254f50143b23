"""The library of kernels: machine code that was compiled when walnet was built.

It stands in the folder `native`, with a file that says which sources it was made of,
for which system, and what its checksums are. Whatever does not fit is not loaded.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from walnet.engine.kernels.machine.folders import is_trusted
from walnet.engine.kernels.machine.sources import fingerprint

FOLDER = Path(__file__).parent / "native"
CONTENTS = "kernels.json"


class UnfitError(Exception):
    """A library cannot be used; the message says why, as a part of a sentence."""


class EditedError(UnfitError):
    """The library is of other sources, or there is none: nothing is wrong with it."""


def symbol(entry: str, precision: str) -> str:
    """Return the name of an entry's C function."""
    return f"walnet_{entry}_{precision}"


@dataclass(frozen=True)
class Library:
    """A library that is loaded.

    Attributes
    ----------
    name : str
        The level of processors that it is for.
    functions : ctypes.CDLL
        Its functions.
    """

    name: str
    functions: ctypes.CDLL

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Library:
        """Return the library for this machine.

        Raises
        ------
        UnfitError
            If there is none, or it does not fit.
        """
        contents = _contents(folder)
        if contents["sources"] != fingerprint():
            raise EditedError("the kernels are other ones than the library was made of")
        if contents["system"] != system():
            raise UnfitError(
                f"the library in {folder} is for {contents['system']}, this is "
                f"{system()}"
            )
        name = _best(contents["libraries"], levels(processor_features()))
        facts = contents["libraries"][name]
        path = folder / facts["file"]
        _check(path, facts["sha256"])
        try:
            return cls(name, ctypes.CDLL(str(path)))
        except OSError as error:
            raise UnfitError(
                f"the library cannot be loaded ({error}); a disk that is mounted "
                "noexec would be a reason"
            ) from None

    def function(self, entry: str, precision: str) -> Callable[[Any], int]:
        """Return the code of an entry in a precision."""
        found = self.functions[symbol(entry, precision)]
        found.argtypes, found.restype = [ctypes.c_void_p], ctypes.c_int
        return found


def system() -> str:
    """Return the kind of system, as libraries name it: "linux x86-64"."""
    machine = platform.machine().lower()
    known = {"amd64": "x86-64", "x86_64": "x86-64", "arm64": "aarch64"}
    names = {"darwin": "macos", "win32": "windows"}
    return f"{names.get(sys.platform, sys.platform)} {known.get(machine, machine)}"


def processor_features() -> Mapping[str, bool]:
    """Return what this processor can do, as NumPy has found out."""
    # NumPy keeps it to itself, but asks the processor on any system.
    inside = import_module("numpy._core._multiarray_umath")
    found: Mapping[str, bool] = inside.__cpu_features__
    return found


def levels(features: Mapping[str, bool]) -> list[str]:
    """Return the levels of processors whose code runs here, the best one first."""
    if system().endswith("aarch64"):
        return ["aarch64"]

    def has(*names: str) -> bool:
        return all(features.get(name, False) for name in names)

    third = has("X86_V3") or has("AVX2", "FMA3", "F16C")
    second = has("X86_V2") or has("SSE42", "POPCNT")
    return ["x86-64-v3"] * third + ["x86-64-v2"] * (second or third)


def _best(libraries: Mapping[str, Any], possible: list[str]) -> str:
    """Return the first level that there is a library for."""
    for name in possible:
        if name in libraries:
            return name
    raise UnfitError(
        f"the library is for processors of {' or '.join(libraries)} and above, this "
        "one is older"
    )


def _contents(folder: Path) -> dict[str, Any]:
    """Return what a folder holds, as its own file says."""
    try:
        text = (folder / CONTENTS).read_text(encoding="utf-8")
    except OSError:
        raise EditedError(f"there is no library of kernels in {folder}") from None
    try:
        contents: dict[str, Any] = json.loads(text)
        for facts in contents["libraries"].values():
            str(facts["file"]), str(facts["sha256"])
        str(contents["sources"]), str(contents["system"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnfitError(f"{folder / CONTENTS} is damaged") from None
    return contents


def _check(path: Path, wanted: str) -> None:
    """Raise if a file is not what was built, or anybody might have changed it."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UnfitError(f"the library cannot be read ({error})") from None
    if found != wanted:
        raise UnfitError(f"the library {path} is damaged: its checksum is another one")
    if not (is_trusted(path) and is_trusted(path.parent)):
        raise UnfitError(f"other users can write to {path.parent}")
