"""Training: iterations of feed-forward, cost, back-propagation and gradient descent."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from walnet.engine.buffers import zeros
from walnet.engine.early_stopping import Best, EarlyStopping, reason_to_stop
from walnet.engine.history import History
from walnet.engine.kernels import epochs, inference
from walnet.engine.kernels.optimizers import MOST_MEMORY, OPTIMIZERS
from walnet.engine.kernels.types import Examples, State
from walnet.engine.layout import make_workspace
from walnet.engine.pace import Pace
from walnet.engine.plan import first_order, n_rows, set_batches, training_plan
from walnet.engine.recovery import Recovery, divergence, first_bad_layer
from walnet.engine.schedules import Clock, course
from walnet.engine.settings import TABLE, Settings
from walnet.engine.signals import signals_pending, until_signalled
from walnet.engine.threads import (
    Gradient,
    OwnCost,
    OwnGradient,
    ShardedGradient,
    run_in_python,
)
from walnet.engine.training_state import TrainingState, copied

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from walnet.engine.kernels.types import Workspace
    from walnet.engine.network import Network

_SLICE = 0.05  # seconds in one compiled call: how long Ctrl-C and a page may wait
_FIRST = 16  # iterations in the first call, before it is known how long they take
_GROWTH = 100  # how many times as many the next call may have


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
    validation, sample_weight : pair of array_like, array_like, optional
        As for :func:`train`.
    own_cost : tuple of two functions, optional
        A cost of the user's and its derivative.

    Attributes
    ----------
    network : Network
    settings : Settings
    history : History
    learning_rate : float
        May be set at any time; schedules multiply it.
    conventions : dict
        Fields of the kernels' rule, which settings do not name, and their values.
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

    conventions: dict[str, Any]

    def __init__(  # noqa: PLR0913 - as `train`
        self,
        network: Network,
        X: ArrayLike,
        y: ArrayLike,
        settings: Settings | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        sample_weight: ArrayLike | None = None,
        own_cost: OwnCost | None = None,
    ) -> None:
        settings = settings or Settings()
        cost = settings.cost
        examples = network.examples(X, y, sample_weight, cost)
        held_out = None
        if validation is not None:
            held_out = network.examples(*validation, None, cost)
        self.own_cost, self.conventions = own_cost, {}
        self._prepare(network, examples, settings, held_out)
        self._make_arrays()

    @classmethod
    def on(
        cls,
        network: Network,
        examples: Examples,
        settings: Settings,
        *,
        validation: Examples | None = None,
        own_cost: OwnCost | None = None,
        rule: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return a training on examples that are checked already.

        Parameters
        ----------
        network, settings, own_cost
            As for the class.
        examples, validation : Examples
            In the network's precision; not copied.
        rule : mapping, optional
            Fields of the kernels' rule and other values for them: conventions that
            settings have no name for.
        """
        training = cls.__new__(cls)
        training.own_cost, training.conventions = own_cost, dict(rule or {})
        training._prepare(network, examples, settings, validation)  # noqa: SLF001  (its own class)
        training._make_arrays()  # noqa: SLF001
        return training

    def _prepare(
        self,
        network: Network,
        examples: Examples,
        settings: Settings,
        validation: Examples | None,
    ) -> None:
        """Set all that does not depend on the size of a batch."""
        self.network, self.settings = network, settings
        self.examples, self.validation = examples, validation
        self.plan = training_plan(settings, network.layers, network.layout, examples)
        if self.own_cost is not None:  # it is a mean over outputs by itself, if at all
            self.plan.rule["cost_scale"], self.plan.rule["shards"] = 1.0, 1
        self._set_conventions()
        per_epoch = self.iterations_per_epoch
        self.clock = Clock(settings.total_iterations(per_epoch))
        self.pace = Pace(-(-int(self.clock.total) // per_epoch))
        self.learning_rate = settings.learning_rate
        self.plateau = 1.0
        self.cools = self._is_cooling = False
        self.stopping = EarlyStopping(settings.min_improvement)
        self.history = History(
            per_epoch,
            labelled=bool(self.plan.rule["task"]),
            validated=validation is not None,
        )
        self.best: Best | None = None
        self.notes: dict[str, Any] = {}  # what a checkpoint keeps for whoever drives
        # What a continuation must have in common with its start, beside the data.
        self.facts: tuple[np.ndarray, ...] = ()
        self._recovery = Recovery()
        self._per_call: int = min(per_epoch, _FIRST)

    def _set_conventions(self) -> None:
        """Write other values into the rule than the settings' own."""
        for name, value in self.conventions.items():
            self.plan.rule[name] = value

    def _make_arrays(self) -> None:
        """Allocate gradients, the optimizer's memory and the workspaces, once."""
        network, rule = self.network, self.plan.rule
        kept = OPTIMIZERS[self.settings.optimizer].memory
        shards, n = int(rule["shards"]), network.n_parameters
        # A rule that writes into more than it says it keeps must not meet other arrays;
        # what nobody touches takes no memory of the machine.
        memory = zeros(MOST_MEMORY * n, network.dtype)[: kept * n]
        self._order = first_order(self.examples)
        self._state: State = State(
            network.parameters,
            network.statistics,
            memory,
            zeros(shards * n, network.dtype).reshape(shards, n),
            np.array([0, 0, 0, -1]),
            np.zeros(5),
        )
        self._make_workspaces(min(self.settings.threads, shards))

    def _make_workspaces(self, threads: int) -> None:
        """Make room for a batch, or for a shard of one on each thread."""
        rule = self.plan.rule
        batch, shards = int(rule["batch_size"]), int(rule["shards"])
        rest = len(self._order) % batch if not self.settings.equal_batches else 0
        self._workspaces = [
            make_workspace(
                self.network.layout,
                max(-(-batch // shards), rest),
                self.network.dtype,
                drops=bool(rule["dropout"]),
            )
            for _ in range(threads)
        ]
        self._gradient: Gradient | None = None
        if self.own_cost is not None:
            self._gradient = OwnGradient(self.own_cost, self._workspaces[0])
        elif threads > 1:
            self._gradient = ShardedGradient(self._workspaces)

    def learn_from(self, examples: Examples) -> None:
        """Go on with other examples: the next epoch is a pass over them.

        The optimizer's memory and all that is counted stay. Validation data, too, and
        the clock: where epochs get longer or shorter, it is the caller's to set.
        """
        self.examples = examples
        before = int(self.plan.rule["batch_size"]), len(self._order)
        set_batches(
            self.plan.rule, self.settings, self.network.layout, n_rows(examples)
        )
        self._set_conventions()
        self.plan.rule["shards"] = min(
            self.plan.rule["shards"], len(self._state.gradients)
        )
        self._order = first_order(self.examples)
        self._begin_pass()
        if before != (int(self.plan.rule["batch_size"]), len(self._order)):
            self.close()
            self._make_workspaces(len(self._workspaces))

    def _begin_pass(self) -> None:
        """Begin an epoch of other examples."""
        self._state.counters[epochs.BATCH], self._state.sums[:] = 0, 0.0
        self._state.counters[epochs.LAID_OUT] = -1
        self._recovery.forget()  # states in the middle of a pass over other examples

    @property
    def iterations_per_epoch(self) -> int:
        """Updates an epoch."""
        return int(self.plan.rule["batches"])

    @property
    def total(self) -> int:
        """Iterations of the whole training; a time limit can make them fewer."""
        return int(self.clock.total)

    @property
    def learning_rate(self) -> float:
        """Learning rate, before schedules."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        plain = rate.item() if isinstance(rate, np.generic) else rate
        TABLE["learning_rate"].check("learning_rate", plain)
        self._learning_rate = plain

    @property
    def iteration(self) -> int:
        """Number of updates done."""
        return int(self._state.counters[epochs.ITERATION])

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return int(self._state.counters[epochs.EPOCH])

    @property
    def time(self) -> float:
        """Training time: the share of the way that is done, from 0 to 1."""
        return float(self.clock.times(np.array([self.iteration]))[0])

    @property
    def at_epoch_end(self) -> bool:
        """Whether no epoch is under way."""
        return bool(self._state.counters[epochs.BATCH] == 0)

    @property
    def left_of_epoch(self) -> int:
        """Updates up to the end of the epoch under way, or of the next one."""
        return self.iterations_per_epoch - int(self._state.counters[epochs.BATCH])

    @property
    def per_stretch(self) -> int:
        """Updates up to an epoch's end that take about 0.05 s, at least one epoch."""
        per_epoch = self.iterations_per_epoch
        more = max(self._per_call // per_epoch - 1, 0)
        return self.left_of_epoch + more * per_epoch

    @property
    def planned(self) -> int:
        """Iterations of the whole training where time is not short."""
        return self.settings.total_iterations(self.iterations_per_epoch)

    @property
    def finished(self) -> bool:
        """Whether all iterations are done or training was stopped."""
        return bool(self.history.stopped) or self.iteration >= self.clock.total

    def stop(self, why: str = "stopped on request") -> None:
        """End the training; `why` is kept in the history.

        Parameters
        ----------
        why : str
            A sentence.
        """
        self.history.stopped = why

    def cool_down(self) -> None:
        """Come to the end of the schedule within a few epochs, from the next update on.

        A checkpoint keeps the schedule as planned, to go on from another time.
        """
        self.cools = True

    def _begin_to_cool(self) -> None:
        """Let the schedule end within a few epochs."""
        self._is_cooling = True
        self.pace.cool_down(self.epoch)
        left = self.pace.epochs_left(self.epoch) * self.iterations_per_epoch
        self._end_after(left - int(self._state.counters[epochs.BATCH]))

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
        if self.settings.time_limit is not None and self.pace.deadline is None:
            self.pace.deadline = time.monotonic() + self.settings.time_limit
        self.pace.begin(self.iteration)
        if self.cools and not self._is_cooling:
            self._begin_to_cool()
        while self._goes_on(target):
            until_signalled(
                lambda: self._goes_on(target),
                lambda: self._stretch(
                    min(target - self.iteration, self._stretch_limit())
                ),
            )
            if signals_pending():  # whoever holds them back has to see to them
                return

    def _goes_on(self, target: int) -> bool:
        """Whether updates up to a number of them are asked for and still to be done.

        Where the clock has been set to an earlier end meanwhile, that one counts.
        """
        if self.history.stopped or self.iteration >= target:
            return False
        return self.iteration < self.clock.total or target > self.planned

    def _stretch_limit(self) -> int:
        """Return how many iterations may pass before Python has to look."""
        limit = self._per_call
        if self.iteration < self.clock.total:
            limit = min(limit, math.ceil(self.clock.total) - self.iteration)
        return min(limit, self.left_of_epoch) if self._watches else limit

    @property
    def _watches(self) -> bool:
        """Whether something has to be looked at after each epoch."""
        s = self.settings
        asked = (s.patience, s.stop_accuracy, s.snapshots, self.validation)
        return s.schedule == "plateau" or any(each is not None for each in asked)

    def _stretch(self, iterations: int) -> None:
        """Do iterations in one compiled call, then what an epoch's end asks for."""
        begun = time.perf_counter()
        course = self.course(iterations)
        if self._recovery.holds(self.network):
            self._recovery.hold(self.state(self._recovery.spare()), course)
        started = time.perf_counter()
        closed, how = self._run(course)
        seconds = max(time.perf_counter() - started, 1e-7)
        self._per_call = max(1, int(iterations * min(_SLICE / seconds, _GROWTH)))
        if how == epochs.DIVERGED:
            self._diverged()
        if self._watches and closed:
            self._after_epoch()
        if self.pace.deadline is not None:
            self._keep_pace(closed) if closed else self._hurry()
        if closed:
            self.stop_if_reached()
        self.history.seconds += time.perf_counter() - begun

    def course(self, iterations: int = 1) -> np.ndarray:
        """Return learning rate, weight decay and dropout's factor of what comes next.

        An array of shape (iterations, 3); schedules and plateaus are in it.

        Parameters
        ----------
        iterations : int, default 1
            How far to look ahead.

        Returns
        -------
        ndarray of shape (iterations, 3)
            A row for each of the next iterations.
        """
        numbers = np.arange(self.iteration, self.iteration + iterations)
        rate = float(self.learning_rate * self.plateau)
        return course(
            self.settings, numbers, self.clock, self.iterations_per_epoch, rate
        )

    def _run(self, course: np.ndarray) -> tuple[int, int]:
        """Run the kernels over a course and count the epochs closed."""
        # One row more than can be closed: Python's loop looks at the next one.
        rows = self.history.room(len(course) // self.iterations_per_epoch + 2)
        arguments = (self.plan, self._state, self.examples, course, rows, self._order)
        if self._gradient is not None:
            closed, how = run_in_python(*arguments, self._gradient)
        else:
            closed, how = epochs.run(*arguments, self._workspaces[0])
        self.history.add(closed)
        self.history.iterations = self.iteration
        return closed, how

    def _after_epoch(self) -> None:
        """Validate, keep a snapshot, and see whether to slow down or to hurry."""
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
        if self.stopping.improves(cost, epoch - 1):
            if settings.patience is not None:
                self.best = Best.of(self.network)
        else:
            self._slow_down()

    def _slow_down(self) -> None:
        """Lower the learning rate of a plateau schedule after enough epochs."""
        waited, every = self.stopping.waited, self.settings.schedule_every
        if self.settings.schedule == "plateau" and waited % every == 0:
            self.plateau *= self.settings.schedule_factor

    def _keep_pace(self, epochs: int) -> None:
        """Let the schedule run faster where time is short, slower where it is not."""
        self.pace.end_epochs(epochs, self.iteration)
        left = self.pace.epochs_left(self.epoch) * self.iterations_per_epoch
        # At the end of its schedule a training is over, though there be time left.
        self._end_after(left if self.iteration < self.clock.total else 0)

    def _hurry(self) -> None:
        """See to it that not even an epoch takes longer than there is time for."""
        left = self.pace.iterations_left(self.iteration)
        if left < min(self.left_of_epoch, self.clock.total - self.iteration):
            self._end_after(left)

    def _end_after(self, iterations: int) -> None:
        """Let the schedule come to its end within so many iterations."""
        if self.iteration >= self.planned:
            return
        if iterations > 0:
            end = min(self.iteration + iterations, self.planned)
            self.clock.end_at(end, self.iteration)
        else:
            limit = self.settings.time_limit
            self.stop("the time is over" if limit is None else f"{limit:g} s are over")

    def stop_if_reached(self) -> None:
        """Stop if the last epoch reached a goal, or the end of `patience`."""
        why = reason_to_stop(self.settings, self.history, self.stopping)
        if why:
            self.stop(why)

    def reached(self) -> str:
        """Return which goal or limit the last epoch has reached; empty if none."""
        return reason_to_stop(self.settings, self.history, self.stopping)

    def evaluate(self, examples: Examples | None = None) -> tuple[float, float]:
        """Return cost (without penalties) and accuracy of all training examples.

        The accuracy is 0 where targets are numbers.

        Parameters
        ----------
        examples : Examples, optional
            Other rows, as :meth:`Network.examples` makes them.

        Returns
        -------
        tuple of float
            Cost and accuracy.
        """
        if examples is None:
            examples, order = self.examples, np.sort(self._order)
        else:
            order = np.arange(len(examples.Y))
        if isinstance(self._gradient, OwnGradient):
            return self._gradient.evaluate(self.plan, self._state, examples, order)
        return inference.evaluate(
            self.plan, self._state, examples, order, self._workspaces[0]
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
        if self.best is not None:
            self.best.bring_back(self.network)
            self.history.best_epoch = self.stopping.epoch
        if not np.isfinite(self.network.parameters).all():
            self._diverged()  # no iteration follows whose cost would say so

    def close(self) -> None:
        """End the threads, if there are any."""
        if self._gradient is not None:
            self._gradient.close()

    def state(self, spare: TrainingState | None = None) -> TrainingState:
        """Return a copy of this moment, for :meth:`restore`.

        Parameters
        ----------
        spare : TrainingState, optional
            An earlier one that nobody needs any more: its arrays are written to.

        Returns
        -------
        TrainingState
            Parameters, memory of the optimizer, place in the data.
        """
        counters = self._state.counters.copy()
        counters[epochs.LAID_OUT] = -1
        return TrainingState(
            copied(self.network.parameters, spare.parameters if spare else None),
            self.network.statistics.copy(),
            copied(self._state.memory, spare.memory if spare else None),
            counters,
            self._state.sums.copy(),
            len(self.history),
            self.learning_rate,
            self.plateau,
            copy.copy(self.clock),
            copy.copy(self.stopping),
            None if self.best is None else self.best.copy(),
        )

    def restore(self, state: TrainingState) -> None:
        """Go to a moment: what follows has the same bits as it had then.

        Parameters
        ----------
        state : TrainingState
            What :meth:`state` gave.
        """
        self.network.parameters[:] = state.parameters
        self.network.statistics[:] = state.statistics
        self._state.memory[:] = state.memory
        self._state.counters[:] = state.counters
        self._state.sums[:] = state.sums
        self.learning_rate, self.plateau = state.learning_rate, state.plateau
        self.clock, self.stopping = copy.copy(state.clock), copy.copy(state.stopping)
        self.best = None if state.best is None else state.best.copy()
        self.cools = self._is_cooling = False
        self.history.cut(state.epochs)
        self.history.stopped, self.history.diverged = "", False
        self.history.best_epoch, self.history.iterations = None, state.iteration
        self._recovery.forget()

    def copy(self) -> Self:
        """Return an independent training at the same moment; the data are shared.

        Returns
        -------
        Training
            What it learns changes nothing here.
        """
        twin = copy.copy(self)
        twin._detach()  # noqa: SLF001  (its own class)
        twin.restore(self.state())
        twin.history.stopped = self.history.stopped
        twin.history.diverged = self.history.diverged
        return twin

    def data_arrays(self) -> list[np.ndarray]:
        """Return all arrays that the course of the training depends on."""
        return [*self.examples, *(self.validation or ()), *self.facts]

    def _detach(self) -> None:
        """Take own copies of all that training changes."""
        self.network = self.network.copy()
        self.plan = self.plan._replace(rule=self.plan.rule.copy())
        self.history = copy.deepcopy(self.history)
        self.pace, self.notes = copy.copy(self.pace), copy.deepcopy(self.notes)
        self._recovery = Recovery()
        self._make_arrays()

    @property
    def arrays(self) -> tuple[State, Workspace, np.ndarray]:
        """What the kernels work on, to look at: state, workspace, order of the rows."""
        return self._state, self._workspaces[0], self._order

    def _diverged(self) -> None:
        """Go back to the parameters of the last finite cost and raise."""
        batch = int(self.plan.rule["batch_size"])
        first = int(self._state.counters[epochs.BATCH]) * batch
        rows = self._order[first : first + batch]
        bad = self.iteration
        layer = first_bad_layer(self.network, self.examples, rows)
        earlier = self._recovery.before(bad)
        if earlier is not None:
            self.restore(earlier[0])
            self._run(earlier[1])
        self.history.diverged = True
        rate = self.learning_rate * self.plateau
        error = divergence(bad, layer, self.network.n_layers, rate)
        self.history.stopped = str(error)
        raise error
