"""A table: named columns, each of one kind of value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from walnet.errors import DataError
from walnet.tables.limits import MAX_CELLS, MAX_COLUMNS
from walnet.tables.number_facts import NumberFacts, facts_of
from walnet.tables.options import Expected, Form
from walnet.tables.text import Kind
from walnet.words import count, is_unicode, listed, quoted, unknown

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its name.
    kind : {"number", "category", "boolean", "date", "empty"}
        What its values are; ``"empty"`` if all are missing.
    values : pyarrow.ChunkedArray
        The values, nulls where they are missing: integers or floats, a dictionary of
        strings, booleans, or timestamps in microseconds.
    origin : ndarray of int64, optional
        Which rows of the file these are, counted from 0; by default its first ones.
    form : NumberForm, DateForm or None
        How the values were written; None if as computers write them.
    is_asked : bool
        Whether the kind was asked for.
    example : str
        A cell as it was written, if that is not how computers write.
    notes : tuple of str
        What is to be known about how the values were read.
    told : frozenset of str
        What has been told of it as a target: ``"reading"``, ``"labels"``.

    Examples
    --------
    >>> column = Column("size", "number", pa.chunked_array([[1, None, 3]]))
    >>> column.numbers()
    array([ 1., nan,  3.])
    """

    name: str
    kind: Kind
    values: Any
    origin: NDArray[np.int64] | None = None
    form: Form | None = None
    is_asked: bool = False
    example: str = ""
    notes: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self) -> Numbers:
        """Return a column of numbers or booleans as float64, NaN where missing.

        Returns
        -------
        ndarray of shape (rows,), float64
            The numbers; true is 1 and false is 0.
        """
        if self.values.type == pa.float64() and not self.values.null_count:
            return np.array(self.values.to_numpy(), np.float64)
        numbers = self.values.cast(pa.float64(), safe=False)
        return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(), np.float64)

    @cached_property
    def facts(self) -> NumberFacts:
        """What is asked of a column of numbers; `Table.find_facts` finds many."""
        return next(facts_of([self.numbers()]))

    @property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers, as far as they are known."""
        if self.kind != "number":
            return False
        numbers = self.numbers()
        known = numbers[~np.isnan(numbers)]
        return np.array_equal(known, np.round(known))

    def dates(self) -> NDArray[np.datetime64]:
        """Return a column of dates as datetime64[us], NaT where missing.

        Returns
        -------
        ndarray of shape (rows,), datetime64[us]
            The dates.
        """
        return np.asarray(self.values.to_numpy(), "datetime64[us]")

    def comparable(self) -> NDArray[Any]:
        """Return a column of dates, numbers or booleans as an array of its order.

        Returns
        -------
        ndarray of shape (rows,), datetime64[us] or float64
            The dates, or the numbers.
        """
        return self.dates() if self.kind == "date" else self.numbers()

    @cached_property
    def _categories(self) -> tuple[NDArray[np.int32], Any]:
        """The codes and levels, found once: taking them apart costs most."""
        texts = self.values
        if not pa.types.is_dictionary(texts.type):
            texts = _as_text(texts).dictionary_encode()
        array = texts.unify_dictionaries().combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # what combining no chunks gives
            array = pa.array([], texts.type)
        codes = pc.fill_null(array.indices, -1).cast(pa.int32())
        return np.asarray(codes.to_numpy()), array.dictionary

    def codes(self) -> NDArray[np.int32]:
        """Return which of the `levels` each row has, -1 where missing.

        Returns
        -------
        ndarray of shape (rows,), int32
            Places in `levels`.
        """
        return self._categories[0]

    def levels(self) -> list[str]:
        """Return the different values as text, in the order of `codes`.

        Returns
        -------
        list of str
            Some of them may not occur: a part of a table keeps the levels of the whole.
        """
        return [str(level) for level in self._categories[1].to_pylist()]

    def as_category(self) -> Column:
        """Return the column as a category whose levels are its values as text.

        Returns
        -------
        Column
            The category; whole numbers have no point.
        """
        codes = self.codes()
        indices = pa.array(codes, pa.int32(), mask=codes < 0)
        levels = pa.array(self.levels(), pa.string())
        array = pa.DictionaryArray.from_arrays(indices, levels)
        return replace(
            self, kind="category", form=None, values=pa.chunked_array([array])
        )

    def missing(self) -> NDArray[np.bool_]:
        """Return which rows have no value.

        Returns
        -------
        ndarray of shape (rows,), bool
            True where the value is missing.
        """
        missing = self.values.is_null(nan_is_null=True)
        return np.asarray(missing.to_numpy(), bool)

    def with_told(self, what: str) -> Column:
        """Return the column with the mark that something of it has been told."""
        return replace(self, told=self.told | {what})

    def text(self, row: int) -> str:
        """Return one value as it is shown in a message.

        Parameters
        ----------
        row : int
            The row, counted from 0.

        Returns
        -------
        str
            The value in quotes.
        """
        return quoted(self.values[row].as_py())

    def row_number(self, row: int) -> int:
        """Return which row of the file a row is, as a message counts them.

        Parameters
        ----------
        row : int
            The row of this column, counted from 0.

        Returns
        -------
        int
            The row of the file, counted from 1.
        """
        return 1 + int(row if self.origin is None else self.origin[row])

    def take(self, rows: NDArray[np.int64]) -> Column:
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of int64
            Which rows, counted from 0, in any order.

        Returns
        -------
        Column
            Those rows.
        """
        return self.taken(rows, self.origin_of(rows))

    def origin_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which rows of the file some of the rows are."""
        return rows if self.origin is None else self.origin[rows]

    def taken(self, rows: NDArray[np.int64], origin: NDArray[np.int64]) -> Column:
        """Return some of the rows, whose place in the file is known."""
        return self.with_values(self.values.take(pa.array(rows)), origin=origin)

    def with_values(self, values: Any, **changes: Any) -> Column:
        """Return the column with other values, all else as it is but for changes."""
        return replace(self, values=values, **changes)


class Table:
    """Named columns of the same number of rows.

    Parameters
    ----------
    columns : sequence of Column
        The columns.
    n_rows : int, optional
        The number of rows, needed only if there are no columns.
    notes : sequence of str
        What is to be known about how the file was read.
    missing : sequence of str
        Words that meant that a value is missing, beside the known ones.

    Raises
    ------
    DataError
        If two columns have one name, their lengths differ or the table is too large.

    Examples
    --------
    >>> table = Table([Column("size", "number", pa.chunked_array([[1, None, 3]]))])
    >>> table
    <table: 3 rows, 1 column (1 number)>
    >>> table["size"].missing()
    array([False,  True, False])
    """

    def __init__(
        self,
        columns: Sequence[Column],
        n_rows: int = 0,
        notes: Sequence[str] = (),
        missing: Sequence[str] = (),
    ) -> None:
        self.notes = tuple(notes)
        self.missing = tuple(missing)
        self._columns = {column.name: column for column in columns}
        self.n_rows = len(columns[0]) if columns else n_rows
        check_names([column.name for column in columns])
        check_size(self.n_rows, len(columns))
        for column in columns:
            if len(column) != self.n_rows:
                message = (
                    f"every column must have {self.n_rows} rows like "
                    f"{quoted(columns[0].name)}, got {len(column)} in "
                    f"{quoted(column.name)}"
                )
                raise DataError(message)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(self._columns)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns by their names."""
        return self._columns

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column by its name."""
        return {name: column.kind for name, column in self._columns.items()}

    @property
    def readings(self) -> dict[str, Expected]:
        """How each column was read by its name, to read further tables so."""
        return {
            name: Expected(column.kind, column.form)
            for name, column in self._columns.items()
        }

    def __len__(self) -> int:
        return self.n_rows

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            raise DataError(unknown("column", name, self.names))
        return column

    def __repr__(self) -> str:
        kinds = [column.kind for column in self._columns.values()]
        counts = ", ".join(
            f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)
        )
        rows, columns = count(self.n_rows, "row"), count(len(kinds), "column")
        return f"<table: {rows}, {columns} ({counts})>"

    def find_facts(self) -> None:
        """Find the facts of all columns of numbers, faster than of one by one."""
        columns = [
            each
            for each in self._columns.values()
            if each.kind == "number" and "facts" not in each.__dict__
        ]
        found = facts_of(each.numbers() for each in columns)
        for column, facts in zip(columns, found, strict=True):
            column.__dict__["facts"] = facts  # where `cached_property` keeps it

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return some of the rows.

        Parameters
        ----------
        rows : ndarray of int64
            Which rows, counted from 0, in any order.

        Returns
        -------
        Table
            Those rows of all columns.
        """
        columns = list(self._columns.values())
        # Found once for all columns: a wide table has no room for one in each.
        origin = columns[0].origin_of(rows) if columns else rows
        taken = [each.taken(rows, origin) for each in columns]
        return Table(taken, len(rows), self.notes, self.missing)

    def select(self, names: Sequence[str]) -> Table:
        """Return some of the columns.

        Parameters
        ----------
        names : sequence of str
            Which columns, in any order.

        Returns
        -------
        Table
            Those columns.

        Raises
        ------
        DataError
            If there is no such column.
        """
        columns = [self[name] for name in names]
        return Table(columns, self.n_rows, self.notes, self.missing)

    def with_column(self, column: Column) -> Table:
        """Return the table with another column in place of that of its name.

        Parameters
        ----------
        column : Column
            The column, as long as the table.

        Returns
        -------
        Table
            All columns, in the same order.
        """
        columns = self._columns | {column.name: column}
        return Table(list(columns.values()), self.n_rows, self.notes, self.missing)

    def without(self, name: str) -> Table:
        """Return all columns but one.

        Parameters
        ----------
        name : str
            The column to leave out; it need not exist.

        Returns
        -------
        Table
            The other columns.
        """
        return self.select([each for each in self.names if each != name])


