"""From a column to inputs of a network, by what the training rows showed."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta, Struct
from numpy.typing import NDArray

from walnet.tables.checks import (
    WrongValueError,
    finite_numbers,
    read_levels,
    without_levels,
)
from walnet.tables.date_forms import DATE, FORM_OF_DATE, DateForm
from walnet.tables.dates import DATE_PARTS, date_part, day_of
from walnet.tables.identifiers import Unusable
from walnet.tables.limits import MAX_LEVELS, MAX_RARE_LEVELS, MIN_ROWS_PER_LEVEL
from walnet.tables.number_forms import NumberForm
from walnet.tables.statistics import standardised
from walnet.tables.table import Column, Numbers
from walnet.tables.text import KIND_WORDS, Kind
from walnet.words import count, is_unicode, listed, percent, quoted

Inputs = NDArray[np.float32]
_FEW_BEYOND, _SHARE_BEYOND = 5, 0.05  # rows beyond the range, and their share
AMBIGUOUS_WORDS = frozenset({"None"})
"""Words that are a level if they are one at training, and else mean nothing."""
Positive = Annotated[float, Meta(gt=0)]


class NumberEncoder(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="number"
):
    """A column of numbers: standardised, missing ones as the median.

    Parameters
    ----------
    name : str
        The column.
    mean, deviation : float
        Of the training rows.
    median, least, most : float
        Of the training rows.
    has_missing : bool
        Whether training rows had no value: then a second input tells which.
    form : NumberForm, optional
        How the numbers were written; by default as computers write them.

    Examples
    --------
    >>> column = Column("size", "number", pa.chunked_array([[1, 3, None]]))
    >>> encode(NumberEncoder.fit(column), column)
    array([[-1.,  0.],
           [ 1.,  0.],
           [ 0.,  1.]], dtype=float32)
    """

    name: str
    mean: float
    deviation: Positive
    median: float
    least: float
    most: float
    has_missing: bool
    form: NumberForm | None = None

    @classmethod
    def fit(cls, column: Column) -> NumberEncoder:
        """Return the encoder of a column, by its training rows."""
        facts = column.facts
        if not (facts.is_finite and facts.deviation):
            values = finite_numbers(column)  # the error names the row
            first = values[~np.isnan(values)][0]
            raise Unusable(f"holds only the value {first:g}")
        return cls(
            name=column.name,
            mean=facts.mean,
            deviation=facts.deviation,
            median=facts.median,
            least=facts.least,
            most=facts.most,
            has_missing=facts.n_missing > 0,
            form=column.form if isinstance(column.form, NumberForm) else None,
        )

    def __post_init__(self) -> None:
        """Refuse numbers that a saved schema cannot have."""
        numbers = (self.mean, self.deviation, self.median, self.least, self.most)
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"the numbers of {quoted(self.name)} must be finite")

    @property
    def kind(self) -> Kind:
        """The kind of column that is encoded."""
        return "number"

    @property
    def feature_names(self) -> list[str]:
        """The names of the inputs."""
        return _with_missing(self, [self.name])

    def fill(self, inputs: Inputs, column: Column) -> None:
        """Overwrite inputs with those of a column."""
        self.fill_from(inputs, finite_numbers(column))

    def fill_from(self, inputs: Inputs, values: Numbers) -> None:
        """Overwrite inputs with those of numbers, NaN where they are missing."""
        missing = np.isnan(values)
        filled = np.where(missing, self.median, values)
        inputs[:, 0] = standardised(filled, self.mean, self.deviation)
        if self.has_missing:
            inputs[:, 1] = missing

    def drift(self, column: Column) -> list[str]:
        """Return what is new in a column, in words."""
        values = finite_numbers(column)
        reach = self.most / 2 - self.least / 2
        halves = values / 2
        # Twice as far as the training rows reach, which sampling alone seldom does.
        outside = (halves < self.least / 2 - reach) | (halves > self.most / 2 + reach)
        notes = _missing_note(self, column)
        if outside.any():
            number = count(int(outside.sum()), "value")
            rows = f"{self.least:g} to {self.most:g}"
            notes.append(f"{number} far outside the range at training, {rows}")
        above, below = values > self.most, values < self.least
        if not outside[above].all():
            notes += _beyond_note(
                above, f"above the largest value at training, {self.most:g}"
            )
        if not outside[below].all():
            notes += _beyond_note(
                below, f"below the least value at training, {self.least:g}"
            )
        return notes


class BooleanEncoder(Struct, frozen=True, forbid_unknown_fields=True, tag="boolean"):
    """A column of booleans: 1 is true, -1 is false, 0 is missing.

    Parameters
    ----------
    name : str
        The column.
    has_missing : bool
        Whether training rows had no value: then a second input tells which.

    Examples
    --------
    >>> column = Column("paid", "boolean", pa.chunked_array([[True, False]]))
    >>> encode(BooleanEncoder.fit(column), column)
    array([[ 1.],
           [-1.]], dtype=float32)
    """

    name: str
    has_missing: bool

    @classmethod
    def fit(cls, column: Column) -> BooleanEncoder:
        """Return the encoder of a column, by its training rows."""
        values = column.numbers()
        present = values[~np.isnan(values)]
        if present.min() == present.max():
            raise Unusable(f"holds only the value {'true' if present[0] else 'false'}")
        return cls(column.name, has_missing=len(present) < len(values))

    @property
    def kind(self) -> Kind:
        """The kind of column that is encoded."""
        return "boolean"

    @property
    def feature_names(self) -> list[str]:
        """The names of the inputs."""
        return _with_missing(self, [self.name])

    def fill(self, inputs: Inputs, column: Column) -> None:
        """Overwrite inputs with those of a column."""
        values = finite_numbers(column)
        missing = np.isnan(values)
        wrong = np.flatnonzero(~missing & (values != 0) & (values != 1))
        if len(wrong):
            raise WrongValueError(column, int(wrong[0]), "true and false")
        inputs[:, 0] = np.where(missing, 0.0, 2 * values - 1)
        if self.has_missing:
            inputs[:, 1] = missing

    def drift(self, column: Column) -> list[str]:
        """Return what is new in a column, in words."""
        return _missing_note(self, column)


class CategoryEncoder(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="category"
):
    """A column of categories: one input for each level, 1 for the row's own level.

    Parameters
    ----------
    name : str
        The column.
    levels : list of str
        The levels with an input of their own, sorted.
    has_other : bool
        Whether the rarer levels share an input: then unknown levels have it as well,
        or else all inputs are 0 for them.
    has_missing : bool
        Whether training rows had no value: then one input tells which.
    rare : list of str
        The rarer levels, sorted, unless there are very many.
    other_share : float
        If there are very many: the share of training rows that have one of them.

    Examples
    --------
    >>> column = Column("hue", "category", pa.chunked_array([["r", "g"]]))
    >>> encode(CategoryEncoder.fit(column), column)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """

    name: str
    levels: list[str]
    has_other: bool
    has_missing: bool
    rare: list[str] = []
    other_share: Annotated[float, Meta(ge=0, le=1)] = 0.0

    def __post_init__(self) -> None:
        """Refuse levels that a saved schema cannot have."""
        if not all(map(is_unicode, [self.name, *self.levels, *self.rare])):
            message = f"a level of {quoted(self.name)} holds half a character"
            raise ValueError(message)
        if len(set(self.levels)) != len(self.levels) or not self.levels:
            message = f"the levels of {quoted(self.name)} must differ, at least one"
            raise ValueError(message)

    @classmethod
    def fit(
        cls, column: Column, most: int = MAX_LEVELS, rows_each: int = 1
    ) -> CategoryEncoder:
        """Return the encoder of a column, by its training rows.

        At most so many levels stay apart, and only those that so many rows have.
        """
        codes, levels = column.codes(), column.levels()
        counts = np.bincount(codes[codes >= 0], minlength=len(levels))
        present = np.flatnonzero(counts)
        n_rows = int(counts.sum())
        if len(present) == 1 and n_rows == len(codes):
            raise Unusable(f"holds only the value {quoted(levels[present[0]])}")
        if _is_identifier(len(present), n_rows):
            raise Unusable(
                f"has {len(present):,} different texts in {n_rows:,} rows, such as "
                f"{quoted(levels[present[0]])}, too many to learn from"
            )
        # The most frequent first; of equally frequent ones the first by name.
        frequent = sorted(present, key=lambda level: (-counts[level], levels[level]))
        common = [level for level in frequent[:most] if counts[level] >= rows_each]
        common = common or frequent[:1]
        kept = [levels[level] for level in common]
        rare = sorted({levels[level] for level in present} - set(kept))
        is_many = len(rare) > MAX_RARE_LEVELS
        n_common = int(counts[common].sum())
        return cls(
            name=column.name,
            levels=sorted(kept),
            has_other=bool(rare),
            has_missing=n_rows < len(codes),
            rare=[] if is_many else rare,
            other_share=1 - n_common / n_rows if is_many else 0.0,
        )

    @property
    def kind(self) -> Kind:
        """The kind of column that is encoded."""
        return "category"

    @property
    def feature_names(self) -> list[str]:
        """The names of the inputs."""
        names = [f"{self.name}={level}" for level in self.levels]
        if self.has_other:
            names.append(f"{self.name}=(other)")
        return _with_missing(self, names)

    def fill(self, inputs: Inputs, column: Column) -> None:
        """Overwrite inputs with those of a column."""
        places = self.places(column)
        if self.has_missing:
            places[column.codes() < 0] = inputs.shape[1] - 1
        rows = np.flatnonzero(places >= 0)
        inputs[:] = 0
        inputs[rows, places[rows]] = 1

    def places(self, column: Column) -> NDArray[np.int64]:
        """Return the place of each row's level in the levels, -1 where there is none.

        Where the rarer levels share an input, their place is the number of levels.
        """
        codes = column.codes()
        places = np.append(self._places(column), -1)[codes]
        if self.has_other:
            places[(places < 0) & (codes >= 0)] = len(self.levels)
        return places

    def drift(self, column: Column) -> list[str]:
        """Return what is new in a column, in words."""
        notes = _missing_note(self, column)
        codes = column.codes()
        if self.has_other and not self.rare:
            return notes + self._many_others(column)
        levels, known = column.levels(), {*self.levels, *self.rare}
        unknown = np.array([*(level not in known for level in levels), False], bool)
        rows = int(unknown[codes].sum())
        if rows:
            names = [levels[i] for i in np.unique(codes[codes >= 0]) if unknown[i]]
            notes.append(
                f"{rows:,} of {count(len(column), 'row')} with a level not seen at "
                f"training: {listed(names)}"
            )
        return notes

    def _many_others(self, column: Column) -> list[str]:
        """Return how many rows have none of the frequent levels.

        There were too many others at training to remember which.
        """
        rows = int((self.places(column) == len(self.levels)).sum())
        if not rows:
            return []
        note = f"{rows:,} of {count(len(column), 'row')} with none of the "
        note += (
            f"{count(len(self.levels), 'level')} that were most frequent at training"
        )
        return [f"{note}, where {percent(self.other_share)} had none of them"]

    def _places(self, column: Column) -> NDArray[np.int64]:
        """Return the place of each level of a column in our own levels, or -1."""
        levels = pa.array(column.levels(), pa.string())
        places = pc.index_in(levels, value_set=pa.array(self.levels, pa.string()))
        return np.asarray(pc.fill_null(places, -1).to_numpy(), np.int64)


class DateEncoder(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="date"
):
    """A column of dates: its parts as numbers, those that vary.

    Parameters
    ----------
    name : str
        The column.
    parts : dict of str to NumberEncoder
        The encoder of each part, by the names in `DATE_PARTS`.
    has_missing : bool
        Whether training rows had no value: then a last input tells which.
    form_name : str
        The name of the form in which the dates were written, of `DATE_FORMS`; empty for
        ISO 8601.

    Examples
    --------
    >>> from walnet.tables.reading import as_table
    >>> column = as_table({"day": ["2024-01-01", "2024-02-01"]})["day"]
    >>> DateEncoder.fit(column).feature_names
    ['day (days)', 'day (month)', 'day (weekday)']
    """

    name: str
    parts: dict[str, NumberEncoder]
    has_missing: bool
    form_name: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that a saved schema cannot have."""
        if not self.parts or not set(self.parts) <= set(DATE_PARTS):
            raise ValueError(f"the parts of the date {quoted(self.name)} are unknown")
        if any(part.has_missing for part in self.parts.values()):
            raise ValueError(f"a part of the date {quoted(self.name)} marks gaps")
        if self.form_name and self.form_name not in FORM_OF_DATE:
            raise ValueError(f"the form of the date {quoted(self.name)} is unknown")

    @classmethod
    def fit(cls, column: Column) -> DateEncoder:
        """Return the encoder of a column, by its training rows."""
        dates = column.dates()
        present = dates[~np.isnat(dates)]
        parts = {}
        for part in DATE_PARTS:
            values = pa.chunked_array([date_part(part, present)])
            values_column = Column(f"{column.name} ({part})", "number", values)
            try:
                parts[part] = NumberEncoder.fit(values_column)
            except Unusable:
                continue
        if not parts:
            raise Unusable(f"holds only the date {present[0]}")
        form = column.form.name if isinstance(column.form, DateForm) else ""
        return cls(column.name, parts, len(present) < len(dates), form)

    @property
    def kind(self) -> Kind:
        """The kind of column that is encoded."""
        return "date"

    @property
    def form(self) -> DateForm | None:
        """How the dates were written; None if as computers write them."""
        return FORM_OF_DATE.get(self.form_name)

    def in_order(self) -> list[tuple[str, NumberEncoder]]:
        """Return the parts in their own order: a file keeps another."""
        return [(name, self.parts[name]) for name in DATE_PARTS if name in self.parts]

    @property
    def feature_names(self) -> list[str]:
        """The names of the inputs."""
        names = [part.name for _, part in self.in_order()]
        return _with_missing(self, names)

    def fill(self, inputs: Inputs, column: Column) -> None:
        """Overwrite inputs with those of a column."""
        dates = column.dates()
        for place, (name, part) in enumerate(self.in_order()):
            part.fill_from(inputs[:, place : place + 1], date_part(name, dates))
        if self.has_missing:
            inputs[:, -1] = column.missing()

    def drift(self, column: Column) -> list[str]:
        """Return what is new in a column, in words."""
        notes, days = _missing_note(self, column), self.parts.get("days")
        if days is None:
            return notes
        found = date_part("days", column.dates())
        last, first = (str(day_of(end)) for end in (days.most, days.least))
        later, earlier = found > days.most, found < days.least
        notes += _beyond_note(later, f"later than the last date at training, {last}")
        return notes + _beyond_note(
            earlier, f"earlier than the first date at training, {first}"
        )


