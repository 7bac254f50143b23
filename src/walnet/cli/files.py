"""Which files a command reads and writes, checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from walnet.errors import DataError
from walnet.words import listed

if TYPE_CHECKING:
    from walnet.cli.terminal import Screen

_SUFFIXES = (
    *(".gz", ".bz2", ".xz", ".zst", ".zip", ".csv", ".tsv", ".txt", ".parquet", ".pq"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".jsonl", ".ndjson", ".json"),
    *(".feather", ".arrow"),
)
"""What the names of tables end with, those of packed ones first."""

_GENERATOR = b'<meta name="generator" content="walnet">'
_HEAD = 1000  # bytes of a report in which it stands


@dataclass(frozen=True)
class Outputs:
    """The files that a training writes.

    Attributes
    ----------
    model : Path
        The model's.
    page : Path or None
        The report's.
    is_named : bool
        Whether somebody has given the report its name: else it has one by default.
    """

    model: Path
    page: Path | None
    is_named: bool

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Return what the arguments of a command ask for, if it can be written.

        Raises
        ------
        DataError
            As `check_outputs`.
        """
        inputs = [arguments[name] for name in ("file", "test")]
        model = model_path(arguments["model_out"], inputs[0])
        page = None
        if not arguments["no_report"]:
            page = report_path(arguments["report"], model)
        check_outputs([model, page], [each for each in inputs if each is not None])
        return cls(model, page, is_named=page == arguments["report"])

    def announce(self, screen: Screen) -> None:
        """Say which files will be replaced, while it can still be stopped.

        Raises
        ------
        DataError
            If a report that has its name by default would take the place of a page that
            is no report.
        """
        if not self.is_named:
            _keep_other_page(self.page)
        say_replaced(screen, [self.model, self.page])


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


def say_replaced(screen: Screen, outputs: Sequence[Path | None]) -> None:
    """Say which files will be replaced while it can still be stopped.

    Parameters
    ----------
    screen : Screen
        Where to.
    outputs : sequence of Path or None
        Files to be written.
    """
    there = [
        path
        for path in outputs
        if path is not None and path.is_file() and not path.is_relative_to("/dev")
    ]
    dates: dict[str, list[str]] = {}
    for each in there:
        written = datetime.fromtimestamp(each.stat().st_mtime)  # noqa: DTZ006 - as people's clocks show it
        dates.setdefault(f"{written:%Y-%m-%d at %H:%M}", []).append(str(each))
    for date, files in dates.items():
        screen.note(f"{listed(files)}, written on {date}, will be replaced")


def _keep_other_page(path: Path | None) -> None:
    """Refuse to put a report in the place of another page, unless asked to."""
    if path is None or not path.is_file():
        return
    with path.open("rb") as file:
        is_report = _GENERATOR in file.read(_HEAD)
    if not is_report:
        raise DataError(
            f"{str(path)!r} is there and is no report of walnet; name the report by "
            "--report, or by the same name to replace that file"
        )


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
