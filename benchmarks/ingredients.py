"""What each ingredient of the tabular recipe is worth: it is left out, or changed.

    python benchmarks/ingredients.py FOLDER [--preset fast] [--variants "a;b"]
        [--rows 4000] [--tables a,b] [--seeds 2] [--results ingredients.csv]
        [--page FILE.md]

FOLDER and protocol are those of `benchmarks/accuracy.py`. Each variant is the preset
with one thing changed, in all its bags. Its error and log-loss on a table are compared
with those of the preset as it is, on the same splits: the mean over tables of
log((e + 0.01)/(e' + 0.01)), as per cent, with its standard error. Above 0: worse.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import accuracy
import numpy as np
import pandas as pd

from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.recipes.presets import BagSpec
from walnet.tabular.recipes.recipe import Recipe

AS_IT_IS = "as it is"
Bags = tuple[BagSpec, ...]
Change = Callable[[Bags], Bags]


def of_each(change: Callable[[BagSpec], BagSpec]) -> Change:
    """Return what changes each bag."""
    return lambda bags: tuple(map(change, bags))


def of_settings(**values: Any) -> Change:
    """Return what changes how members learn."""
    return of_each(
        lambda bag: (
            replace(bag, recipe=bag.recipe.changed(values))
            if bag.recipe.hidden_layers
            else bag
        )
    )


def rates_as_of_weights(*kinds: str) -> Change:
    """Return what leaves kinds of parameters where they begin."""

    def change(bag: BagSpec) -> BagSpec:
        factors = dict(bag.recipe.settings.rate_factors or {}) | dict.fromkeys(kinds, 0)
        settings = bag.recipe.settings.replace(rate_factors=factors)
        return replace(bag, recipe=replace(bag.recipe, settings=settings))

    return of_each(change)


def other_activation(bag: BagSpec) -> BagSpec:
    """Return a bag with Mish for SELU, or the other way round."""
    other = {"selu": "mish", "mish": "selu"}[bag.recipe.activation]
    return replace(bag, recipe=replace(bag.recipe, activation=other))


def as_wide(factor: float) -> Change:
    """Return what changes the widths of the hidden layers."""

    def change(bag: BagSpec) -> BagSpec:
        hidden = tuple(int(width * factor) for width in bag.recipe.hidden_layers)
        return replace(bag, recipe=replace(bag.recipe, hidden_layers=hidden))

    return of_each(change)


def as_long(factor: float) -> Change:
    """Return what changes the updates."""
    return of_each(lambda bag: replace(bag, epochs=max(1, round(bag.epochs * factor))))


def without(is_left_out: Callable[[Recipe], bool]) -> Change:
    """Return what leaves some bags out."""
    return lambda bags: tuple(bag for bag in bags if not is_left_out(bag.recipe))


def sees(numbers: str) -> Callable[[Recipe], bool]:
    """Return what tells the networks that see numbers in a way."""
    return lambda recipe: recipe.numbers == numbers and bool(recipe.hidden_layers)


def same_rate(bag: BagSpec) -> BagSpec:
    """Return a bag whose learning rate is that of two classes."""
    settings = bag.recipe.settings
    rate = settings.learning_rate if settings.cost == "mse" else 0.04
    settings = settings.replace(learning_rate=rate)
    return replace(bag, recipe=replace(bag.recipe, settings=settings))


VARIANTS: dict[str, Change] = {
    AS_IT_IS: lambda bags: bags,
    "no networks that see waves": without(sees("waves")),
    "no networks that see ramps": without(sees("ramps")),
    "no additive model": without(lambda recipe: not recipe.hidden_layers),
    "one rate for any number of classes": of_each(same_rate),
    "half the updates": as_long(0.5),
    "twice the updates": as_long(2.0),
    "no label smoothing": of_settings(smoothing=0.0),
    "no dropout": of_settings(dropout=0.0),
    "no weight decay": of_settings(weight_decay=0.0),
    "no learning of the input scales": rates_as_of_weights("scale"),
    "no learning of the activations' slopes": rates_as_of_weights("slopes"),
    "the other task's activation": of_each(other_activation),
    "one cosine instead of four": of_settings(schedule="cosine"),
    "beta_2 of 0.999": of_settings(beta_2=0.999),
    "half as wide": as_wide(0.5),
    "twice as wide": as_wide(2.0),
    "one member of each": of_each(lambda bag: replace(bag, members=1)),
    "members that see every row": of_each(lambda bag: replace(bag, folds=0)),
    "no linear partner": lambda bags: bags,
    "the first bag alone": lambda bags: bags[:1],
    "equal shares of the bags": lambda bags: bags,
}


class _Changed:
    """An estimator whose bags are changed."""

    variant = AS_IT_IS
    shares_: tuple[float, ...]

    def _bag_specs(self, n_rows: int, n_outputs: int) -> Bags:
        bags = super()._bag_specs(n_rows, n_outputs)  # type: ignore[misc]
        return VARIANTS[self.variant](bags)

    def _calibrate(self, data: Any) -> None:
        super()._calibrate(data)  # type: ignore[misc]
        if self.variant == "equal shares of the bags":
            ours = sum(self.shares_[:-1])
            n_bags = len(self.shares_) - 1
            self.shares_ = (*[ours / n_bags] * n_bags, self.shares_[-1])

    def _fit_linear(self, data: Any, n_classes: int) -> Any:
        if self.variant == "no linear partner":
            return None
        return super()._fit_linear(data, n_classes)  # type: ignore[misc]


class Classifier(_Changed, TabularClassifier):
    """A classifier of a variant."""


class Regressor(_Changed, TabularRegressor):
    """A regressor of a variant."""


def model_of(variant: str, preset: str) -> Callable[[Any, str, int], Any]:
    """Return what makes the estimator of a variant."""

    def make(_: Any, task: str, seed: int) -> Any:
        cls = Regressor if task == "regression" else Classifier
        model = cls(preset=preset, random_state=seed, n_jobs=1)
        model.variant = variant
        return model

    return make


def compared(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row a variant: how much worse it is than the preset as it is."""
    results = results.assign(e=results["err"].fillna(results["nrmse"]))
    return pd.DataFrame(
        {
            "error": change(results, "e"),
            "log-loss": change(results, "logloss"),
            "error, under 1,100 rows": change(results[results.n_train < 1100], "e"),
            "time": times(results),
        }
    ).sort_index(key=lambda names: [list(VARIANTS).index(name) for name in names])


