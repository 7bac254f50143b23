"""From a table to what the members of an ensemble learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from walnet.errors import DataError
from walnet.tables.drift import drift_notes
from walnet.tables.far_values import far_value_notes, near_range
from walnet.tables.identifiers import Unusable, refuse_identifier
from walnet.tables.limits import MAX_CELLS
from walnet.tables.number_facts import in_blocks
from walnet.tables.options import ReadOptions
from walnet.tables.reading_notes import reading_notes
from walnet.tables.schema import expectation, left_out
from walnet.tables.table import Column, Table, check_names
from walnet.tabular.columns.features import Feature
from walnet.words import count, listed, quoted, unknown

LARGEST = 30.0  # number that `unclipped` gives
_ROUNDING = 8 * float(np.finfo(np.float64).eps)
Encoded = tuple[NDArray[np.float32], NDArray[np.int32]]


class Scale(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the middle of a column of numbers is, and how wide it is."""

    centre: float
    spread: Annotated[float, Meta(ge=0)]

    @classmethod
    def fit_all(cls, columns: Iterable[NDArray[np.float64]]) -> list[Scale]:
        """Return the scale of each of several columns.

        It is median and interquartile range, or half the range where that is 0.

        Numbers are halved before they are subtracted: huge ones would overflow. What
        rounding could make is measured where the spread is, and a value many ranges
        away is not of the range: one fill value of 1e20 must not hide all others.
        """
        scales = []
        for block in in_blocks(columns):
            q25, centres, q75 = np.quantile(block / 2, (0.25, 0.5, 0.75), axis=1)
            spreads = q75 - q25
            is_flat = spreads <= _ROUNDING * np.maximum(np.abs(q25), np.abs(q75))
            for k in np.flatnonzero(is_flat).tolist():
                spreads[k] = _spread_of_range(block[k])
            pairs = zip((2 * centres).tolist(), spreads.tolist(), strict=True)
            scales += [cls(*each) for each in pairs]
        return scales

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Return the scaled numbers, smoothly clipped to (-3, 3).

        .. math:: f(z) = z / \sqrt{1 + (z/3)^2}, \quad z = (x - c) / s
        """
        return np.asarray(scaled([self], values[None])[0])


def scaled(scales: list[Scale], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers of several columns, (columns, rows), each by its `Scale`."""
    centres = np.array([each.centre for each in scales])[:, None]
    spreads = np.array([each.spread for each in scales])[:, None]
    with np.errstate(over="ignore"):
        z = (values / 2 - centres / 2) / np.where(spreads, spreads, 1.0)
        z = np.clip(z, -1e9, 1e9)
    z[spreads[:, 0] == 0.0] = 0.0
    return np.asarray(z / np.sqrt(1.0 + (z / 3.0) ** 2))


def _spread_of_range(values: NDArray[np.float64]) -> float:
    """Return half the range of numbers without far values; 0 if it may be rounding."""
    low, high = near_range(values)
    spread = (high / 2 - low / 2) / 2
    return 0.0 if spread <= _ROUNDING * max(abs(low), abs(high)) / 2 else spread


FARTHEST = float(Scale(0.0, 0.5)(np.array([LARGEST]))[0])
"""What is clipped to where a number is `LARGEST`."""


