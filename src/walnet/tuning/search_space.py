"""Which recipes a search tries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from walnet.errors import HyperparameterError
from walnet.tabular.recipes.recipe import NUMBERS, Recipe


@dataclass(frozen=True)
class Space:
    """The search space: few dimensions, around the recipe of the preset's first bag.

    Width and depth within a factor of two or a layer of the recipe's; the learning rate
    within a factor of 2.5, beyond which the schedule's first cycles diverge or teach
    nothing; dropout, decay and smoothing from none to about three times the recipe's;
    waves, ramps or plain numbers, and the other activation, which some tables want
    otherwise.

    Attributes
    ----------
    recipe : Recipe
        The middle.
    n_bags : int
        Bags of the preset; all but the first stay as they are.
    is_class : bool
        Whether the target is classes.
    fixed : dict
        Settings of the networks that are the same in all trials and bags.
    """

    recipe: Recipe
    n_bags: int
    is_class: bool
    fixed: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse to hold fast what is searched for."""
        for name in self.fixed:
            if name in self.changes(self.default):
                raise HyperparameterError(
                    f"{name} is what the search chooses; leave it out, or train with it"
                )

    def of_bags(self, changes: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the changes to the recipe of each bag."""
        others = [dict(self.fixed) for _ in range(self.n_bags - 1)]
        return [self.fixed | changes, *others]

    @property
    def default(self) -> dict[str, Any]:
        """The parameters of the recipe as it is."""
        recipe = self.recipe
        values = {
            "width": recipe.hidden_layers[0],
            "depth": len(recipe.hidden_layers),
            "activation": recipe.activation,
            "numbers": recipe.numbers,
            "learning_rate": recipe.settings.learning_rate,
            "dropout": recipe.settings.dropout,
            "weight_decay": recipe.settings.weight_decay,
        }
        return values | (
            {"smoothing": recipe.settings.smoothing} if self.is_class else {}
        )

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Return the changes to the recipe that a trial is to try."""
        recipe = self.recipe
        width, depth = recipe.hidden_layers[0], len(recipe.hidden_layers)
        widths = [width // 2, width, 2 * width]
        rate = recipe.settings.learning_rate
        params = {
            "width": trial.suggest_categorical("width", widths),
            "depth": trial.suggest_int("depth", depth - 1, depth + 1),
            "activation": trial.suggest_categorical("activation", ["selu", "mish"]),
            "numbers": trial.suggest_categorical("numbers", list(NUMBERS)),
            "learning_rate": trial.suggest_float(
                "learning_rate", 0.4 * rate, 2.5 * rate, log=True
            ),
            "dropout": trial.suggest_float("dropout", 0.0, 0.45),
            "weight_decay": trial.suggest_float("weight_decay", 0.002, 0.08, log=True),
        }
        if self.is_class:
            params["smoothing"] = trial.suggest_float("smoothing", 0.0, 0.2)
        return self.changes(params)

    @staticmethod
    def changes(params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of a trial as changes to a recipe."""
        changes = dict(params)
        width, depth = changes.pop("width", None), changes.pop("depth", None)
        if width is not None and depth is not None:
            changes["hidden_layers"] = [int(width)] * int(depth)
        return changes