def change(results: pd.DataFrame, of: str) -> pd.Series:
    """Return the mean change over tables, and its standard error."""
    means = results.groupby(["dataset", "model"])[of].mean().unstack()
    logs = np.log(means.dropna(how="all") + accuracy.SHIFT)
    logs = logs.sub(logs[AS_IT_IS], axis=0)
    errors = logs.std(ddof=1) / np.sqrt(logs.count())
    return pd.Series({
        name: f"{np.expm1(logs[name].mean()):+.1%} ± {errors[name]:.1%}"
        for name in logs.columns
        if name != AS_IT_IS
    })  # fmt: skip


def times(results: pd.DataFrame) -> pd.Series:
    """Return the median ratio of processor times."""
    means = results.groupby(["dataset", "model"])["fit_cpu"].mean().unstack()
    ratios = means.div(means[AS_IT_IS], axis=0).median()
    return ratios.drop(AS_IT_IS).map("{:.2f}×".format)


def page(results: pd.DataFrame, preset: str) -> str:
    """Return the result as a page."""
    tables = results["dataset"].nunique()
    head = (
        "Made by `benchmarks/ingredients.py`, whose first lines are the protocol, from "
        f"the preset {preset} on {tables} tables. Machine: {accuracy.machine()}. "
        "Positive is worse than the preset as it is; ± one standard error over tables."
    )
    body = accuracy.markdown(compared(results), (), "changed")
    return f"# What each ingredient is worth\n\n{head}\n\n{body}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--variants", help="some of them, separated by semicolons")
    parser.add_argument("--tables", help="names, separated by commas; by default all")
    parser.add_argument("--seeds", type=int, default=2, help="of the small tables")
    parser.add_argument("--rows", type=int, default=accuracy.ROWS)
    parser.add_argument("--large-seeds", type=int, default=1, help="of the others")
    parser.add_argument("--results", default="ingredients.csv")
    parser.add_argument("--page", help="write the result as Markdown")
    options = parser.parse_args()
    accuracy.MODELS.clear()
    for variant in VARIANTS:
        accuracy.MODELS[variant] = model_of(variant, options.preset)
    given = options.variants and [AS_IT_IS, *options.variants.split(";")]
    options.models = given or list(VARIANTS)
    accuracy.measure_all(options)
    results = pd.read_csv(options.results)
    print(compared(results).to_string())
    if options.page:
        Path(options.page).write_text(page(results, options.preset))


if __name__ == "__main__":
    main()
