"""Training by L-BFGS: SciPy's optimiser on our gradient of all rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.engine.history import History
from walnet.engine.kernels import epochs, stages
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.kernels.passes import penalty
from walnet.engine.kernels.types import Examples
from walnet.engine.plan import cost_rule, make_workspace
from walnet.estimators.early_stopping import Improvement, begin_counting
from walnet.estimators.fitting import Cost, FitData, FitDivergedError
from walnet.estimators.parameters import own_callbacks
from walnet.estimators.progress import Progress
from walnet.estimators.staged_run import no_norms, own_cost_and_slope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walnet.engine.network import Network
    from walnet.estimators.stochastic import Watch

_ROWS_AT_ONCE = 1024


class FullGradient:
    """Cost and gradient of all rows, by chunks, as L-BFGS asks for them.

    Parameters
    ----------
    network : Network, float64
        Its parameters are overwritten at each call.
    data : FitData
        The rows.
    cost : Cost
        What is made small.
    alpha : float
        Strength of the penalty on the weights.
    """

    def __init__(
        self, network: Network, data: FitData, cost: Cost, alpha: float
    ) -> None:
        self.network, self.data, self.cost = network, data, cost
        output = network.activations[-1]
        self.rule = cost_rule(cost.name, cost.parameter, output, network.n_outputs)
        self.rule["l2"] = alpha
        weights = data.weights
        self.weight = float(weights.sum()) if weights.size else float(data.n_rows)
        rows = min(_ROWS_AT_ONCE, data.n_rows)
        self.work = make_workspace(network.plan, rows, network.dtype)
        self.gradient = np.empty_like(network.parameters)
        self.sum = np.empty_like(network.parameters)
        self.recorded = np.nan

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the cost at given parameters and its gradient."""
        self.network.parameters[:] = parameters
        self.sum[:] = 0
        total = 0.0
        for chunk in self._chunks():
            total += self._add(chunk)
        extra = penalty(
            self.network.plan, self.rule, 1 / self.weight, parameters, self.sum
        )
        self.recorded = self.cost.recorded_share * total + extra
        return total + extra, self.sum.copy()

    def _chunks(self) -> Iterator[Examples]:
        """Return the rows, a workspace full at a time, dense."""
        data, step = self.data, self.work.capacity
        for lo in range(0, data.n_rows, step):
            rows = slice(lo, lo + step)
            X = data.X[rows]
            if data.is_sparse:
                X = np.ascontiguousarray(X.toarray(), data.Y.dtype)
            yield Examples(X, data.Y[rows], data.weights[rows])

    def _add(self, chunk: Examples) -> float:
        """Add the gradient of some rows to the sum; return their part of the cost."""
        m, network = len(chunk.Y), self.network
        span = (0, m, 0, self.cost.scale / self.weight, np.uint64(0))
        places = np.arange(m)
        if self.cost.own is not None:
            J = self._own(chunk, places, span)
        else:
            J, _ = epochs.shard_gradient(
                network.plan,
                self.rule,
                network.parameters,
                self.gradient,
                chunk,
                places,
                span,
                self.work,
            )
        self.sum += self.gradient
        return float(J)

    def _own(self, chunk: Examples, places: np.ndarray, span: Any) -> float:
        """Write the gradient of some rows by the user's own cost."""
        network, m = self.network, span[1]
        plan, parameters = network.plan, network.parameters
        norms = no_norms(plan, network.dtype)
        stages.feed_forward(plan, norms, parameters, chunk, places, span, self.work)
        predicted = stages.output_of(plan, m, self.work)
        weights = span[3] * (chunk.w if chunk.w.size else np.ones(m))
        assert self.cost.own is not None  # noqa: S101  (its caller has looked)
        J, dA = own_cost_and_slope(self.cost.own, chunk.Y, predicted.T, weights)
        stages.own_cost(plan, self.rule, m, self.work, dA)
        stages.back_propagate(
            plan, norms, parameters, self.gradient, m, self.work, span[4]
        )
        return J


