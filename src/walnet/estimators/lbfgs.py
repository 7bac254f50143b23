"""Training by L-BFGS: SciPy's optimiser on our gradient of all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.engine.blas import single_blas_thread
from walnet.engine.driver import ctrl_c_stops
from walnet.engine.early_stopping import Best
from walnet.engine.history import History
from walnet.engine.kernels import inference, stages
from walnet.engine.layout import make_workspace
from walnet.engine.plan import cost_plan, cost_rule
from walnet.engine.threads import OwnGradient, gradient_of_span
from walnet.errors import warn_caller
from walnet.estimators.fit import FitDivergedError
from walnet.estimators.parameters import own_callbacks
from walnet.estimators.progress import Progress

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

    from walnet.engine.kernels.types import Examples, Span
    from walnet.engine.network import Network
    from walnet.estimators.fit import Cost, Fit
    from walnet.estimators.parameters import Parameters
    from walnet.estimators.rows import Rows

_ROWS_AT_ONCE = 1024
_NO_DROPOUT = (np.uint64(0), 0.0)


def fit_lbfgs(fit: Fit) -> None:
    """Train a network by L-BFGS, in place.

    Raises
    ------
    FitDivergedError
        If a cost is NaN or infinite at the end.

    Notes
    -----
    The arithmetic is in the network's precision; costs, of which the line search
    compares the last digits, are summed in float64.
    """
    moved, before = fit.network.copy(), fit.network.parameters.copy()
    cost = FullCost(moved, fit.rows, fit.cost, float(fit.params.alpha))
    training = LbfgsTraining(fit, moved, cost)
    with ctrl_c_stops(training), single_blas_thread(), training.progress:
        result = _minimized(fit, training)
        if not cost.is_of(result.x):
            cost(result.x)
    if not np.isfinite(cost.recorded) or not np.isfinite(result.x).all():
        fit.network.parameters[:] = before
        raise FitDivergedError(
            "The parameters of the start are kept: standardise the inputs "
            "(standardize=True)",
            int(result.nit),
            moved.n_layers,
        )
    training.finish(result)


def _minimized(fit: Fit, training: LbfgsTraining) -> OptimizeResult:
    """Return what SciPy's optimiser finds."""
    from scipy.optimize import minimize

    params = fit.params
    return minimize(
        training.cost,
        training.moved.parameters.copy(),
        method="L-BFGS-B",
        jac=True,
        callback=training,
        options={
            "maxfun": params.max_fun,
            "maxiter": params.max_iter,
            "gtol": params.tol,
        },
    )


