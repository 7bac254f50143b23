"""The classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import column_or_1d, validate_data

from walnet.engine.network import Network
from walnet.engine.task import OutputLayer, output_and_cost
from walnet.errors import FileFormatError
from walnet.estimators.fit import Cost
from walnet.estimators.input_checks import check_target_columns
from walnet.estimators.parameters import (
    CONSTRAINTS,
    check_class_weight,
    is_pair,
    stochastic_only,
)
from walnet.estimators.saving import SavableMLP
from walnet.saving.labels import labels_from_json, labels_to_json


def _balanced(y: Any, w: np.ndarray) -> np.ndarray:
    """Return the weight of each row's class, ``rows / (classes · rows of the class)``.

    Rows are counted by their weights, as if they were there so many times; of several
    columns the weights are multiplied.
    """
    labels = y if isinstance(y, np.ndarray) else y.toarray()
    weights = np.ones(len(labels))
    for column in labels.reshape(len(labels), -1).T:
        classes, index = np.unique(column[w > 0], return_inverse=True)
        counts = np.bincount(index, weights=w[w > 0])
        weights[w > 0] *= (counts.sum() / (len(classes) * counts))[index]
    return weights


class MLPClassifier(ClassifierMixin, SavableMLP):
    """A multilayer perceptron that predicts classes, drop-in for scikit-learn's.

    With the same `random_state` it starts from scikit-learn's weights, takes the rows
    in its order and follows the same loss curve. The parameters after `max_fun` are
    walnet's own.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
        Neurons of each hidden layer.
    activation : str or sequence of str, default "relu"
        Of all hidden layers, or one name for each: identity, logistic (or sigmoid),
        tanh, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, …
    solver : {"adam", "sgd", "lbfgs", "adamw", "rmsprop"}, default "adam"
        How the weights are learned; lbfgs is SciPy's, on all rows at once. It refuses
        what it would have to leave out, such as dropout.
    alpha : float, default 0.0001
        Penalty ``alpha / 2 ΣW²``, divided by the batch's sum of sample weights.
    batch_size : int or "auto", default "auto"
        Rows an update; "auto" is ``min(200, rows)``.
    learning_rate : str or callable, default "constant"
        constant, invscaling and adaptive (of sgd); step, exponential and cosine (of any
        stochastic solver); or a function of the epoch, from 0, that gives the rate.
    learning_rate_init : float, default 0.001
        The rate to begin with.
    power_t : float, default 0.5
        Exponent of invscaling.
    max_iter : int, default 200
        Most epochs; of lbfgs, most iterations.
    shuffle : bool, default True
        Whether each epoch takes the rows in a new order.
    random_state : int, RandomState or None, default None
        Where weights, shuffles, splits and dropout masks come from.
    tol : float, default 1e-4
        A smaller improvement is none.
    verbose : bool or int, default False
        Shows loss and score of each epoch: as a progress bar on a terminal, as lines
        elsewhere.
    warm_start : bool, default False
        Whether `fit` goes on from the present weights.
    momentum : float, default 0.9
        Of sgd.
    nesterovs_momentum : bool, default True
        Whether sgd looks one step ahead.
    early_stopping : bool, default False
        Whether the validation score tells when to stop; the parameters of the best
        epoch come back, and `stopped_` says which it was. Of lbfgs only where `fit`
        gets `X_val`; otherwise it warns and goes on, as scikit-learn's does.
    validation_fraction : float, default 0.1
        Share of the rows set aside for that, where `fit` gets no `X_val`.
    beta_1 : float, default 0.9
        Decay of adam's running mean of gradients.
    beta_2 : float, default 0.999
        Decay of adam's running mean of squares; rmsprop's too, where 0.9 is usual.
    epsilon : float, default 1e-8
        Keeps adam's and rmsprop's division finite.
    n_iter_no_change : int, default 10
        Epochs without improvement before the fit stops.
    max_fun : int, default 15000
        Most evaluations of lbfgs.
    class_weight : dict, "balanced" or None, default None
        Weights of the classes; "balanced" is ``rows / (classes · rows of the class)``,
        where a row of sample weight 2 counts as two.
    loss : "log_loss" or pair of callables, default "log_loss"
        A pair is ``cost(y, y_pred)``, (rows,), and its derivative by y_pred, of the
        shape of y; y holds 0 and 1 with a column for each output.
    dropout : float or sequence of float, default 0
        Share of each hidden layer's activations dropped while learning, in [0, 1).
    batch_norm : bool, default False
        Whether the hidden layers are normalised over the batch; see
        `walnet.engine.normalization`. `coefs_` have the running statistics folded in.
    initializer : str, default "auto"
        "auto" for scikit-learn's; glorot, he, lecun, normal, uniform or zeros.
    weight_decay : float, default 0
        Share of the weights, times the rate, taken off at each update.
    clip_norm : float or None, default None
        Longest gradient; a longer one is shortened to it.
    schedule_every : int, default 10
        Epochs after which the schedules step and exponential lower the rate.
    schedule_factor : float, default 0.5
        What they multiply it with then.
    warm_up : int, default 0
        Epochs over which the rate rises from 0.
    standardize : bool, default False
        Whether inputs are standardised inside the estimator, so that their scale does
        not matter: by the weighted mean and deviation of the rows that are learned
        from, with `partial_fit` of those of its first call.
    callbacks : callable or sequence of callable, default None
        Called after each epoch with the `walnet.Training`: it may read ``history``, set
        ``learning_rate``, and call ``stop("why")``. Of lbfgs after each iteration, with
        an object that has no rate to set.
    checkpoint : path or None, default None
        A file from which `fit` goes on after an interruption, to the same bits; needs a
        whole number as `random_state`, and a stochastic solver.
    n_jobs : int or None, default None
        Threads that share large batches of the stochastic solvers; the numbers are the
        same bits.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Weights of each layer: views of `network_`.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases of each layer: views of `network_`.
    network_ : Network
        What predicts.
    scaling_ : Scaling or None
        Means and scales that `standardize` has learned.
    history_ : History
        The course of the last fit; of lbfgs, an iteration is an epoch.
    loss_ : float
        Loss of the last epoch.
    best_loss_ : float or None
        Loss of the best epoch; None under early stopping.
    loss_curve_ : list of float
        Loss of each epoch.
    validation_scores_ : list of float or None
        Accuracy of the validation rows after each epoch, where there are some.
    best_validation_score_ : float or None
        The best of them under early stopping.
    validation_loss_curve_ : list of float
        Loss of the validation rows after each epoch, where there are some, in the units
        of `loss_curve_`, but without the penalty of `alpha`.
    validation_loss_ : float
        That of the parameters that are kept.
    stopped_ : str
        Why the fit ended, in a sentence.
    stop_reason_ : str
        The same in a word for programs: tol, early_stopping, max_iter, max_fun,
        line_search, callback, interrupted or diverged; see
        `walnet.estimators.fit_state.STOP_REASONS`.
    best_iter_ : int
        The epoch, from 1, whose parameters are kept by early stopping; 0 where a fit
        with `warm_start` found none better than those it began with.
    n_iter_ : int
        Epochs of the last fit; of lbfgs, iterations.
    t_ : int
        Rows seen by all fits.
    n_layers_ : int
        Layers, the input among them.
    n_outputs_ : int
        Outputs of the network.
    out_activation_ : str
        The output layer's activation, by scikit-learn's name.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, if they have any.

    Notes
    -----
    scikit-learn's loss takes probabilities below 2.2e-16 for that number; this one
    takes them as they are: on inputs far from 0 `loss_curve_` may begin higher, and the
    line search of lbfgs may take another step, after which the fits differ.
    Batches whose weights are all 0 move nothing. Negative weights are refused, and so
    are inputs so large that the loss is not finite, where scikit-learn's goes on with
    what is left. A
    probability of a multi-label output that rounds to 1 is given as the next number
    below it.

    What was fitted on float32 computes in float32: rows of float64 are cast to it, and
    refused where they are too large for it.

    `walnet.save` keeps the curves and the optimizer's memory: what `walnet.load` gives
    learns on to the same bits.

    References
    ----------
    .. [1] D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Nature* 323, 1986.
    .. [2] D. P. Kingma, J. Ba, *Adam*, ICLR 2015.
    .. [3] N. Srivastava et al., *Dropout*, JMLR 15, 2014.

    Examples
    --------
    >>> import walnet
    >>> X, y = walnet.datasets.moons(300, seed=0)
    >>> y = y.ravel().astype(int)
    >>> model = walnet.MLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True

    Rare classes that count as much as common ones, dropout, one activation a layer:

    >>> model = walnet.MLPClassifier(
    ...     hidden_layer_sizes=(16, 8), activation=("gelu", "tanh"), dropout=(0.1, 0),
    ...     class_weight="balanced", tol=0.01, random_state=0).fit(X, y)
    >>> model.network_.activations
    ('gelu', 'tanh', 'sigmoid')

    Early stopping by rows of one's own:

    >>> model = walnet.MLPClassifier(early_stopping=True, random_state=0)
    >>> model = model.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    >>> print(model.stopped_)
    Validation score did not improve ... The parameters of epoch ... are kept.

    A callback that logs, slows down and stops; a schedule, gradient clipping, batch
    normalisation, whose running statistics are saved with the model:

    >>> log = []
    >>> def watch(training):
    ...     log.append((training.epoch, training.history.cost[-1]))
    ...     if training.epoch == 10:
    ...         training.learning_rate /= 2
    ...     if training.history.cost[-1] < 0.3:
    ...         training.stop("the cost is low enough")
    >>> model = walnet.MLPClassifier(
    ...     callbacks=watch, learning_rate="cosine", learning_rate_init=0.01,
    ...     clip_norm=1.0, batch_norm=True, initializer="he", random_state=0)
    >>> model.fit(X, y).stopped_
    'the cost is low enough'
    >>> len(log) == model.n_iter_
    True
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "moons.walnet"
    >>> walnet.save(model.set_params(callbacks=None), path)
    >>> bool((walnet.load(path).predict(X) == model.predict(X)).all())
    True

    Weights of the rows, threads, a rate for each epoch, and a report of each epoch,
    on a terminal by a progress bar:

    >>> model = walnet.MLPClassifier(
    ...     n_jobs=2, learning_rate=lambda epoch: 0.01 / (1 + epoch), verbose=True,
    ...     tol=1.0, random_state=0).fit(X, y, sample_weight=1.0 + y)
    Iteration 1, loss = ...

    Weights that decay; a rate that rises for two epochs and is halved every ten; a
    file from which an interrupted fit goes on, and a finished one is read:

    >>> path = pathlib.Path(tempfile.mkdtemp()) / "moons.checkpoint"
    >>> model = walnet.MLPClassifier(
    ...     solver="adamw", weight_decay=0.01, learning_rate="step", schedule_every=10,
    ...     schedule_factor=0.5, warm_up=2, tol=0.01, checkpoint=path, random_state=0)
    >>> curve = model.fit(X, y).loss_curve_
    >>> model.fit(X, y).loss_curve_ == curve
    True
    >>> print(model.history_.learning_rate[[0, 1, 10]])
    [0.0005 0.001  0.0005]

    The cost curve and the weights as pictures:

    >>> from matplotlib.figure import Figure
    >>> left, right = Figure(figsize=(10, 4)).subplots(1, 2)
    >>> ax = model.history_.plot(left)
    >>> display = walnet.plots.NetworkDisplay(model.network_).plot(right)

    A cost of one's own, here the squared error of the probability:

    >>> brier = (lambda y, p: ((p - y) ** 2).sum(axis=1), lambda y, p: 2 * (p - y))
    >>> model = walnet.MLPClassifier(loss=brier, solver="lbfgs", random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [StrOptions({"log_loss"}), tuple, list],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    _KIND = "classifier"

    def __init__(
        self,
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
        class_weight: Any = None,
        loss: Any = "log_loss",
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

    def _output_layer(self) -> OutputLayer:
        """Return the output layer and the cost that suit the labels."""
        several = self._label_binarizer.y_type_.startswith("multilabel")
        return output_and_cost("labels" if several else "classes", len(self.classes_))

    def _output(self) -> str:
        """Return softmax for more than two classes, else sigmoid."""
        return self._output_layer().activation

    def _cost(self) -> Cost:
        """Return the cross-entropy that belongs to the output, or the given pair."""
        if is_pair(self.loss):
            return Cost("mse", own=tuple(self.loss))
        return Cost(self._output_layer().cost)

    @property
    def _scales_targets(self) -> bool:
        """Labels have no scale."""
        return False

    @property
    def _stratifies(self) -> bool:
        """Rows of one label are; of several labels, a set may be there once."""
        return self.n_outputs_ == 1

    def _validate_input(self, X: Any, y: Any, *, reset: bool, incremental: bool) -> Any:
        """Return checked rows and labels; learn or check the classes."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=self._dtypes(reset),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        going_on = hasattr(self, "classes_") and (self.warm_start or incremental)
        if going_on:
            self._check_classes(y)
        else:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        return X, y

    def _check_classes(self, y: Any) -> None:
        """Refuse labels that do not fit those of the earlier fit.

        Raises
        ------
        ValueError
            If they do not.
        """
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in "
                    f"the previous call to fit. Previously got {self.classes_}, "
                    f"`y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. `self.classes_` has "
                f"{self.classes_}. 'y' has {classes}."
            )

    def _validation_input(self, X: Any, y: Any) -> Any:
        """Return checked validation rows and labels."""
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr"],
            multi_output=True,
            dtype=self._dtypes(reset=False),
            reset=False,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        several = self._label_binarizer.y_type_.startswith("multilabel")
        check_target_columns(y, self.n_outputs_ if several else 0)
        new = np.setdiff1d(unique_labels(y), self.classes_)
        if len(new):
            raise ValueError(f"y_val has classes that y has not: {new}")
        return X, y

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """Return labels as 0 and 1, a column for each output."""
        encoded = self._label_binarizer.transform(y)
        dense = isinstance(encoded, np.ndarray)
        targets: np.ndarray = encoded if dense else encoded.toarray()
        return targets

    def _class_weights(self, y: Any, sample_weight: Any) -> Any:
        """Return the product of sample weights and the classes' weights."""
        if self.class_weight is None:
            return sample_weight
        check_class_weight(self.class_weight)
        if sample_weight is None:
            return compute_sample_weight(self.class_weight, y)
        if self.class_weight == "balanced":
            return _balanced(y, sample_weight) * sample_weight
        return compute_sample_weight(self.class_weight, y) * sample_weight

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
            Labels, or 0 and 1 with a column for each of several labels.
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
            If what should be called cannot be.

        Notes
        -----
        A fit that fails before its first epoch is done, for another reason than the
        loss, leaves the estimator as it was.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if(stochastic_only)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> Self:
        """Do one epoch over some rows, going on from where the model is.

        Parameters
        ----------
        X, y, sample_weight : array_like
            As of `fit`.
        classes : array_like of shape (n_classes,)
            All labels there will be; needed at the first call only.

        Returns
        -------
        self
        """
        if self.class_weight == "balanced":
            raise ValueError(
                'class_weight="balanced" needs all rows at once, which partial_fit has '
                "not; give the weights as a dict"
            )
        if _check_partial_fit_first_call(self, classes):
            multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def _labels(self, outputs: np.ndarray) -> Any:
        """Return the label that each row of outputs stands for."""
        kind = self._label_binarizer.y_type_
        if kind == "multiclass":
            return self.classes_[outputs.argmax(axis=1)]
        if kind.startswith("multilabel"):
            return self._label_binarizer.inverse_transform(outputs)
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(outputs))
        return self.classes_[(outputs[:, 0] > 0.5).astype(np.intp)]

    def _class_names(self) -> list[Any]:
        """Return the classes."""
        names: list[Any] = self.classes_.tolist()
        return names

    def _decoded(self, outputs: np.ndarray) -> Any:
        """Return the labels of the network's outputs."""
        return self._labels(outputs)

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of each row.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs.

        Returns
        -------
        ndarray of shape (rows,) or (rows, outputs)
        """
        labels: np.ndarray = self._labels(self._outputs(X))
        return labels

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs.

        Returns
        -------
        ndarray of shape (rows, n_classes)
            In the order of `classes_`; one column of ones where there is one class.
        """
        outputs = self._outputs(X)
        if self.n_outputs_ > 1:
            if (
                self.out_activation_ == "logistic"
            ):  # 1 is never reached, only rounded to
                np.minimum(outputs, np.nextafter(outputs.dtype.type(1), 0), out=outputs)
            return outputs
        if len(self.classes_) == 1:
            return np.ones_like(outputs)
        both = np.empty((len(outputs), 2), outputs.dtype)
        both[:, 1] = outputs[:, 0]
        np.subtract(1, outputs[:, 0], out=both[:, 0])
        return both

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (rows, features)
            Inputs.

        Returns
        -------
        ndarray of shape (rows, n_classes)
        """
        logarithms = self.predict_proba(X)
        np.log(logarithms, out=logarithms)
        return logarithms

    def _score_of(self, outputs: np.ndarray, y: np.ndarray, w: Any) -> float:
        """Return the accuracy."""
        if self.n_outputs_ > 1 and self.out_activation_ == "softmax":
            right = outputs.argmax(axis=1) == y.argmax(axis=1)
        else:
            right = ((outputs > 0.5) == (y > 0.5)).all(axis=1)
        return float(np.average(right, weights=w))

    def _labels_to_saved(self) -> dict[str, Any]:
        """Return what a file's header holds of the labels."""
        kind = self._label_binarizer.y_type_
        return {"labels": labels_to_json(self.classes_), "label_kind": kind}

    def _take_labels(self, header: dict[str, Any], network: Network) -> None:
        """Take over the labels of a file's header."""
        classes, kind = labels_from_json(header["labels"]), header["label_kind"]
        binarizer = LabelBinarizer()
        binarizer.y_type_, binarizer.sparse_input_ = kind, False
        binarizer.classes_ = self.classes_ = classes
        self._label_binarizer = binarizer
        outputs = 1 if kind == "binary" else len(classes)
        known = kind in {"binary", "multiclass", "multilabel-indicator"}
        if not known or outputs != network.n_outputs or not len(classes):
            raise FileFormatError("the labels and the network do not belong together")
        if kind == "binary" and len(classes) > 2:
            raise FileFormatError("two classes must be two")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
