"""One iteration of a training, run on a copy, and all that its kernels left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels import epochs, stages
from walnet.engine.kernels.shards import shard_bounds, shards_of
from walnet.engine.layout import make_workspace
from walnet.engine.plan import READ
from walnet.engine.threads import gradient_of_span
from walnet.errors import HyperparameterError
from walnet.tracing.passes import Held, Pass, Reading, Rows

if TYPE_CHECKING:
    from walnet.engine.kernels.types import (
        Dropout,
        Examples,
        Plan,
        Span,
        Workspace,
    )
    from walnet.engine.network import Network
    from walnet.engine.settings import Settings
    from walnet.engine.threads import OwnCost
    from walnet.engine.training import Training
    from walnet.engine.training_state import TrainingState

ALL_UP_TO = 10  # examples: a batch of no more is written out whole


@dataclass(frozen=True, kw_only=True)
class Iteration(Pass):
    """The arrays of one iteration, as the kernels of training left them.

    Attributes
    ----------
    plan : Plan
        Layers, groups of parameters and settings as the kernels read them.
    settings : Settings
        How the training was set.
    base_rate : float
        The learning rate before any schedule.
    course : ndarray of shape (3,)
        Learning rate, weight decay, and the factor on dropout rates.
    batch : Rows
        The examples learned from.
    weight : float
        Sum of the weights of the batch; its size where there are none.
    in_batch : bool
        Whether the examples written out belong to the batch.
    own_cost : tuple of two functions or None
        A cost of the user's, and its derivative.
    cost, penalty : float
        J of the batch, and what the penalties add to it.
    dropout : (uint64, float)
        Where the dropout masks come from, and the factor on the rates.
    data_gradient, gradient : ndarray of shape (n_parameters,)
        By back-propagation alone, and as it was used: penalties, clipping.
    before, after : TrainingState
        Parameters and the optimizer's memory.
    """

    plan: Plan
    settings: Settings
    base_rate: float
    course: np.ndarray
    batch: Rows
    weight: float
    in_batch: bool
    own_cost: OwnCost | None
    cost: float
    penalty: float
    dropout: Dropout
    data_gradient: np.ndarray
    gradient: np.ndarray
    before: TrainingState
    after: TrainingState

    @property
    def rule(self) -> Any:
        """The settings as the kernels read them."""
        return self.plan.rule

    @property
    def learning_rate(self) -> float:
        """Learning rate of this iteration, its schedule included."""
        return float(self.course[0])

    def memory(self, slot: int, index: int) -> tuple[Any, Any] | None:
        """Return a number of the optimizer's memory before and after, if it is kept."""
        at = slot * self.gradient.size + index
        before, after = self.before.memory, self.after.memory
        return (before[at], after[at]) if at < before.size else None


def next_iteration(training: Training, example: int | None) -> Iteration:
    """Run the next iteration of a training on a copy and keep what it left.

    Parameters
    ----------
    training : Training
        Not changed.
    example : int or None
        The row that is written out; None for the first rows of the batch.

    Raises
    ------
    HyperparameterError
        If there is no such row, or it cannot be followed.
    DivergedError
        If the cost of this iteration is not finite.
    """
    m = len(training.examples.Y)
    whole = isinstance(example, (int, np.integer)) and not isinstance(example, bool)
    if example is not None and not (whole and 0 <= example < m):
        raise HyperparameterError(
            f"example must be a row of X, 0 to {m - 1}, counted from 0, or None "
            f"for the batch; got {example!r}"
        )
    twin = training.copy()
    twin.validation = None  # looking at it would overwrite the iteration's arrays
    try:
        run = _Run(twin)
        return run.iteration(example)
    finally:
        twin.close()


