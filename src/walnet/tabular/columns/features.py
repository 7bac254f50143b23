"""What a column gives a tabular network: numbers, plain inputs or one level a row."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from walnet.tables.checks import finite_numbers
from walnet.tables.dates import date_part
from walnet.tables.encoders import (
    BooleanEncoder,
    CategoryEncoder,
    DateEncoder,
    Encoder,
    NumberEncoder,
    checked,
    fit_encoder,
)
from walnet.tables.table import Column

MOST_ONE_HOT = 8  # levels of a category that have an input each
MOST_LEVELS = 2000  # levels of a category that are learned apart
ROWS_OF_A_LEVEL = 2  # a level of fewer rows shares its numbers with its like
Values = list[NDArray[np.float64]]


class Feature(Struct, frozen=True, forbid_unknown_fields=True):
    """One column of a table, with what the training rows showed of it.

    Parameters
    ----------
    encoder : Encoder
        What the column is; it finds what is new in new rows.
    """

    encoder: Encoder

    @classmethod
    def fit(cls, column: Column) -> Feature:
        """Return the feature of a column, by its training rows."""
        encoder = fit_encoder(column)
        if isinstance(encoder, CategoryEncoder) and len(encoder.levels) > MOST_ONE_HOT:
            encoder = CategoryEncoder.fit(column, MOST_LEVELS, ROWS_OF_A_LEVEL)
        return cls(encoder)

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.encoder.name

    @property
    def n_levels(self) -> int:
        """Rows in the table of levels, the first for none and unknown; 0 if one-hot."""
        encoder = self.encoder
        if not isinstance(encoder, CategoryEncoder) or not _is_looked_up(encoder):
            return 0
        return 1 + len(encoder.levels) + encoder.has_other

    @property
    def n_numbers(self) -> int:
        """How many columns of numbers there are."""
        if isinstance(self.encoder, DateEncoder):
            return len(self.encoder.parts)
        return int(isinstance(self.encoder, NumberEncoder))

    @property
    def n_plain(self) -> int:
        """How many columns of ones, zeros and minus ones there are."""
        encoder = self.encoder
        if self.n_levels:
            return 0
        n_levels = int(isinstance(encoder, BooleanEncoder))
        if isinstance(encoder, CategoryEncoder):
            n_levels = len(encoder.levels) + encoder.has_other
            n_levels = 1 if n_levels == 2 else n_levels
        return n_levels + encoder.has_missing

    def numbers(self, column: Column) -> Values:
        """Return the columns of numbers, missing ones filled."""
        encoder = self.encoder
        if isinstance(encoder, NumberEncoder):
            return [_filled(finite_numbers(column), encoder.median)]
        if isinstance(encoder, DateEncoder):
            dates = column.dates()
            return [
                _filled(date_part(name, dates), part.median)
                for name, part in encoder.in_order()
            ]
        return []

    def plain(self, column: Column) -> Values:
        """Return the columns of ones, zeros and minus ones."""
        encoder = self.encoder
        if self.n_levels:
            return []
        if isinstance(encoder, BooleanEncoder):
            values = finite_numbers(column)
            plain = [np.where(np.isnan(values), 0.0, 2 * values - 1)]
        elif isinstance(encoder, CategoryEncoder):
            plain = _one_hot(encoder, column)
        else:
            plain = []
        if encoder.has_missing:
            plain.append(column.missing().astype(np.float64))
        return plain

    def levels(self, column: Column) -> NDArray[np.int32]:
        """Return the row of each row's level in the table of levels."""
        encoder = self.encoder
        assert isinstance(encoder, CategoryEncoder)  # noqa: S101 - `n_levels` is not 0
        return (encoder.places(column) + 1).astype(np.int32)

    def take(self, column: Column) -> Column:
        """Return a column of new rows as the kind that it was at training."""
        column = checked(self.encoder, column)
        if isinstance(self.encoder, BooleanEncoder):
            # Its own check names the row of a number that is neither.
            self.encoder.fill(np.empty((len(column), 2), np.float32), column)
        return column


def _is_looked_up(encoder: CategoryEncoder) -> bool:
    """Tell whether the levels have learned numbers instead of an input each."""
    return len(encoder.levels) + encoder.has_other > MOST_ONE_HOT


def _one_hot(encoder: CategoryEncoder, column: Column) -> Values:
    """Return an input for each level; one, of ±1, if there are two."""
    indices = encoder.places(column)
    n_levels = len(encoder.levels) + encoder.has_other
    if n_levels == 2:
        return [np.where(indices < 0, 0.0, 2.0 * indices - 1.0)]
    return [(indices == level).astype(np.float64) for level in range(n_levels)]


def _filled(values: NDArray[np.float64], median: float) -> NDArray[np.float64]:
    """Return values with the median where there is none."""
    return np.where(np.isnan(values), median, values)
