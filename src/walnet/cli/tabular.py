"""``walnet train`` as it is by default: many networks, strong without settings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.cli.code import Recipe
from walnet.cli.interruption import Interruption
from walnet.cli.terminal import Screen
from walnet.inspection.effects import Effect, partial_dependence
from walnet.models.ensemble_model import TabularModel
from walnet.tables import Table
from walnet.tabular import TabularClassifier, TabularRegressor
from walnet.tabular.ensemble.training import EnsembleTraining
from walnet.words import count, duration

if TYPE_CHECKING:
    from walnet.cli.learning import Run

_MOST_EFFECTS = 5
_COVERAGE = 0.9


def load_kernels(screen: Screen) -> None:
    """Compile the kernels, or load what was compiled before."""
    with screen.compiling("thirty"):
        warm_up()


def warm_up() -> None:
    """Run each kernel that a training or a prediction needs once."""
    X = np.arange(8.0)[:, None]
    model = TabularClassifier(preset="fast", members=1, epochs=1, threads=1)
    model.fit(X, [0, 1] * 4).predict(X)


def fit(
    rows: Table, recipe: Recipe, screen: Screen, interruption: Interruption
) -> TabularModel:
    """Train, with a progress bar, until the end or a signal."""
    with watched(screen, interruption) as callback:
        return TabularModel.fit(
            rows,
            recipe.target,
            task=recipe.task,
            callback=callback,
            random_state=recipe.seed,
            **recipe.options,
        )


@contextmanager
def watched(
    screen: Screen, interruption: Interruption
) -> Iterator[Callable[[EnsembleTraining], None]]:
    """Return a training's callback: a progress bar, and an end at a signal."""
    with screen.ensemble_progress() as progress, warnings.catch_warnings():
        # The model keeps its warnings; they are shown as notes.
        warnings.filterwarnings("ignore", "the time limit")

        def callback(training: EnsembleTraining) -> None:
            interruption(training)
            progress(training)

        yield callback


def stopped(model: TabularModel) -> str:
    """Return why the training ended early; empty if it did not."""
    return model.estimator.stopped_


def lines(run: Run) -> list[str]:
    """Return what was learned and how it went, in sentences."""
    model = _model(run)
    networks = count(model.estimator.n_members_, "network")
    head = f"{networks} with {model.estimator.n_parameters:,} parameters in all:"
    bags = [f"  {bag.describe()}" for bag in model.estimator.bags_]
    return [f"Tabular model: {head}", *bags, _course(run)]


def facts(run: Run) -> dict[str, Any]:
    """Return what only a tabular model has, for JSON."""
    model = _model(run)
    return {
        "rows_learned_from": model.rows,
        "members": model.estimator.n_members_,
        "parameters": model.estimator.n_parameters,
        "settings": model.estimator.get_params(),
    }


def content(run: Run) -> dict[str, Any]:
    """Return what only a tabular model has, for the report."""
    model = _model(run)
    table = run.table.take(run.test if len(run.test) else run.train)
    return {
        "interval": model.predict_interval if model.has_intervals else None,
        "coverage": _COVERAGE,
        "drift": model.drift(table),
        "model": model.estimator.describe() | _partners(model),
        "course": _course(run),
        "settings": model.estimator.get_params(),
    }


def effects(run: Run, names: list[str]) -> list[Effect]:
    """Return what the columns that matter most do to the predictions."""
    model = _model(run)
    table = run.table.take(run.test if len(run.test) else run.train)

    def predict(rows: Table) -> Any:
        if model.task == "regression":
            return model.predict(rows)
        return model.predict_proba(rows)

    names = names[:_MOST_EFFECTS]
    return partial_dependence(predict, table.select(model.schema.names), names)


def _model(run: Run) -> TabularModel:
    """Return the model of a run."""
    assert isinstance(run.model, TabularModel)  # noqa: S101 - `fit` made it
    return run.model


def _partners(model: TabularModel) -> dict[str, Any]:
    """Return how the networks' outputs become predictions."""
    estimator = model.estimator
    *ours, partner = estimator.shares_
    said = {
        "shares of the bags": " and ".join(f"{share:.2f}" for share in ours),
        "share of a linear model": f"{partner:.2f}",
    }
    if isinstance(estimator, TabularRegressor):
        return said
    factors = " and ".join(f"{bag.sharpness:.3g}" for bag in estimator.bags_)
    return said | {"calibration": f"outputs × {factors} before the softmax"}


def _course(run: Run) -> str:
    """Return the course of the training in one sentence."""
    model = _model(run)
    networks = count(model.estimator.n_members_, "network")
    text = (
        f"{networks} learned from {count(model.rows, 'row')} in {duration(run.seconds)}"
    )
    if run.interrupted:
        text += f"; {run.stopped}, what was learned so far is kept"
    return f"{text}."
