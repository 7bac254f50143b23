"""Which files a command reads and writes, checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from walnet.errors import DataError

_SUFFIXES = (
    *(".gz", ".bz2", ".xz", ".zst", ".zip", ".csv", ".tsv", ".txt", ".parquet", ".pq"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".jsonl", ".ndjson", ".json"),
    *(".feather", ".arrow"),
)
"""What the names of tables end with, those of packed ones first."""


def outputs(arguments: Mapping[str, Any]) -> tuple[Path, Path | None]:
    """Return the model's and the report's file, after checking that they can be.

    Parameters
    ----------
    arguments : dict
        Those of a command, its files among them.

    Raises
    ------
    DataError
        As `check_outputs`.
    """
    inputs = [arguments[name] for name in ("file", "test")]
    model_out = model_path(arguments["model_out"], inputs[0])
    page = None
    if not arguments["no_report"]:
        page = report_path(arguments["report"], model_out)
    check_outputs([model_out, page], [each for each in inputs if each is not None])
    return model_out, page


def model_path(model_out: Path | None, table: Path) -> Path:
    """Return where the model goes: by default into this folder, named after the table.

    Examples
    --------
    >>> str(model_path(None, Path("data/churn.csv.gz")))
    'churn.walnet'
    """
    return model_out or Path(f"{stem(table)}.walnet")


def report_path(report: Path | None, model_out: Path) -> Path:
    """Return where the report goes: by default beside the model, named after it."""
    if report is not None and not is_full(report):
        return report
    return model_out.parent / f"{model_out.stem}.html"


def is_full(report: Path | None) -> bool:
    """Tell whether a report was asked to hold all, however long that takes.

    Examples
    --------
    >>> is_full(Path("full")), is_full(Path("full.html"))
    (True, False)
    """
    return report == Path("full")


def stem(file: Path) -> str:
    """Return a file's name without its extensions.

    Examples
    --------
    >>> stem(Path("data/churn.csv.gz")), stem(Path("a.b.parquet"))
    ('churn', 'a.b')
    """
    name = file.name.removeprefix("-")
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name or "model"


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
    needed = [_real(path) for path in inputs]
    for path in outputs:
        if path is None or path.is_relative_to("/dev"):
            continue
        if _real(path) in needed:
            message = f"{str(path)!r} would be written over a file that is needed"
            raise DataError(f"{message}; choose another name")
        needed.append(_real(path))
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
