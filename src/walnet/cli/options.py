"""Options that are written as text: layers, activations and further settings."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from walnet.errors import DataError, HyperparameterError

Task = Literal["classification", "regression"]

Model = Literal["tabular", "mlp"]


def task(name: str | None) -> Task | None:
    """Return the task that was given, if any, or raise an error."""
    names: dict[str | None, Task | None] = {None: None}
    names |= {"classification": "classification", "regression": "regression"}
    if name not in names:
        message = f"--task must be classification or regression, got {name!r}"
        raise HyperparameterError(message)
    return names[name]


def model(name: str) -> Model:
    """Return the kind of model, or raise an error if there is no such."""
    names: dict[str, Model] = {"tabular": "tabular", "mlp": "mlp"}
    if name not in names:
        message = f"--model must be one of {', '.join(names)}; got {name!r}"
        raise HyperparameterError(message)
    return names[name]


def seconds(option: str, text: str | None) -> float | None:
    """Return a time in seconds, or None where none was given.

    Examples
    --------
    >>> seconds("--time", "90"), seconds("--time", "1.5m"), seconds("--time", "2h")
    (90.0, 90.0, 7200.0)
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)", text.strip())
    if match is None or not 0 < float(match[1]) < 1e9:
        message = f"{option} must be a time such as 90s, 10m or 1h, got {text!r}"
        raise HyperparameterError(message)
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def layers(text: str | None) -> list[int] | None:
    """Return the neurons of each hidden layer.

    Parameters
    ----------
    text : str or None
        Such as ``64,32``, or ``none``.

    Returns
    -------
    list of int, or None where nothing was given

    Raises
    ------
    HyperparameterError
        If it is not a list of whole numbers of at least 1.

    Examples
    --------
    >>> layers("64,32"), layers("none")
    ([64, 32], [])
    """
    if text is None:
        return None
    if text.strip().lower() == "none":
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise HyperparameterError(
            "--hidden must be neurons of each hidden layer, such as 64,32, or none; "
            f"got {text!r}"
        )
    return [int(part) for part in parts]


def activations(text: str | None) -> str | list[str] | None:
    """Return one activation, or a list of one for each hidden layer.

    Examples
    --------
    >>> activations("relu"), activations("relu,tanh")
    ('relu', ['relu', 'tanh'])
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    return names[0] if len(names) == 1 else names


def share(option: str, value: float) -> float:
    """Return a share of rows, or raise an error if it is none."""
    if not 0 <= value < 1:
        message = f"{option} must be a number from 0 to below 1, got {value}"
        raise HyperparameterError(message)
    return value


def character(text: str | None) -> str | None:
    r"""Return what stands between cells, a tab also where it is written ``\t``."""
    return "\t" if text in ("\\t", "tab") else text


def stem(file: Path) -> str:
    """Return a file's name without what tells its kind.

    Examples
    --------
    >>> stem(Path("data/churn.csv.gz")), stem(Path("a.b.parquet"))
    ('churn', 'a.b')
    """
    name = file.name
    for suffix in (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq"):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name or "model"


def merged(
    given: dict[str, Any], pairs: Sequence[str], model: Model = "mlp"
) -> dict[str, Any]:
    """Return options that have names of their own together with those of ``--set``.

    Raises
    ------
    HyperparameterError
        If one is given twice, has no ``=``, or lets nothing be learned.
    """
    from walnet.engine.settings import Settings

    given = {name: value for name, value in given.items() if value is not None}
    further = settings(pairs)
    for name in further:
        if name in given or name in ("seed", "random_state", "time_limit"):
            raise HyperparameterError(
                f"{name} has an option of its own; give it once, not with --set"
            )
    check_belonging(given, further, model)
    chosen = given | further
    for name in ("learning_rate", "epochs", "iterations"):
        if chosen.get(name) == 0:
            message = f"{name} must be above 0, or nothing is learned; got 0"
            raise HyperparameterError(message)
    if model == "tabular":
        return chosen
    Settings.from_dict(further)  # only settings: what else a model takes has an option
    if "validation_share" in chosen:
        share("--validation-share", chosen["validation_share"])
    return chosen


def check_belonging(
    given: Mapping[str, Any], further: Mapping[str, Any], model: Model
) -> None:
    """Raise an error if an option is of the other kind of model."""
    if model == "mlp":
        wrong = [name for name in ("preset", "time_limit") if name in given]
        message = "a plain network has no {}: leave out --model mlp"
    else:
        from walnet.engine.settings import TABLE
        from walnet.tabular.recipes.options import OPTIONS

        # A name that neither has is the model's to tell of.
        wrong = [name for name in given if name not in (*OPTIONS, "checkpoint")]
        wrong += [name for name in further if name in TABLE and name not in OPTIONS]
        message = "the tabular model has no {}: a plain network's need --model mlp"
    if wrong:
        name = {"hidden_layers": "hidden"}.get(wrong[0], wrong[0])
        option = "--" + name.replace("_", "-") if wrong[0] in given else f"--set {name}"
        raise HyperparameterError(message.format(option))


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Return the settings written as ``name=value``.

    Parameters
    ----------
    pairs : sequence of str
        The value is a number, true, false, a list such as ``[0.1,0.2]``, or a word.

    Returns
    -------
    dict

    Raises
    ------
    HyperparameterError
        If there is no ``=`` in one of them.

    Examples
    --------
    >>> settings(["l2=0.001", "schedule=step", "shuffle=false"])
    {'l2': 0.001, 'schedule': 'step', 'shuffle': False}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            message = f"--set must be name=value, such as l2=0.001; got {pair!r}"
            raise HyperparameterError(message)
        try:
            values[name.strip()] = json.loads(value)
        except ValueError:
            values[name.strip()] = value.strip()
    return values


def report_page(report: Path | None, model_out: Path) -> Path:
    """Return where the report goes: by default beside the model, named after it."""
    return report or model_out.parent / f"{model_out.stem}.html"


def check_outputs(outputs: Sequence[Path | None], inputs: Sequence[Path]) -> None:
    """Refuse, before any work is done, to write where it cannot be or over an input.

    Parameters
    ----------
    outputs : sequence of Path or None
        Files to be written.
    inputs : sequence of Path
        Files that are read.

    Raises
    ------
    DataError
        If two of them are one file, a folder does not exist or may not be written to.
    """
    taken = [_real(path) for path in inputs]
    for path in outputs:
        if path is None or path.is_relative_to("/dev"):
            continue
        if _real(path) in taken:
            message = f"{str(path)!r} would be written over a file that is needed"
            raise DataError(f"{message}; choose another name")
        taken.append(_real(path))
        _check_writable(path)


def _real(path: Path) -> str:
    """Return the one name of a file."""
    if "\0" in str(path):
        raise DataError("a path cannot contain the NUL character")
    return os.path.realpath(path)


def _check_writable(path: Path) -> None:
    """Raise an error if a file can certainly not be written."""
    folder, reason = path.parent, ""
    if not folder.is_dir():
        reason = f"there is no folder {str(folder)!r}; make it, or choose another"
    elif path.is_dir():
        reason = "it is a folder; give the path of a file"
    elif not os.access(folder, os.W_OK) or (
        path.exists() and not os.access(path, os.W_OK)
    ):
        reason = "permission is denied; choose a file or folder that you may use"
    if reason:
        raise DataError(f"cannot write {str(path)!r}: {reason}")
