"""Training: iterations of feed-forward, cost, back-propagation and gradient descent."""

from __future__ import annotations

import copy
import time
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from walnet.engine.history import History
from walnet.engine.kernels import epochs, inference
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples, State
from walnet.engine.plan import layer_plan, make_workspace, training_rule
from walnet.engine.schedules import rate_factors
from walnet.engine.settings import Settings
from walnet.engine.signals import signals_pending, signals_wait, termination_raises
from walnet.engine.threads import ShardedRun
from walnet.engine.training_state import TrainingState
from walnet.errors import DivergedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from numpy.typing import ArrayLike

    from walnet.engine.checkpoint import Checkpoint
    from walnet.engine.kernels.types import Workspace
    from walnet.engine.network import Network

    Callback = Callable[["Training"], object]

_SLICE = 0.05  # seconds in one compiled call: how long Ctrl-C and a page may wait
_MOST_SAVED = 2_000_000  # parameters of which two older states are held for divergence
_KEEP_FIRST = {"momentum", "nesterov", "adam", "adamw"}
_KEEP_SECOND = {"rmsprop", "adam", "adamw"}

BY_CTRL_C = "stopped by Ctrl-C"


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
    X : array_like of shape (examples, n_inputs)
        Inputs.
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
        Any of the names of :class:`Settings`, such as ``learning_rate=0.5``.

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
    settings = (settings or Settings()).replace(**options)
    training = Training(
        network, X, y, settings, validation=validation, sample_weight=sample_weight
    )
    try:
        _drive(training, callback, checkpoint)
    finally:
        training.close()
    return training.history


def _drive(
    training: Training,
    callback: Callback | None,
    checkpoint: str | PathLike[str] | None,
) -> None:
    """Advance to the end, with callbacks and checkpoints in between."""
    from walnet.engine.checkpoint import Checkpoint

    keeper = Checkpoint(checkpoint, training) if checkpoint is not None else None
    waiting = termination_raises() if keeper is not None else nullcontext()
    try:
        with waiting:
            while not (training.finished or signals_pending()):
                _advance_until_signalled(training, callback, keeper)
    except KeyboardInterrupt:
        training.stop(BY_CTRL_C)
        warnings.warn(
            f"training was stopped by Ctrl-C after {training.iteration} iterations; "
            "what was learned so far is kept",
            stacklevel=3,
        )
    except SystemExit:  # the process is asked to end
        if keeper is not None:
            keeper.write()
        raise
    if keeper is not None:  # before the best parameters take the last ones' place
        keeper.write()
    training.finish()


def _advance_until_signalled(
    training: Training, callback: Callback | None, keeper: Checkpoint | None
) -> None:
    """Advance to the end, or until a signal comes; its handler may end the training."""
    with signals_wait() as arrived:
        while not (training.finished or arrived):
            _advance_once(training, callback, keeper)


def _advance_once(
    training: Training, callback: Callback | None, keeper: Checkpoint | None
) -> None:
    """Advance to where somebody wants to look: the end, or the epoch's end."""
    per_epoch = training.iterations_per_epoch
    ahead = training.total - training.iteration
    if callback is not None or keeper is not None:
        ahead = min(ahead, per_epoch - training.iteration % per_epoch)
    training.advance(ahead)
    if callback is not None and training.iteration % per_epoch == 0:
        callback(training)
    if keeper is not None:
        keeper.write_when_due()


