"""How much work a preset puts into a table of a given size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from walnet.errors import HyperparameterError
from walnet.tabular.recipe import CLASSIFICATION, REGRESSION, Recipe

PRESETS = ("fast", "balanced", "best")


@dataclass(frozen=True)
class Effort:
    """A recipe, and how many members learn by it for how long.

    Attributes
    ----------
    recipe : Recipe
        The hyper-parameters of each member.
    members : int
        How many there are.
    folds : int
        Into how many parts the rows are cut, one of which a member does not see.
    epochs : int
        Passes of each member over its rows.
    """

    recipe: Recipe
    members: int
    folds: int
    epochs: int


def effort(preset: str, n_rows: int, *, classes: bool) -> Effort:
    """Return how an ensemble for a table is trained.

    Parameters
    ----------
    preset : {"fast", "balanced", "best"}
        How much work is put into it.
    n_rows : int
        Rows to learn from.
    classes : bool
        Whether the target is classes.

    Returns
    -------
    Effort

    Raises
    ------
    HyperparameterError
        If there is no such preset.
    """
    if preset not in PRESETS:
        names = ", ".join(map(repr, PRESETS))
        raise HyperparameterError(f"preset must be one of {names}, got {preset!r}")
    recipe = CLASSIFICATION if classes else REGRESSION
    recipe = replace(recipe, batch_size=batch_size(n_rows))
    return _EFFORTS[preset](recipe, n_rows)


def batch_size(n_rows: int) -> int:
    """Return 256 up to 16,000 rows, then larger ones, up to 1,024."""
    return 256 if n_rows <= 16_000 else 512 if n_rows <= 64_000 else 1024


def _fast(recipe: Recipe, n_rows: int) -> Effort:
    return Effort(replace(recipe, hidden=(64,) * 3), 4, 4, _epochs(n_rows, 64))


def _balanced(recipe: Recipe, n_rows: int) -> Effort:
    return Effort(replace(recipe, hidden=(128,) * 3), 8, 8, _epochs(n_rows, 128))


def _best(recipe: Recipe, n_rows: int) -> Effort:
    return Effort(recipe, 16, 8, _epochs(n_rows, 128))


def _epochs(n_rows: int, most: int) -> int:
    """Return fewer epochs for large tables: 4,000 rows and less get them all.

    The number of updates grows with the cube root of the rows.
    """
    return max(8, int(most * min(1.0, (4000 / n_rows) ** (2 / 3))))


_EFFORTS = {"fast": _fast, "balanced": _balanced, "best": _best}
