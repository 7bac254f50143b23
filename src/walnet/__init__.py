"""Feed-forward neural networks in a nutshell.

The public names are imported when they are first used, so that ``import walnet``
costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from walnet.errors import (
    DataError,
    DivergedError,
    FileFormatError,
    HyperparameterError,
    ShapeError,
    WalnetError,
)

if TYPE_CHECKING:
    from walnet import datasets, plots
    from walnet.estimators import MLPClassifier, MLPRegressor, from_sklearn
    from walnet.exchange import to_torch
    from walnet.history import History
    from walnet.model_file import load, save
    from walnet.network import Network
    from walnet.onnx import to_onnx
    from walnet.settings import Settings
    from walnet.table_model import TableModel, split_table
    from walnet.tables import read_table
    from walnet.tabular import (
        TabularClassifier,
        TabularModel,
        TabularRegressor,
        tune,
    )
    from walnet.tracing import Trace, trace
    from walnet.training import Training, train

__all__ = [
    "DataError",
    "DivergedError",
    "FileFormatError",
    "History",
    "HyperparameterError",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "Settings",
    "ShapeError",
    "TableModel",
    "TabularClassifier",
    "TabularModel",
    "TabularRegressor",
    "Trace",
    "Training",
    "WalnetError",
    "datasets",
    "from_sklearn",
    "load",
    "plots",
    "read_table",
    "save",
    "split_table",
    "to_onnx",
    "to_torch",
    "trace",
    "train",
    "tune",
]

# A module that had the name of its function would take the function's place here as
# soon as anything imported it: hence `tracing` for `trace`, as `training` for `train`.
_MODULE_OF = {
    "History": "training",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "Network": "network",
    "Settings": "settings",
    "TableModel": "table_model",
    "TabularClassifier": "tabular",
    "TabularModel": "tabular",
    "TabularRegressor": "tabular",
    "Trace": "tracing",
    "Training": "training",
    "from_sklearn": "estimators",
    "load": "model_file",
    "read_table": "tables",
    "save": "model_file",
    "split_table": "table_model",
    "to_onnx": "onnx",
    "to_torch": "exchange",
    "trace": "tracing",
    "train": "training",
    "tune": "tabular",
}
_MODULES = ("datasets", "plots")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"walnet.{name}")
    if name in _MODULE_OF:
        value = getattr(import_module(f"walnet.{_MODULE_OF[name]}"), name)
        globals()[name] = value  # the next use finds it without coming here
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("walnet")
    message = f"module 'walnet' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
