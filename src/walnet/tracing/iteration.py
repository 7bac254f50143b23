"""One iteration of a training, run on a copy, and all that its kernels left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walnet.engine.kernels import epochs
from walnet.engine.kernels.machine import randomness
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.passes import block
from walnet.engine.kernels.types import Examples
from walnet.engine.plan import make_workspace
from walnet.errors import HyperparameterError

if TYPE_CHECKING:
    from walnet.engine.kernels.types import Workspace
    from walnet.engine.network import Network
    from walnet.engine.training import Training
    from walnet.engine.training_state import TrainingState

    Kernel = Callable[[np.ndarray], Workspace]

ALL_UP_TO = 10  # examples: a batch of no more is written out whole


@dataclass(frozen=True)
class Rows:
    """Some rows of the training data.

    Attributes
    ----------
    numbers : ndarray of shape (rows,), int
        Which ones.
    X, Y : ndarray of shape (rows, n_inputs) and (rows, n_outputs)
        Inputs and targets.
    w : ndarray of shape (rows,) or (0,)
        Their weights, where there are any.
    """

    numbers: np.ndarray
    X: np.ndarray
    Y: np.ndarray
    w: np.ndarray


@dataclass(frozen=True)
class LayerPass:
    """What one layer held for the examples that are written out.

    Attributes
    ----------
    Z, A, dZ : ndarray of shape (shown, neurons)
        Weighted inputs, activations, and derivatives of J by the weighted inputs.
    mask : ndarray of shape (shown, neurons) or None
        What dropout multiplied the activations with: 0, or 1 / (1 - rate).
    """

    Z: np.ndarray
    A: np.ndarray
    dZ: np.ndarray
    mask: np.ndarray | None

    @property
    def passed_on(self) -> np.ndarray:
        """What the next layer was given."""
        return self.A if self.mask is None else self.A * self.mask


@dataclass(frozen=True)
class Iteration:
    """The arrays of one iteration, as the kernels of training left them.

    Attributes
    ----------
    network : Network
        With the parameters before the update.
    plan, rule : record arrays
        Layers and settings as the kernels read them.
    learning_rate : float
        Of this iteration, its schedule included.
    batch, shown : Rows
        The examples learned from, and those that are written out.
    weight : float
        Sum of the weights of the batch; its size where there are none.
    in_batch : bool
        Whether the examples written out belong to the batch.
    layers : list of LayerPass
        One a layer.
    cost, penalty : float
        J of the batch, and what the penalties add to it.
    dropout_stream : uint64
        Where the dropout masks come from.
    data_gradient, gradient : ndarray of shape (n_parameters,)
        By back-propagation alone, and as it was used: penalties, clipping.
    before, after : TrainingState
        Parameters and the optimizer's memory.
    """

    network: Network
    plan: np.ndarray
    rule: Any
    learning_rate: float
    batch: Rows
    shown: Rows
    weight: float
    in_batch: bool
    layers: list[LayerPass]
    cost: float
    penalty: float
    dropout_stream: np.uint64
    data_gradient: np.ndarray
    gradient: np.ndarray
    before: TrainingState
    after: TrainingState


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
        If there is no such row.
    DivergedError
        If the cost of this iteration is not finite.
    """
    m = training.examples.X.shape[0]
    whole = isinstance(example, (int, np.integer)) and not isinstance(example, bool)
    if example is not None and not (whole and 0 <= example < m):
        raise HyperparameterError(
            f"example must be a row of X, 0 to {m - 1}, or None for the batch; "
            f"got {example!r}"
        )
    twin = training.copy()
    twin.validation = None  # looking at it would overwrite the iteration's arrays
    try:
        run = _Run(twin)
        with single_blas_thread(run.capacity * twin.network.n_parameters):
            return run.iteration(example)
    finally:
        twin.close()


