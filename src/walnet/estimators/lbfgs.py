"""Training by L-BFGS: SciPy's optimiser on our gradient of all rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from walnet.blas import single_blas_thread
from walnet.estimators.fitting import Cost, FitData, FitDivergedError
from walnet.estimators.runs import no_norms, own_cost_and_slope
from walnet.kernels import epochs, stages
from walnet.kernels.passes import penalty
from walnet.kernels.types import Examples
from walnet.plan import cost_rule, make_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walnet.estimators.callbacks import FitCallbacks
    from walnet.network import Network

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


def fit_lbfgs(
    model: Any, network: Network, data: FitData, cost: Cost, callbacks: FitCallbacks
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
    callbacks : FitCallbacks
        scikit-learn's callbacks.

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
    start = exact.parameters.copy()
    told = _Told(model, network, callbacks)
    limits = {"maxfun": model.max_fun, "maxiter": model.max_iter, "gtol": model.tol}
    with single_blas_thread():
        result = minimize(
            gradient,
            start,
            method="L-BFGS-B",
            jac=True,
            callback=told,
            options=limits,
        )
        gradient(result.x)
    if not np.isfinite(gradient.recorded) or not np.isfinite(result.x).all():
        network.parameters[:] = start
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
    model.stopped_ = str(result.message)
    if result.status != 0 and not told.stopped:
        warnings.warn(
            f"lbfgs failed to converge after {model.n_iter_} iteration(s) "
            f"(status={result.status}): {result.message}; increase max_iter "
            f"({model.max_iter}) or max_fun ({model.max_fun}), or scale the data",
            ConvergenceWarning,
            stacklevel=5,
        )


class _Told:
    """Tells callbacks of each iteration of the optimiser; stops where they ask."""

    def __init__(self, model: Any, network: Network, callbacks: FitCallbacks) -> None:
        self.model, self.network, self.callbacks = model, network, callbacks
        self.n_iter, self.stopped = 0, False

    def __call__(self, intermediate_result: Any) -> None:
        """Read the optimiser's present result."""
        self.n_iter += 1
        if self.model.verbose:
            loss = float(intermediate_result.fun)
            print(f"Iteration {self.n_iter}, loss = {loss:.8f}")  # noqa: T201
        if not self.callbacks.wanted:
            return
        self.callbacks.begin_epoch()
        self.network.parameters[:] = intermediate_result.x
        if self.callbacks.end_epoch(self.model._fitted_so_far):  # noqa: SLF001
            self.stopped = True
            raise StopIteration


def _in_float64(data: FitData) -> FitData:
    """Return the rows in float64, no copy where they are."""
    X = data.X
    if isinstance(X, np.ndarray):
        X = np.ascontiguousarray(X, np.float64)
    w = None if data.w is None else data.w.astype(np.float64)
    return FitData(X, data.Y.astype(np.float64), w)
