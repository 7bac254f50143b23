"""What both estimators share: fit, predictions, and the contract with scikit-learn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, validate_data

from walnet.engine.arrays import check_answers
from walnet.engine.kernels.inference import first_not_finite
from walnet.engine.network import Network
from walnet.engine.normalization import fold_into, folded, normalized
from walnet.errors import DivergedError, HyperparameterError
from walnet.estimators.callbacks import CallbackSupportMixin, FitCallbacks
from walnet.estimators.fit import Cost, Fit
from walnet.estimators.fit_state import FitState, OptimizerMemory
from walnet.estimators.initial_weights import draw_weights
from walnet.estimators.input_checks import (
    locate_errors,
    name_validation_rows,
    named_floats,
    refuse_dates,
    refuse_sparse,
)
from walnet.estimators.lbfgs import fit_lbfgs
from walnet.estimators.network_attributes import NetworkAttributes, attributes_of
from walnet.estimators.parameters import (
    CONSTRAINTS,
    SKLEARN_NAME_OF,
    check_parameters,
    hidden_activations,
    hidden_sizes,
)
from walnet.estimators.pickles import VersionedPickle
from walnet.estimators.rows import Rows, outputs_of
from walnet.estimators.scaling import Scaling
from walnet.estimators.stochastic import fit_stochastic

if TYPE_CHECKING:
    from walnet.tracing.explanation import Explanation


class BaseMLP(CallbackSupportMixin, NetworkAttributes, VersionedPickle, ABC):
    """A multilayer perceptron in scikit-learn's terms."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    n_layers_: int
    n_outputs_: int
    _optimizer: OptimizerMemory

    # Of estimators whose coefs_ were set from outside.
    scaling_: Scaling | None = None
    _learner: Network | None = None  # with batch normalisation, what network_ folds

    def _set_params(self, arguments: dict[str, Any]) -> None:
        """Keep the constructor's arguments, unchanged."""
        for name, value in arguments.items():
            if name not in {"self", "__class__"}:
                setattr(self, name, value)

    # What a class of estimators decides.

    @abstractmethod
    def _validate_input(self, X: Any, y: Any, *, reset: bool, incremental: bool) -> Any:
        """Return checked X and y, the targets (rows,) or (rows, outputs)."""

    @abstractmethod
    def _validation_input(self, X: Any, y: Any) -> Any:
        """Return checked X and y that are only scored."""

    @abstractmethod
    def _output(self) -> str:
        """Return walnet's name of the output layer's activation."""

    @abstractmethod
    def _cost(self) -> Cost:
        """Return what is made small."""

    @abstractmethod
    def _score_of(self, outputs: np.ndarray, y: np.ndarray, w: Any) -> float:
        """Return the score of outputs of the network."""

    @property
    @abstractmethod
    def _scales_targets(self) -> bool:
        """Whether `standardize` is about the targets, too."""

    @property
    @abstractmethod
    def _stratifies(self) -> bool:
        """Whether rows are set aside so that classes are as frequent among them."""

    def _class_weights(self, y: Any, sample_weight: Any) -> Any:  # noqa: ARG002
        """Return sample weights that hold the classes' weights too."""
        return sample_weight

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """Return the targets as (rows, outputs)."""
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _dtypes(self, reset: bool) -> Any:
        """Return the precisions that X may have; that of the network, going on."""
        if reset or "coefs_" not in self.__dict__:
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
        hidden_activations(self.activation, len(hidden_sizes(self.hidden_layer_sizes)))
        check_parameters(self, incremental=incremental, scored=X_val is not None)
        refuse_dates(X)
        epochs = 1 if incremental else self.max_iter
        callbacks = FitCallbacks(self, epochs, X, y, sample_weight)
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        with self._unchanged_if_refused(callbacks):
            with locate_errors(X, y):
                X, y = self._validate_input(X, y, reset=fresh, incremental=incremental)
            rows = Rows(X, self._targets(y), self._weights(X, y, sample_weight))
            fit = self._prepare(rows, (X_val, y_val), callbacks, fresh, incremental)
            try:
                self._solve(fit)
            finally:
                self._fold()
                for name in FitState.NAMES:  # also of earlier fits
                    self.__dict__.pop(name, None)
                fit.show()
        callbacks.end()
        return self

    def _prepare(
        self,
        rows: Rows,
        given: tuple[Any, Any],
        callbacks: FitCallbacks,
        fresh: bool,
        incremental: bool,
    ) -> Fit:
        """Return a fit of checked rows; `given` are X_val and y_val."""
        random = check_random_state(self.random_state)
        state = FitState() if fresh else self._fit_state
        self._begin(rows, random, fresh=fresh)
        scored = self._validation_rows(*given)
        rows, scored = self._scaled(rows, scored, random, fresh=fresh)
        return Fit(
            params=self,
            network=self._network_to_train(),
            rows=rows,
            scored=scored,
            cost=self._cost(),
            state=state,
            random=random,
            incremental=incremental,
            callbacks=callbacks,
            score=None if scored is None else lambda: self._score_rows(scored),
            show=lambda: self._show_state(state),
            fitted=lambda: self._fitted_so_far(state),
        )

    @contextmanager
    def _unchanged_if_refused(self, callbacks: FitCallbacks) -> Iterator[None]:
        """Bring the attributes back if a fit fails before an epoch is done.

        A fit writes new attributes and never into the old ones, so holding them is
        enough. What diverged is kept, so that its parameters can be looked at.
        """
        before = dict(self.__dict__)
        try:
            yield
        except DivergedError:
            raise
        except BaseException:
            if not callbacks.epoch_done:
                self.__dict__.clear()
                self.__dict__.update(before)
            raise

    def _solve(self, fit: Fit) -> None:
        """Train the network of a fit."""
        if self.solver == "lbfgs":
            fit_lbfgs(fit)
        else:
            fit_stochastic(fit)

    def _show_state(self, state: FitState) -> None:
        """Write how far the fits have come into the attributes."""
        self.__dict__.update(state.attributes())

    def _weights(self, X: Any, y: Any, sample_weight: Any) -> np.ndarray | None:
        """Return the weights of the rows, those of their classes included, or None."""
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=X.dtype, ensure_non_negative=True
            )
            if not sample_weight.any():  # scikit-learn sees it from 1.8 on
                raise ValueError(
                    "all sample_weight are zero: at least one row needs a weight"
                )
            with np.errstate(over="ignore"):
                if not np.isfinite(sample_weight.sum()):
                    raise ValueError(
                        f"the sum of sample_weight is too large for {X.dtype}; divide "
                        "the weights by their mean"
                    )
        weights = self._class_weights(y, sample_weight)
        return None if weights is None else np.ascontiguousarray(weights, X.dtype)

    def _begin(self, rows: Rows, random: np.random.RandomState, *, fresh: bool) -> None:
        """Make a network with random weights, unless the fit goes on with the old."""
        self.n_outputs_ = rows.Y.shape[1]
        if not fresh:
            self._check_same_layers()
            return
        if self.standardize:
            refuse_sparse(rows.X)
        network = self._new_network(rows.X)
        draw_weights(network, self.initializer, random)
        self.n_layers_ = network.n_layers + 1
        output = network.activations[-1]
        self.out_activation_ = SKLEARN_NAME_OF.get(output, output)
        self._learner = None
        if self.batch_norm:
            self._learner = normalized(network)
            self._learner.statistics[1] = 1.0
            network = folded(self._learner)
        self._show(network)

    def _check_same_layers(self) -> None:
        """Refuse to go on with a network of other layers than are asked for.

        Raises
        ------
        ValueError
            If a parameter that decides the layers was changed since the first fit.
        """
        network = self.network_
        asked = tuple(hidden_sizes(self.hidden_layer_sizes))
        has = tuple(network.layer_sizes[1:-1])
        names = hidden_activations(self.activation, len(asked))
        for name, given, present in (
            ("hidden_layer_sizes", asked, has),
            ("activation", tuple(names), tuple(network.activations[:-1])),
        ):
            if given != present:
                raise ValueError(
                    f"the fit goes on with a network whose {name} are {present}, got "
                    f"{given}: give those, or fit anew with warm_start=False"
                )

    def _new_network(self, X: Any) -> Network:
        """Return a network of the layers asked for, all zeros."""
        hidden = hidden_sizes(self.hidden_layer_sizes)
        return Network(
            [X.shape[1], *hidden, self.n_outputs_],
            activation=hidden_activations(self.activation, len(hidden)),
            output=self._output(),
            dtype=X.dtype,
            initializer="zeros",
        )

    def _validation_rows(self, X_val: Any, y_val: Any) -> Rows | None:
        """Return the validation rows given to `fit`, checked, in their units, or None.

        Raises
        ------
        ValueError
            If only one of the two is given, or they do not fit the training rows.
        """
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("give X_val and y_val together, got one of them")
        refuse_dates(X_val, "X_val")
        with name_validation_rows(), locate_errors(X_val, y_val):
            X, y = self._validation_input(X_val, y_val)
        return Rows(X, self._targets(y), None)

    def _scaled(
        self,
        rows: Rows,
        scored: Rows | None,
        random: np.random.RandomState,
        *,
        fresh: bool,
    ) -> tuple[Rows, Rows | None]:
        """Return the rows to learn from and those to score, as the network has them.

        The scaling is learned from the former.
        """
        if scored is None and self.early_stopping and self.solver != "lbfgs":
            share = self.validation_fraction
            rows, scored = rows.split(share, random, by_label=self._stratifies)
        if fresh:
            self.scaling_ = None
        if fresh and self.standardize:
            Y = rows.Y if self._scales_targets else None
            self.scaling_ = Scaling.learned_from(rows.X, Y, rows.w)
        scaling = self.scaling_
        return rows.scaled(scaling), scored and scored.scaled(scaling)

    def _network_to_train(self) -> Network:
        """Return the network that learns: of batch normalisation, not the folded one.

        Where coefs_ were changed in between, it begins with them.
        """
        network = self.network_
        if not self.batch_norm:
            self._learner = None
            return network
        if self._learner is None or folded(self._learner) != network:
            self._learner = normalized(network)
        return self._learner

    def _fold(self) -> Network:
        """Return the network that predicts, its batch normalisation folded in."""
        network = self.network_
        if self._learner is not None:
            fold_into(self._learner, network)
        return network

    def _score_rows(self, rows: Rows) -> float:
        """Return the score of scaled rows; NaN where an output is not finite."""
        outputs = outputs_of(self._fold(), rows.X)
        if not np.isfinite(outputs).all():
            return float("nan")
        with np.errstate(over="ignore", invalid="ignore"):  # of a fit about to diverge
            return float(self._score_of(outputs, rows.Y, rows.w))

    def _fitted_so_far(self, state: FitState) -> dict[str, Any]:
        """Return attributes of an estimator fitted up to the present epoch."""
        return attributes_of(self._fold().copy()) | state.attributes()

    @property
    def _fit_state(self) -> FitState:
        """How far the fits have come, as the attributes say."""
        return FitState.of_attributes(self.__dict__)

    # Copies.

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the views of the network: they would hold its numbers again."""
        state = dict(super().__getstate__())
        if "coefs_" in state:
            state |= {"_network": self.network_}
            for name in ("coefs_", "intercepts_", "_views"):
                state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Show the network again; copied, for arrays may be read-only in a file."""
        super().__setstate__(state)
        if self._learner is not None:
            self._learner = self._learner.copy()
        if self._network is not None:
            self._show(self._network.copy())

    # Predictions.

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, (rows, outputs), in the targets' units."""
        network, scaling = self.network_, self.scaling_
        outputs = outputs_of(network, self._checked_rows(X, network), scaling)
        if scaling is not None:
            outputs = scaling.of_outputs(outputs)
        return check_answers(outputs)

    def explain(self, X: Any, row: int = 0, *, y: Any = None) -> Explanation:
        """Return the arithmetic of one row's prediction, with its very bits.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs.
        row : int, default 0
            The index of the row, counted from 0; what is printed counts rows from 1,
            as the command line does.
        y : None
            Targets are for a network: ``walnet.trace(model.network_, X, y)``.

        Returns
        -------
        Explanation
            Printed, it shows every number from the row's values to the answer.

        Raises
        ------
        HyperparameterError
            If there is no such row, or targets are given.
        """
        # What writes formulas is loaded when one is asked for.
        from walnet.estimators.explanation import explain_row
        from walnet.tracing.explanation import check_row

        if y is not None:
            raise HyperparameterError(
                "of an estimator a prediction is explained, for which there is no y; "
                "an iteration is walnet.trace(model.network_, X, y)"
            )
        network = self.network_
        checked = self._checked_rows(X, network)
        at = check_row(row, checked.shape[0])
        one = checked[at : at + 1]
        one = one if isinstance(one, np.ndarray) else one.toarray()
        names = getattr(self, "feature_names_in_", None)
        return explain_row(
            network, one, at, self.scaling_, names, self._class_names(), self._decoded
        )

    def _class_names(self) -> list[Any] | None:
        """Return the classes, of a classifier."""
        return None

    @abstractmethod
    def _decoded(self, outputs: np.ndarray) -> Any:
        """Return predictions of the network's outputs."""

    def _checked_rows(self, X: Any, network: Network) -> Any:
        """Return rows to predict for; arrays that are right already go straight."""
        if (
            type(X) is np.ndarray
            and X.dtype == network.dtype
            and X.ndim == 2
            and X.flags.carray
            and X.shape[1] == network.n_inputs
            and X.shape[0] > 0
            and not hasattr(self, "feature_names_in_")
            and first_not_finite(X)[0] < 0
        ):
            return X
        named = named_floats(self, X, network.dtype)
        if named is not None:
            return named
        refuse_dates(X)
        with locate_errors(X):
            return validate_data(
                self,
                X,
                accept_sparse=["csr"],
                dtype=(np.float64, np.float32),
                reset=False,
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
