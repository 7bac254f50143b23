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
    from walnet.engine.driver import train
    from walnet.engine.history import History
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings
    from walnet.engine.training import Training
    from walnet.estimators import MLPClassifier, MLPRegressor, from_sklearn
    from walnet.export.onnx import to_onnx
    from walnet.export.torch import to_torch
    from walnet.models.ensemble_model import TabularModel
    from walnet.models.model_file import load, save
    from walnet.models.network_model import TableModel, split_table
    from walnet.tables import ReadOptions, read_table
    from walnet.tabular import TabularClassifier, TabularRegressor
    from walnet.tracing import Trace, trace
    from walnet.tuning import tune

__all__ = [
    "DataError",
    "DivergedError",
    "FileFormatError",
    "History",
    "HyperparameterError",
    "MLPClassifier",
    "MLPRegressor",
    "Network",
    "ReadOptions",
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
    "History": "engine.training",
    "MLPClassifier": "estimators",
    "MLPRegressor": "estimators",
    "Network": "engine.network",
    "ReadOptions": "tables",
    "Settings": "engine.settings",
    "TableModel": "models.network_model",
    "TabularClassifier": "tabular",
    "TabularModel": "models.ensemble_model",
    "TabularRegressor": "tabular",
    "Trace": "tracing",
    "Training": "engine.training",
    "from_sklearn": "estimators",
    "load": "models.model_file",
    "read_table": "tables",
    "save": "models.model_file",
    "split_table": "models.network_model",
    "to_onnx": "export.onnx",
    "to_torch": "export.torch",
    "trace": "tracing",
    "train": "engine.driver",
    "tune": "tuning",
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