class FullCost:
    """Cost and gradient of all rows, as L-BFGS asks for them.

    Parameters
    ----------
    network : Network
        Its parameters are overwritten at each call.
    rows : Rows
        What is learned from.
    cost : Cost
        What is made small.
    alpha : float
        Strength of the penalty on the weights.

    Attributes
    ----------
    recorded : float
        The cost of the last call as scikit-learn records it.
    gradient : ndarray of shape (n_parameters,)
        Of the last call.
    """

    def __init__(self, network: Network, rows: Rows, cost: Cost, alpha: float) -> None:
        self.network, self.cost = network, cost
        self.examples = rows.examples(network.dtype)
        rule = cost_rule(cost.name, cost.parameter, network.output_layer)
        rule["l2"], rule["cost_scale"] = alpha, cost.scale
        self.plan = cost_plan(network.layout, rule)
        w = self.examples.w
        self.weight = float(w.sum()) if w.size else float(rows.n_rows)
        self.order = np.arange(rows.n_rows)
        capacity = min(_ROWS_AT_ONCE, rows.n_rows)
        self.work = make_workspace(network.layout, capacity, network.dtype)
        part = np.empty((1, network.n_parameters), network.dtype)
        self.state = network.still_state()._replace(gradients=part)
        self.own = None if cost.own is None else OwnGradient(cost.own, self.work)
        self.gradient = np.empty(network.n_parameters, network.dtype)
        self.recorded, self._at = np.nan, np.empty(0)

    def is_of(self, parameters: np.ndarray) -> bool:
        """Return whether the last call was about these parameters."""
        return np.array_equal(self._at, parameters.astype(self.network.dtype))

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the cost at given parameters and its gradient."""
        self._at = parameters.astype(self.network.dtype)
        self.network.parameters[:] = self._at
        self.gradient[:] = 0.0
        total, scale = 0.0, self.cost.scale / self.weight
        for lo in self.order[:: self.work.capacity].tolist():
            hi = min(lo + self.work.capacity, len(self.order))
            total += self._part((lo, hi, lo, scale))
            self.gradient += self.state.gradients[0]
        extra = stages.penalty(
            self.plan,
            1.0 / self.weight,
            self.network.parameters,
            self.gradient,
        )
        self.recorded = self.cost.recorded_share * total + extra
        return total + extra, self.gradient.astype(np.float64)

    def evaluate(
        self, parameters: np.ndarray, examples: Examples
    ) -> tuple[float, float]:
        """Return the recorded cost of other rows, without penalties, and their hits."""
        network = self.network
        network.parameters[:] = parameters
        order = np.arange(len(examples.Y))
        if self.own is not None:
            found = self.own.evaluate(self.plan, self.state, examples, order)
        else:
            state = network.still_state()
            found = inference.evaluate(self.plan, state, examples, order, self.work)
        return self.cost.recorded_share * found[0], found[1]

    def _part(self, span: Span) -> float:
        """Write the gradient of some rows; return their part of the cost."""
        return gradient_of_span(
            self.cost.own,
            self.plan,
            self.state,
            self.examples,
            self.order,
            span,
            _NO_DROPOUT,
            self.work,
        )


class LbfgsTraining:
    """An L-BFGS under way, called after each iteration: what callbacks look at.

    Parameters
    ----------
    fit : Fit
        Its network and state are written.
    moved : Network
        What the optimiser works on.
    cost : FullCost
        What the optimiser asks.

    Attributes
    ----------
    network : Network
        With the parameters of the last iteration.
    history : History
        Cost and length of the gradient after each iteration.
    """

    def __init__(self, fit: Fit, moved: Network, cost: FullCost) -> None:
        self.fit, self.moved, self.cost = fit, moved, cost
        self.network, self.history = fit.network, History()
        fit.state.loss_curve = None  # whatever an earlier fit has counted
        fit.begin(self.history, counted=fit.score is not None)
        self.history.validated = fit.score is not None
        self.scored: Any = fit.scored and fit.scored.examples(moved.dtype)
        self.reason = "callback"  # where nothing below is
        self.stops = fit.score is not None and fit.params.early_stopping
        self.best = Best.of(fit.network) if self.stops else None
        self.progress = Progress(fit.params.verbose, fit.params.max_iter)
        self.own_callbacks = own_callbacks(fit.params.callbacks)

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
        fit = self.fit
        fit.callbacks.begin_epoch()
        self.network.parameters[:] = intermediate_result.x
        self._record()
        for callback in self.own_callbacks:
            callback(self)
        if fit.callbacks.end_epoch(fit.fitted) and not self.stopped:
            self.stop("stopped by a callback")
        why = fit.state.waited_for_too_long(fit.params) if self.stops else ""
        if why and not self.stopped:
            self.stop(f"{why} Stopping after iteration {fit.state.n_iter}.")
            self.reason = fit.state.waiting_reason
        if self.stopped:
            raise StopIteration

    def _record(self) -> None:
        """Note the iteration's cost and score."""
        fit, loss = self.fit, float(self.cost.recorded)
        self.history.room(1)[0, [0, 2]] = loss, np.linalg.norm(self.cost.gradient)
        self.history.add(1)
        self.history.iterations = self.epoch
        score, validation = None, np.nan
        if fit.score is not None:
            score, validation = fit.score(), self._validate()
        if fit.state.record(loss, score, validation):
            self.best = Best.of(self.network)
        self.progress.epoch(self.epoch, loss, score)
        fit.show()

    def _validate(self) -> float:
        """Return the loss of the rows that are only scored, without penalties."""
        cost, accuracy = self.cost.evaluate(self.network.parameters, self.scored)
        self.history.last()[4:6] = cost, accuracy
        return cost

    def finish(self, result: OptimizeResult) -> None:
        """Take the optimiser's last result, or the best; note why it ended."""
        fit, params, ended = self.fit, self.fit.params, self.stopped
        self.network.parameters[:] = result.x
        fit.state.n_iter = min(int(result.nit), params.max_iter)
        fit.state.loss = float(self.cost.recorded)
        if self.best is not None:
            self.best.bring_back(self.network)
        reason = self.reason if ended else _reason(result, params)
        fit.state.finish(ended or str(result.message), reason)
        if result.status != 0 and not ended:
            warn_caller(
                f"lbfgs failed to converge after {fit.state.n_iter} iteration(s) "
                f"(status={result.status}): {result.message}; increase max_iter "
                f"({params.max_iter}) or max_fun ({params.max_fun}), or scale the data",
                ConvergenceWarning,
            )


def _reason(result: OptimizeResult, params: Parameters) -> str:
    """Return why SciPy's optimiser ended, in a word."""
    if result.status == 0:
        return "tol"
    if result.status != 1:
        return "line_search"
    return "max_iter" if result.nit >= params.max_iter else "max_fun"