class _Run:
    """The runs of the kernels that one iteration is read from."""

    def __init__(self, twin: Training) -> None:
        self.twin = twin
        self.before = twin.state()
        self.network = twin.network.copy()
        self.rates = twin.next_learning_rates()
        self.state, work, self.order = twin.arrays
        self.capacity = int(work.capacity)
        batch = epochs.begin(twin.rule, self.state, twin.examples, self.order)
        self.lo, self.hi = int(batch[0]), int(batch[1])
        self.weight, self.scale = float(batch[2]), float(batch[3])
        self.stream = np.uint64(batch[4])
        self.rows = self.order[self.lo : self.hi].copy()

    def iteration(self, example: int | None) -> Iteration:
        """Read everything."""
        data_gradient, cost = self._without_penalties()
        columns = self._shown_columns(example)
        in_batch = bool(columns.size)
        shown = self.rows[columns] if in_batch else np.array([example])
        layers = self._inside(columns) if in_batch else self._outside(shown)
        gradient, total = self._advance()
        return Iteration(
            network=self.network,
            plan=self.twin.plan,
            rule=self.twin.rule,
            learning_rate=float(self.rates[0]),
            batch=self._data(self.rows),
            shown=self._data(shown),
            weight=self.weight,
            in_batch=in_batch,
            layers=layers,
            cost=cost,
            penalty=total - cost,
            dropout_stream=self.stream,
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
        return found

    def _data(self, rows: np.ndarray) -> Rows:
        X, Y, w = self.twin.examples
        return Rows(rows, X[rows], Y[rows], w[rows] if w.size else w)

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
        rule = self.twin.rule
        saved = {name: rule[name].copy() for name in ("l1", "l2", "clip_norm")}
        rule["l1"], rule["l2"], rule["clip_norm"] = 0.0, 0.0, np.inf
        try:
            return self._advance()
        finally:
            for name, value in saved.items():
                rule[name] = value

    def _inside(self, columns: np.ndarray) -> list[LayerPass]:
        """Return what the layers held for examples of the batch."""
        m = self.hi - self.lo
        shards = int(epochs.shards_of(self.twin.rule, m))
        if shards == 1:
            return self._layers(self._same_kernel, columns, 0, m)
        for shard in range(shards):
            first, last = epochs.shard_bounds(0, m, shard, shards)
            if first <= columns[0] < last:
                span = (
                    self.lo + first,
                    self.lo + last,
                    self.lo,
                    self.scale,
                    self.stream,
                )
                kernel = self._shard_kernel(self.order, span)
                return self._layers(kernel, columns - first, first, last - first)
        raise AssertionError("the shards of a batch hold all of it")

    def _outside(self, rows: np.ndarray) -> list[LayerPass]:
        """Return what the layers hold for an example that is not in the batch."""
        span = (0, 1, 0, self.scale, np.uint64(0))
        kernel = self._shard_kernel(rows, span)
        self.stream, stream = np.uint64(0), self.stream  # it meets no dropout
        layers = self._layers(kernel, np.array([0]), 0, 1)
        self.stream = stream
        return layers

    def _same_kernel(self, plan: np.ndarray) -> Workspace:
        """Run the kernel of training over the batch and return its workspace."""
        self.twin.restore(self.before)
        _, work, order = self.twin.arrays
        rows = np.zeros((2, 6))
        examples, rule = self.twin.examples, self.twin.rule
        epochs.run(plan, rule, self.state, examples, self.rates, rows, order, work)
        return work

    def _shard_kernel(self, order: np.ndarray, span: tuple[Any, ...]) -> Kernel:
        """Return the kernel that training runs over each shard of a large batch."""
        parameters = self.network.parameters
        work = make_workspace(self.twin.plan, span[1] - span[0], parameters.dtype)
        unused = np.empty_like(parameters)
        rule, examples = self.twin.rule, Examples(*self.twin.examples)

        def kernel(plan: np.ndarray) -> Workspace:
            epochs.shard_gradient(
                plan, rule, parameters, unused, examples, order, span, work
            )
            return work

        return kernel

    def _layers(
        self, kernel: Kernel, columns: np.ndarray, offset: int, m: int
    ) -> list[LayerPass]:
        """Return what each layer held in some of the m columns a kernel works on."""
        plan, work = self.twin.plan, kernel(self.twin.plan)
        return [
            LayerPass(
                _columns(work.Z, layer, work, m)[columns],
                _columns(work.A, layer, work, m)[columns],
                _columns(work.dZ, layer, work, m)[columns],
                self._mask(number, columns + offset),
            )
            for number, layer in enumerate(plan)
        ]

    def _mask(self, number: int, columns: np.ndarray) -> np.ndarray | None:
        """Return what dropout multiplies a layer's activations with."""
        layer = self.twin.plan[number]
        if not layer["dropout"] or not self.stream:
            return None
        mask = np.empty((len(columns), layer["n_out"]), self.network.dtype)
        stream = np.uint64((int(self.stream) + number) % 2**64)
        ones = np.ones((layer["n_out"], 1), self.network.dtype)
        for i, column in enumerate(columns):
            one = np.empty_like(ones)
            randomness.keep_or_drop(ones, one, layer["dropout"], stream, int(column))
            mask[i] = one[:, 0]
        return mask


def _columns(buffer: np.ndarray, layer: np.void, work: Workspace, m: int) -> np.ndarray:
    """Return one layer's part of a flat buffer, one example a row."""
    start, size = int(layer["neurons_before"]), int(layer["n_out"])
    columns: np.ndarray = block(buffer, start, size, m, work.capacity).T.copy()
    return columns
