"""One member of an ensemble: its network, its training, its outputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from threading import Event
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from walnet.engine.driver import Driver
from walnet.engine.kernels.types import Examples
from walnet.engine.network import Network
from walnet.engine.training import Training
from walnet.errors import DivergedError
from walnet.tabular.ensemble.initial import initialize_by_rows
from walnet.tabular.recipes.recipe import Recipe, Widths

_ATTEMPTS = 6
# Members run side by side: no batch of theirs is split among threads.
MEMBER_RULE = {"shards": 1}


class MemberRows(NamedTuple):
    """Rows as a member has them.

    Attributes
    ----------
    learned : Examples
        It learns from ``learned.rows``.
    unseen : Examples or None
        Rows that it does not see, where they decide when it stops.
    """

    learned: Examples
    unseen: Examples | None = None


@dataclass
class Supervision:
    """What ends a member's training before its schedule does, and follows it.

    Attributes
    ----------
    deadline : float or None
        The time, of `time.monotonic`, to have finished by.
    cool : Event
        Set when it is to come to the end of its schedule within a few epochs.
    report_progress : callable, optional
        Called after each few epochs with the share of the work that is done and the
        mean cost of the last epoch.
    """

    deadline: float | None = None
    cool: Event = field(default_factory=Event)
    report_progress: Callable[[float, float], object] | None = None
    _training: Training | None = None
    _is_abandoned: bool = False
    _reported: float = 0.0

    def watch(self, training: Training) -> None:
        """Follow a training from now on."""
        training.pace.deadline = self.deadline
        self._training = training
        if self._is_abandoned:
            self.abandon()

    def abandon(self) -> None:
        """End the training at once: nobody waits for it any more."""
        self._is_abandoned = True
        if self._training is not None:
            self._training.stop("nobody waits for it")

    def __call__(self, training: Training) -> None:
        """Report, and see whether to cool down: a callback of the driver."""
        report, done = self.report_progress, share_done(training)
        if report is not None and done != self._reported and len(training.history):
            self._reported = done
            report(done, float(training.history.cost[-1]))
        if self.cool.is_set():
            training.cool_down()


def share_done(training: Training) -> float:
    """Return the share of a member's work that is done; at a goal it is all."""
    return 1.0 if training.reached() else training.time


def new_network(
    widths: Widths, recipe: Recipe, dtype: type[np.floating] = np.float32
) -> Network:
    """Return the network of a member, its parameters not drawn yet."""
    return Network(recipe.layers(widths), initializer="zeros", dtype=np.dtype(dtype))


def new_training(
    network: Network,
    recipe: Recipe,
    rows: MemberRows,
    epochs: int,
    seed: int,
    *,
    slower: float = 1.0,
) -> Training:
    """Return the training of a member; `slower` is a factor on its learning rate."""
    rate = slower * recipe.settings.learning_rate
    settings = recipe.settings.replace(epochs=epochs, seed=seed, learning_rate=rate)
    return Training.on(
        network,
        rows.learned,
        settings,
        validation=rows.unseen,
        own_cost=recipe.own_cost,
        rule=MEMBER_RULE,
    )


def train_member(
    network: Network,
    recipe: Recipe,
    rows: MemberRows,
    seed: list[int],
    epochs: int,
    supervision: Supervision | None = None,
    checkpoint: str | PathLike[str] | None = None,
) -> float:
    """Train a member from new parameters; return the share of its work done.

    Where it diverges it begins again, at a quarter of the learning rate.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    recipe : Recipe
        How to train.
    rows : MemberRows
        What it learns from, and what it does not see.
    seed : list of int
        Where its random numbers come from.
    epochs : int
        Passes over its rows, at most.
    supervision : Supervision, optional
        When to end before.
    checkpoint : path, optional
        A file to go on from after a crash, to the same bits; each attempt has one.

    Raises
    ------
    DivergedError
        If no learning rate that was tried is small enough.
    """
    supervision = supervision or Supervision()
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng(seed)
        initialize_by_rows(network, rows.learned, rng)
        random = int(rng.integers(2**62))
        slower = 0.25**attempt
        training = new_training(network, recipe, rows, epochs, random, slower=slower)
        path = checkpoint
        if checkpoint is not None and attempt:
            path = f"{os.fspath(checkpoint)}-retry-{attempt}"
        try:
            driver = Driver(training, supervision, path, every_epoch=False)
            supervision.watch(training)
            driver.run()
            supervision(training)
        except DivergedError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
        finally:
            training.close()
    return share_done(training)


def outputs(
    network: Network, data: Examples, rows: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return a member's outputs for some rows, before a softmax: (rows, outputs).

    Parameters
    ----------
    network : Network, float64
        The member. In float32 the last digits of a product depend on how many rows are
        multiplied at once, and so would the answer for a row.
    data : Examples
        The rows.
    rows : ndarray of int64, optional
        Which of them; all by default.
    """
    X, codes = data.X, data.codes
    if rows is not None:
        X, codes = X[rows], codes[rows]
    exact = np.ascontiguousarray(X, np.float64)
    answer: Any = network.outputs(exact, codes, weighted=True)
    return np.asarray(answer)
