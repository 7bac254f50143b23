"""Write ``frontend/src/engine/facts.json``: what the page takes over from walnet.

It holds how the kernels' records lie in memory, the tables of activations, costs,
optimizers and settings, and what else the page would have to write a second time. Run
it after a change of any of these; a test compares the file with the sources.

    python tools/page_facts.py
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from walnet.datasets import NAMES, make
from walnet.engine import plan
from walnet.engine.kernels import (
    datasets,
    draws,
    epochs,
    inference,
    initializers,
    stages,
    types,
)
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.costs import COSTS
from walnet.engine.kernels.machine import randomness
from walnet.engine.kernels.machine.entries import Entry
from walnet.engine.kernels.machine.records import (
    Array,
    Fields,
    Kind,
    Pointer,
    kinds_of,
)
from walnet.engine.kernels.machine.tiles import BYTES, STRIP, STRIPS, VECTORS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.plan import READ
from walnet.engine.settings import TABLE, Settings
from walnet.tracing.costs import COSTS as COST_FORMULAS
from walnet.tracing.costs import Distance
from walnet.tracing.updates import HATS, UPDATES

TARGET = Path(__file__).parents[1] / "frontend" / "src" / "engine" / "facts.json"
# The entries that the page calls.
CALLED = (
    epochs.run,
    inference.predict,
    inference.forward,
    inference.evaluate,
    stages.begin,
    stages.shard_gradient,
    stages.back_propagate,
    stages.penalty,
    stages.end,
    draws.key_of,
    draws.draw_uniform,
    draws.draw_normal,
    draws.draw_order,
    initializers.draw_layer,
    datasets.draw_classes,
    datasets.draw_heights,
    datasets.sines,
)
DEFAULTS = {each.name: each.default for each in dataclasses.fields(Settings)}
RECORDS = {"LAYER": types.LAYER, "GROUP": types.GROUP, "RULE": types.RULE}


def kind_text(kind: Kind) -> str:
    """Return a kind of argument as a word: "real 2", "int64 1", "q", "&Plan", "*RULE".

    An array is its dtype and its number of dimensions; a structure follows "&", a
    record of NumPy "*"; numbers are the letters of `struct`.
    """
    if isinstance(kind, Array):
        return f"{_dtype_name(kind.dtype)} {kind.ndim}"
    if isinstance(kind, Fields):
        return f"*{_record_name(kind.dtype)}"
    if isinstance(kind, Pointer):
        return f"&{kind.structure.__name__}"
    return kind.slots


def _dtype_name(dtype: np.dtype[Any] | None) -> str:
    if dtype is None:
        return "real"
    return _record_name(dtype) if dtype.names else dtype.name


def _record_name(dtype: np.dtype[Any]) -> str:
    return next(name for name, each in RECORDS.items() if each == dtype)


def structures_of(kinds: list[Kind]) -> dict[str, dict[str, str]]:
    """Return the structures that arguments point to, each by its fields."""
    found: dict[str, dict[str, str]] = {}
    for kind in kinds:
        if isinstance(kind, Pointer):
            structure: Any = kind.structure
            inner = kinds_of(structure)
            fields = {name: kind_text(each) for name, each in inner.items()}
            found[structure.__name__] = fields
    return found


def record_facts(dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return how large a record is, and where its fields begin."""
    letters = {np.dtype(np.int64): "q", np.dtype(np.uint64): "Q"}
    fields = {
        name: [place, letters.get(kind, "d")]
        for name, (kind, place, *_) in (dtype.fields or {}).items()
    }
    return {"size": dtype.itemsize, "fields": fields}


def entry_facts(entry: Entry[Any, Any]) -> dict[str, Any]:
    """Return an entry's answer and arguments."""
    arguments = [kind_text(kind) for kind in entry.kinds]
    return {"answer": entry.slots_of_answer, "arguments": arguments}


def finite(value: float) -> float | None:
    """Return a number that JSON has; an end of a range that is none is None."""
    return value if math.isfinite(value) else None


def dataset_facts(name: str) -> dict[str, Any]:
    """Return what a data set of walnet is, beside its examples."""
    made = make(name, n=10)
    return {
        "code": datasets.CODES[name],
        "task": made.task,
        "features": list(made.feature_names),
        "target": made.target_name,
        "classes": len(made.class_names),
    }


def cost_formulas(name: str) -> dict[str, Any]:
    """Return what traces write out of a cost."""
    row = COST_FORMULAS[name]
    common = {"letter": row.parameter, "value": row.value}
    if isinstance(row, Distance):
        return common | {"error": row.derivative, "fused": False, "of_labels": False}
    return common | {"error": row.error, "fused": True, "of_labels": row.of_labels}


def update_formulas(name: str) -> dict[str, Any]:
    """Return what traces write out of an update rule."""
    row = UPDATES[name]
    return {
        "step": row.step,
        "lines": [list(line) for line in row.lines],
        "kept": list(row.memory),
    }


def _infinity(value: float) -> str:
    """Return what JavaScript reads an infinite number from."""
    return "Infinity" if value > 0 else "-Infinity"


def activation_facts() -> dict[str, Any]:
    """Return the table of activations."""
    return {
        name: {
            "code": row.code,
            "formula": row.formula,
            "slope": row.slope,
            "initializer": row.initializer,
            "low": finite(row.low),
            "high": finite(row.high),
            "onnx": row.onnx,
        }
        for name, row in ACTIVATIONS.items()
    }


def cost_facts() -> dict[str, Any]:
    """Return the table of costs, with their formulas."""
    return {
        name: {
            "code": row.code,
            "outputs": list(row.outputs),
            "sums_outputs": row.sums_outputs,
            **cost_formulas(name),
        }
        for name, row in COSTS.items()
    }


def optimizer_facts() -> dict[str, Any]:
    """Return the table of update rules, with their formulas."""
    return {
        name: {
            "code": row.code,
            "memory": row.memory,
            "beta_2": row.beta_2,
            "weight_decay": row.weight_decay,
            **update_formulas(name),
        }
        for name, row in OPTIMIZERS.items()
    }


def setting_facts() -> dict[str, Any]:
    """Return the table of settings that are numbers."""
    return {
        name: {
            "default": DEFAULTS[name],
            "off": row.off if math.isfinite(row.off) else _infinity(row.off),
            "in_rule": name in READ,
        }
        for name, row in TABLE.items()
        if row.kind in ("number", "whole")
    }


def facts() -> dict[str, Any]:
    """Return everything."""
    kinds = [kind for entry in CALLED for kind in entry.kinds]
    return {
        "entries": {entry.name: entry_facts(entry) for entry in CALLED},
        "structures": structures_of(kinds),
        "records": {name: record_facts(dtype) for name, dtype in RECORDS.items()},
        "panels": {"vector_bytes": VECTORS * BYTES, "strip": STRIP * STRIPS},
        "shards": {"from": plan.SHARD_FROM, "most": plan.MOST_SHARDS},
        "initializers": initializers.CODES,
        "streams": {
            "rows": str(randomness.ROWS),
            "directions": str(randomness.DIRECTIONS),
        },
        "datasets": {name: dataset_facts(name) for name in NAMES},
        "activations": activation_facts(),
        "costs": cost_facts(),
        "optimizers": optimizer_facts(),
        "hats": HATS,
        "settings": setting_facts(),
    }


def text() -> str:
    """Return the file's contents."""
    return json.dumps(facts(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
