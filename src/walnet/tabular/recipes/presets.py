"""How much work a preset puts into a table of a given size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from walnet.errors import HyperparameterError
from walnet.tabular.recipes.recipe import (
    BATCH_SIZE,
    CLASSIFICATION,
    REGRESSION,
    Recipe,
    with_ramps,
)

PRESETS = ("fast", "balanced", "best")
ROWS = 3000  # of which the presets say how many updates a member makes


@dataclass(frozen=True)
class BagSpec:
    """A recipe, and how many members learn by it for how long: what makes a bag.

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
    cost : float
        Processor time of a pass, relative to that of the other bags.
    share : float
        Share of its rows that a member learns from, where time is short.
    """

    recipe: Recipe
    members: int
    folds: int
    epochs: int
    cost: float = 1.0
    share: float = 1.0


def bag_specs(preset: str, n_rows: int, n_classes: int) -> tuple[BagSpec, ...]:
    """Return how the bags of an ensemble for a table are trained.

    Parameters
    ----------
    preset : {"fast", "balanced", "best"}
        How much work is put into it.
    n_rows : int
        Rows to learn from.
    n_classes : int
        Classes of the target, 0 of a number.

    Returns
    -------
    tuple of BagSpec
        One for each bag.

    Raises
    ------
    HyperparameterError
        If there is no such preset.
    """
    return tuple(
        BagSpec(
            each.recipe(n_classes),
            each.members,
            each.folds,
            epochs_of(each.updates, n_rows - n_rows // each.folds),
        )
        for each in _bags_of(preset)
    )


def n_bags(preset: str) -> int:
    """Return how many bags a preset has.

    Raises
    ------
    HyperparameterError
        If there is no such preset.

    Examples
    --------
    >>> n_bags("balanced")
    5
    """
    return len(_bags_of(preset))


def with_recipes(
    specs: tuple[BagSpec, ...],
    recipe: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
) -> tuple[BagSpec, ...]:
    """Return specs with other hyper-parameters.

    Parameters
    ----------
    specs : tuple of BagSpec
        The preset's.
    recipe : mapping, sequence of mappings or None
        Changes for `Recipe.changed`: a mapping makes one bag of all members, with a
        sequence each bag has its own; None changes nothing.

    Raises
    ------
    HyperparameterError
        If there is no such name, a value is outside its range, or there is no mapping.
    """
    if recipe is None:
        return specs
    recipes: Any = recipe
    if isinstance(recipe, Mapping):
        total = sum(each.members for each in specs)
        specs, recipes = (replace(specs[0], members=total),), [recipe]
    is_list = isinstance(recipes, (list, tuple)) and len(recipes) > 0
    if not is_list or not all(isinstance(each, Mapping) for each in recipes):
        message = "recipe must be a mapping, or a list of one for each bag"
        raise HyperparameterError(f"{message}, got {recipe!r}")
    return tuple(
        replace(spec, recipe=spec.recipe.changed(changes))
        for spec, changes in zip(cycle(specs), recipes, strict=False)
    )


def with_members(specs: tuple[BagSpec, ...], members: int) -> tuple[BagSpec, ...]:
    """Return specs that share so many members; the first get the odd ones.

    Examples
    --------
    >>> specs = bag_specs("balanced", 500, n_classes=2)
    >>> [spec.members for spec in with_members(specs, 7)]
    [2, 2, 1, 1, 1]
    >>> [spec.members for spec in with_members(specs, 1)]
    [1]
    """
    each, odd = divmod(members, len(specs))
    numbers = [each + (index < odd) for index in range(len(specs))]
    # Members of one fold only have not seen too few of the rows.
    return tuple(
        replace(spec, members=number, folds=min(spec.folds, max(number, 4)))
        for spec, number in zip(specs, numbers, strict=True)
        if number
    )


def _bags_of(preset: str) -> tuple[_Kind, ...]:
    """Return the bags of a preset, or raise an error if there is no such."""
    if preset not in PRESETS:
        names = ", ".join(map(repr, PRESETS))
        raise HyperparameterError(f"preset must be one of {names}, got {preset!r}")
    return _BAGS[preset]


def epochs_of(updates: int, n_rows: int) -> int:
    r"""Return the passes over some rows that a member needs.

    Parameters
    ----------
    updates : int
        Those of a member that learns from `ROWS` rows.
    n_rows : int
        Rows that it learns from.

    Notes
    -----
    Updates grow with the square root of the rows, without a step:
    :math:`u = u_0 \sqrt{n / n_0}`, so passes fall with it.

    Examples
    --------
    >>> [epochs_of(500, n) for n in (150, 3_000, 3_001, 30_000, 750_000)]
    [112, 42, 42, 14, 3]
    """
    batches = max(1, round(n_rows / BATCH_SIZE))
    return max(1, round(updates * math.sqrt(n_rows / ROWS) / batches))


def learning_rate(n_classes: int) -> float:
    """Return the rate of networks that see waves, for classes.

    More classes take larger steps: RealMLP's 0.04 is that of two, from thirteen on it
    is 0.1. Those that see ramps stay at 0.04, so that the bags err differently.

    Examples
    --------
    >>> [round(learning_rate(n), 3) for n in (2, 7, 26)]
    [0.04, 0.075, 0.1]
    """
    return min(0.1, CLASSIFICATION.settings.learning_rate * math.sqrt(n_classes / 2))


@dataclass(frozen=True)
class _Kind:
    """A bag of a preset."""

    updates: int  # of a member that learns from `ROWS` rows
    width: int
    members: int = 8
    folds: int = 8
    depth: int = 3
    sees_ramps: bool = False
    swap_activation: bool = False  # with the activation of the other task

    def recipe(self, n_classes: int) -> Recipe:
        """Return the recipe of its members."""
        usual = CLASSIFICATION if n_classes else REGRESSION
        other = REGRESSION if n_classes else CLASSIFICATION
        activation = (other if self.swap_activation else usual).activation
        recipe = replace(
            usual, hidden_layers=(self.width,) * self.depth, activation=activation
        )
        if self.sees_ramps:
            return with_ramps(recipe)
        if not n_classes:
            return recipe
        settings = recipe.settings.replace(learning_rate=learning_rate(n_classes))
        return replace(recipe, settings=settings)


# Networks that see numbers by waves and by ramps, of other widths and lengths of
# training, err differently, and so does a sum of one curve a column: the predictions of
# each bag for rows that it has not seen decide, table by table.
_FAST = (
    _Kind(500, 64, members=4, folds=4),
    _Kind(500, 64, members=4, folds=4, sees_ramps=True),
    _Kind(500, 0, members=4, folds=4, depth=0, sees_ramps=True),
)
_BALANCED = (_Kind(1250, 128), _Kind(1250, 64, sees_ramps=True), *_FAST)
_BAGS: dict[str, tuple[_Kind, ...]] = {
    "fast": _FAST,
    "balanced": _BALANCED,
    "best": (
        _Kind(2500, 128),
        _Kind(1250, 128, swap_activation=True),
        _Kind(2500, 128, sees_ramps=True),
        *_BALANCED[1:],
    ),
}
