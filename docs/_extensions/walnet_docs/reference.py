"""A page for each public name, made of its docstring.

Which names are public is told by the code: `walnet.__all__`, and the names of the
modules in `MODULES`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import walnet

MODULES = ("walnet.datasets", "walnet.plots")
# What public names take and return, and has methods of its own to call.
BESIDE = (
    "walnet.tables.Column",
    "walnet.tables.ColumnDescription",
    "walnet.tables.Table",
    "walnet.tables.as_table",
    "walnet.tables.describe_columns",
    "walnet.tables.write_table",
    "walnet.tracing.Explanation",
    "walnet.tracing.Nudge",
)
_OF_ROWS = "column_names encode fit_stored note_first predict_encoded widths"
_OF_TABLES = "encode outputs outputs_of option_names check_options course progress"
# What the rooms of the house say to each other: nobody else calls it.
DOORS = {
    "object": "from_saved to_saved",
    "Column": "as_category comparable is_whole origin_of row_number take taken "
    "with_told with_values",
    "Display": "size",
    "History": "add cut room",
    "Network": "embedded_names examples inputs is_plain layers_of_rows output_layer "
    "outputs set_statistics still_state workspace_of",
    "ReadOptions": "asked check_columns kept",
    "Settings": "dropout_rates is_steady total_iterations",
    "TableModel": f"{_OF_TABLES} structure to_dict",
    "TabularClassifier": _OF_ROWS,
    "TabularRegressor": _OF_ROWS,
    "Trace": "of passed rows",
    "Training": "arrays at_epoch_end cool_down data_arrays learn_from left_of_epoch on "
    "per_stretch planned reached stop_if_reached total",
}


def public_names() -> list[str]:
    """Return every public name that is no module, with its module in front."""
    names = [f"walnet.{name}" for name in vars(walnet)["__all__"]]
    names = [name for name in names if not inspect.ismodule(found(name))]
    for module in MODULES:
        names += [f"{module}.{name}" for name in names_of(module)]
    return [*names, *BESIDE]


def names_of(module: str) -> list[str]:
    """Return the classes and functions that a module gives, in its own order."""
    loaded = importlib.import_module(module)
    if hasattr(loaded, "__all__"):
        return list(loaded.__all__)
    return [
        name
        for name, value in vars(loaded).items()
        if getattr(value, "__module__", "") == module
        and not name.startswith("_")
        and callable(value)
    ]


def found(name: str) -> Any:
    """Return what a name with its module in front stands for."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def members(kind: type) -> list[str]:
    """Return the methods and properties of a class that its users call.

    What it inherits from another library is described there.
    """
    fields = getattr(kind, "__dataclass_fields__", {})
    doors = " ".join(DOORS.get(each.__name__, "") for each in kind.__mro__).split()
    return [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and name not in doors
        and name not in fields
        and _is_ours(inspect.getattr_static(kind, name))
    ]


def _is_ours(member: Any) -> bool:
    """Tell whether a member is a method or property that was written here."""
    if isinstance(member, property):
        member = member.fget
    for inner in (
        "__func__",
        "fn",
    ):  # of a class method, of scikit-learn's available_if
        member = getattr(member, inner, member)
    return inspect.isfunction(member) and member.__module__.startswith("walnet")


def page_name(name: str) -> str:
    """Return the name of the file; trace and Trace differ where letters are alike."""
    return f"{name}-function" if name == "walnet.trace" else name


def page_of(name: str) -> Iterator[str]:
    """Yield the lines of the page of a public name."""
    module, _, last = name.rpartition(".")
    thing = found(name)
    yield f"{name}\n{'=' * len(name)}\n\n.. currentmodule:: {module}\n"
    if not inspect.isclass(thing):
        yield f".. autofunction:: {last}\n"
        return
    yield f".. autoclass:: {last}\n"
    for member in members(thing):
        is_property = isinstance(inspect.getattr_static(thing, member), property)
        kind = "autoproperty" if is_property else "automethod"
        yield f"   .. {kind}:: {member}\n"
    if name == "walnet.Settings":
        yield "The settings themselves are listed in :doc:`../settings`.\n"


def write_pages(app: Sphinx) -> None:
    """Write a file for each public name, where it has changed."""
    if not any(
        "reference" in each or each == "**" for each in app.config.include_patterns
    ):
        return  # one page alone is built
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{page_name(name)}.rst": name for name in public_names()}
    for old in folder.glob("*.rst"):
        if old.name not in pages:
            old.unlink()
    for file, name in pages.items():
        text = "\n".join(page_of(name))
        path = folder / file
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
