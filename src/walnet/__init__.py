"""Feed-forward neural networks in a nutshell.

The public names are imported when they are first used, so that ``import walnet``
costs next to nothing. `__init__.pyi` lists them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def _modules_of_names() -> dict[str, str]:
    """Return the module that each public name comes from, as the stub file says."""
    # pathlib would take longer to load than all of this.
    with open(f"{__file__}i", encoding="utf-8") as stub:  # noqa: PTH123
        lines = [line.split() for line in stub]
    return {words[3]: words[1] for words in lines if words[:1] == ["from"]}


# A module that had the name of its function would take the function's place here as
# soon as anything imported it: hence `tracing` for `trace`, as `training` for `train`.
_MODULE_OF = _modules_of_names()

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - the stub file has the list


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("walnet")
    if name not in _MODULE_OF:
        message = f"module 'walnet' has no attribute {name!r}"
        raise AttributeError(message)
    module = _MODULE_OF[name]
    if module == "walnet":
        return import_module(f"walnet.{name}")
    value = getattr(import_module(module), name)
    globals()[name] = value  # the next use finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
