"""Reading workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods, by the extra ``excel``."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import Any, BinaryIO

from walnet.errors import DataError
from walnet.tables.arrow import table_from_columns
from walnet.tables.csv_reader import names_of_header
from walnet.tables.options import ReadOptions
from walnet.tables.parquet_reader import check_unpacked
from walnet.tables.table import Table, check_size
from walnet.words import count, listed, quoted, unknown

OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def read_workbook(file: BinaryIO, options: ReadOptions) -> Table:
    """Return the table on a sheet of a workbook.

    Parameters
    ----------
    file : binary file
        The workbook, which can seek.
    options : ReadOptions
        What is known of it, such as the sheet.

    Returns
    -------
    Table
        The table: its first row that is not empty holds the names. Rows without any
        value are left out.

    Raises
    ------
    DataError
        If the extra ``excel`` is not installed, the workbook is damaged, or there is no
        such sheet or nothing on it.
    """
    _check_size(file)
    rows, note = _rows(file, options.sheet)
    rows = [row for row in rows if any(cell not in ("", None) for cell in row)]
    if len(rows) < 2:
        raise DataError("the sheet needs a row of names and at least one row below it")
    width = max(len(row) - _n_empty_at_end(row) for row in rows)
    check_size(len(rows), width)
    names = names_of_header([_name(cell) for cell in rows[0][:width]])
    cells = list(zip(*(row[:width] for row in rows[1:]), strict=True))
    columns = {
        name: [_value(cell) for cell in column]
        for name, column in zip(names, cells, strict=True)
    }
    table = table_from_columns(columns, options)
    return Table(list(table.columns.values()), len(table), note, options.missing)


def _rows(file: BinaryIO, sheet: str | int | None) -> tuple[Any, tuple[str, ...]]:
    """Return the rows of a sheet, and what is to be known about the choice."""
    try:
        import python_calamine as calamine
    except ImportError as error:
        message = (
            "reading a workbook needs the extra excel: pip install 'walnet[excel]'"
        )
        raise DataError(f"{message}; or save the sheet as CSV") from error
    failures = (calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile)
    file.seek(0)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(file)
        names = list(workbook.sheet_names)
        name = _sheet_name(names, sheet)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
    except DataError:
        raise
    except failures as error:
        reason = str(error)[:200].rstrip(".")
        message = f"the workbook is damaged, locked or unusual ({reason})"
        raise DataError(f"{message}; save it as .xlsx or CSV") from error
    if sheet is not None or len(names) == 1:
        return rows, ()
    others = listed(names[1:])
    return rows, (f"the first sheet {quoted(name)} was read, not {others}",)


def _sheet_name(names: list[str], sheet: str | int | None) -> str:
    """Return the name of the sheet that was asked for."""
    if not names:
        raise DataError("the workbook has no sheet")
    if sheet is None:
        return names[0]
    if sheet in names:
        return str(sheet)
    number = int(sheet) if str(sheet).isdecimal() else 0
    if 1 <= number <= len(names):
        return names[number - 1]
    if str(sheet).isdecimal():
        message = f"the workbook has {count(len(names), 'sheet')}: {listed(names)}"
        raise DataError(f"there is no sheet {sheet}; {message}")
    raise DataError(unknown("sheet", sheet, names))


def _check_size(file: BinaryIO) -> None:
    """Raise an error if a workbook would unpack to more than it should."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(2) != b"PK":
        return
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise DataError(f"the workbook is damaged: {error}") from error
    check_unpacked(unpacked, size)


def _value(cell: Any) -> Any:
    """Return the value of a cell; a day without a time is midnight."""
    if cell in ("", None):
        return None
    is_day = isinstance(cell, dt.date) and not isinstance(cell, dt.datetime)
    return dt.datetime.combine(cell, dt.time()) if is_day else cell


def _n_empty_at_end(row: Any) -> int:
    """Count the empty cells at the end of a row."""
    number = 0
    for cell in reversed(row):
        if cell not in ("", None):
            break
        number += 1
    return number


def _name(cell: Any) -> str:
    """Return the name that a cell gives its column, whole numbers without a point."""
    is_whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if is_whole else cell)
