"""From scikit-learn's fitted estimators to walnet's."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from walnet.engine.history import History
from walnet.errors import DataError
from walnet.estimators.classifier import MLPClassifier
from walnet.estimators.regressor import MLPRegressor

_SHARED_NAMES = (
    "n_iter_",
    "t_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "n_features_in_",
    "feature_names_in_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
    "classes_",
    "_label_binarizer",
    "_no_improvement_count",
)


def from_sklearn(model: Any) -> MLPClassifier | MLPRegressor:
    """Return walnet's twin of a fitted scikit-learn MLP: the same predictions.

    Parameters
    ----------
    model : sklearn.neural_network.MLPClassifier or MLPRegressor
        The fitted model; it is not changed, and nothing of it is shared.

    Returns
    -------
    MLPClassifier or MLPRegressor
        With the same parameters, weights and attributes. `partial_fit` goes on from its
        weights, with an optimizer that begins anew. `history_` has the costs of the
        last fit; of lbfgs there are none, and no `history_`.

    Raises
    ------
    DataError
        If it is another kind of model, or not fitted.

    Examples
    --------
    >>> import numpy as np, walnet
    >>> from sklearn.neural_network import MLPRegressor
    >>> X = np.linspace(0, 1, 50).reshape(-1, 1)
    >>> theirs = MLPRegressor(solver="lbfgs", random_state=0).fit(X, X[:, 0])
    >>> ours = walnet.from_sklearn(theirs)
    >>> bool(np.allclose(ours.predict(X), theirs.predict(X)))
    True
    """
    from sklearn import neural_network

    if isinstance(model, neural_network.MLPClassifier):
        twin: MLPClassifier | MLPRegressor = MLPClassifier()
    elif isinstance(model, neural_network.MLPRegressor):
        twin = MLPRegressor()
    else:
        raise DataError(
            "from_sklearn takes scikit-learn's MLPClassifier or MLPRegressor, "
            f"got {type(model).__name__}"
        )
    if not hasattr(model, "coefs_"):
        raise DataError(f"the {type(model).__name__} is not fitted; call fit first")
    twin.set_params(**copy.deepcopy(model.get_params(deep=False)))
    for name in _SHARED_NAMES:
        if hasattr(model, name):
            setattr(twin, name, copy.deepcopy(getattr(model, name)))
    twin.best_iter_ = _best_epoch(model)
    n, s = model.n_iter_, "" if model.n_iter_ == 1 else "s"
    twin.stop_reason_ = ""
    twin.stopped_ = f"taken over from scikit-learn after {n} iteration{s}"
    if getattr(model, "loss_curve_", None):
        twin.history_ = _history(model, twin)
    twin.coefs_ = [np.array(coef) for coef in model.coefs_]
    twin.intercepts_ = [np.array(intercept) for intercept in model.intercepts_]
    return twin


def _history(model: Any, twin: MLPClassifier | MLPRegressor) -> History:
    """Return the course of the last fit; of it scikit-learn keeps the costs."""
    curve = model.loss_curve_[-model.n_iter_ :]
    n_rows = model.t_ // len(model.loss_curve_)
    batch_size = 200 if model.batch_size == "auto" else model.batch_size
    history = History(-(-n_rows // min(batch_size, n_rows)))
    rows = history.room(len(curve))
    rows[:] = np.nan
    rows[:, 0] = curve
    history.add(len(curve))
    history.iterations = len(curve) * history.iterations_per_epoch
    history.stopped = twin.stopped_
    history.best_epoch = twin.best_iter_ - 1 if twin.best_iter_ else None
    return history


def _best_epoch(model: Any) -> int:
    """Return the epoch of the last fit whose parameters early stopping keeps, or 0."""
    if not (model.early_stopping and getattr(model, "validation_scores_", None)):
        return 0
    scores = np.array(model.validation_scores_[-model.n_iter_ :])
    best = scores == model.best_validation_score_
    return int(best.argmax()) + 1 if best.any() else 0
