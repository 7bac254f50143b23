"""What each ingredient of the tabular recipe is worth: it is left out, or changed.

    python benchmarks/ingredients.py FOLDER [--preset fast] [--variants "a;b"]
        [--tables a,b] [--seeds 2] [--results ingredients.csv] [--page FILE.md]

FOLDER and protocol are those of `benchmarks/accuracy.py`. Each variant is the preset
with one thing changed, in all its bags. Its error and log-loss on a table are compared
with those of the preset as it is, on the same splits: the mean over tables of
log((e + 0.01)/(e' + 0.01)), as per cent, with its standard error. Above 0: worse. What
only several bags have is asked for by name, for a preset that has them.
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
from walnet.tabular.recipes.presets import Effort

AS_IT_IS = "as it is"
Change = Callable[[Effort], Effort]


def of_recipe(**values: Any) -> Change:
    """Return what changes hyper-parameters."""
    return lambda work: replace(work, recipe=replace(work.recipe, **values))


def other_activation(work: Effort) -> Effort:
    """Return an effort with Mish for SELU, or the other way round."""
    other = {"selu": "mish", "mish": "selu"}[work.recipe.activation]
    return of_recipe(activation=other)(work)


def as_wide(factor: float) -> Change:
    """Return what changes the widths of the hidden layers."""

    def change(work: Effort) -> Effort:
        hidden = tuple(int(width * factor) for width in work.recipe.hidden_layers)
        return of_recipe(hidden_layers=hidden)(work)

    return change


VARIANTS: dict[str, Change] = {
    AS_IT_IS: lambda work: work,
    "no periodic embeddings of numbers": of_recipe(embed_numbers=False),
    "no label smoothing": of_recipe(smoothing=0.0),
    "no dropout": of_recipe(dropout=0.0),
    "no weight decay": of_recipe(weight_decay=0.0),
    "no learning of the input scales": of_recipe(scale_rate=0.0),
    "no learning of the activations' slopes": of_recipe(slope_rate=0.0),
    "the other task's activation": other_activation,
    "one cosine instead of four": of_recipe(schedule="cosine"),
    "beta_2 of 0.999": of_recipe(beta_2=0.999),
    "half as wide": as_wide(0.5),
    "twice as wide": as_wide(2.0),
    "half the epochs": lambda work: replace(work, epochs=work.epochs // 2),
    "twice the epochs": lambda work: replace(work, epochs=work.epochs * 2),
    "one member": lambda work: replace(work, members=1),
    "members that see every row": lambda work: replace(work, folds=0),
    "no linear partner": lambda work: work,
    "the first bag alone": lambda work: work,
    "equal shares of the bags": lambda work: work,
}
OF_BAGS = ("the first bag alone", "equal shares of the bags")


class _Changed:
    """An estimator whose efforts are changed."""

    variant = AS_IT_IS
    shares_: tuple[float, ...]

    def _efforts(self, n_rows: int) -> tuple[Effort, ...]:
        works = super()._efforts(n_rows)  # type: ignore[misc]
        if self.variant == "the first bag alone":
            works = works[:1]
        return tuple(map(VARIANTS[self.variant], works))

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
    parser.add_argument("--results", default="ingredients.csv")
    parser.add_argument("--page", help="write the result as Markdown")
    options = parser.parse_args()
    accuracy.MODELS.clear()
    for variant in VARIANTS:
        accuracy.MODELS[variant] = model_of(variant, options.preset)
    default = [each for each in VARIANTS if each not in OF_BAGS]
    given = options.variants and [AS_IT_IS, *options.variants.split(";")]
    options.models = given or default
    accuracy.measure_all(options)
    results = pd.read_csv(options.results)
    print(compared(results).to_string())
    if options.page:
        Path(options.page).write_text(page(results, options.preset))


if __name__ == "__main__":
    main()
