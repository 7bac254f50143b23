"""Which columns of a very wide table are worth learning from.

Of thousands of columns, some go with the target by chance. So each network chooses by
the rows that it learns from alone: what it says of the others stays a fair test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.association import p_values
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.rows import new_rows, target_of

_FEW_COLUMNS, _MANY_COLUMNS = 500, 2000  # never screened, and always
FALSE_SHARE = 0.5  # of the chosen columns, those that are expected to tell nothing
_LEAST, _MOST = 10, 500  # columns that are chosen
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def is_very_wide(n_columns: int, n_rows: int) -> bool:
    """Tell whether a table has so many columns that they are to be screened.

    With more rows than columns, networks and linear models find out by themselves, and
    need columns that tell little each; but of thousands of columns each costs its time.

    Examples
    --------
    >>> is_very_wide(400, 50), is_very_wide(800, 200), is_very_wide(800, 1500)
    (False, True, False)
    """
    many = _MANY_COLUMNS if n_columns <= n_rows else _FEW_COLUMNS
    return n_columns > many


@dataclass(frozen=True)
class Screening:
    """The columns that at least one network reads, and which each of them does.

    Attributes
    ----------
    preprocessor : Preprocessor
        Of these columns.
    data : Examples
        The rows, with these alone.
    reads : list of ndarray of shape (numbers + plain inputs + categories,), bool
        What each network reads of a row.
    """

    preprocessor: Preprocessor
    data: Examples
    reads: list[Mask]


def screen(
    preprocessor: Preprocessor,
    data: Examples,
    hidden: Sequence[Mask],
    n_classes: int,
) -> Screening:
    """Choose columns for each network, by the rows that it learns from.

    Parameters
    ----------
    preprocessor : Preprocessor
        Of all columns.
    data : Examples
        The rows.
    hidden : sequence of ndarray of shape (rows,), bool
        The rows that each network does not see.
    n_classes : int
        Classes, or 0 for a number.
    """
    y = target_of(data)
    differing = {part.tobytes(): part for part in hidden if np.ptp(y[~part]) > 0}
    kept, of_part = np.ones(len(preprocessor.features), bool), {}
    if differing:
        found = p_values(preprocessor, data, list(differing.values()), n_classes)
        of_part = dict(zip(differing, map(choose, found), strict=True))
        kept = np.any(list(of_part.values()), axis=0)
    # A network that sees one value of the target reads what the others do: nothing in
    # its rows speaks for a column.
    chosen = [of_part.get(part.tobytes(), kept) for part in hidden]
    few, rows = of_columns(preprocessor, data, kept)
    n_inputs, places = rows.X.shape[1], list(few.places().values())
    reads = []
    for mask in chosen:
        of_inputs = np.zeros(n_inputs + rows.codes.shape[1], bool)
        for is_read, (own, looked_up) in zip(mask[kept], places, strict=True):
            of_inputs[own] = of_inputs[n_inputs + looked_up] = is_read
        reads.append(of_inputs)
    return Screening(few, rows, reads)


def of_columns(
    preprocessor: Preprocessor, data: Examples, kept: Mask
) -> tuple[Preprocessor, Examples]:
    """Return the preprocessor of some columns, and the rows with these alone."""
    few, inputs, categories = preprocessor.of_columns(kept)
    codes = data.codes[:, categories]
    if len(categories):
        old, new = preprocessor.level_starts[categories], few.level_starts[:-1]
        codes = codes + (new - old).astype(np.int32)
    rows = new_rows(
        np.ascontiguousarray(data.X[:, inputs]),
        np.ascontiguousarray(codes, np.int32),
        target_of(data),
        data.w,
    )
    return few, rows


def choose(p: Floats, share: float = FALSE_SHARE) -> Mask:
    """Return which columns to learn from, by their p-values.

    As many as leave, of those chosen, about a share that tell nothing: Benjamini,
    Hochberg (1995), section 3.1. Where many columns tell a little each, none of them
    surely, as many as tell anything: those that a p-value above one half is too rare
    for, Storey (2002), section 4, less three standard errors. At least a few, at most
    some hundred.

    Examples
    --------
    >>> chosen = choose(np.array([1e-9, 0.01, 0.02] + [0.9] * 97))
    >>> int(chosen.sum())
    10
    """
    order = np.argsort(p, kind="stable")
    ranks = np.arange(1, len(p) + 1)
    few_false = np.flatnonzero(p[order] <= share * ranks / len(p))
    number = int(few_false[-1]) + 1 if len(few_false) else 0
    telling = len(p) - 2 * int((p > 0.5).sum()) - 3 * math.isqrt(len(p))
    chosen = np.zeros(len(p), bool)
    chosen[order[: min(max(number, telling, _LEAST), _MOST)]] = True
    return chosen