def unclipped(x: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return scaled numbers without their smooth clipping, by `Scale`.

    Numbers more than 30 interquartile ranges from the median are taken to be that far:
    a value that means "unknown", such as 1e20, is no more than an outlier.

    .. math:: z = x / \sqrt{1 - (x/3)^2}, \quad |z| \le 30

    Examples
    --------
    >>> unclipped(np.array([0.0, 1.5, 3.0])).round(3)
    array([ 0.   ,  1.732, 30.   ])
    """
    x = np.clip(x, -FARTHEST, FARTHEST)
    return np.asarray(x / np.sqrt(1.0 - (x / 3.0) ** 2))


class Preprocessor(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a table becomes inputs, by what the training rows showed.

    Parameters
    ----------
    features : list of Feature
        The columns that are used.
    scales : list of Scale
        One for each number, then one for each plain input.
    n_numbers : int
        How many of the scales are those of numbers.
    warnings : list of str
        How columns were read that are not written as computers write, values many
        ranges away from all others, and which columns are left out, and why.
    missing : list of str
        Words that meant that a value is missing, beside the known ones.
    """

    features: Annotated[list[Feature], Meta(min_length=1)]
    scales: list[Scale]
    n_numbers: int
    warnings: list[str]
    missing: list[str] = []

    def __post_init__(self) -> None:
        """Refuse columns that a saved preprocessor cannot have."""
        try:
            check_names([feature.name for feature in self.features])
        except DataError as error:
            raise ValueError(str(error)) from error
        n_numbers = sum(feature.n_numbers for feature in self.features)
        n_inputs = n_numbers + sum(feature.n_plain for feature in self.features)
        if (n_numbers, n_inputs) != (self.n_numbers, len(self.scales)):
            raise ValueError("the columns and the scales do not belong together")

    @classmethod
    def fit(cls, table: Table) -> Preprocessor:
        """Return the preprocessor of training rows."""
        features: list[Feature] = []
        warnings = reading_notes(table)
        table.find_facts()
        for column in table.columns.values():
            try:
                refuse_identifier(column, len(table.columns))
                features.append(Feature.fit(column))
                warnings += far_value_notes(column)
            except Unusable as reason:
                warnings.append(left_out(column, reason))
        if not features:
            reasons = "; ".join(warnings[:5])
            message = "there is no column to learn from"
            raise DataError(f"{message}: {reasons}" if reasons else message)
        columns = [table[feature.name] for feature in features]
        numbers, plain = _values(features, columns)
        scales = Scale.fit_all([*numbers, *plain])
        return cls(features, scales, len(numbers), warnings, list(table.missing))

    @property
    def names(self) -> list[str]:
        """The names of the columns that are used."""
        return [feature.name for feature in self.features]

    @property
    def read_options(self) -> ReadOptions:
        """How further tables are read: as this one."""
        expected = {each.name: expectation(each.encoder) for each in self.features}
        return ReadOptions(missing=self.missing, expected=expected)

    @property
    def n_plain(self) -> int:
        """How many inputs have no embedding."""
        return len(self.scales) - self.n_numbers

    @property
    def level_counts(self) -> tuple[int, ...]:
        """How many rows each category has in the table of levels."""
        return tuple(f.n_levels for f in self.features if f.n_levels)

    @property
    def level_starts(self) -> NDArray[np.int64]:
        """The first row of each category in the table of all levels, and their end."""
        return np.cumsum([0, *self.level_counts])

    def of_columns(
        self, kept: NDArray[np.bool_]
    ) -> tuple[Preprocessor, NDArray[np.int64], NDArray[np.int64]]:
        """Return the preprocessor of some columns, which says so in its warnings.

        Parameters
        ----------
        kept : ndarray of shape (columns,), bool
            Which of them.

        Returns
        -------
        preprocessor : Preprocessor
            The other columns are none of its own.
        inputs, categories : ndarray of int64
            Which of the inputs, and of the indices of levels, it has.
        """
        pairs = zip(self.places().values(), kept, strict=True)
        places = [place for place, is_kept in pairs if is_kept]
        inputs = np.sort(np.concatenate([own for own, _ in places]))
        categories = np.sort(np.concatenate([looked_up for _, looked_up in places]))
        names = [
            name for name, is_kept in zip(self.names, kept, strict=True) if not is_kept
        ]
        note = (
            f"{count(len(names), 'column')} of {len(kept):,} are left out, since no "
            f"rows that a network learns from show that the target goes with them: "
            f"{listed(names)}"
        )
        few = Preprocessor(
            [f for f, is_kept in zip(self.features, kept, strict=True) if is_kept],
            [self.scales[k] for k in inputs],
            int((inputs < self.n_numbers).sum()),
            [*self.warnings, *([note] if names else [])],
            self.missing,
        )
        return few, inputs, categories

    def transform(self, table: Table) -> Encoded:
        """Return the inputs of rows: scaled values and indices of levels.

        Parameters
        ----------
        table : Table
            The rows. The order of the columns does not matter, and further ones are
            ignored.

        Returns
        -------
        X : ndarray of shape (rows, numbers + plain inputs), float32
            All finite.
        codes : ndarray of shape (rows, categories), int32
            Rows in the table of all levels.

        Raises
        ------
        DataError
            If a column is missing, or a value is of another kind than at training or
            infinite; the message names column and row.
        """
        columns = self._columns(table)
        if len(table) * len(self.scales) > MAX_CELLS:
            message = f"the inputs would be {len(table):,} × {len(self.scales):,}"
            message += f" numbers, and {MAX_CELLS:,} are allowed; give fewer rows"
            raise DataError(message)
        numbers, plain = _values(self.features, columns)
        X = np.empty((len(table), len(self.scales)), np.float32)
        first = 0
        for block in in_blocks([*numbers, *plain]):
            some = slice(first, first + len(block))
            X[:, some] = scaled(self.scales[some], block).T
            first = some.stop
        looked_up = [
            (f, column)
            for f, column in zip(self.features, columns, strict=True)
            if f.n_levels
        ]
        codes = np.empty((len(table), len(looked_up)), np.int32)
        start = 0
        for k, (feature, column) in enumerate(looked_up):
            codes[:, k] = start + feature.levels(column)
            start += feature.n_levels
        return X, codes

    def places(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return which columns of both inputs come from each column of a table."""
        number, plain, code, found = 0, self.n_numbers, 0, {}
        for feature in self.features:
            n_numbers, n_plain = feature.n_numbers, feature.n_plain
            inputs = [
                *range(number, number + n_numbers),
                *range(plain, plain + n_plain),
            ]
            codes = [code] if feature.n_levels else []
            found[feature.name] = np.array(inputs, int), np.array(codes, int)
            number, plain, code = number + n_numbers, plain + n_plain, code + len(codes)
        return found

    def drift(self, table: Table) -> list[str]:
        """Return in which way rows differ from the training rows, in sentences."""
        notes = []
        for feature, column in zip(self.features, self._columns(table), strict=True):
            found = drift_notes(feature.encoder, table[feature.name], column)
            notes += [f"column {quoted(feature.name)}: {note}" for note in found]
        return [*table.notes, *notes]

    def _columns(self, table: Table) -> list[Column]:
        """Return the columns that are used, after checking that they fit."""
        missing = [name for name in self.names if name not in table]
        if len(missing) == 1:
            message = unknown("column", missing[0], table.names)
            raise DataError(f"{message}; the model was trained with it")
        if missing:
            number = count(len(missing), "column")
            message = f"{number} of the training are missing: {listed(missing)}"
            raise DataError(message)
        return [feature.take(table[feature.name]) for feature in self.features]


def _values(
    features: list[Feature], columns: list[Column]
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return the numbers and the plain inputs of all columns, before scaling."""
    pairs = list(zip(features, columns, strict=True))
    numbers = [values for f, column in pairs for values in f.numbers(column)]
    plain = [values for f, column in pairs for values in f.plain(column)]
    return numbers, plain
