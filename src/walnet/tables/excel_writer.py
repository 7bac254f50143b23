"""Writing a workbook of one sheet, as ECMA-376 (Office Open XML) describes it."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from walnet.errors import DataError

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
"""What a sheet can hold, the row of names included."""

_NAMESPACE = "http://schemas.openxmlformats.org"
_MAIN = f"{_NAMESPACE}/spreadsheetml/2006/main"
_RELATIONS = f"{_NAMESPACE}/officeDocument/2006/relationships"
_PACKAGE = f"{_NAMESPACE}/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FIRST_DAY = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zones
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROWS_AT_ONCE = 10_000

_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        f' ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    # The second of the cells' formats is 22: date and time.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
"""The parts of a workbook beside its sheet."""


def write_workbook(table: Any, file: BinaryIO) -> None:
    """Write a table to a workbook of one sheet.

    Parameters
    ----------
    table : pyarrow.Table
        Numbers, text, booleans and dates. Text stands there as text: no program runs it
        as a formula.
    file : binary file
        Where it is written to.

    Raises
    ------
    DataError
        If the table has more rows or columns than a sheet can hold.
    """
    if len(table) >= MAX_ROWS or table.num_columns > MAX_COLUMNS:
        message = f"a sheet holds {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns, got "
        message += f"{len(table) + 1:,} and {table.num_columns:,}; write CSV or Parquet"
        raise DataError(message)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(zipfile.ZipInfo(name), _HEAD + text)
        with archive.open(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(table.column_names).encode())
            for rows in _blocks(table):
                sheet.write("".join(map(_row, rows)).encode())
            sheet.write(b"</sheetData></worksheet>")


def _blocks(table: Any) -> Iterator[Iterator[Any]]:
    """Yield some rows at a time."""
    for start in range(0, len(table), _ROWS_AT_ONCE):
        block = table.slice(start, _ROWS_AT_ONCE)
        yield zip(*(column.to_pylist() for column in block.columns), strict=True)


def _row(cells: Any) -> str:
    """Return a row of a sheet."""
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Any) -> str:
    """Return a cell of a sheet."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c><v>{value!r}</v></c>"
    if isinstance(value, dt.datetime):
        days = (value.replace(tzinfo=None) - _FIRST_DAY) / dt.timedelta(days=1)
        return f'<c s="1"><v>{days!r}</v></c>'
    text = escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", str(value)))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
