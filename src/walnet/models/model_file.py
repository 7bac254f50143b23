"""Save and load models: a file names a kind of model, never code.

The file itself, arrays and a description checked to the last bit, is
`walnet.saving.container`'s.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from walnet.errors import DataError, FileFormatError, WalnetError
from walnet.saving.container import read_model_file, write_model_file

# What building a model from values of any type can raise, WalnetErrors among them.
_MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class SavedModel(Protocol):
    """A model that can be saved: what its class has to offer."""

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the kind of model, its JSON-able header and its arrays."""

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> Self:
        """Build the model, trusting neither the header nor the arrays."""


def _network() -> type[SavedModel]:
    from walnet.engine.network import Network

    return Network


def _network_model() -> type[SavedModel]:
    from walnet.models.network_model import NetworkModel

    return NetworkModel


def _classifier() -> type[SavedModel]:
    from walnet.estimators import MLPClassifier

    return MLPClassifier


def _regressor() -> type[SavedModel]:
    from walnet.estimators import MLPRegressor

    return MLPRegressor


def _tabular_classifier() -> type[SavedModel]:
    from walnet.tabular import TabularClassifier

    return TabularClassifier


def _tabular_regressor() -> type[SavedModel]:
    from walnet.tabular import TabularRegressor

    return TabularRegressor


def _ensemble_model() -> type[SavedModel]:
    from walnet.models.ensemble_model import EnsembleModel

    return EnsembleModel


# The only classes that a file can ask for: it names a kind, never a module or class.
# The kinds have the names that version 1 gave them.
_KINDS: dict[str, Callable[[], type[SavedModel]]] = {
    "classifier": _classifier,
    "network": _network,
    "regressor": _regressor,
    "table model": _network_model,
    "tabular classifier": _tabular_classifier,
    "tabular model": _ensemble_model,
    "tabular regressor": _tabular_regressor,
}


def _kinds() -> str:
    """Return the kinds of model in words."""
    return "one of " + ", ".join(map(repr, _KINDS))


def save(model: SavedModel, path: str | os.PathLike[str]) -> None:
    """Save a model to a file.

    Parameters
    ----------
    model : Network or another walnet model
        The model to save.
    path : str or path-like
        The file to write. An existing file is replaced only when the new one is
        wholly on the disk, so that a crash leaves one or the other.

    Raises
    ------
    DataError
        If the file cannot be written, or the model holds NaN or infinity, or is none
        of walnet's.

    See Also
    --------
    load : Load the model again.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from walnet.engine.network import Network
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "xor.walnet"
    >>> network = Network([2, 4, 1], seed=0)
    >>> save(network, path)
    >>> load(path) == network
    True
    """
    if not hasattr(model, "to_saved"):
        last = ": of a pipeline save the last step, pipeline[-1]"
        raise DataError(
            "save takes a network, an estimator or a model of a table, all walnet's, "
            f"got {type(model).__name__}{last if hasattr(model, 'steps') else ''}"
        )
    kind, header, arrays = model.to_saved()
    if kind not in _KINDS:
        message = f"the kind of a saved model must be {_kinds()}: {kind!r}"
        raise TypeError(message)
    write_model_file(path, arrays, {"kind": kind, "model": header})


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model from a file that `save` wrote.

    Nothing in the file is ever executed, and no other file is opened.

    Parameters
    ----------
    path : str or path-like
        The file to read.

    Returns
    -------
    Network or another walnet model
        The model, equal to the saved one to the last bit.

    Raises
    ------
    DataError
        If the file cannot be read.
    FileFormatError
        If the file is not a model file, is damaged, or is of a later version.

    See Also
    --------
    save : Save a model.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
    >>> _ = path.write_text("not a network")
    >>> load(path)
    Traceback (most recent call last):
        ...
    walnet.errors.FileFormatError: cannot load ...
    """
    arrays, header = read_model_file(path)
    try:
        kind, model = header.get("kind"), header.get("model")
        if type(kind) is not str or type(model) is not dict or len(header) != 2:
            raise FileFormatError("its header must hold a kind and a model")
        if kind not in _KINDS:
            message = f"the kind of model must be {_kinds()}: {kind!r:.60}"
            raise FileFormatError(message)
        return _KINDS[kind]().from_saved(model, arrays)
    except _MISTAKES as error:
        # A hostile file could have megabytes quoted back.
        is_ours = isinstance(error, WalnetError)
        reason = f"{error!s:.400}" if is_ours else "its model is not described as one"
        raise FileFormatError(f"cannot load {str(path)!r}: {reason}") from error
