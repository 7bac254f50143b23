"""The rows that are not learned from: a share of the data, or a set of one's own."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from walnet.estimators.error_location import told_where
from walnet.estimators.fitting import FitData
from walnet.estimators.parameters import SMOOTH, is_pair, own_callbacks

if TYPE_CHECKING:
    from walnet.engine.network import Network


_CLASSES = "classes are for walnet.MLPClassifier"


def own_set(model: Any, X_val: Any, y_val: Any) -> FitData | None:
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
    with _told_of_validation(), told_where(X_val, y_val):
        X, y = model._validation_input(X_val, y_val)  # noqa: SLF001  (the estimator's)
    return FitData(X, model._targets(y), None)  # noqa: SLF001


@contextmanager
def _told_of_validation() -> Iterator[None]:
    """Call X and y by the names of the validation rows in what scikit-learn refuses."""
    try:
        yield
    except ValueError as error:
        first, *rest = str(error).split("\n", 1)
        if "_val" in first:
            raise
        named, found = re.subn(r"\b[Xy]\b", r"\g<0>_val", first)
        message = named if found else f"X_val, y_val: {first}"
        raise ValueError("\n".join([message, *rest])) from error


def check_columns(model: Any, y: Any) -> None:
    """Refuse validation targets that are of another kind than those of the fit.

    Raises
    ------
    ValueError
        If one is a column and the other has several, or they have other columns.
    """
    one = model.n_outputs_ == 1
    if is_classifier(model):
        one = not model._label_binarizer.y_type_.startswith("multilabel")  # noqa: SLF001
    wanted = "(rows,)" if one else f"(rows, {model.n_outputs_})"
    if y.shape[1:] != (() if one else (model.n_outputs_,)):
        raise ValueError(f"y_val must be of shape {wanted}, as y is; got {y.shape}")


def held_out(
    model: Any, data: FitData, own: FitData | None
) -> tuple[FitData, FitData | None]:
    """Return the rows to learn from, and those to score if there are any.

    Raises
    ------
    ValueError
        If `early_stopping` has too few rows to set aside.
    """
    if own is not None or not model.early_stopping or model.solver == "lbfgs":
        return data, own
    one_label = is_classifier(model) and model.n_outputs_ == 1
    # Booleans, so that a class is named as scikit-learn names it.
    stratify = data.Y.astype(bool) if one_label else None
    arrays = [data.X, data.Y] + ([] if data.w is None else [data.w])
    try:
        parts = train_test_split(
            *arrays,
            random_state=model._random_state,  # noqa: SLF001
            test_size=model.validation_fraction,
            stratify=stratify,
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True sets {model.validation_fraction:g} of the rows aside "
            f"for validation, which failed: {error}"
        ) from error
    if parts[1].shape[0] < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the "
            "size of your dataset."
        )
    w, w_val = (None, None) if data.w is None else parts[4:]
    return FitData(parts[0], parts[2], w), FitData(parts[1], parts[3], w_val)


def scorer(model: Any, rows: FitData | None) -> Callable[[], float] | None:
    """Return what scores the held-out rows, if there are any."""
    if rows is None:
        return None
    return lambda: _score(model, model._folded(), rows)  # noqa: SLF001


def _score(model: Any, network: Network, rows: FitData) -> float:
    """Return the score of held-out rows; NaN where an output is not finite."""
    X = rows.X.toarray() if scipy.sparse.issparse(rows.X) else rows.X
    outputs = network.feed_forward(X)
    if not np.isfinite(outputs).all():
        return float("nan")
    with np.errstate(over="ignore", invalid="ignore"):  # of a fit about to diverge
        return float(model._score_of(outputs, rows.Y, rows.w))  # noqa: SLF001


def refuse_dates(X: Any, name: str = "X") -> None:
    """Refuse dates, which would become numbers without a word.

    Raises
    ------
    ValueError
        If X, or a column of a data frame, holds dates or durations.
    """
    types = getattr(X, "dtypes", [getattr(X, "dtype", None)])
    for place, dtype in enumerate(types if np.iterable(types) else [types]):
        if getattr(dtype, "kind", "") in {"m", "M"}:
            column = f" in column {X.columns[place]!r}" if hasattr(X, "columns") else ""
            raise ValueError(
                f"{name} must hold numbers, got {dtype}{column}; turn dates into "
                "numbers first, or take walnet.TabularClassifier or TabularRegressor, "
                "which read tables as they are"
            )


def refuse_labels(y: Any, name: str) -> None:
    """Refuse targets of a regression that are no numbers.

    Raises
    ------
    TypeError
        If they are texts, dates or durations.
    ValueError
        If they are objects of which one is a text that is no number, or missing.
    """
    if y is None or scipy.sparse.issparse(y):
        return  # scikit-learn tells of them
    given: Any = getattr(y, "dtype", None)
    dated = getattr(given, "kind", "") in {"m", "M"}  # pandas' have time zones too
    values = np.asarray(y)
    dtype = given if dated else values.dtype
    if dtype.kind in "mM":
        raise TypeError(
            f"{name} must hold numbers, got {dtype}; turn dates into numbers first"
        )
    if dtype.kind in "US":
        raise TypeError(f"{name} must hold numbers, got texts; {_CLASSES}")
    if dtype.kind == "O":
        try:
            numbers = values.astype(np.float64)
        except ValueError as error:
            raise ValueError(f"{name} must hold numbers: {error}; {_CLASSES}") from None
        except TypeError:  # such as pandas' NA, of which scikit-learn tells
            return
        if np.isnan(numbers).any():  # None, which becomes one after its check
            raise ValueError("Input y contains NaN.")


def check_batch_size(model: Any, n_rows: int) -> None:
    """Warn where a batch is asked for that is larger than the data."""
    if model.batch_size != "auto" and model.batch_size > n_rows:
        warnings.warn(
            f"Got `batch_size` {model.batch_size}, larger than the {n_rows} rows; "
            "it is clipped to them, so that each update takes all rows",
            stacklevel=6,
        )


def check_parameters(model: Any, *, incremental: bool, scored: bool) -> None:
    """Refuse what the solver, or `partial_fit`, would have to leave out.

    What scikit-learn documents as without effect, such as a momentum of adam, is not.

    Parameters
    ----------
    model : estimator
        Whose parameters are read.
    incremental : bool
        Whether it is `partial_fit`.
    scored : bool
        Whether there are validation rows of one's own.

    Raises
    ------
    ValueError
        If there is such a parameter.
    """
    is_pair(model.loss)
    own_callbacks(model)
    if incremental and model.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True")
    if incremental and model.checkpoint is not None:
        raise ValueError(
            "checkpoint is of fit, got it with partial_fit: call walnet.save between "
            "calls of partial_fit, or set_params(checkpoint=None)"
        )
    if model.solver == "lbfgs":
        _check_lbfgs(model, scored=scored)


def _check_lbfgs(model: Any, *, scored: bool) -> None:
    """Refuse what L-BFGS, which takes all rows at once, cannot do."""
    rate = model.learning_rate
    for name, asked in (
        ("dropout", np.any(model.dropout)),
        ("batch_norm", model.batch_norm),
        ("weight_decay", model.weight_decay > 0),
        ("clip_norm", model.clip_norm is not None),
        ("learning_rate", callable(rate) or rate in SMOOTH),
        ("warm_up", model.warm_up > 0),
        ("checkpoint", model.checkpoint is not None),
    ):
        if asked:
            raise ValueError(
                f'{name} needs a stochastic solver, such as "adam" or "sgd", got '
                f'solver="lbfgs" and {name}={getattr(model, name)!r}: L-BFGS takes all '
                "rows at once and finds each step by itself; take another solver, or "
                f"leave {name} out"
            )
    if model.early_stopping and not scored:
        warnings.warn(
            'early_stopping has no effect on solver="lbfgs", as in scikit-learn, '
            "unless fit is given rows to score: X_val and y_val",
            stacklevel=6,
        )


def check_checkpoint(model: Any) -> None:
    """Refuse a checkpoint that could not be gone on from to the same bits.

    Raises
    ------
    ValueError
        If chance cannot be repeated.
    """
    whole = isinstance(model.random_state, Integral)
    if not whole or model.warm_start:
        raise ValueError(
            "checkpoint needs a whole number as random_state, and no warm_start: what "
            f"is random must come again; got random_state={model.random_state!r}"
        )


# Parameters that may change between a fit and its continuation. Functions have no
# content to compare: a loss is compared by its values, a rate epoch by epoch.
_MAY_CHANGE = {"max_iter", "verbose", "n_jobs", "callbacks", "checkpoint"}


def facts(model: Any, data: FitData, held_out: FitData | None) -> list[np.ndarray]:
    """Return what a fit and its continuation have in common beside the rows."""
    given = model.get_params(deep=False)
    own = model._cost().own  # noqa: SLF001  (the estimator's)
    functions = {"loss"} if own is not None else set()
    if callable(model.learning_rate):
        functions.add("learning_rate")
    plain = [f"{k}={v!r}" for k, v in given.items() if k not in _MAY_CHANGE | functions]
    arrays = [np.frombuffer("\n".join(sorted(plain)).encode(), np.uint8)]
    if held_out is not None:
        arrays += held_out.arrays()
    if own is not None:
        y = data.Y[:8]
        predicted = np.linspace(0.1, 0.9, y.size, dtype=y.dtype).reshape(y.shape)
        arrays += [np.asarray(function(y, predicted)) for function in own]
    return arrays