class LbfgsTraining:
    """An L-BFGS under way, told of each iteration: what callbacks look at.

    Parameters
    ----------
    model : estimator
        Its attributes are written.
    network : Network
        Its parameters are overwritten, in its precision.
    gradient : FullGradient
        What the optimiser asks.
    watch : Watch
        Scores and callbacks.

    Attributes
    ----------
    network : Network
    history : History
        Cost and length of the gradient after each iteration.
    """

    def __init__(
        self, model: Any, network: Network, gradient: FullGradient, watch: Watch
    ) -> None:
        self.model, self.network, self.watch = model, network, watch
        self.gradient, self.history = gradient, History()
        self.progress = Progress(model.verbose, model.max_iter)
        self.improvement = Improvement(model, self._keep_best)
        self.own_callbacks = own_callbacks(model)
        self.best: np.ndarray | None = None
        self.scores = watch.score is not None
        self.stops = self.scores and model.early_stopping

    @property
    def epoch(self) -> int:
        """Number of iterations done, each over all rows."""
        return len(self.history)

    iteration = epoch

    @property
    def stopped(self) -> str:
        """Why it was ended; empty if it was not."""
        return self.history.stopped

    def stop(self, why: str = "stopped on request") -> None:
        """End the training; `why` is kept in `stopped_`."""
        self.history.stopped = why

    @property
    def learning_rate(self) -> float:
        """There is none.

        Raises
        ------
        AttributeError
            Always: L-BFGS finds each step by a line search.
        """
        raise AttributeError(
            'solver="lbfgs" has no learning rate: it finds each step by itself; a '
            'callback may read or set one with another solver, such as "adam"'
        )

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        del rate
        _ = self.learning_rate

    def __call__(self, intermediate_result: Any) -> None:
        """Take the optimiser's present result; end it where somebody asks for it."""
        watch, model = self.watch, self.model
        watch.callbacks.begin_epoch()
        self.network.parameters[:] = intermediate_result.x
        self._record()
        for callback in self.own_callbacks:
            callback(self)
        if watch.callbacks.end_epoch(watch.fitted) and not self.stopped:
            self.stop("stopped by a callback")
        if self.stops and self.improvement.over and not self.stopped:
            why = self.improvement.why()
            self.stop(f"{why} Stopping after iteration {model.n_iter_}.")
        if self.stopped:
            raise StopIteration

    def _record(self) -> None:
        """Note the iteration's cost and score."""
        model, loss = self.model, float(self.gradient.recorded)
        self.history.room(1)[0, [0, 2]] = loss, np.linalg.norm(self.gradient.sum)
        self.history.add(1)
        self.history.iterations = model.n_iter_ = self.epoch
        model.loss_ = loss
        score = self.watch.score() if self.watch.score is not None else None
        self.progress.epoch(self.epoch, loss, score)
        if self.stops:
            self.improvement.count(loss, score)
        elif score is not None:
            model.validation_scores_.append(score)

    def _keep_best(self) -> None:
        self.best = self.network.parameters.copy()

    def finish(self, why: str) -> None:
        """Bring the best parameters back, if they were kept, and say why it ended."""
        if self.best is not None:
            self.network.parameters[:] = self.best
        if self.stops:
            why = f"{why.removesuffix('.')}. {self.improvement.kept()}"
            self.history.best_epoch = self.improvement.best_epoch
        self.model.stopped_ = self.history.stopped = why


def fit_lbfgs(
    model: Any, network: Network, data: FitData, cost: Cost, watch: Watch
) -> None:
    """Train a network by L-BFGS, in place; write the model's `n_iter_` and `loss_`.

    Parameters
    ----------
    model : estimator
        Its parameters `alpha`, `max_iter`, `max_fun` and `tol` are read.
    network : Network
        Its parameters are overwritten.
    data : FitData
        The rows.
    cost : Cost
        What is made small.
    watch : Watch
        Scores and callbacks.

    Raises
    ------
    FitDivergedError
        If a cost is NaN or infinite at the end.

    Notes
    -----
    The arithmetic is float64, since the line search compares costs that differ in
    their last digits; the result is rounded to the network's precision.
    """
    from scipy.optimize import minimize

    exact = network.astype("float64")
    gradient = FullGradient(exact, _in_float64(data), cost, float(model.alpha))
    start, before = exact.parameters.copy(), network.parameters.copy()
    training = LbfgsTraining(model, network, gradient, watch)
    if training.scores:
        begin_counting(model, fresh=True)
        model.validation_scores_ = []
    model.history_ = training.history
    limits = {"maxfun": model.max_fun, "maxiter": model.max_iter, "gtol": model.tol}
    with single_blas_thread(), training.progress:
        result = minimize(
            gradient,
            start,
            method="L-BFGS-B",
            jac=True,
            callback=training,
            options=limits,
        )
        gradient(result.x)
    if not np.isfinite(gradient.recorded) or not np.isfinite(result.x).all():
        network.parameters[:] = before
        raise FitDivergedError(
            "Solver produced non-finite parameter weights. The input data may contain "
            "large values and need to be preprocessed. The parameters of the start are "
            "kept: standardise the inputs (standardize=True)",
            int(result.nit),
            network.n_layers,
        )
    network.parameters[:] = result.x
    model.n_iter_ = min(int(result.nit), model.max_iter)
    model.loss_ = float(gradient.recorded)
    ended = training.stopped
    training.finish(ended or str(result.message))
    if result.status != 0 and not ended:
        warnings.warn(
            f"lbfgs failed to converge after {model.n_iter_} iteration(s) "
            f"(status={result.status}): {result.message}; increase max_iter "
            f"({model.max_iter}) or max_fun ({model.max_fun}), or scale the data",
            ConvergenceWarning,
            stacklevel=5,
        )


def _in_float64(data: FitData) -> FitData:
    """Return the rows in float64, no copy where they are."""
    X = data.X
    if isinstance(X, np.ndarray):
        X = np.ascontiguousarray(X, np.float64)
    w = None if data.w is None else data.w.astype(np.float64)
    return FitData(X, data.Y.astype(np.float64), w)