class _Run:
    """The runs of the kernels that one iteration is read from."""

    def __init__(self, twin: Training) -> None:
        self.twin = twin
        self.before = twin.state()
        self.network = twin.network.copy()
        self.course = twin.course()
        self.state, work, self.order = twin.arrays
        self.capacity = int(work.capacity)
        batch = stages.begin(twin.plan, self.state, twin.examples, self.order)
        self.lo, self.hi = int(batch[0]), int(batch[1])
        self.weight, self.scale = float(batch[2]), float(batch[3])
        factor = float(self.course[0, 2])
        stream = np.uint64(batch[4]) if factor > 0 else np.uint64(0)
        self.dropout: Dropout = (stream, factor)
        self.rows = self.order[self.lo : self.hi].copy()

    def iteration(self, example: int | None) -> Iteration:
        """Read everything."""
        data_gradient, cost = self._without_penalties()
        columns = self._shown_columns(example)
        in_batch = bool(columns.size)
        shown = self.rows[columns] if in_batch else np.array([example])
        held = self._inside(columns) if in_batch else self._outside(shown)
        gradient, total = self._advance()
        plan, examples = self.twin.plan, self.twin.examples
        return Iteration(
            network=self.network,
            records=plan.layers,
            shown=rows_of(examples, shown, self.network.n_outputs),
            held=held,
            plan=plan,
            settings=self.twin.settings,
            base_rate=self.twin.learning_rate,
            course=self.course[0],
            batch=rows_of(examples, self.rows, self.network.n_outputs),
            weight=self.weight,
            in_batch=in_batch,
            own_cost=self.twin.own_cost,
            cost=cost,
            penalty=total - cost,
            dropout=self.dropout,
            data_gradient=data_gradient,
            gradient=gradient,
            before=self.before,
            after=self.twin.state(),
        )

    def _shown_columns(self, example: int | None) -> np.ndarray:
        """Return the columns of the batch that are written out; none if not in it."""
        columns = np.arange(len(self.rows))
        if example is None:
            return columns[:ALL_UP_TO]
        found = np.flatnonzero(self.rows == example)
        if found.size and len(self.rows) <= ALL_UP_TO:
            return np.concatenate([found, np.delete(columns, found)])
        return found[:1]

    def _advance(self) -> tuple[np.ndarray, float]:
        """Do the iteration from its start; return the gradient used and the cost."""
        self.twin.restore(self.before)
        sums = self.state.sums
        sums[:] = 0
        self.twin.advance(1)
        gradient = self.state.gradients[0].copy()
        if sums[epochs.ITERATIONS] == 0:  # it closed its epoch
            return gradient, float(self.twin.history.last()[0])
        return gradient, float(sums[epochs.COST] / (sums[epochs.WEIGHT] or 1.0))

    def _without_penalties(self) -> tuple[np.ndarray, float]:
        """Return gradient and cost of the data alone, by the same compiled kernel."""
        rule = self.twin.plan.rule
        changing = [name for name in READ if READ[name].read_by == "gradient"]
        saved = {name: rule[name].copy() for name in changing}
        for name in changing:
            rule[name] = READ[name].off
        try:
            return self._advance()
        finally:
            for name, value in saved.items():
                rule[name] = value

    def _inside(self, columns: np.ndarray) -> list[Held]:
        """Return what the layers held for examples of the batch."""
        lo, hi = self.lo, self.hi
        for first, last in shards(self.twin.plan.rule, lo, hi):
            if first <= lo + columns[0] < last:
                return self._read(
                    self.order,
                    (first, last, lo, self.scale),
                    self.dropout,
                    columns - (first - lo),
                )
        raise AssertionError("the shards of a batch hold all of it")

    def _outside(self, rows: np.ndarray) -> list[Held]:
        """Return what the layers hold for an example that is not in the batch."""
        if self.network.layout.room.normalizes:
            raise HyperparameterError(
                f"example {rows[0]} is not in the batch of this iteration, over which "
                "layers are normalised; follow one that is, such as "
                f"{int(self.rows[0])}, or None for the batch"
            )
        # It meets no dropout.
        nothing: Dropout = (np.uint64(0), 0.0)
        return self._read(rows, (0, 1, 0, self.scale), nothing, np.array([0]))

    def _read(
        self, order: np.ndarray, span: Span, dropout: Dropout, columns: np.ndarray
    ) -> list[Held]:
        """Run the kernel of training over a span; return what the layers held."""
        network, plan, m = self.network, self.twin.plan, span[1] - span[0]
        rows = (self.twin.examples, order, span, dropout)
        _, work = run_span(network, plan, self.twin.own_cost, rows)
        reading = Reading(
            network, work, m, columns, learns=True, drops=bool(dropout[0])
        )
        return [reading.layer(record) for record in plan.layers]


def run_span(
    network: Network,
    plan: Plan,
    own_cost: OwnCost | None,
    rows: tuple[Examples, np.ndarray, Span, Dropout],
) -> tuple[float, Workspace]:
    """Run the kernel of training over a span of rows; return their cost, and its work.

    The gradient is left to nobody.
    """
    lo, hi = rows[2][:2]
    drops = bool(plan.rule["dropout"])
    work = make_workspace(network.layout, hi - lo, network.dtype, drops=drops)
    unused = np.empty((1, network.n_parameters), network.dtype)
    state = network.still_state()._replace(gradients=unused)
    return float(gradient_of_span(own_cost, plan, state, *rows, work)), work


def shards(rule: Any, lo: int, hi: int) -> list[tuple[int, int]]:
    """Return the parts of a batch whose gradients are computed apart."""
    count = int(shards_of(rule, lo, hi))
    return [
        tuple(map(int, shard_bounds(lo, hi, shard, count)))  # type: ignore[misc]
        for shard in range(count)
    ]


def rows_of(examples: Examples, rows: np.ndarray, n_outputs: int) -> Rows:
    """Return rows of the data as they are: dense, labels one-hot, nothing smoothed."""
    X, Y, w = examples.X, examples.Y, examples.w
    X = _dense(examples, rows) if examples.pointers.size else X[rows]
    Y = Y[rows]
    if Y.shape[1] < n_outputs:
        Y = np.eye(n_outputs, dtype=Y.dtype)[Y[:, 0].astype(np.int64)]
    return Rows(rows, X, examples.codes[rows], Y, w[rows] if w.size else w)


def _dense(examples: Examples, rows: np.ndarray) -> np.ndarray:
    """Return sparse rows with their zeros."""
    X = np.zeros((len(rows), examples.X.shape[1]), examples.X.dtype)
    for i, row in enumerate(rows):
        part = slice(examples.pointers[row], examples.pointers[row + 1])
        np.add.at(X[i], examples.columns[part], examples.values[part])
    return X
