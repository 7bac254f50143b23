"""How the cells of a column of text are read: its kind and its form, by all its cells.

A `Finding` looks at a column block by block. Where all cells are as computers write
them, that is all. Where most look as people write numbers or dates, the cells of each
form are counted, and `readings_of` chooses for all columns of a table together: a comma
in one column may be told from another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from walnet.errors import DataError
from walnet.tables.codes import Digits, is_named_date, looks_like_code
from walnet.tables.date_forms import (
    DATE_FORMS,
    FORM_OF_DATE,
    MONTH_WORDS,
    YEAR_FIRST,
    DateForm,
)
from walnet.tables.missing_words import clean_numbers, clean_text
from walnet.tables.number_forms import (
    CURRENCIES,
    PLAIN,
    WHOLE_MONEY,
    NumberForm,
    number_forms,
)
from walnet.tables.options import Form, ReadOptions
from walnet.tables.tally import Cells, Tally
from walnet.tables.text import CATEGORY, TYPES, Kind, common_kind, plain_values
from walnet.words import quoted

_SAMPLED = 500  # cells, enough to tell which forms a column may have
_GLANCED, _LONGEST = 50, 60  # cells, and signs of one
_START = re.compile(
    r"\W{0,3}(?:[^\W\d_]{2,10}\.?,? (?=[^\W\d_]))?"  # a day of the week
    r"(?P<word>[^\W\d_]*)(?P<after>\W{0,3})\d"
)
_MONEY = re.compile(r"[$€£¥₹₽₩₺₴₫₪₱฿₦]\s?\d|\d\s?[$€£¥₹₽₩₺₴₫₪₱฿₦]")
_LEAST_SHARE = 0.9  # of the cells that are numbers or dates: the others are missing
_POINTS = NumberForm(",", ".")
_PLAIN_FORM: dict[Kind, Form] = {"number": PLAIN, "date": FORM_OF_DATE[YEAR_FIRST]}


@dataclass(frozen=True)
class Reading:
    """How a column of text is read.

    Attributes
    ----------
    kind : str
        What its values are.
    form : NumberForm, DateForm or None
        How they are written; None if as computers write them.
    is_exact : bool
        Whether the numbers are whole and too large for float64: they are integers.
    is_asked : bool
        Whether the kind was asked for.
    example : str
        A cell, if the form is one of people.
    notes : tuple of str
        What is to be known about it.
    """

    kind: Kind
    form: Form | None = None
    is_exact: bool = False
    is_asked: bool = False
    example: str = ""
    notes: tuple[str, ...] = ()

    @property
    def arrow_type(self) -> Any:
        """The Arrow type of the values."""
        return pa.int64() if self.is_exact else TYPES[self.kind]


class Finding:
    """What is found out about one column of text.

    Parameters
    ----------
    name : str
        The column.
    options : ReadOptions
        What is known of it.
    """

    def __init__(self, name: str, options: ReadOptions) -> None:
        self.name = name
        self.kind: Kind = "empty"
        self.has_fractions = False
        self.tallies: list[Tally] = []
        self.asked = options.asked(name)
        self.missing = tuple(options.missing)
        expected = options.expected.get(name)
        self.expected_form = expected.form if expected and not self.asked else None
        stays_text = self.asked in ("category", "text") or (
            not self.asked and expected is not None and expected.kind == "category"
        )
        self._stays_text = stays_text
        self._digits: Digits | None = None
        self._may_be_code = expected is None and self.asked is None
        self._names_days = self._may_be_code and is_named_date(name)
        self._present = 0
        self._money = ""

    def look(self, texts: Any) -> None:
        """Look at a block of cells."""
        if self.kind == "category":
            return  # once text, always text: most of a text column is never looked at
        if self._stays_text:
            cells = clean_text(texts, self.missing)
            self.kind = "category" if cells.null_count < len(cells) else self.kind
            return
        kind, values = plain_values(texts, self.missing)
        self.kind = common_kind(self.kind, kind)
        if self.kind == "category" or self.expected_form or self._may_be_days(kind):
            self._consider(self._sample(texts))
        elif kind == "number":
            self._look_at_numbers(texts, values)

    def _may_be_days(self, kind: Kind) -> bool:
        """Tell whether numbers may be dates: digits only, such as 20240131."""
        is_asked = self.asked == "date" or self.asked in FORM_OF_DATE
        return kind == "number" and (is_asked or self._names_days)

    def _look_at_numbers(self, texts: Any, values: Any) -> None:
        """Note what counting may be needed for."""
        numbers = np.asarray(values.to_numpy(zero_copy_only=False))
        head = numbers[~np.isnan(numbers)][:_SAMPLED]
        self.has_fractions |= bool(np.any(head != np.round(head)))
        may_be = self._may_be_code and not self.has_fractions and self._digits is None
        if may_be and looks_like_code(texts, numbers):
            self._digits = Digits()

    def _sample(self, texts: Any) -> Any:
        """Return some of the cells that have a value, from all parts of a block."""
        cells = clean_numbers(texts, self.missing).drop_null()
        return cells.take(
            pa.array(np.arange(0, len(cells), 1 + len(cells) // _SAMPLED))
        )

    def _consider(self, sample: Any) -> None:
        """Note the forms that at least half of a sample has."""
        if self.tallies or not (self.asked or self.expected_form or _hopeful(sample)):
            return
        cells = sample.to_pylist()
        forms: list[Form] = [*number_forms(cells)]
        forms += [
            each
            for each in DATE_FORMS
            if each.may_fit(cells[:_GLANCED])
            and (self._names_days or self.asked or not each.needs_name)
        ]
        least = len(sample) / 2
        if self.asked:
            forms = [each for each in forms if self._is_asked(each)]
            least = 1
        if self.expected_form is not None:
            forms = [self.expected_form, *forms]
        self.tallies = [
            Tally(form)
            for form in dict.fromkeys(forms)
            if form is self.expected_form or _n_read(form, sample) >= least
        ]
        if self._may_be_code and any(each.is_plain for each in self.tallies):
            self._digits = Digits()
        money = [cell for cell in cells if _MONEY.search(cell)]
        if not self.tallies and 2 * len(money) >= len(cells):
            self._money = money[0]

    def _is_asked(self, form: Form) -> bool:
        """Tell whether a form is one that was asked for."""
        is_named = isinstance(form, DateForm) and form.name == self.asked
        return is_named or form.kind == self.asked

    def consider_points(self) -> None:
        """Note that a point may stand between thousands, as in other columns."""
        if self.kind == "number" and self.has_fractions and not self.tallies:
            self.tallies = [Tally(PLAIN), Tally(_POINTS)]

    @property
    def needs_count(self) -> bool:
        """Whether all cells have to be counted."""
        return bool(self.tallies) or self._digits is not None

    def count(self, cells: Cells) -> None:
        """Count the cells of a block, in the second pass over all blocks."""
        self._present += cells.total
        read: dict[Form, Any] = {}
        for tally in self.tallies:
            simpler = _simpler_form(tally.form, cells)
            read[tally.form] = tally.add(cells, read.get(simpler))
        if self._digits is not None:
            self._digits.add(cells)

    def best(self, decimal: str | None, fallback: str = ".") -> Tally | None:
        """Return the form that most cells have, if it is that of the column.

        Of equally good ones it is the one that new rows are expected to have, then the
        one with the decimal sign of the table, and else the simplest.
        """
        fitting = [
            each
            for each in self.tallies
            if each.read
            and (each.is_shown or each.is_plain or each.form is self.expected_form)
        ]
        if not fitting:
            return None
        best = max(
            fitting,
            key=lambda each: (
                each.read,
                each.form is self.expected_form,
                not each.has_parts,
                self._names_days and each.form.kind == "date",
                each.decimal == decimal,
                decimal is None and (each.is_plain or each.decimal == fallback),
            ),
        )
        if self.asked and best.read:
            return best
        is_most = best.read >= _LEAST_SHARE * self._present or best.one_word_is_left
        return best if is_most and not (best.n_strays and best.names_groups) else None

    def others(self, best: Tally) -> list[Tally]:
        """Return other forms that as many cells have, and that read other values."""
        if self.expected_form is not None:
            return []
        return [
            each
            for each in self.tallies
            if each is not best
            and each.read == best.read
            and each.form.kind == best.form.kind
            and (each.is_shown or each.is_plain)
            and _differs(each.form, best)
        ]

    def reading(self, decimal: str | None, fallback: str) -> Reading:
        """Return how the column is read.

        Parameters
        ----------
        decimal : str or None
            Before the decimals, as far as other columns tell.
        fallback : str
            Before the decimals, where nothing tells.
        """
        if self._digits is not None and self._digits.are_code(self._present):
            return Reading("category", notes=self._digits.notes())
        if not self.tallies:
            is_exact = self._digits is not None and self._digits.are_exact
            self._refuse_unless_asked(self.kind)
            return Reading(
                self.kind,
                is_exact=is_exact,
                is_asked=self.asked is not None,
                notes=self._several_moneys(),
            )
        best = self.best(decimal, fallback)
        if best is None:
            self._refuse_unless_asked("category")
            return Reading(self.kind, notes=self._mixture())
        return self._chosen(best, self.others(best), is_guess=decimal is None)

    def _several_moneys(self) -> tuple[str, ...]:
        """Return the note that text holds money that is not written in one way."""
        if not self._money or self.asked:
            return ()
        held = f"its cells hold money, such as {quoted(self._money)}"
        return (f"it is read as text: {held}, but not of one currency or form",)

    def _mixture(self) -> tuple[str, ...]:
        """Return the note that text holds numbers or dates of more than one form."""
        most = max(self.tallies, key=lambda each: each.read)
        is_mixed = most.n_strays and 2 * most.read >= self._present
        if self.kind != "category" or self.asked or not is_mixed or most.names_groups:
            return ()
        return (most.mixture(self._present),)

    def _chosen(self, best: Tally, others: list[Tally], *, is_guess: bool) -> Reading:
        """Return the reading of a form, or of none if another one is as good."""
        notes = best.notes()
        if others and isinstance(best.form, DateForm):
            if self.asked:
                raise DataError(f"column {quoted(self.name)}: {_which_date(best)}")
            return Reading("category", notes=(_which_date(best),))
        if others and is_guess:
            notes += (_which_number(best, others[0]),)
        form = None if best.form in _PLAIN_FORM.values() else best.form
        kind: Kind = "number" if best.form.kind == "number" else "date"
        return Reading(
            kind,
            form,
            is_asked=self.asked is not None,
            example=best.example,
            notes=notes,
        )

    def _refuse_unless_asked(self, kind: Kind) -> None:
        """Raise an error if the column is of another kind than was asked for."""
        wanted = {"text": "category"}.get(self.asked or kind, self.asked or kind)
        wanted = "date" if wanted in FORM_OF_DATE else wanted
        if kind not in (wanted, "empty"):
            message = f"column {quoted(self.name)} was to be read as {self.asked}, "
            raise DataError(f"{message}but its cells are not written so")


def readings_of(
    findings: Sequence[Finding], options: ReadOptions, delimiter: str = ","
) -> list[Reading]:
    """Return how the columns of a table are read.

    Parameters
    ----------
    findings : sequence of Finding
        The columns, all their cells counted where that was needed.
    options : ReadOptions
        What is known.
    delimiter : str
        Between the cells of a text file.

    Returns
    -------
    list of Reading
        One for each column.
    """
    decimal = options.decimal or _decimal_of(findings)
    # A semicolon stands between cells because the comma has another use.
    fallback = "," if delimiter == ";" else "."
    return [each.reading(decimal, fallback) for each in findings]


def consider_points(findings: Sequence[Finding], options: ReadOptions) -> None:
    """Let points be between thousands if decimal commas may be in the table."""
    tallies = [tally for each in findings for tally in each.tallies]
    if options.decimal == "," or any(tally.decimal == "," for tally in tallies):
        for each in findings:
            each.consider_points()


def _decimal_of(findings: Sequence[Finding]) -> str | None:
    """Return what stands before the decimals in the columns that leave no choice."""
    found = set()
    for each in findings:
        best = each.best(None)
        if best is None:
            found |= {"."} if each.kind == "number" and each.has_fractions else set()
        elif best.shows_decimal and not each.others(best):
            found.add(best.decimal)
    return "," if "," in found else next(iter(found), None)


def convert(texts: pa.Array, reading: Reading, missing: tuple[str, ...] = ()) -> Any:
    """Return texts as values of the kind that they are read as.

    Parameters
    ----------
    texts : pyarrow.Array of strings
        The cells.
    reading : Reading
        How they are read. A cell that is not of its form gives a null.
    missing : tuple of str
        Words for nothing beside the known ones.

    Returns
    -------
    pyarrow.Array
        Numbers, booleans, timestamps, or a dictionary of strings.

    Examples
    --------
    >>> convert(pa.array(["1,5", "x"]), Reading("number", NumberForm(","))).to_pylist()
    [1.5, None]
    """
    if reading.kind == "category":
        return clean_text(texts, missing).dictionary_encode().cast(CATEGORY)
    if reading.form is None and not reading.is_exact:
        kind, values = plain_values(texts, missing)
        if kind in (reading.kind, "empty"):
            return values.cast(reading.arrow_type)
    cells = clean_numbers(texts, missing)
    if reading.is_exact:
        return cells.cast(pa.int64())
    return (reading.form or _PLAIN_FORM[reading.kind]).read(cells)


def _hopeful(sample: Any) -> bool:
    """Tell at a glance whether cells may be numbers or dates: trying takes longer."""
    cells = sample[:_GLANCED].to_pylist()
    return 2 * sum(map(_may_be_written, cells)) >= len(cells) > 0


def _may_be_written(cell: str) -> bool:
    """Tell whether a cell begins as numbers and dates do, and is not too long."""
    start = _START.match(cell)
    if start is None or len(cell) > _LONGEST:
        return False
    word, after = start["word"], start["after"]
    is_money = not {word, f"{word}{after[:1]}"}.isdisjoint(CURRENCIES)
    is_date = word.lower() in MONTH_WORDS or word == "Q" or "," in after
    is_duration = word in ("P", "PT")
    return not word or is_money or is_date or is_duration


def _simpler_form(form: Form, cells: Cells) -> Form:
    """Return a form that reads the same of cells in which a sign does not occur."""
    if not isinstance(form, NumberForm) or form.thousands in ("", " "):
        return form  # there are several spaces
    if pc.any(pc.match_substring(cells.texts, form.thousands), min_count=0).as_py():
        return form
    return msgspec.structs.replace(form, thousands="")


def _n_read(form: Form, cells: Any) -> int:
    """Return how many cells are of a form."""
    return len(cells) - int(form.read(cells).null_count)


def _differs(form: Form, best: Tally) -> bool:
    """Tell whether another form reads other values of the cells that both read."""
    taken = best.form
    if isinstance(form, DateForm) or isinstance(taken, DateForm):
        return {form, taken} == {FORM_OF_DATE["D/M/Y"], FORM_OF_DATE["M/D/Y"]}
    if taken.mark in WHOLE_MONEY and taken.thousands:
        return False
    example = pa.array([best.example])
    same = form.read(example).equals(taken.read(example))
    return form.decimal != taken.decimal and not same


def _which_date(best: Tally) -> str:
    """Return the note that day and month cannot be told apart."""
    return (
        f"day and month cannot be told apart, as in {quoted(best.example)}, so they "
        "are not read as dates; give its kind as D/M/Y or M/D/Y"
    )


def _which_number(best: Tally, other: Tally) -> str:
    """Return the note that a comma may stand before decimals or between thousands."""
    example = pa.array([best.example])
    taken, left = (each.form.read(example)[0].as_py() for each in (best, other))
    return (
        f"{quoted(best.example)} is read as {taken:.15g}, and could be {left:.15g}; "
        f"give the decimal sign {other.decimal!r} if that is meant"
    )
