"""The classifier for tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from walnet.engine.kernels.types import Examples
from walnet.errors import DataError, FileFormatError
from walnet.tabular import saving
from walnet.tabular.base import BaseTabular, Checkpoint
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.columns.shards import StoredShards
from walnet.tabular.ensemble.bag import mean_by_row, mixed
from walnet.tabular.ensemble.calibration import (
    fit_mixture,
    fit_sharpness,
    mean_log_loss,
    right_probabilities,
)
from walnet.tabular.rows import target_of
from walnet.tabular.table_input import PerRow
from walnet.tabular.watching import Callback, EnsembleWatch
from walnet.words import quoted, row_from_1

if TYPE_CHECKING:
    from walnet.tabular.ensemble.target_scale import TargetScale

_NOTHING = 0.01  # a share of the partner that is not worth computing


class TabularClassifier(ClassifierMixin, BaseTabular):
    r"""An ensemble of networks that learns classes from a table as it is.

    Columns may be numbers, text, booleans and dates, with values missing; nothing needs
    to be scaled, filled in or encoded. The probabilities are calibrated on rows that
    the members that give them have not seen.

    Parameters
    ----------
    preset : {"fast", "balanced", "best"}, default "balanced"
        How much work is put in.
    time_limit : float, optional
        Seconds that `fit` may take, from reading the table to the calibration. The
        schedule of the training is shortened to end in time; a note says by how much
        it was passed, where the table alone takes as long.
    members : int, optional
        How many networks are averaged, instead of the preset's number.
    max_iter : int, optional
        Epochs: passes of each member over its rows, instead of the preset's number.
    recipe : mapping of str to value, or a list of them, optional
        Hyper-parameters instead of the preset's, such as `tune` finds: hidden_layers,
        activation, numbers, batch_norm, and settings of `walnet.Settings`:
        optimizer, learning_rate, batch_size, dropout, weight_decay, smoothing, patience
        and more. The cost may also be a pair of functions of (y, y_pred), both of shape
        (rows, classes), one-hot and probabilities: the cost of each row, (rows,), and
        its derivative, (rows, classes). With patience or stop_accuracy a member stops,
        and takes its best parameters, by the rows that it does not see; `loss_` is then
        a little too good. One mapping makes one bag of all members; a list has one for
        each bag.
    random_state : int, RandomState or None, default 0
        Where all that is random comes from. The same number gives the same bits,
        whatever the number of threads or the order of the rows; None gives other ones
        in each fit, which shows how much of a score is chance.
    n_jobs : int or None, default -1
        Members that learn at the same time; -1 for one a core, None for 1.
    callbacks : callable or sequence of callable, default None
        Called after each epoch of a member with the `EnsembleTraining`, which knows how
        far it is and can be stopped. `set_callbacks` takes scikit-learn's own (from
        1.9 on), which are told of each member that has come through.
    verbose : bool or int, default False
        Shows how far the training is: as a progress bar on a terminal, as lines
        elsewhere.
    epochs, threads : int
        The former names of `max_iter` and `n_jobs`, which give a warning.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    n_features_in_ : int
        Columns at training.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if they had any.
    n_members_ : int
        Networks that are averaged.
    bags_ : list of Bag
        The networks, those of one recipe in one bag, with the factor on their outputs
        that calibrates their probabilities.
    shares_ : tuple of float
        The share of each bag in the probabilities, and last that of the linear model;
        they sum to 1.
    linear_ : LinearModel or None
        The linear model, if it has a share.
    warnings_ : list of str
        What was noticed: columns that are left out, and why.
    validation_loss_ : float
        Log-loss of the members' predictions for rows that they have not seen; NaN where
        there is none.
    n_iter_ : int
        Epochs of the member that had most of them; not known after loading.
    stopped_ : str
        Why the training was ended early, in a sentence; empty if it was not.
    stop_reason_ : str
        Why it ended, in a word: max_iter (all epochs are done), time_limit,
        callback or interrupted; empty where nothing was trained.

    See Also
    --------
    TabularRegressor : The same for numbers.

    Notes
    -----
    The members are RealMLPs [1]_: robust scaling and smooth clipping, embeddings of
    numbers by waves (or ramps), learned ones of levels, a scale layer, parametric
    activations, Adam with four cosine cycles of the learning rate. Each member sees all
    rows but one part of them, and is kept as it is at the end of its schedule. The
    predictions of members for the part they have not seen calibrate the probabilities,
    and decide on the share of each bag, and of a linear model beside them, which is
    often large on small tables.

    Of a table with more than 500 columns, and more of them than rows, or with more than
    2,000, each member reads those that go with the target in the rows that it sees, by
    themselves: as many as leave about half of them false, 10 to 500. So the rows that
    it does not see have no say in its choice. Columns that no member reads are left out
    of the model, and `warnings_` says so.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", 2024.

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, 1.1, 3.0, 3.3, None], "hue": list("rrggrg")}
    >>> model = TabularClassifier(preset="fast").fit(table, ["nut"] * 3 + ["egg"] * 3)
    >>> model.predict({"size": [1.15, 3.1], "hue": ["r", "g"]})
    array(['nut', 'egg'], dtype='<U3')
    """

    _classes = True

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        groups: Any = None,
        times: Any = None,
        callback: Callback | None = None,
        checkpoint: Checkpoint = None,
        started: float | None = None,
    ) -> Self:
        """Learn from the rows of a table.

        Parameters
        ----------
        X : data frame, array-like, sparse matrix, dict, or path of a file
            The rows.
        y : array-like of shape (rows,) or str
            The class of each row, or the name of the column of X that holds it; then
            rows without one are left out.
        sample_weight : array-like of shape (rows,), optional
            How much each row counts; a whole number is how many times it comes.
        groups : array-like of shape (rows,) or str, optional
            Which rows belong together, such as all of one patient: a network has seen
            none of the group of a row that it is measured on, so that probabilities,
            intervals and `validation_loss_` hold for new groups. A text names a column
            of X, which is then not learned from; a row without one is by itself.
        times : array-like of shape (rows,) or str, optional
            Dates or numbers that rows are ordered by: the rows that a network does not
            see are a stretch of time, instead of some from everywhere.
        callback : callable, optional
            The former way to give `callbacks`, which gives a warning.
        checkpoint : path, optional
            A folder, made where there is none, for a file of each member. A fit that
            was killed or interrupted goes on from it when it is called again, to the
            same bits as without the interruption; members that have finished are not
            trained again. It may be deleted after the fit.
        started : float, optional
            When, of `time.monotonic`, the time limit began, such as before the table
            was read; by default now.

        Returns
        -------
        TabularClassifier
            The estimator itself.

        Raises
        ------
        DataError
            If there is nothing to learn from, or the checkpoint belongs to other data
            or another recipe; the message says which.
        HyperparameterError
            If a parameter is outside its range, or a checkpoint is given together with
            a time limit.

        Notes
        -----
        Ctrl-C stops the training: networks that have begun end their schedule within a
        few epochs and are kept, with a warning. A second Ctrl-C ends the fit at once.
        """
        per_row = PerRow(sample_weight, groups, times)
        with self._watched(callback, X, y, sample_weight) as watch:
            self._set_deadline(checkpoint, started)
            self._learn(X, y, per_row, watch, checkpoint)
            self._warn_if_late()
        return self

    def _learn(
        self,
        X: Any,
        y: Any,
        per_row: PerRow,
        watch: EnsembleWatch,
        checkpoint: Checkpoint,
    ) -> None:
        """Learn from rows as they were given."""
        given, y = self._read_rows_to_learn(X, y, per_row)
        y = column_or_1d(_unmixed(y), warn=True)
        check_classification_targets(y)
        weights = given.weights(y)
        kept = np.unique(y[weights > 0])
        self.classes_ = kept
        # Rows of weight 0 may be of a class of their own: they have no index.
        indices = np.searchsorted(kept, y).clip(max=len(kept) - 1)
        self.linear_ = None
        self.validation_loss_ = math.nan
        if len(kept) == 1:
            self.n_members_, self.warnings_, self.stopped_ = 0, [], ""
            self.warnings_.append(f"the target has one class, {quoted(kept[0])}")
            self.bags_, self.shares_ = [], ()
            self.stop_reason_, self.n_iter_ = "", 0
            self._bag_specs(len(y), 2), self._jobs()  # are they in range?
            return
        inputs = self._encode_inputs(given, weights)
        data = self._fit(inputs, indices, len(kept), watch, checkpoint)
        self._calibrate(data)

    def fit_stored(
        self,
        stored: StoredRows | StoredShards,
        preprocessor: Preprocessor,
        n_classes: int,
        *,
        callback: Callback | None = None,
        checkpoint: Checkpoint = None,
        started: float | None = None,
    ) -> Self:
        """Learn from encoded rows in a file, see `EnsembleModel.fit_stream`.

        Parameters
        ----------
        stored : StoredRows or StoredShards
            The rows, their targets the indices of classes.
        preprocessor : Preprocessor
            How they were encoded.
        n_classes : int
            How many classes there are.
        callback, checkpoint
            As for `fit`; the callback is called after each buffer.
        started : float, optional
            When, of `time.monotonic`, the time limit began; by default now.

        Returns
        -------
        TabularClassifier
            The estimator itself, with the classes 0, 1, ….
        """
        self._set_deadline(checkpoint, started)
        self.classes_ = np.arange(n_classes)
        self.linear_ = None
        self.validation_loss_ = math.nan
        self._calibrate(
            self._fit_stored(stored, preprocessor, n_classes, callback, checkpoint)
        )
        self._warn_if_late()
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of each row.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows, with the columns of the training in any order.

        Returns
        -------
        ndarray of shape (rows,)
            The most probable class.

        Raises
        ------
        DataError
            If a column is missing or holds another kind of value than at training.
        """
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class for each row.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.

        Returns
        -------
        ndarray of shape (rows, n_classes), float64
            In the order of `classes_`; each row sums to 1.

        Raises
        ------
        DataError
            As `predict`.
        """
        check_is_fitted(self)
        if not self.n_members_:
            return np.ones((len(self._table(X)), 1))
        return self._predict_rows(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose class is predicted.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.
        y : array-like of shape (rows,) or str
            The class of each row, or the name of the column of X that holds it.
        sample_weight : array-like of shape (rows,), optional
            How much each row counts.

        Returns
        -------
        float
        """
        rows, known = self._rows_to_score(X, y)
        return float(super().score(rows, known, sample_weight))

    def _mix(self, data: Examples) -> NDArray[np.float64]:
        """Return the probabilities of encoded rows."""
        parts = [
            softmax(bag.sharpness * outputs, axis=-1).mean(axis=0)
            for bag, outputs in zip(self.bags_, self._outputs(data), strict=True)
        ]
        if self.linear_ is not None:
            parts.append(
                softmax(
                    self.linear_.outputs(data, self.preprocessor_.level_starts), axis=1
                )
            )
        return mixed(parts, self.shares_)

    def _target_facts(
        self, labels: Sequence[Any] | None
    ) -> tuple[Sequence[Any] | None, TargetScale | None]:
        """Return the classes."""
        return (self.classes_.tolist() if labels is None else labels), None

    def _calibrate(self, data: Examples) -> None:
        """Fit sharpness and shares on predictions for rows that were not seen."""
        y, w = target_of(data).astype(np.int64), data.w.astype(np.float64)
        n_bags = len(self.bags_)
        self.shares_ = (*[1.0 / n_bags] * n_bags, 0.0)
        parts = []
        for number, (rows, outputs) in enumerate(self._held_out):
            if not len(rows):
                return
            sharpness = fit_sharpness(outputs, y[rows], w[rows])
            self.bags_[number] = replace(self.bags_[number], sharpness=sharpness)
            right = right_probabilities(outputs, y[rows], sharpness)
            parts.append(mean_by_row(rows, right[:, None], len(y))[:, 0])
        linear = self._fit_linear(data, len(self.classes_))
        if linear is not None:
            parts.append(linear.unseen)
        known = np.isfinite(parts).all(axis=0)
        if not known.any():
            return
        found, w = np.stack(parts)[:, known], w[known]
        shares = fit_mixture(found, w)
        self.validation_loss_ = mean_log_loss(mixed(found, shares), w)
        if linear is not None and shares[-1] > _NOTHING:
            self.linear_, self.shares_ = linear.model, shares
            return
        ours = np.array(shares[:n_bags])
        self.shares_ = (*(ours / ours.sum()).tolist(), 0.0)

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        saving.check_fitted(self)
        facts = saving.class_facts(self.classes_, self.shares_)
        return ("tabular classifier", *saving.to_saved(self, facts))

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> Self:
        """Return the classifier of a file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError
            If they are not a classifier's, or do not belong together.
        """
        model, task = saving.from_saved(cls(), header, arrays)
        facts = saving.converted(task, saving.ClassFacts)
        model.classes_ = saving.labels_of(facts)
        model.shares_ = facts.shares
        saving.finish_saved(model, arrays, len(model.classes_))
        if (len(model.classes_) > 1) != (model.n_members_ > 0):
            raise FileFormatError("the classes and the members do not belong together")
        return model


