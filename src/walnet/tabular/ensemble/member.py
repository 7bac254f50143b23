"""One member of an ensemble: its network, its training, its outputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from walnet.engine.driver import drive
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.training import Training
from walnet.errors import DivergedError
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.recipes.recipe import Recipe, Widths

_ATTEMPTS = 4
_COOLING = "it cools down"
# Members run side by side: no batch of theirs is split among threads.
MEMBER_RULE = {"shards": 1}


@dataclass(frozen=True)
class StopSignal:
    """When training ends before its schedule does.

    Attributes
    ----------
    deadline : float or None
        The time, of `time.monotonic`, to have finished by.
    stop : Event
        Set when nobody waits for the member any more.
    cool : Event
        Set when it is to come to the end of its schedule within a few epochs.
    report_progress : callable, optional
        Called after each few epochs with the share of the schedule that is done and the
        mean cost of the last epoch.
    """

    deadline: float | None = None
    stop: Event = field(default_factory=Event)
    cool: Event = field(default_factory=Event)
    report_progress: Callable[[float, float], object] | None = None


def new_network(
    widths: Widths, recipe: Recipe, dtype: type[np.floating] = np.float32
) -> Network:
    """Return the network of a member, its parameters not drawn yet."""
    return Network(recipe.layers(widths), initializer="zeros", dtype=np.dtype(dtype))


def new_training(
    network: Network,
    recipe: Recipe,
    data: Examples,
    epochs: int,
    seed: int,
    *,
    slower: float = 1.0,
) -> Training:
    """Return the training of a member on the rows ``data.rows``.

    `slower` is a factor on the recipe's learning rate.
    """
    rate = slower * recipe.settings.learning_rate
    settings = recipe.settings.replace(epochs=epochs, seed=seed, learning_rate=rate)
    return Training.on(
        network, data, settings, own_cost=recipe.own_cost, rule=MEMBER_RULE
    )


def train_member(
    network: Network,
    recipe: Recipe,
    data: Examples,
    seed: list[int],
    epochs: int,
    signal: StopSignal | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> float:
    """Train a member from new parameters; return the share of its schedule done.

    Where it diverges it begins again, at a quarter of the learning rate.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    recipe : Recipe
        How to train.
    data : Examples
        The rows; it learns from ``data.rows``.
    seed : list of int
        Where its random numbers come from.
    epochs : int
        Passes over its rows.
    signal : StopSignal, optional
        When to end before.
    checkpoint : path, optional
        A file to go on from after a crash, to the same bits; each attempt has one.

    Raises
    ------
    DivergedError
        If no learning rate that was tried is small enough.
    """
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng(seed)
        initialize_by_rows(network, data, rng)
        random = int(rng.integers(2**62))
        slower = 0.25**attempt
        training = new_training(network, recipe, data, epochs, random, slower=slower)
        path = checkpoint
        if checkpoint is not None and attempt:
            path = f"{os.fspath(checkpoint)}-retry-{attempt}"
        try:
            _run(training, signal or StopSignal(), path)
        except DivergedError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
        finally:
            training.close()
    return training.time


def _run(
    training: Training, signal: StopSignal, checkpoint: str | PathLike[str] | None
) -> None:
    """Run a member's training to the end of its schedule."""
    training.pace.deadline = signal.deadline
    watch = _Watch(signal)
    drive(training, watch, checkpoint, every_epoch=False)
    if training.history.stopped == _COOLING:
        # The checkpoint keeps the schedule as planned, to go on from another time.
        training.history.stopped = ""
        training.cool_down()
        drive(training, watch, every_epoch=False)
    watch.report(training)


class _Watch:
    """Reports a member's progress, and ends its training: a callback of `drive`."""

    def __init__(self, signal: StopSignal) -> None:
        self.signal = signal
        self.is_cooling = False
        self.reported = 0.0

    def __call__(self, training: Training) -> None:
        """Report, and stop where the signal says so."""
        self.report(training)
        if self.signal.stop.is_set():
            training.stop("nobody waits for it")
        elif self.signal.cool.is_set() and not self.is_cooling:
            self.is_cooling = True
            training.stop(_COOLING)

    def report(self, training: Training) -> None:
        """Report how far the training is, if that is not known yet."""
        report, done = self.signal.report_progress, training.time
        if report is not None and done != self.reported and len(training.history):
            self.reported = done
            report(done, float(training.history.cost[-1]))


def outputs(
    network: Network,
    parameters: NDArray[np.floating],
    data: Examples,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return a member's outputs for some rows, before a softmax: (rows, outputs).

    Parameters
    ----------
    network : Network, float64
        Of the member's layers; its parameters are overwritten. In float32 the last
        digits of a product depend on how many rows are multiplied at once, and so would
        the answer for a row.
    parameters : ndarray of shape (parameters,)
        The member's.
    data : Examples
        The rows.
    rows : ndarray of int64, optional
        Which of them; all by default.
    """
    X, codes = data.X, data.codes
    if rows is not None:
        X, codes = X[rows], codes[rows]
    network.parameters[:] = parameters
    exact = np.ascontiguousarray(X, np.float64)
    answer: Any = network.outputs(exact, codes, weighted=True)
    return np.asarray(answer)
