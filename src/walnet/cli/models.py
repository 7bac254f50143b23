"""Loading what ``walnet train`` wrote."""

from __future__ import annotations

from pathlib import Path

import walnet
from walnet.errors import DataError
from walnet.table_model import TableModel


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
    model = walnet.load(path)
    if not isinstance(model, TableModel):
        raise DataError(
            f"{str(path)!r} holds a {type(model).__name__}, which knows no columns; "
            "give a file that walnet train wrote"
        )
    return model
