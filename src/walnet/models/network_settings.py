"""The settings that suit a network of a table, where none are given."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from walnet.engine.settings import Settings
from walnet.engine.task import OutputLayer, output_and_cost
from walnet.errors import HyperparameterError
from walnet.tables.target import ClassTarget, Target

HIDDEN_LAYERS = (100,)
ACTIVATION = "relu"


def output_layer(target: Target) -> OutputLayer:
    """Return the output layer and the cost that suit the column to be predicted.

    Parameters
    ----------
    target : ClassTarget or NumberTarget
        The column.

    Returns
    -------
    OutputLayer

    Examples
    --------
    >>> output_layer(ClassTarget("paid", ["no", "yes"])).activation
    'sigmoid'
    """
    if isinstance(target, ClassTarget):
        return output_and_cost("classes", len(target.labels))
    return output_and_cost("numbers")


OPTIONS = ("hidden_layers", "activation", "validation_share", "checkpoint")
"""What a fit takes beside settings."""


def neurons(layers: Sequence[int]) -> Sequence[int]:
    """Return the neurons of the hidden layers, if they are a list.

    Raises
    ------
    HyperparameterError
        If they are one number.
    """
    if isinstance(layers, Integral):
        message = "hidden_layers must be a list of neurons, such as [100, 50]"
        raise HyperparameterError(f"{message}, got {layers!r}")
    return layers


def default_settings(n_rows: int, cost: str, options: dict[str, Any]) -> Settings:
    """Return the settings that suit a table, with some of them given.

    Parameters
    ----------
    n_rows : int
        Rows to learn from, at least 1.
    cost : str
        The cost that suits the target, see `walnet.engine.task`.
    options : dict
        Settings that are given, by their names.

    Returns
    -------
    Settings

    Raises
    ------
    HyperparameterError
        If an option is no setting, or outside its range.

    Examples
    --------
    >>> settings = default_settings(1000, "mse", {"seed": 7})
    >>> settings.optimizer, settings.batch_size, settings.seed
    ('adam', 64, 7)
    """
    batch_size = options.get("batch_size")
    if batch_size is None:
        batch_size = default_batch_size(n_rows)
    Settings(batch_size=batch_size)  # refuses what cannot be divided by
    defaults = {
        "cost": cost,
        "optimizer": "adam",
        "learning_rate": 0.003,
        "schedule": "cosine",
        "batch_size": batch_size,
        "l2": min(max(3 / n_rows, 0.0005), 0.01),
    }
    if options.get("iterations") is None:
        defaults["epochs"] = _default_epochs(max(n_rows / batch_size, 1))
    return Settings.from_dict(defaults | options, beside=OPTIONS)


def default_batch_size(n_rows: int) -> int:
    """Return a power of two between 16 and 256 that makes some 16 batches an epoch."""
    return int(min(max(2 ** round(np.log2(n_rows / 16)), 16), 256))


def _default_epochs(batches: float) -> int:
    """Return 50 to 400 epochs, fewer if they had many more than 100,000 batches."""
    least = min(50, max(5, round(100_000 / batches)))
    return min(max(round(3000 / batches), least), 400)