def check_names(names: Sequence[str]) -> None:
    """Raise an error if two columns have the same name.

    Parameters
    ----------
    names : sequence of str
        The names of a table's columns.

    Raises
    ------
    DataError
        If a name comes twice, or is no text that can be written.
    """
    halved = [name for name in names if not is_unicode(name)]
    if halved:
        raise DataError(
            f"the name {quoted(halved[0])} holds half a character; correct it"
        )
    if len(set(names)) == len(names):
        return
    twice = [name for name, times in Counter(names).items() if times > 1]
    message = f"every column needs a name of its own, but {listed(twice)} comes twice"
    raise DataError(f"{message} or more often; rename one of them")


def check_size(rows: int, columns: int) -> None:
    """Raise an error if a table is larger than walnet reads.

    Parameters
    ----------
    rows, columns : int
        The size of the table.

    Raises
    ------
    DataError
        If it has too many columns or cells.
    """
    if columns > MAX_COLUMNS:
        message = f"a table may have {MAX_COLUMNS:,} columns, got {columns:,}"
        raise DataError(message)
    if rows * columns > MAX_CELLS:
        message = (
            f"a table may have {MAX_CELLS:,} cells, got {rows:,} rows × {columns:,} "
            "columns; leave out rows or columns"
        )
        raise DataError(message)


def _as_text(values: Any) -> Any:
    """Return numbers, booleans or dates as text, whole numbers without a point."""
    if pa.types.is_floating(values.type):
        whole = pc.equal(values, pc.round(values))
        small = pc.less(pc.abs(values), 2.0**53)
        is_whole = pc.fill_null(pc.and_(whole, small), fill_value=False)
        integers = pc.if_else(is_whole, values, 0.0).cast(pa.int64()).cast(pa.string())
        present = pc.if_else(pc.is_nan(values), None, values.cast(pa.string()))
        return pc.if_else(is_whole, integers, present)
    return values.cast(pa.string())
