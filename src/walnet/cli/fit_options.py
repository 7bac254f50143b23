"""What a command lets a model be fitted with: its own options, and those of --set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from walnet.cli import arguments as a
from walnet.errors import HyperparameterError

_GIVEN = (
    *("preset", "time_limit", "hidden_layers", "activation", "epochs", "iterations"),
    *("batch_size", "learning_rate", "optimizer", "dropout", "validation_share"),
    *("patience", "checkpoint"),
)
"""The options of `TableModel.fit` that have an option of their own."""

_INSTEAD_OF = {"random_state": "--seed", "seed": "--seed", "time_limit": "--time-limit"}


def merge_options(
    arguments: Mapping[str, Any], further: Sequence[a.Setting], model: str
) -> dict[str, Any]:
    """Return options that have names of their own together with those of ``--set``.

    Parameters
    ----------
    arguments : mapping
        What a command was given, by its names.
    further : sequence of Setting
        What ``--set`` gave.
    model : str
        The kind of model.

    Raises
    ------
    HyperparameterError
        If one is given twice, is of another kind of model, or lets nothing be learned.
    """
    given = {name: arguments.get(name) for name in _GIVEN}
    options = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in given.items()
        if value is not None
    }
    for name, value in further:
        if name in options or name in _INSTEAD_OF:
            option = _INSTEAD_OF.get(name, "--" + name.replace("_", "-"))
            raise HyperparameterError(
                f"{name} has an option of its own, {option}; give it once, not by --set"
            )
        options[name] = value
    _check_kind(options, given, model)
    return options


def _check_kind(options: Mapping[str, Any], own: Mapping[str, Any], model: str) -> None:
    """Raise an error for options that a kind of model has not, or cannot use."""
    from walnet.cli.run import KINDS

    kind = KINDS[model]
    known = kind.option_names()
    for name in [name for name in options if name not in known]:
        others = [other for other in KINDS if name in KINDS[other].option_names()]
        if others:
            shown = "--" + name.replace("_", "-") if name in own else f"--set {name}"
            raise HyperparameterError(
                f"{kind.description} has no {shown}; use --model {others[0]} for "
                f"{KINDS[others[0]].description}, which has it"
            )
    kind.check_options(options)
