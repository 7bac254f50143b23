"""Which machine code runs: the library, or what Numba compiles on the spot."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from walnet.engine.kernels.machine.library import EditedError, Library, UnfitError
from walnet.errors import MachineCodeError

VARIABLE = "WALNET_KERNELS"
# What it may be: empty is the library, or what is compiled where that does not fit.
CHOICES = ("", "library", "jit", "python")
_HELP = (
    "install walnet again (pip install --force-reinstall walnet; of a checkout, pip "
    "install --editable .), or the compiler that makes machine code on the spot (pip "
    "install 'walnet[jit]')"
)


@cache
def choice() -> str:
    """Return which code the user wants to run."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in CHOICES:
        raise MachineCodeError(
            f"{VARIABLE} must be library, jit or python, or not set; got {wanted!r}"
        )
    return wanted


def interpreted() -> bool:
    """Return whether kernels run as the plain Python they are."""
    return choice() == "python"


@cache
def library() -> Library | None:
    """Return the library, or None where kernels are compiled on the spot.

    Raises
    ------
    MachineCodeError
        If neither is possible.
    """
    if choice() == "jit":
        _require_numba("WALNET_KERNELS=jit")
        return None
    try:
        return Library.load()
    except UnfitError as reason:
        if choice() == "library":
            raise MachineCodeError(f"{reason}; {_HELP}") from None
        _require_numba(str(reason))
        if not isinstance(reason, EditedError):
            warnings.warn(f"{reason}: Numba compiles the kernels", stacklevel=2)
        return None


def _require_numba(reason: str) -> None:
    if find_spec("numba") is None:
        raise MachineCodeError(f"{reason}, and Numba is not installed; {_HELP}")


def code_of(entry: str, precision: str) -> Callable[[Any], int]:
    """Return the machine code of an entry for a precision, "float32" or "float64"."""
    found = library()
    if found is not None:
        return found.function(entry, precision)
    # By name, or there were a circle: the compiler knows the entries, which ask here.
    jit = import_module("walnet.engine.kernels.machine.jit.loading")
    compiled: Callable[[Any], int] = jit.function(entry, precision)
    return compiled


def in_words() -> str:
    """Return which machine code runs, for people to read."""
    if interpreted():
        return "kernels run as plain Python"
    try:
        found = library()
    except MachineCodeError as error:
        return f"no kernels: {error}"
    if found is not None:
        return f"kernels of the library for {found.name}"
    return "kernels compiled by Numba on this machine"
