"""``walnet train --model mlp``: one plain network, which can be looked into."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

import walnet
from walnet.cli.code import Recipe
from walnet.cli.interruption import Interruption
from walnet.cli.terminal import Screen, number
from walnet.engine.driver import BY_CTRL_C
from walnet.engine.training import Training
from walnet.models.network_model import TableModel
from walnet.tables import Table
from walnet.tables.wording import count

if TYPE_CHECKING:
    from walnet.cli.learning import Run


def load_kernels(screen: Screen) -> None:
    """Compile the kernels, or load what was compiled before."""
    with screen.compiling():
        warm_up()


def warm_up() -> None:
    """Run each kernel that a training or a prediction needs once."""
    network = walnet.Network([1, 1, 2], activation="relu", output="softmax")
    X = np.array([[0.0], [1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cost = "categorical_cross_entropy"
        history = walnet.train(network, X, [0, 1], cost=cost, iterations=1)
    if history.stopped == BY_CTRL_C:  # the whole command was meant
        raise KeyboardInterrupt
    network.feed_forward(X)


def fit(
    rows: Table, recipe: Recipe, screen: Screen, interruption: Interruption
) -> TableModel:
    """Train, with a progress bar, until the end or a signal."""
    with screen.progress() as progress:

        def callback(training: Training) -> None:
            interruption(training)
            progress(training)

        return TableModel.fit(
            rows,
            recipe.target,
            task=recipe.task,
            callback=callback,
            seed=recipe.seed,
            **recipe.options,
        )


def stopped(model: TableModel) -> str:
    """Return why the training ended."""
    return model.facts.stopped


def lines(run: Run) -> list[str]:
    """Return what was learned and how it went, in sentences."""
    return [repr(_model(run).network), _how_it_went(run)]


def facts(run: Run) -> dict[str, Any]:
    """Return what only a plain network has, for JSON."""
    model = _model(run)
    return {
        "layer_sizes": list(model.network.layer_sizes),
        "activations": list(model.network.activations),
        "parameters": model.network.n_parameters,
        "settings": model.settings.to_dict(),
        "epochs": model.facts.epochs,
        "iterations": model.facts.iterations,
    }


def content(run: Run) -> dict[str, Any]:
    """Return what only a plain network has, for the report."""
    model = _model(run)
    return {
        "network": model.network,
        "history": model.history,
        "settings": model.settings.to_dict(),
    }


def _model(run: Run) -> TableModel:
    """Return the model of a run."""
    assert isinstance(run.model, TableModel)  # noqa: S101 - `fit` made it
    return run.model


def _how_it_went(run: Run) -> str:
    """Return the course of the training in one sentence."""
    model = _model(run)
    history = model.history
    if history is None:
        return ""
    text = (
        f"Trained {count(model.facts.epochs, 'epoch')} "
        f"({count(model.facts.iterations, 'iteration')}) in {history.seconds:.1f} s"
    )
    if len(history):  # less than an epoch leaves no cost
        text += f": cost {number(history.cost[0])} → {number(history.cost[-1])}"
    if run.interrupted:
        return f"{text}; {run.stopped}, what was learned so far is kept"
    return text if run.stopped.startswith("all") else f"{text}; {run.stopped}"
