"""Machine code kept on disk, where a broken file or a full disk does no harm."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from numba.core.caching import FunctionCache


class SafeCache(FunctionCache):
    """Numba's cache of a function: what cannot be read is compiled again.

    A file that a loss of power or a copy has cut short makes Numba raise whatever its
    reading raises, at every call, until somebody deletes it.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return machine code, or None where there is none that can be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 - EOFError, UnpicklingError, LLVM's, …
            with suppress(OSError):
                self.flush()  # forget what the index leads to
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code, unless the disk is full or will not have it."""
        with suppress(OSError):
            super().save_overload(sig, data)
