"""How far numbers of new rows are beyond those of the training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walnet.tables import Table
from walnet.tables.encoders import DateEncoder, NumberEncoder
from walnet.tabular.columns.features import Feature
from walnet.tabular.columns.preprocessing import Preprocessor

_MOST = 1e100  # spreads, whose squares are finite


def beyond_training(preprocessor: Preprocessor, table: Table) -> NDArray[np.float64]:
    """Return how far each number is above the largest, or below the least, at training.

    Parameters
    ----------
    preprocessor : Preprocessor
        What the training rows showed.
    table : Table
        Rows that have all columns.

    Returns
    -------
    ndarray of shape (rows, numbers), float64
        Distances in spreads of the column; 0 within the range, and of a missing value.
    """
    found = np.zeros((len(table), preprocessor.n_numbers))
    number = 0
    for feature in preprocessor.features:
        encoders = _encoders(feature)
        if not encoders:
            continue
        columns = feature.numbers(feature.take(table[feature.name]))
        for encoder, values in zip(encoders, columns, strict=True):
            spread = preprocessor.scales[number].spread
            if spread:
                found[:, number] = _outside(encoder, values) / spread
            number += 1
    return np.minimum(found, _MOST)


def _encoders(feature: Feature) -> list[NumberEncoder]:
    """Return the encoder of each of a column's numbers."""
    encoder = feature.encoder
    if isinstance(encoder, DateEncoder):
        return [part for _, part in encoder.in_order()]
    return [encoder] if isinstance(encoder, NumberEncoder) else []


def _outside(
    encoder: NumberEncoder, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return half the distance of numbers from the range: huge ones would overflow."""
    halves = values / 2
    return np.maximum(
        np.maximum(halves - encoder.most / 2, encoder.least / 2 - halves), 0
    )