class Training:
    """A training under way: what :func:`train` runs, open to look at and to steer.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten.
    X, y : array_like
        As for :func:`train`.
    settings : Settings
        How to train.
    validation, sample_weight
        As for :func:`train`.

    Attributes
    ----------
    network : Network
    settings : Settings
    history : History
    learning_rate : float
        May be set at any time; schedules multiply it.
    total : int
        Iterations of the whole training.

    Examples
    --------
    >>> import walnet
    >>> X, y = walnet.datasets.moons(200, seed=0)
    >>> network = walnet.Network([2, 4, 1], output="sigmoid")
    >>> training = walnet.Training(network, X, y, walnet.Settings(learning_rate=1.0))
    >>> training.advance(10)
    >>> start = training.state()
    >>> training.advance(5)
    >>> training.restore(start)
    >>> training.iteration
    10
    """

    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        settings: Settings | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> None:
        self.network = network
        self.settings = settings or Settings()
        cost = self.settings.cost
        self.examples = self._taken(X, y, sample_weight)
        self.validation = None
        if validation is not None:
            self.validation = network.examples(*validation, None, cost)
        m = self.examples.X.shape[0]
        batch = min(self.settings.batch_size or m, m)
        self.iterations_per_epoch: int = -(-m // batch)
        self.total = self.settings.total_iterations(self.iterations_per_epoch)
        rates = self.settings.dropout_rates(network.n_layers - 1)
        self.plan = layer_plan(network.layer_sizes, network.activations, rates)
        self.rule = training_rule(self.settings, network, self.examples, batch)
        self.learning_rate = self.settings.learning_rate
        self.history = History(
            self.iterations_per_epoch,
            labelled=bool(self.rule["task"]),
            validated=validation is not None,
        )
        self._order = np.arange(m)
        self._make_arrays(batch)
        self._watch: dict[str, Any] = {
            "cost": np.inf,
            "epoch": -1,
            "wait": 0,
            "factor": 1.0,
        }
        self._best: np.ndarray | None = None
        self._saved: list[tuple[TrainingState, np.ndarray]] = []
        self._per_call: int = self.iterations_per_epoch

    def _taken(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> Examples:
        """Return the examples as the kernels take them."""
        return self.network.examples(X, y, sample_weight, self.settings.cost)

    def _make_arrays(self, batch: int) -> None:
        """Allocate gradients, the optimizer's memory and the workspaces, once."""
        network, shards = self.network, int(self.rule["shards"])
        n, dtype = network.n_parameters, network.dtype
        optimizer = self.settings.optimizer
        self._state: State = State(
            network.parameters,
            np.zeros(n if optimizer in _KEEP_FIRST else 0, dtype),
            np.zeros(n if optimizer in _KEEP_SECOND else 0, dtype),
            np.zeros((shards, n), dtype),
            np.array([0, -1]),
            np.zeros(5),
        )
        threads = min(self.settings.threads, shards)
        capacity = batch if shards == 1 else -(-batch // shards)
        capacity = max(capacity, len(self._order) % batch)
        self._workspaces = [
            make_workspace(self.plan, capacity, dtype) for _ in range(threads)
        ]
        self._sharded = None
        if shards > 1:
            self._sharded = ShardedRun(
                self.plan, self.rule, self.examples, self._workspaces
            )

    @property
    def learning_rate(self) -> float:
        """Learning rate, before schedules."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = self.settings.replace(learning_rate=rate).learning_rate

    @property
    def iteration(self) -> int:
        """Number of updates done."""
        return int(self._state.counters[0])

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self.iteration // self.iterations_per_epoch

    @property
    def finished(self) -> bool:
        """Whether all iterations are done or training was stopped."""
        return bool(self.history.stopped) or self.iteration >= self.total

    def stop(self, why: str = "stopped on request") -> None:
        """End the training; `why` is kept in the history."""
        self.history.stopped = why

    def advance(self, iterations: int) -> None:
        """Do so many updates, fewer where training stops before.

        However a training is split into calls, the bits are the same.

        Parameters
        ----------
        iterations : int
            At least 0. May go beyond `total`.

        Raises
        ------
        DivergedError
            If the cost becomes NaN or infinite.
        """
        target = self.iteration + iterations
        work = self._state.parameters.size * self._workspaces[0].capacity
        with single_blas_thread(work):
            while self.iteration < target and not self.history.stopped:
                self._advance_until_signalled(target)
                if signals_pending():  # whoever holds them back has to see to them
                    return

    def _advance_until_signalled(self, target: int) -> None:
        """Do updates up to a number of them, or until a signal comes."""
        started = time.perf_counter()
        with signals_wait() as arrived:
            while self.iteration < target and not self.history.stopped and not arrived:
                self._stretch(min(target - self.iteration, self._stretch_limit()))
            self.history.seconds += time.perf_counter() - started

    def _stretch_limit(self) -> int:
        """Return how many iterations may pass before Python has to look."""
        if self._watches:
            done: int = self.iteration % self.iterations_per_epoch
            return self.iterations_per_epoch - done
        return self._per_call

    @property
    def _watches(self) -> bool:
        """Whether something has to be looked at after each epoch."""
        s = self.settings
        asked = (s.patience, s.stop_accuracy, s.snapshots, self.validation)
        return s.schedule == "plateau" or any(each is not None for each in asked)

    def _stretch(self, iterations: int) -> None:
        """Do iterations in one compiled call, then what an epoch's end asks for."""
        rates = self.next_learning_rates(iterations)
        self._save_for_divergence(rates)
        started = time.perf_counter()
        closed, how = self._run(rates)
        seconds = max(time.perf_counter() - started, 1e-7)
        self._per_call = max(1, int(iterations * min(_SLICE / seconds, 8)))
        if how == epochs.DIVERGED:
            self._diverged()
        if self._watches and closed:
            self._after_epoch()
        if closed:
            self.stop_if_reached()

    def next_learning_rates(self, iterations: int = 1) -> np.ndarray:
        """Return the rates of the next iterations, schedule and plateaus included."""
        numbers = np.arange(self.iteration, self.iteration + iterations)
        rates = rate_factors(
            self.settings, numbers, self.iterations_per_epoch, self.total
        )
        return rates * float(self.learning_rate * self._watch["factor"])

    def _run(self, rates: np.ndarray) -> tuple[int, int]:
        """Run the kernels over the given learning rates and count the epochs closed."""
        rows = self.history.room(len(rates) // self.iterations_per_epoch + 1)
        if self._sharded is not None:
            closed, how = self._sharded(self._state, rates, rows, self._order)
        else:
            closed, how = epochs.run(
                self.plan,
                self.rule,
                self._state,
                self.examples,
                rates,
                rows,
                self._order,
                self._workspaces[0],
            )
        self.history.add(closed)
        self.history.iterations = self.iteration
        return closed, how

    def _after_epoch(self) -> None:
        """Validate, keep a snapshot, and see whether to stop or slow down."""
        settings, epoch = self.settings, len(self.history)
        row = self.history.last()
        cost = row[0]
        if self.validation is not None:
            row[4:6] = self.evaluate(self.validation)
            cost = row[4]
        elif settings.patience is not None:  # the row's is of parameters gone by
            cost, _ = self.evaluate()
        if settings.snapshots and epoch % settings.snapshots == 0:
            self.history.snapshots[epoch] = self.network.parameters.copy()
        self._watch_cost(cost, epoch - 1)

    def stop_if_reached(self) -> None:
        """Stop if the last epoch reached a goal, or the end of `patience`."""
        if not len(self.history):
            return
        lowest, goal = self.settings.stop_cost, self.settings.stop_accuracy
        patience, watch = self.settings.patience, self._watch
        row = self.history.last()
        if lowest is not None and row[0] < lowest:
            self.stop(f"the cost fell below {lowest:g}")
        accuracy = row[1] if self.validation is None else row[5]
        if goal is not None and self.history.labelled and accuracy >= goal:
            self.stop(f"the accuracy reached {goal:g}")
        if patience is not None and watch["wait"] >= patience:
            self.stop(
                f"no improvement for {patience} epochs; "
                f"the parameters of epoch {watch['epoch']} are kept"
            )

    def _watch_cost(self, cost: float, epoch: int) -> None:
        """Count epochs without improvement, for patience and for plateaus."""
        watch, settings = self._watch, self.settings
        if cost < watch["cost"] - settings.min_improvement:
            watch.update(cost=float(cost), epoch=epoch, wait=0)
            if settings.patience is not None:
                self._best = self.network.parameters.copy()
            return
        watch["wait"] += 1
        if (
            settings.schedule == "plateau"
            and watch["wait"] % settings.schedule_every == 0
        ):
            watch["factor"] *= settings.schedule_factor

    def evaluate(self, examples: Examples | None = None) -> tuple[float, float]:
        """Return cost (without penalties) and accuracy of all training examples.

        The accuracy is 0 where targets are numbers.
        """
        examples = self.examples if examples is None else examples
        order = np.arange(examples.X.shape[0])
        work = self._workspaces[0]
        return inference.evaluate(
            self.plan, self.rule, self.network.parameters, examples, order, work
        )

    def finish(self) -> None:
        """Bring the best parameters back, where `patience` asked for them.

        Raises
        ------
        DivergedError
            If the last update of all has left parameters that are not finite.
        """
        if not self.history.stopped:
            which = "all" if self.iteration >= self.total else "only"
            self.history.stopped = f"{which} {self.iteration:,} iterations done"
        if self._best is not None:
            self.network.parameters[:] = self._best
            self.history.best_epoch = self._watch["epoch"]
        if not np.isfinite(self.network.parameters).all():
            self._diverged()  # no iteration follows whose cost would tell

    def close(self) -> None:
        """End the threads, if there are any."""
        if self._sharded is not None:
            self._sharded.close()

    def state(self) -> TrainingState:
        """Return a copy of this moment, for :meth:`restore`."""
        return TrainingState(
            self.network.parameters.copy(),
            self._state.first.copy(),
            self._state.second.copy(),
            self.iteration,
            len(self.history),
            self._state.sums.copy(),
            self.learning_rate,
            dict(self._watch),
            None if self._best is None else self._best.copy(),
        )

    def restore(self, state: TrainingState) -> None:
        """Go to a moment: what follows has the same bits as it had then."""
        self.network.parameters[:] = state.parameters
        self._state.first[:] = state.first
        self._state.second[:] = state.second
        self._state.counters[:] = state.iteration, -1
        self._state.sums[:] = state.sums
        self.learning_rate = state.learning_rate
        self._watch = dict(state.watch)
        self._best = None if state.best is None else state.best.copy()
        self.history.cut(state.epochs)
        self.history.stopped, self.history.diverged = "", False
        self.history.best_epoch, self.history.iterations = None, state.iteration
        self._saved.clear()

    def copy(self) -> Self:
        """Return an independent training at the same moment; the data are shared."""
        twin = copy.copy(self)
        twin._detach()  # noqa: SLF001  (its own class)
        twin.restore(self.state())
        return twin

    def data_arrays(self) -> list[np.ndarray]:
        """Return all arrays of data that the course of the training depends on."""
        return [*self.examples, *(self.validation or ())]

    def _detach(self) -> None:
        """Take own copies of all that training changes."""
        self.network, self.rule = self.network.copy(), self.rule.copy()
        self.history = copy.deepcopy(self.history)
        self._order = np.arange(len(self._order))
        self._make_arrays(int(self.rule["batch_size"]))
        self._saved = []

    @property
    def arrays(self) -> tuple[State, Workspace, np.ndarray]:
        """What the kernels work on, to look at: state, workspace, order of the rows."""
        return self._state, self._workspaces[0], self._order

    def _save_for_divergence(self, rates: np.ndarray) -> None:
        """Hold the states at the start of the last two stretches, and their rates.

        The cost tells of a bad update one iteration late, so the last good parameters
        may belong to the stretch before. Of very large networks nothing is held: their
        parameters at the failing iteration are kept (a gradient that is not finite
        never moves them).
        """
        if self.network.n_parameters <= _MOST_SAVED:
            self._saved = [*self._saved[-1:], (self.state(), rates)]

    def _diverged(self) -> None:
        """Go back to the parameters of the last finite cost and raise."""
        bad = self.iteration
        layer = self._first_bad_layer()
        earlier = [saved for saved in self._saved if saved[0].iteration < bad]
        if earlier:
            state, rates = earlier[-1]
            self.restore(state)
            self._run(rates[: bad - 1 - state.iteration])
        self.history.diverged = True
        raise self._divergence(bad, layer)

    def _divergence(self, iteration: int, layer: int) -> DivergedError:
        """Return the error that says where, and what to change."""
        rate = self.learning_rate * self._watch["factor"]
        message = (
            f"the cost became NaN or infinite at iteration {iteration} "
            f"(layer {layer} of {self.network.n_layers}) with a learning rate of "
            f"{rate:g}; the parameters of the last finite cost are kept: try a "
            f"learning rate of {rate / 10:g}, or standardise the inputs"
        )
        self.history.stopped = message
        return DivergedError(message, iteration, layer)

    def _first_bad_layer(self) -> int:
        """Return the first layer (from 1) with a weighted input that is not finite."""
        batch = int(self.rule["batch_size"])
        first = self.iteration % self.iterations_per_epoch * batch
        rows = self.examples.X[self._order[first : first + batch]]
        for number, (Z, _) in enumerate(self.network.layer_outputs(rows), 1):
            if not np.isfinite(Z).all():
                return number
        return self.network.n_layers
