"""How much work a preset puts into a table of a given size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from walnet.errors import HyperparameterError
from walnet.tabular.recipes.recipe import CLASSIFICATION, REGRESSION, Recipe

PRESETS = ("fast", "balanced", "best")


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


def bag_specs(preset: str, n_rows: int, *, classes: bool) -> tuple[BagSpec, ...]:
    """Return how the bags of an ensemble for a table are trained.

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
    tuple of BagSpec
        One for each bag.

    Raises
    ------
    HyperparameterError
        If there is no such preset.
    """
    bags = _bags_of(preset)
    recipe = CLASSIFICATION if classes else REGRESSION
    other = (REGRESSION if classes else CLASSIFICATION).activation
    recipe = recipe.changed({"batch_size": batch_size(n_rows)})
    return tuple(
        BagSpec(
            replace(
                recipe,
                hidden_layers=(each.width,) * 3,
                activation=other if each.swap_activation else recipe.activation,
            ),
            each.members,
            each.folds,
            _epochs(n_rows, each.epochs, each.full_up_to),
        )
        for each in bags
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
    2
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
    >>> specs = bag_specs("balanced", 500, classes=True)
    >>> [spec.members for spec in with_members(specs, 5)]
    [3, 2]
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


def batch_size(n_rows: int) -> int:
    """Return 256 up to 16,000 rows, then larger ones, up to 1,024."""
    return 256 if n_rows <= 16_000 else 512 if n_rows <= 64_000 else 1024


def _epochs(n_rows: int, most: int, full_up_to: int) -> int:
    """Return fewer epochs for tables of more rows than get them all.

    The number of updates grows with the cube root of the rows.
    """
    return max(8, int(most * min(1.0, (full_up_to / n_rows) ** (2 / 3))))


@dataclass(frozen=True)
class _Kind:
    """A bag of a preset."""

    width: int
    epochs: int
    members: int = 8
    folds: int = 8
    full_up_to: int = 4000  # rows
    swap_activation: bool = False  # with the activation of the other task


# Networks of other widths, activations and lengths of training err differently: the
# predictions of each bag for rows that it has not seen decide, table by table.
_LONG, _NARROW, _SHORT = _Kind(128, 128), _Kind(64, 64), _Kind(128, 32)
_BAGS: dict[str, tuple[_Kind, ...]] = {
    "fast": (_Kind(64, 64, members=4, folds=4, full_up_to=1500),),
    "balanced": (_LONG, replace(_NARROW, members=4, folds=4)),
    "best": (_LONG, _NARROW, _SHORT, replace(_LONG, swap_activation=True)),
}
