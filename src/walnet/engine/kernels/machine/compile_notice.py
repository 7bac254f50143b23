"""Says that kernels are compiled, where Numba compiles them and does not load them."""

from __future__ import annotations

from typing import Any

from numba.core import event

from walnet.waiting import compiling


class _Listener(event.Listener):
    """What Numba tells when a function is not in its cache."""

    def on_start(self, _: Any) -> None:
        """Note that a function is being compiled."""
        compiling.begin()

    def on_end(self, _: Any) -> None:
        """Note that it is compiled."""
        compiling.end()


def listen() -> None:
    """Let the notice know of what Numba compiles."""
    event.register("numba:compile", _Listener())