Encoder = NumberEncoder | BooleanEncoder | CategoryEncoder | DateEncoder

_ENCODERS: dict[Kind, type[Encoder]] = {
    "number": NumberEncoder,
    "boolean": BooleanEncoder,
    "category": CategoryEncoder,
    "date": DateEncoder,
}


def encode(encoder: Encoder, column: Column) -> Inputs:
    """Return the inputs of a network for a column.

    Parameters
    ----------
    encoder : Encoder
        The encoder, fitted on training rows.
    column : Column
        Any rows.

    Returns
    -------
    ndarray of shape (rows, inputs), float32
        The inputs.

    Raises
    ------
    DataError
        If the values are of another kind than at training, or infinite.
    """
    inputs = np.empty((len(column), len(encoder.feature_names)), np.float32)
    encoder.fill(inputs, checked(encoder, column))
    return inputs


def fit_encoder(column: Column) -> Encoder:
    """Return the encoder of a column, by its training rows.

    Parameters
    ----------
    column : Column
        The training rows.

    Returns
    -------
    Encoder
        The encoder of the column's kind.

    Raises
    ------
    Unusable
        If nothing can be learned from the column.
    DataError
        If a number is infinite.
    """
    if column.kind == "number":
        is_empty = column.facts.n_missing == len(column)
    else:
        is_empty = bool(column.missing().all())
    if is_empty:
        raise Unusable("has no values")
    return _ENCODERS[column.kind].fit(column)


