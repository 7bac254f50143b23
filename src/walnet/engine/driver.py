"""`train`: a training from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from walnet.engine.checkpoint import Checkpoint
from walnet.engine.history import History
from walnet.engine.settings import Settings
from walnet.engine.signals import (
    first_ctrl_c,
    signals_pending,
    termination_raises,
    until_signalled,
)
from walnet.engine.training import Training
from walnet.errors import warn_caller

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike

    from walnet.engine.network import Network
    from walnet.engine.threads import OwnCost

Callback = Callable[[Training], object]
BY_CTRL_C = "stopped by Ctrl-C"


class Watcher:
    """Looks at a training between its epochs; this one at nothing.

    Signals such as Ctrl-C wait until it has looked.

    Attributes
    ----------
    every_epoch : bool
        Whether it looks at each epoch, however short; else where a twentieth of a
        second has passed.
    """

    every_epoch = True

    def resume(self, training: Training) -> None:
        """Look at a training before it goes on, from a checkpoint or from its start."""

    def begin_epoch(self, training: Training) -> None:
        """Prepare the next epoch; a signal before it may lead here twice."""

    def end_epoch(self, training: Training) -> None:
        """Look at the epoch that has just ended; it may stop the training."""


class Stoppable(Protocol):
    """A training that somebody else drives: threads over members, an optimiser."""

    @property
    def stopped(self) -> str:
        """Why it was ended early; empty if it was not."""

    def stop(self, why: str) -> None:
        """Let it come to its end."""


@contextmanager
def ctrl_c_stops(training: Stoppable) -> Iterator[None]:
    """Let Ctrl-C stop a training in the block, unless it is dealt with already.

    What was learned so far is kept, with a warning. A second Ctrl-C ends everything.
    """
    with first_ctrl_c(lambda: training.stop(BY_CTRL_C)):
        yield
    if training.stopped == BY_CTRL_C:
        warn_caller(f"training was {BY_CTRL_C}; what was learned so far is kept")


class _CallbackWatcher(Watcher):
    """Calls a function after each epoch."""

    def __init__(self, callback: Callback, *, every_epoch: bool) -> None:
        self.callback, self.every_epoch = callback, every_epoch

    def end_epoch(self, training: Training) -> None:
        """Call the function."""
        self.callback(training)


def train(  # noqa: PLR0913
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    settings: Settings | None = None,
    *,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    sample_weight: ArrayLike | None = None,
    callback: Callback | None = None,
    checkpoint: str | PathLike[str] | None = None,
    **options: Any,
) -> History:
    """Train a network, in place.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    X : array_like or sparse matrix of shape (examples, n_inputs)
        Inputs. Sparse rows are never made dense, but a batch at a time.
    y : array_like of shape (examples,) or (examples, n_outputs)
        Targets; whole numbers 0 … n_outputs - 1 are labels.
    settings : Settings, optional
        All settings in one object.
    validation : tuple of (X, y), optional
        Data that is looked at after each epoch, never learned from.
    sample_weight : array_like of shape (examples,), optional
        Weights of the examples in the cost, ≥ 0.
    callback : callable, optional
        Called with the :class:`Training` after each epoch. It may read all, set
        ``training.learning_rate`` and call ``training.stop("why")``.
    checkpoint : path, optional
        A file that is written at the end, and before where an epoch ends, every few
        seconds at most. Where it exists, training goes on from it, to the same bits as
        without the interruption.
    **options
        Any of the names of :class:`Settings`, such as ``learning_rate=0.5``; ``cost``
        may also be a pair of functions of (y, y_pred): the cost of each example,
        (examples,), and its derivative, (examples, n_outputs).

    Returns
    -------
    History

    Raises
    ------
    DivergedError
        If the cost becomes NaN or infinite; the network keeps the parameters of the
        last finite cost.
    ShapeError, DataError, HyperparameterError
        If the data or a setting cannot be used.

    Notes
    -----
    Ctrl-C stops the training; what was learned so far is kept and a warning is given.

    Examples
    --------
    >>> import walnet
    >>> X, y = walnet.datasets.moons(200, seed=0)
    >>> network = walnet.Network([2, 4, 1], output="sigmoid", seed=0)
    >>> history = walnet.train(network, X, y, learning_rate=1.0, iterations=2000)
    >>> bool(history.cost[-1] < history.cost[0])
    True
    """
    own_cost = take_own_cost(options)
    if settings is None:
        settings = Settings.from_dict(options, beside=train.__annotations__)
    else:
        settings = settings.replace(**options)
    training = Training(
        network,
        X,
        y,
        settings,
        validation=validation,
        sample_weight=sample_weight,
        own_cost=own_cost,
    )
    try:
        Driver(training, callback, checkpoint).run()
    finally:
        training.close()
    return training.history


def take_own_cost(options: dict[str, Any]) -> OwnCost | None:
    """Take a cost that is a pair of functions out of the settings that are given."""
    if not isinstance(options.get("cost"), (tuple, list)):
        return None
    cost, derivative = options.pop("cost")
    return cost, derivative


class Driver:
    """Brings a training to its end, with callbacks and checkpoints in between.

    Parameters
    ----------
    training : Training
        Under way.
    callback : callable or Watcher, optional
        As for :func:`train`, or an object that looks before and after each epoch.
    checkpoint
        As for :func:`train`.
    every_epoch : bool
        Whether a function is called after each epoch, however short; else after
        those of a twentieth of a second.
    """

    def __init__(
        self,
        training: Training,
        callback: Callback | Watcher | None = None,
        checkpoint: str | PathLike[str] | None = None,
        *,
        every_epoch: bool = True,
    ) -> None:
        self.training = training
        self.watcher: Watcher | None = None
        if isinstance(callback, Watcher):
            self.watcher = callback
        elif callback is not None:
            self.watcher = _CallbackWatcher(callback, every_epoch=every_epoch)
        self.keeper: Checkpoint | None = None
        if checkpoint is not None:
            self.keeper = Checkpoint(checkpoint, training)

    def run(self) -> None:
        """Advance to the end; Ctrl-C ends the training, keeping what was learned."""
        training, watcher = self.training, self.watcher
        waiting = nullcontext() if self.keeper is None else termination_raises()
        try:
            with waiting:
                if watcher is not None:
                    watcher.resume(training)
                while not (training.finished or signals_pending()):
                    until_signalled(lambda: not training.finished, self.advance)
        except KeyboardInterrupt:
            training.stop(BY_CTRL_C)
            warn_caller(
                f"training was stopped by Ctrl-C after {training.iteration} "
                "iterations; what was learned so far is kept"
            )
        except SystemExit:  # the process is asked to end
            if self.keeper is not None:
                self.keeper.write()
            raise
        self.finish()

    def advance(self) -> None:
        """Advance to where somebody wants to look: the end, or the epoch's end."""
        training, watcher, keeper = self.training, self.watcher, self.keeper
        if keeper is not None and training.cools:
            keeper.write()  # before the schedule is another one
        if watcher is not None and training.at_epoch_end:
            watcher.begin_epoch(training)
        ahead, epoch = training.total - training.iteration, training.epoch
        if watcher is not None or keeper is not None:
            every = watcher is None or watcher.every_epoch
            step = training.left_of_epoch if every else training.per_stretch
            ahead = min(ahead, step)
        training.advance(ahead)
        if watcher is not None and training.epoch > epoch:
            watcher.end_epoch(training)
        if keeper is not None and training.at_epoch_end:
            keeper.write_when_due()

    def finish(self) -> None:
        """Write the checkpoint a last time, then bring the best parameters back."""
        if self.keeper is not None:
            self.keeper.write()
        self.training.finish()