def _is_missing(cell: Any) -> bool:
    """Tell whether a cell is None, NaN, NaT, or NA, which compares to nothing."""
    try:
        return cell is None or bool(cell != cell)  # noqa: PLR0124
    except TypeError:
        return True


def _unmixed(y: Any) -> Any:
    """Return the target, after checking that text and numbers are not mixed."""
    # NumPy makes text of everything in a list that holds text.
    cells = np.array(y, object) if isinstance(y, (list, tuple)) else np.asarray(y)
    if cells.dtype.kind == "f":
        assert_all_finite(cells, input_name="y")
    if cells.dtype != object or cells.ndim != 1:
        return y
    is_text = np.array([isinstance(cell, str) for cell in cells])
    missing = np.array([_is_missing(cell) for cell in cells], bool)
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        message = "the target must have a value in every row, got NaN in"
        raise DataError(f"{message} {row_from_1(row + 1)}: Input y contains NaN")
    if is_text.any() and not is_text.all():
        row = int(np.flatnonzero(is_text != is_text[0])[0])
        message = "the target must be all text or all numbers, got"
        raise DataError(
            f"{message} {cells[0]!r} in row 1 and {cells[row]!r} in "
            f"{row_from_1(row + 1)}"
        )
    return cells.astype(str) if is_text.all() and len(cells) else y
