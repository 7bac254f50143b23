"""What both estimators share: fit, predictions, and the contract with scikit-learn."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from itertools import pairwise
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from walnet.engine.kernels import inference
from walnet.engine.kernels.machine.blas import single_blas_thread
from walnet.engine.network import Network
from walnet.engine.normalization import NormalizedNetwork
from walnet.estimators import scaling, validation
from walnet.estimators.callbacks import CallbackSupportMixin, FitCallbacks
from walnet.estimators.early_stopping import begin_counting
from walnet.estimators.error_location import told_where
from walnet.estimators.fitting import (
    Cost,
    EstimatorTraining,
    FitData,
    Optimizer,
    settings_for,
)
from walnet.estimators.initial import initial_parameters
from walnet.estimators.lbfgs import fit_lbfgs
from walnet.estimators.parameters import (
    CONSTRAINTS,
    NAME_OF,
    hidden_activations,
    hidden_sizes,
)
from walnet.estimators.rollback import unchanged_if_refused
from walnet.estimators.stochastic import StochasticFit, Watch

_ROWS_AT_ONCE = 4096  # of sparse rows, made dense


class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """A multilayer perceptron in scikit-learn's terms."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: Any
    activation: Any
    solver: str
    learning_rate: Any
    random_state: Any
    callbacks: Any
    checkpoint: Any

    # Of estimators whose coefs_ were set from outside.
    _normalized: NormalizedNetwork | None = None
    _scales: tuple[np.ndarray, ...] | None = None
    _activations: tuple[str, ...] | None = None

    def _take(self, arguments: dict[str, Any]) -> None:
        """Keep the constructor's arguments, unchanged."""
        for name, value in arguments.items():
            if name not in {"self", "__class__"}:
                setattr(self, name, value)

    # What a class of estimators decides.

    @abstractmethod
    def _validate_input(self, X: Any, y: Any, *, reset: bool, incremental: bool) -> Any:
        """Return checked X and y, the targets (examples,) or (examples, outputs)."""

    @abstractmethod
    def _output(self) -> str:
        """Return walnet's name of the output layer's activation."""

    @abstractmethod
    def _cost(self) -> Cost:
        """Return what is made small."""

    @abstractmethod
    def _score_of(self, outputs: np.ndarray, y: np.ndarray, w: Any) -> float:
        """Return the score of outputs of the network."""

    def _class_weights(self, y: Any, sample_weight: Any) -> Any:  # noqa: ARG002
        """Return sample weights that hold the classes' weights too."""
        return sample_weight

    def _dtypes(self, reset: bool) -> Any:
        """Return the precisions that X may have; that of the network, going on."""
        if reset or "network_" not in self.__dict__:
            return (np.float64, np.float32)
        return self.network_.dtype

    # Fit.

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        *,
        incremental: bool = False,
    ) -> Self:
        """Fit, from new weights or going on."""
        sizes = hidden_sizes(self.hidden_layer_sizes)
        hidden_activations(self.activation, len(sizes))
        validation.check_parameters(
            self, incremental=incremental, scored=X_val is not None
        )
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        validation.refuse_dates(X)
        callbacks = FitCallbacks(
            self, 1 if incremental else self.max_iter, X, y, sample_weight
        )
        with unchanged_if_refused(self, callbacks):
            with told_where(X, y):
                X, y = self._validate_input(X, y, reset=fresh, incremental=incremental)
            data, own = self._begun(X, y, sample_weight, (X_val, y_val), fresh=fresh)
            data, held_out = validation.held_out(self, data, own)
            if fresh:
                scaling.learn(self, data)
            data = scaling.scaled(self, data)
            held_out = None if held_out is None else scaling.scaled(self, held_out)
            score = validation.scorer(self, held_out)
            watch = Watch(score, callbacks, self._fitted_so_far)
            if self.solver == "lbfgs":
                fit_lbfgs(self, self._learner(), data, self._cost(), watch)
            else:
                begin_counting(self, fresh=fresh)
                self._fit_stochastic(data, held_out, watch, incremental=incremental)
        callbacks.end()
        return self

    def _begun(
        self, X: Any, y: Any, sample_weight: Any, own: tuple[Any, Any], *, fresh: bool
    ) -> tuple[FitData, FitData | None]:
        """Return checked rows to learn from and those given to score; make a network.

        `own` are X_val and y_val.
        """
        Y = self._targets(y)
        data = FitData(X, Y, self._weights(X, y, sample_weight))
        self.n_outputs_ = Y.shape[1]
        self._random_state = check_random_state(self.random_state)
        if fresh:
            sizes = hidden_sizes(self.hidden_layer_sizes)
            self._begin([X.shape[1], *sizes, self.n_outputs_], X)
        return data, validation.own_set(self, *own)

    def _weights(self, X: Any, y: Any, sample_weight: Any) -> np.ndarray | None:
        """Return the weights of the rows, those of their classes included, or None."""
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=X.dtype, ensure_non_negative=True
            )
        weights = self._class_weights(y, sample_weight)
        return None if weights is None else np.ascontiguousarray(weights, X.dtype)

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """Return the targets as (examples, outputs)."""
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _begin(self, sizes: list[int], X: Any) -> None:
        """Set all attributes of a first fit, with random weights."""
        scaling.refuse_sparse(self, X)
        self.n_iter_, self.t_, self.n_layers_ = 0, 0, len(sizes)
        output = self._output()
        self.out_activation_ = {"sigmoid": "logistic", "exponential": "exp"}.get(
            output, output
        )
        kind = NormalizedNetwork if self.batch_norm else Network
        learner = kind(
            sizes,
            activation=hidden_activations(self.activation, len(sizes) - 2),
            output=output,
            dtype=X.dtype,
            initializer="zeros",
        )
        initial_parameters(learner, self.initializer, self._random_state)
        self.__dict__.pop("_optimizer", None)
        self._normalized = None
        if isinstance(learner, NormalizedNetwork):
            self._normalized, learner = learner, learner.folded()
        self._show(learner)

    def _learner(self) -> Network:
        """Return the network that learns: of batch normalisation, not the folded one.

        Where coefs_ were changed in between, it begins with them.
        """
        network = self._usable_network()
        if not self.batch_norm:
            self._normalized = None
            return network
        if self._normalized is None or self._normalized.folded() != network:
            self._normalized = NormalizedNetwork.around(network)
        return self._normalized

    def _fit_stochastic(
        self,
        data: FitData,
        held_out: FitData | None,
        watch: Watch,
        *,
        incremental: bool,
    ) -> None:
        """Fit by gradient descent, epoch by epoch."""
        validation.check_batch_size(self, data.n_rows)
        cost, learner = self._cost(), self._learner()
        training = EstimatorTraining(
            learner, data, settings_for(self, cost, data.n_rows, self._seed()), cost
        )
        training.rule["momentum"] = self.momentum  # settings do not allow 1
        optimizer: Optimizer | None = self.__dict__.get("_optimizer")
        if incremental and optimizer is not None:
            training.remember(optimizer)
        self.history_ = training.history
        fit = StochasticFit(self, training, watch)
        try:
            if self.checkpoint is not None:
                validation.check_checkpoint(self)
                training.also = validation.facts(self, data, held_out)
                fit.go_on_from(self.checkpoint)
            fit.run(incremental=incremental)
        finally:
            training.close()
            self._folded()
        self._optimizer = training.optimizer()

    def _seed(self) -> int:
        """Return where dropout masks come from, leaving scikit-learn's draws alone."""
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        if not np.any(self.dropout):
            return 0
        return int(self._random_state.randint(np.iinfo(np.int32).max))

    def _next_order(self, order: np.ndarray) -> None:
        """Shuffle the order of the rows, from epoch to epoch as scikit-learn does."""
        if self.shuffle:
            places = np.arange(len(order))
            self._random_state.shuffle(places)
            order[:] = order[places]

    # The network behind coefs_ and intercepts_.

    def _show(self, network: Network) -> None:
        """Make a network's weights and biases the estimator's attributes, as views."""
        self.network_ = network
        self._activations = network.activations[:-1]
        self.coefs_ = [W.T for W in network.weights]
        self.intercepts_ = list(network.biases)
        self._shown = (list(self.coefs_), list(self.intercepts_))

    def _usable_network(self) -> Network:
        """Return the network; where coefs_ were replaced, one that has them."""
        shown = self.__dict__.get("_shown")
        if shown is not None:
            same = map(
                operator.is_, self.coefs_ + self.intercepts_, shown[0] + shown[1]
            )
            if all(same) and len(self.coefs_) == len(shown[0]):
                return self.network_
        self._show(self._network_of_coefs())
        return self.network_

    def _network_of_coefs(self) -> Network:
        """Return a network with the present coefs_ and intercepts_.

        Its activations are those of the fit, whatever the parameter says by now; only
        where there was no fit, or another number of layers, it is asked.
        """
        coefs = [np.asarray(coef) for coef in self.coefs_]
        sizes = [coefs[0].shape[0], *(coef.shape[1] for coef in coefs)]
        if any(a.shape[1] != b.shape[0] for a, b in pairwise(coefs)):
            raise ValueError("the shapes of coefs_ do not follow on each other")
        fitted = self._activations
        if fitted is None or len(fitted) != len(sizes) - 2:
            fitted = tuple(hidden_activations(self.activation, len(sizes) - 2))
        network = Network(
            sizes,
            activation=fitted,
            output=NAME_OF.get(self.out_activation_, self.out_activation_),
            dtype="float32" if coefs[0].dtype == np.float32 else "float64",
            initializer="zeros",
        )
        for W, coef in zip(network.weights, coefs, strict=True):
            W[:] = coef.T
        for b, intercept in zip(network.biases, self.intercepts_, strict=True):
            b[:] = intercept
        return network

    def _folded(self) -> Network:
        """Return the network that predicts, its batch normalisation folded in."""
        if self._normalized is not None:
            self._normalized.fold_into(self.network_)
        return self.network_

    def _fitted_so_far(self) -> dict[str, Any]:
        """Return attributes of an estimator fitted up to the present epoch."""
        network = self._folded().copy()
        return {
            "network_": network,
            "coefs_": [W.T for W in network.weights],
            "intercepts_": list(network.biases),
            "_activations": network.activations[:-1],
            "_shown": None,
        }

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the views: coefs_ and intercepts_ hold the numbers."""
        state = dict(super().__getstate__())
        for name in ("network_", "_shown"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the network again, of which coefs_ and intercepts_ are views."""
        super().__setstate__(state)
        if "coefs_" in state:
            self._show(self._network_of_coefs())

    # Predictions.

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, (examples, outputs), in the targets' units."""
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        network = self._usable_network()
        X = self._checked_rows(X, network)
        if scipy.sparse.issparse(X):
            parts = [
                self._dense_outputs(network, X[lo : lo + _ROWS_AT_ONCE].toarray())
                for lo in range(0, X.shape[0], _ROWS_AT_ONCE)
            ]
            return np.concatenate(parts)
        return self._dense_outputs(network, X)

    def _checked_rows(self, X: Any, network: Network) -> Any:
        """Return rows to predict for; arrays that are right already go straight."""
        if (
            type(X) is np.ndarray
            and X.dtype == network.dtype
            and X.ndim == 2
            and X.shape[1] == network.n_inputs
            and X.shape[0] > 0
            and not hasattr(self, "feature_names_in_")
            and inference.first_not_finite(X)[0] < 0
        ):
            return X
        validation.refuse_dates(X)
        with told_where(X):
            return validate_data(
                self,
                X,
                accept_sparse=["csr"],
                dtype=(np.float64, np.float32),
                reset=False,
            )

    def _dense_outputs(self, network: Network, X: np.ndarray) -> np.ndarray:
        """Return the network's outputs of checked, dense rows."""
        X = scaling.scaled_inputs(self, X, network.dtype)
        out = np.empty((len(X), network.n_outputs), network.dtype)
        with single_blas_thread(X.shape[0] * network.n_parameters):
            inference.predict(network.plan, network.parameters, X, out)
        return scaling.unscaled_outputs(self, out)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