def checked(encoder: Encoder, column: Column) -> Column:
    """Return a column as an encoder takes it, after checking that it fits.

    Parameters
    ----------
    encoder : Encoder
        The encoder of the training rows.
    column : Column
        New rows.

    Returns
    -------
    Column
        The rows, of the kind that they had at training.

    Raises
    ------
    DataError
        If the values are of another kind, with the row of the first one.
    """
    expected = encoder.kind
    if isinstance(encoder, CategoryEncoder):
        return without_levels(column, AMBIGUOUS_WORDS - {*encoder.levels})
    if expected == column.kind:
        return column
    if column.missing().all():
        type_ = DATE if expected == "date" else pa.float64()
        nulls = pa.chunked_array([pa.nulls(len(column), type_)])
        return Column(column.name, expected, nulls)
    if {expected, column.kind} <= {"number", "boolean"}:
        return column
    if column.kind == "category":
        return read_levels(column, expected, getattr(encoder, "form", None))
    row = int(np.argmin(column.missing()))
    raise WrongValueError(column, row, KIND_WORDS[expected])


def _is_identifier(n_levels: int, n_rows: int) -> bool:
    """Tell whether so many levels name rows instead of grouping them."""
    return n_levels > 10 and n_levels * MIN_ROWS_PER_LEVEL > n_rows


def _with_missing(encoder: Encoder, names: list[str]) -> list[str]:
    """Return names of inputs, with that of missing values where there is one."""
    return [*names, f"{encoder.name} (missing)"] if encoder.has_missing else names


def _missing_note(encoder: Encoder, column: Column) -> list[str]:
    """Return a note if values are missing that none were at training."""
    rows = int(column.missing().sum())
    if not rows or encoder.has_missing:
        return []
    return [f"{count(rows, 'row')} without a value, as none were at training"]


def _beyond_note(beyond: NDArray[np.bool_], where: str) -> list[str]:
    """Return a note if more rows are beyond the range than sampling alone brings."""
    rows, n_rows = int(beyond.sum()), len(beyond)
    if not rows or (rows < n_rows and rows < max(_FEW_BEYOND, _SHARE_BEYOND * n_rows)):
        return []
    who = f"{rows:,} of {count(n_rows, 'row')}"
    if rows == n_rows:
        who = "the row" if rows == 1 else f"all {rows:,} rows"
    return [f"{who} {where}: what is so far out was not learned"]
