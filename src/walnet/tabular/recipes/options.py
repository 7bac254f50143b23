"""Options of a fit: parameters of the estimator, or settings of its networks."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from walnet.errors import HyperparameterError, check_whole_number
from walnet.tabular.recipes.presets import n_bags
from walnet.tabular.recipes.recipe import NOT_OF_A_MEMBER, TUNABLE

PARAMETERS = (
    *("preset", "time_limit", "members", "epochs", "recipe", "random_state"),
    "threads",
)
"""The parameters of the estimators."""
OPTIONS = (*PARAMETERS, *TUNABLE)
"""The names of all options."""


def estimator_parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as parameters of `TabularClassifier` or `TabularRegressor`.

    Parameters
    ----------
    options : mapping of str to value
        Parameters of the estimator by their names, and settings of its networks by
        theirs, such as learning_rate or dropout: these are changed in the recipe of
        every bag of the preset.

    Returns
    -------
    dict

    Raises
    ------
    HyperparameterError
        If there is no such option, or a setting comes beside a recipe.

    Examples
    --------
    >>> found = estimator_parameters({"members": 4, "dropout": 0, "preset": "fast"})
    >>> found["members"], found["recipe"]
    (4, [{'dropout': 0}, {'dropout': 0}, {'dropout': 0}])
    """
    parameters = {name: options[name] for name in options if name in PARAMETERS}
    if "epochs" in parameters:
        if parameters["epochs"] is not None:  # by the name that it was given by
            check_whole_number("epochs", parameters["epochs"], at_least=1)
        parameters["max_iter"] = parameters.pop("epochs")
    if "threads" in parameters:
        threads = parameters.pop("threads")
        parameters["n_jobs"] = -1 if threads is None else threads
    changes = {name: options[name] for name in options if name not in PARAMETERS}
    if not changes:
        return parameters
    _check_names(changes, parameters)
    bags = n_bags(parameters.get("preset", "balanced"))
    return parameters | {"recipe": [dict(changes) for _ in range(bags)]}


def _check_names(changes: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Raise an error for a name that is no option, or for a recipe beside settings."""
    for name in changes:
        if name not in TUNABLE:
            near = difflib.get_close_matches(name, OPTIONS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            if name in NOT_OF_A_MEMBER:
                hint = f": {NOT_OF_A_MEMBER[name]}"
            raise HyperparameterError(f"an ensemble has no option {name!r}{hint}")
    if parameters.get("recipe") is not None:
        name = next(iter(changes))
        raise HyperparameterError(
            f"give {name} within the recipe, or leave the recipe out: got both"
        )
