"""How many cells of a column are of a form, counted block by block."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from walnet.tables.limits import MAX_INTEGER_CLASSES
from walnet.tables.missing_words import clean_numbers
from walnet.tables.number_forms import PLAIN, NumberForm, has_bound
from walnet.tables.options import Form
from walnet.words import count, quoted, row_from_1

_SHOWN, _REMEMBERED = 3, 50


@dataclass(frozen=True)
class Cells:
    """Cells of a column that have a value.

    Attributes
    ----------
    texts : pyarrow.Array of strings
        What they hold, without spaces around it; each once or more often.
    rows : ndarray of int64
        The row of each, or the first row, counted from 0.
    counts : ndarray of int64
        How many rows hold each.
    """

    texts: Any
    rows: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, values: Any, first_row: int, further: tuple[str, ...] = ()) -> Cells:
        """Return the cells of a block of text, plain or as a dictionary."""
        if pa.types.is_dictionary(values.type):
            codes = np.asarray(pc.fill_null(values.indices, -1).to_numpy())
            used, rows, counts = np.unique(codes, return_index=True, return_counts=True)
            there = used >= 0
            texts = values.dictionary.cast(pa.string()).take(pa.array(used[there]))
            rows, counts = rows[there], counts[there]
        else:
            texts, rows = values, np.arange(len(values))
            counts = np.ones(len(values), np.int64)
        texts = clean_numbers(texts, further)
        known = texts.is_valid()
        has_value = np.asarray(known.to_numpy(zero_copy_only=False))
        return cls(texts.filter(known), first_row + rows[has_value], counts[has_value])

    @property
    def total(self) -> int:
        """How many rows there are."""
        return int(self.counts.sum())


@dataclass
class Tally:
    """How many cells are of one form, and which are not.

    Attributes
    ----------
    form : NumberForm or DateForm
        The form.
    read : int
        Rows whose cell is of the form.
    is_shown : bool
        Whether a cell has the signs that make the form another than the plain one.
    is_whole : bool
        Whether all numbers are whole.
    example : str
        A cell of the form, with its signs if any has them.
    bound : str
        A cell that gives a bound, if there is one.
    strays : Counter of str
        Some of the cells that are not of the form.
    n_strays : int
        How many rows hold such a cell.
    """

    form: Form
    read: int = 0
    is_shown: bool = False
    is_whole: bool = True
    example: str = ""
    bound: str = ""
    strays: Counter[str] = field(default_factory=Counter)
    n_strays: int = 0
    _stray_rows: dict[str, int] = field(default_factory=dict)
    _numbers: set[float] = field(default_factory=set)

    def add(self, cells: Cells, values: Any = None) -> Any:
        """Count the cells of a block, and return what is read if it is not given."""
        if values is None:
            values = self.form.read(cells.texts)
        is_read = np.asarray(values.is_valid().to_numpy(zero_copy_only=False))
        self.read += int(cells.counts[is_read].sum())
        self._note_strays(cells, ~is_read)
        read = cells.texts.filter(pa.array(is_read))
        self._note_example(read)
        if isinstance(self.form, NumberForm):
            self._note_numbers(values.drop_null().to_numpy())
            self._note_bounds(read)
        return values

    def _note_bounds(self, read: Any) -> None:
        """Remember a cell that gives a bound."""
        if not self.bound:
            bounds = read.filter(has_bound(read))
            self.bound = bounds[0].as_py() if len(bounds) else ""

    def _note_strays(self, cells: Cells, is_stray: NDArray[np.bool_]) -> None:
        """Remember some of the cells that are not of the form."""
        places = np.flatnonzero(is_stray)
        self.n_strays += int(cells.counts[places].sum())
        for place in places[:_REMEMBERED]:
            text = cells.texts[int(place)].as_py()
            if text in self.strays or len(self.strays) < _REMEMBERED:
                self.strays[text] += int(cells.counts[place])
                self._stray_rows.setdefault(text, int(cells.rows[place]))

    def _note_example(self, read: Any) -> None:
        """Remember a cell of the form, with its signs if any has them."""
        if self.is_shown or not len(read):
            return
        shown = read.filter(self._shows(read))
        self.is_shown = len(shown) > 0
        if self.is_shown or not self.example:
            self.example = (shown if self.is_shown else read)[0].as_py()

    def _shows(self, read: Any) -> Any:
        """Return which cells have the signs of the form."""
        if not isinstance(self.form, NumberForm) or self.form.parts:
            return pc.is_valid(read)
        sign = self.form.thousands or self.form.decimal
        if sign in (".", " ") and self.form.decimal == ".":
            sign = self.form.thousands or self.form.mark
        if sign == " ":
            return pc.match_substring_regex(
                read, r"\d[\s\x{00a0}\x{2007}\x{2009}\x{202f}]\d"
            )
        if sign == "'":
            return pc.match_substring_regex(read, r"\d['\x{2019}\x{02bc}\x{00b4}]\d")
        if sign in (",", "."):  # a mark may have a point of its own
            return pc.match_substring_regex(read, rf"\d\{sign}|(?:^|[^\pL\d])\{sign}\d")
        return pc.match_substring(read, sign or self.form.mark, ignore_case=True)

    def _note_numbers(self, numbers: Any) -> None:
        """Remember some of the numbers, and whether all are whole."""
        self.is_whole = self.is_whole and bool(np.all(numbers == np.round(numbers)))
        if len(self._numbers) <= MAX_INTEGER_CLASSES:
            self._numbers |= set(np.unique(numbers)[: MAX_INTEGER_CLASSES + 1].tolist())

    @property
    def names_groups(self) -> bool:
        """Whether few whole numbers and words that come again name groups."""
        if not isinstance(self.form, NumberForm):
            return False
        few = len(self._numbers) <= MAX_INTEGER_CLASSES and self.is_whole
        return few and any(times > 1 for times in self.strays.values())

    @property
    def decimal(self) -> str:
        """Before the decimals, if the form is one of numbers."""
        return self.form.decimal if isinstance(self.form, NumberForm) else ""

    @property
    def shows_decimal(self) -> bool:
        """Whether the cells tell what stands before the decimals."""
        if not isinstance(self.form, NumberForm) or self.form.parts:
            return False
        is_told = bool(self.form.thousands) or self.form.decimal == ","
        return self.is_shown and (is_told or not self.is_whole)

    @property
    def has_parts(self) -> bool:
        """Whether the form is one of numbers in several parts."""
        return isinstance(self.form, NumberForm) and bool(self.form.parts)

    @property
    def one_word_is_left(self) -> bool:
        """Whether cells that are not of the form all hold one word, without a digit."""
        if len(self.strays) != 1 or not 2 <= self.n_strays <= self.read / 2:
            return False
        return not any(sign.isdigit() for sign in next(iter(self.strays)))

    @property
    def is_plain(self) -> bool:
        """Whether the form is that of plain numbers."""
        return self.form == PLAIN

    def mixture(self, n_cells: int) -> str:
        """Return the note that many of the cells are of the form, and others not."""
        what = "numbers" if self.form.kind == "number" else "dates"
        text, row = next(iter(self._stray_rows.items()))
        return (
            f"it is read as text: {self.read:,} of {n_cells:,} cells are {what} such "
            f"as {quoted(self.example)}, the others are written in another way, such "
            f"as {quoted(text)} in {row_from_1(row + 1)}"
        )

    def notes(self) -> tuple[str, ...]:
        """Return what is to be known about the cells, in words."""
        notes = []
        if self.n_strays:
            what = "number" if self.form.kind == "number" else "date"
            verb, counts = ("is", "counts") if self.n_strays == 1 else ("are", "count")
            some = ", ".join(
                f"{quoted(text)} in row {row + 1}"
                for text, row in list(self._stray_rows.items())[:_SHOWN]
            )
            more = " and others" if len(self._stray_rows) > _SHOWN else ""
            cells = count(self.n_strays, "cell")
            noun = f"no {what}" if self.n_strays == 1 else f"no {what}s"
            notes.append(
                f"{cells} that {verb} {noun} {counts} as missing: {some}{more} "
                "(rows counted from 1)"
            )
        if self.bound:
            notes.append(
                f"a bound such as {quoted(self.bound)} is taken for the number itself"
            )
        return tuple(notes)
