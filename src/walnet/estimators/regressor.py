"""The regressor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d, validate_data

from walnet.engine.task import output_and_cost
from walnet.estimators.fit import Cost
from walnet.estimators.input_checks import check_target_columns, refuse_labels
from walnet.estimators.parameters import CONSTRAINTS, is_pair, stochastic_only
from walnet.estimators.saving import SavableMLP

COST_OF = {
    "squared_error": "mse",
    "poisson": "poisson",
    "absolute_error": "mae",
    "huber": "huber",
    "quantile": "quantile",
}


def is_counts(loss: Any) -> bool:
    """Return whether the targets are counts, with an exponential output."""
    return isinstance(loss, str) and loss == "poisson"


def check_loss_parameter(loss: Any, value: float | None) -> None:
    """Refuse a parameter of a loss that has none, and a level that is none.

    Raises
    ------
    ValueError
        If there is one.
    """
    if value is None:
        return
    if is_pair(loss) or loss not in {"huber", "quantile"}:
        name = "a pair of functions" if is_pair(loss) else f"loss={loss!r}"
        raise ValueError(
            "loss_parameter is Huber's delta or the quantile's level, and "
            f"{name} has none; leave it out, got {value!r}"
        )
    if loss == "quantile" and not 0 < value < 1:
        raise ValueError(
            'loss_parameter must be in (0, 1) for loss="quantile", of which it is the '
            f"level; got {value!r}"
        )


class MLPRegressor(RegressorMixin, SavableMLP):
    """A multilayer perceptron that predicts numbers, drop-in for scikit-learn's.

    With the same `random_state` it starts from scikit-learn's weights, takes the rows
    in its order and follows the same loss curve.

    Parameters
    ----------
    loss : str or pair of callables, default "squared_error"
        squared_error (halved), poisson (half the deviance, with an exponential output),
        absolute_error, huber or quantile; or ``cost(y, y_pred)``, (rows,), and its
        derivative by y_pred, of the shape of y (rows, outputs).
    hidden_layer_sizes, activation : as of `MLPClassifier`
        The layers.
    solver, alpha, batch_size : as of `MLPClassifier`
        How the weights are learned, and what holds them back.
    learning_rate, learning_rate_init, power_t : as of `MLPClassifier`
        The size of a step.
    max_iter, shuffle, random_state, tol, verbose, warm_start : as of `MLPClassifier`
        How long, from where, and what is shown.
    momentum, nesterovs_momentum : as of `MLPClassifier`
        Of sgd.
    early_stopping, validation_fraction : as of `MLPClassifier`
        Whether rows that are set aside tell when to stop, by R².
    beta_1, beta_2, epsilon : as of `MLPClassifier`
        Of adam and rmsprop.
    n_iter_no_change, max_fun : as of `MLPClassifier`
        When there is no more to gain.
    loss_parameter : float or None, default None
        Huber's delta (1), or the level of the quantile in (0, 1) (0.5); the other
        losses have none.
    dropout, batch_norm, initializer, weight_decay, clip_norm : as of `MLPClassifier`
        What else acts on layers and steps.
    schedule_every, schedule_factor, warm_up : as of `MLPClassifier`
        How the rate falls, and rises at first.
    standardize : bool, default False
        As of `MLPClassifier`, and it scales the targets too.
    callbacks, checkpoint, n_jobs : as of `MLPClassifier`
        What is called after an epoch, where a fit goes on, and how many threads share.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray
        Weights and biases of each layer: views of `network_`.
    network_ : Network
        What predicts.
    validation_scores_ : list of float or None
        R² of the validation rows after each epoch, where there are some.
    history_, loss_curve_, stop_reason_ : as of `MLPClassifier`
        The course of the last fit; the other attributes are as there too.

    See Also
    --------
    MLPClassifier : All parameters and attributes at length.

    Notes
    -----
    As in scikit-learn, the recorded squared error of several outputs is their mean,
    while its gradient is that of their sum. The line search of lbfgs needs both to
    agree: here its cost is the sum, in scikit-learn the mean, so that the fits differ.

    Examples
    --------
    >>> import numpy as np, walnet
    >>> X = np.linspace(-3, 3, 200).reshape(-1, 1)
    >>> y = 1e6 + 1e3 * np.sin(X[:, 0])

    A target of any scale:

    >>> model = walnet.MLPRegressor(
    ...     standardize=True, activation="tanh", solver="lbfgs", random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.99
    True

    The value that one row in ten exceeds:

    >>> model = walnet.MLPRegressor(
    ...     "quantile", loss_parameter=0.9, standardize=True, max_iter=300,
    ...     learning_rate_init=0.01, random_state=0).fit(X, y)
    >>> bool(np.mean(y < model.predict(X)) > 0.8)
    True

    A cost that outliers do not rule, and one of counts:

    >>> y_odd = np.where(np.arange(200) % 20 == 0, y + 1e4, y)
    >>> model = walnet.MLPRegressor(
    ...     "huber", loss_parameter=0.1, standardize=True, activation="tanh",
    ...     solver="lbfgs", random_state=0)
    >>> bool(np.median(abs(model.fit(X, y_odd).predict(X) - y)) < 50)
    True
    >>> counts = np.random.default_rng(0).poisson(np.exp(1 + X[:, 0] / 2))
    >>> model = walnet.MLPRegressor(
    ...     "poisson", solver="lbfgs", tol=0.01, random_state=0)
    >>> bool((model.fit(X, counts).predict(X) > 0).all())
    True

    A cost of one's own, log cosh:

    >>> log_cosh = (
    ...     lambda y, a: np.log(np.cosh(a - y)).sum(axis=1),
    ...     lambda y, a: np.tanh(a - y))
    >>> model = walnet.MLPRegressor(
    ...     log_cosh, standardize=True, learning_rate_init=0.01, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [StrOptions(set(COST_OF)), tuple, list],
    }

    _KIND = "regressor"

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Callable[[int], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss_parameter: float | None = None,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        initializer: str = "auto",
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        schedule_every: int = 10,
        schedule_factor: float = 0.5,
        warm_up: int = 0,
        standardize: bool = False,
        callbacks: Any = None,
        checkpoint: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self._set_params(locals())

    def _output(self) -> str:
        """Return the exponential for counts, else the identity."""
        return output_and_cost(
            "counts" if is_counts(self.loss) else "numbers"
        ).activation

    def _cost(self) -> Cost:
        """Return the cost that `loss` names, in scikit-learn's units, or the pair."""
        if is_pair(self.loss):
            return Cost("mse", own=tuple(self.loss))
        name = COST_OF[self.loss]
        usual = 0.5 if self.loss == "quantile" else 1.0
        parameter = usual if self.loss_parameter is None else float(self.loss_parameter)
        share = 1.0 if self.loss == "poisson" else 1.0 / self.n_outputs_
        scale = 0.5 if self.loss == "squared_error" else 1.0
        return Cost(name, parameter, scale, share)

    @property
    def _scales_targets(self) -> bool:
        """Numbers are scaled, counts are not."""
        return not is_counts(self.loss)

    @property
    def _stratifies(self) -> bool:
        """There are no classes."""
        return False

    def _validate_input(self, X: Any, y: Any, *, reset: bool, incremental: bool) -> Any:
        """Return checked rows and targets."""
        del incremental  # numbers are always new
        check_loss_parameter(self.loss, self.loss_parameter)
        refuse_labels(y, "y")
        X, y = self._numbers(X, y, reset=reset)
        self._refuse_negative("y", y)
        return X, y

    def _refuse_negative(self, name: str, y: np.ndarray) -> None:
        """Refuse negative targets where they are counts."""
        if is_counts(self.loss) and (y < 0).any():
            raise ValueError(
                f'loss="poisson" needs {name} ≥ 0, got a negative target: {y.min():g}'
            )

    def _validation_input(self, X: Any, y: Any) -> Any:
        """Return checked validation rows and targets."""
        refuse_labels(y, "y_val")
        X, y = self._numbers(X, y, reset=False)
        check_target_columns(y, self.n_outputs_ if self.n_outputs_ > 1 else 0)
        self._refuse_negative("y_val", y)
        return X, y

    def _numbers(self, X: Any, y: Any, *, reset: bool) -> Any:
        """Return checked rows and numbers."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=self._dtypes(reset),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Learn from rows.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs. float32 stays float32; everything else is computed in float64.
        y : array_like of shape (rows,) or (rows, outputs)
            Numbers.
        sample_weight : array_like of shape (rows,), optional
            Weights of the rows, not negative and not all 0.
        X_val, y_val : array_like, optional
            Rows of one's own to score after each epoch, never learned from.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used, or the loss becomes NaN or
            infinite (a `DivergedError`; the last finite parameters are kept).
        TypeError
            If targets are texts or dates, or what should be called cannot be.

        Notes
        -----
        A fit that fails before its first epoch is done, for another reason than the
        loss, leaves the estimator as it was.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if(stochastic_only)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Do one epoch over some rows, going on from where the model is.

        Parameters
        ----------
        X, y, sample_weight : array_like
            As of `fit`.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _decoded(self, outputs: np.ndarray) -> Any:
        """Return the numbers of the network's outputs."""
        scaling = self.scaling_
        numbers = outputs if scaling is None else scaling.of_outputs(outputs)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers

    def predict(self, X: Any) -> np.ndarray:
        """Return the number of each row.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs.

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _score_of(self, outputs: np.ndarray, y: np.ndarray, w: Any) -> float:
        """Return R²."""
        from sklearn.metrics import r2_score

        return float(r2_score(y, outputs, sample_weight=w))
