"""Members of a very wide table: each reads the columns that its own rows speak for."""

from __future__ import annotations

import numpy as np

from walnet.engine.kernels.types import Examples
from walnet.tabular.columns.association import p_values
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.columns.screening import choose, is_very_wide, screen
from walnet.tabular.ensemble.folds import all_folds
from walnet.tabular.ensemble.job import Reads
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.rows import Together, distinct, target_of

_STORED_ROWS = 4096  # by which columns are chosen of rows in a file
_TELLING_ROWS = 30  # of them, with another target than the most frequent one


def screened(
    preprocessor: Preprocessor,
    data: Examples,
    plan: EnsemblePlan,
    together: Together | None,
    n_outputs: int,
) -> tuple[Preprocessor, Examples, Together | None, Reads | None]:
    """Return columns and rows of a wide table without what no member reads.

    Parameters
    ----------
    preprocessor : Preprocessor
        Of all columns.
    data : Examples
        The rows, in their canonical order.
    plan : EnsemblePlan
        The members.
    together : Together or None
        Which rows belong together; None for equal ones.
    n_outputs : int
        Classes, or 1 for a number.

    Returns
    -------
    preprocessor, data, together
        The same where the table is not very wide.
    reads : mapping or None
        What members read, by the parts of their bag and their number there; None for
        all. A plan that is cut to a time limit keeps some of them.
    """
    if not is_very_wide(len(preprocessor.features), len(data.Y)):
        return preprocessor, data, together, None
    together = together or distinct(data)  # as all columns have it
    classes = n_outputs > 1
    hidden = [
        part
        for spec in plan.specs
        for part in all_folds(data, spec, plan.seed, together, classes=classes)
    ]
    found = screen(preprocessor, data, hidden, n_outputs if classes else 0)
    members = [(plan.specs[bag].folds, number) for bag, number in plan.members]
    reads = dict(zip(members, found.reads, strict=True))
    return found.preprocessor, found.data, together, reads


def screened_store(
    preprocessor: Preprocessor, stored: StoredRows, n_outputs: int
) -> Preprocessor:
    """Return columns of a wide table in a file without what no member reads.

    All members see all rows of the file, so they read the same columns, which some rows
    from everywhere in it choose. Those that are kept apart have no say. Where nearly
    all of these rows have the same target, they cannot tell, and all columns are kept.

    Parameters
    ----------
    preprocessor : Preprocessor
        Of all columns.
    stored : StoredRows
        The rows; from then on they have these columns only.
    n_outputs : int
        Classes, or 1 for a number.
    """
    if not is_very_wide(len(preprocessor.features), stored.n_rows):
        return preprocessor
    data = stored.some(_STORED_ROWS)
    # Of a small file they are all that can be known.
    least = _TELLING_ROWS if stored.n_rows > _STORED_ROWS else 1
    _, times = np.unique(target_of(data), return_counts=True)
    if len(data.Y) - times.max(initial=0) < least:
        return preprocessor
    nothing = np.zeros(len(data.Y), bool)
    (p,) = p_values(preprocessor, data, [nothing], n_outputs if n_outputs > 1 else 0)
    few, inputs, categories = preprocessor.of_columns(choose(p))
    stored.keep_columns(inputs, categories, preprocessor.level_starts)
    return few
