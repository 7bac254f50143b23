"""Loading what ``walnet train`` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import walnet
from walnet.errors import DataError
from walnet.models.network_model import TableModel

if TYPE_CHECKING:
    from walnet.models.ensemble_model import TabularModel


def load_model_of_rows(path: Path) -> TableModel | TabularModel:
    """Return the model of a table in a file, of whatever kind.

    Raises
    ------
    DataError, FileFormatError
        As `load_table_model`.
    """
    from walnet.models.ensemble_model import TabularModel

    model = walnet.load(path)
    return model if isinstance(model, TabularModel) else _table_model(path, model)


def load_table_model(path: Path) -> TableModel:
    """Return the table model in a file.

    Parameters
    ----------
    path : Path
        The model file.

    Returns
    -------
    TableModel

    Raises
    ------
    DataError, FileFormatError
        If it cannot be read, or holds another kind of model.
    """
    return _table_model(path, walnet.load(path))


def _table_model(path: Path, model: Any) -> TableModel:
    """Return a model, if it is one of a single network."""
    if not isinstance(model, TableModel):
        kind = type(model).__name__
        why = "which knows no columns; give a file that walnet train wrote"
        if kind == "TabularModel":
            why = "many networks; walnet train --model mlp makes one to look into"
        raise DataError(f"{str(path)!r} holds a {kind}, {why}")
    return model
