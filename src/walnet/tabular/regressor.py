"""The regressor for tables."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.validation import check_is_fitted

from walnet.engine.blas import single_blas_thread
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError, FileFormatError, HyperparameterError
from walnet.tabular import saving
from walnet.tabular.base import BaseTabular, Checkpoint
from walnet.tabular.columns.beyond import beyond_training
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.columns.shards import StoredShards
from walnet.tabular.ensemble.bag import blocks_of, mean_by_row, mixed
from walnet.tabular.ensemble.calibration import fit_shares, half_width, opened
from walnet.tabular.ensemble.intervals import Intervals, fit_slopes, possible_range
from walnet.tabular.ensemble.spread import Spread, fit_spread, new_inputs, parts_of
from walnet.tabular.ensemble.target_probe import TargetProbe
from walnet.tabular.ensemble.target_scale import (
    TargetScale,
    has_heavy_tail,
    logarithm_of,
)
from walnet.tabular.rows import rows_to_learn, take, target_of
from walnet.tabular.table_input import PerRow
from walnet.tabular.watching import Callback, EnsembleWatch

if TYPE_CHECKING:
    from walnet.tabular.inputs_to_learn import InputsToLearn

_NOTHING = 0.005  # a share of the partner that is not worth computing
_PROBED_NUMBERS = 4  # columns by which the time for all of them is measured


class TabularRegressor(RegressorMixin, BaseTabular):
    r"""An ensemble of networks that learns a number from a table as it is.

    Columns may be numbers, text, booleans and dates, with values missing; nothing needs
    to be scaled, filled in or encoded, the target neither.

    Parameters
    ----------
    preset : {"fast", "balanced", "best"}, default "balanced"
        How much work is put in.
    time_limit : float, optional
        Seconds that `fit` may take, from reading the table to the intervals. The
        schedule of the training is shortened to end in time; a note says by how much
        it was passed, where the table alone takes as long.
    members : int, optional
        How many networks are averaged, instead of the preset's number.
    max_iter : int, optional
        Epochs: passes of each member over its rows, instead of the preset's number.
    recipe : mapping of str to value, or a list of them, optional
        Hyper-parameters instead of the preset's, such as `tune` finds: hidden_layers,
        activation, numbers, batch_norm, and settings of `walnet.Settings`:
        optimizer, learning_rate, batch_size, dropout, weight_decay, patience, cost and
        more. The cost is that of the standardised target, of mean 0 and deviation 1:
        "mae", "huber" or "quantile", with cost_parameter; or a pair of functions of (y,
        y_pred), both of shape (rows, 1): the cost of each row, (rows,), and its
        derivative, (rows, 1). With patience or stop_accuracy a member stops, and takes
        its best parameters, by the rows that it does not see; `loss_` is then a little
        too good. One mapping makes one bag of all members; a list has one for each bag.
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
    n_features_in_ : int
        Columns at training.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if they had any.
    n_members_ : int
        Networks that are averaged.
    mean_, deviation_ : float
        Of the target, or of its logarithm where that is learned.
    logarithm_ : Logarithm or None
        What is learned instead of a target with a heavy tail.
    range_ : tuple of float
        Least and largest answer: those of the target, but an end is farther out by
        the target's range where the linear model is right beyond its rows.
    bags_ : list of Bag
        The networks, those of one recipe in one bag.
    shares_ : tuple of float
        The share of each bag in a prediction, and last that of the linear model; what
        they lack to 1 is the mean's.
    linear_ : LinearModel or None
        The linear model, if it has a share.
    residuals_ : ndarray, float64
        How far predictions of members that had not seen a row were off, each over the
        spread of its row, sorted; where the logarithm is learned, of logarithms.
    intervals_ : Intervals
        How wide the interval of a row is beside the others', and where it ends.
    warnings_ : list of str
        What was noticed: columns that are left out, and why.
    validation_loss_ : float
        Root mean squared error of the members' predictions for rows that they have not
        seen, in the target's unit, whatever their cost; NaN where there is none.
    n_iter_ : int
        Epochs of the member that had most of them; not known after loading.
    stopped_ : str
        Why the training was ended early, in a sentence; empty if it was not.
    stop_reason_ : str
        Why it ended, in a word: max_iter (all epochs are done), time_limit,
        callback or interrupted; empty where nothing was trained.

    See Also
    --------
    TabularClassifier : The same for classes.

    Notes
    -----
    The members are those of `TabularClassifier`, with the activation Mish and the
    squared error of the standardised target. With another cost, all bags have the same
    share and there is no linear model: both are fitted by the squared error, and would
    draw a median or a quantile towards the mean.

    Where the target has a heavier tail than an exponential one (its kurtosis is above
    9), such as prices over several orders of magnitude, four small networks learn it,
    and four its logarithm (`logarithm_`), for about a second on at most 1,500 rows.
    Where the logarithm is clearly better for rows that they had not seen, in the
    target's own unit, the ensemble learns it, and `warnings_` says so: the mean
    absolute error has to be smaller in each of four parts of the rows, and its ratio
    times that of the mean squared errors at most 0.9. The cost is then one of
    standardised logarithms; a quantile stays a quantile. Where the cost is a pair of
    functions, which may mean the target's unit, no logarithm is learned, nor of rows
    that are read in blocks (see `EnsembleModel.fit_stream`).

    A linear model may be right beyond the numbers of the training, as networks are not.
    Where one that is fitted to all rows but the tenth with the highest predictions is
    right about these, answers may be higher than any number of the training, by the
    width of their range; so with the lowest.

    Examples
    --------
    >>> size = np.linspace(0, 1, 40)
    >>> model = TabularRegressor(preset="fast").fit({"size": size}, 1e6 + 3 * size)
    >>> bool(abs(model.predict({"size": [0.5]})[0] - 1000001.5) < 0.2)
    True
    """

    _classes = False

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
            The number of each row, or the name of the column of X that holds it; then
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
        TabularRegressor
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
        y = _numbers(y)
        weights = given.weights(y)
        # Sorted, so that the sums do not depend on the order of the rows.
        known = np.sort(y[rows_to_learn(weights)[0]])
        self._scale = TargetScale.of(known)
        inputs = self._encode_inputs(given, weights)
        note = self._choose_logarithm(inputs, y, known)
        data = self._fit(inputs, self._scale.learned(y), 1, watch, checkpoint)
        self._calibrate(data)
        self.warnings_ += note

    def _choose_logarithm(
        self, inputs: InputsToLearn, y: NDArray[np.float64], known: NDArray[np.float64]
    ) -> list[str]:
        """Learn the logarithm of the target where that proves better; return a note."""
        found, specs = logarithm_of(known), self._bag_specs(len(inputs.rows), 1)
        if found is None or any(each.recipe.own_cost is not None for each in specs):
            return []
        usual, other = self._scale, TargetScale.of(known, found)
        data, together, rows = inputs.with_target(other.learned(y))
        first = specs[0]
        probe = TargetProbe(
            self.preprocessor_,
            first.recipe,
            first.epochs,
            self._jobs(),
            self._deadline,
        )
        gain = probe.gain(data, together, y[rows], (usual, other))
        if gain is None:
            return []
        self._scale = other
        note = (
            f"the target has a heavy tail: its logarithm is learned, {found}, with "
            f"which errors for rows that networks had not seen were {1 - gain:.0%} "
            "smaller; predictions are nearer to the median than to the mean"
        )
        return [note]

    @property
    def _scale(self) -> TargetScale:
        """How the target is learned."""
        return TargetScale(self.mean_, self.deviation_, self.range_, self.logarithm_)

    @_scale.setter
    def _scale(self, scale: TargetScale) -> None:
        self.mean_, self.deviation_ = scale.mean, scale.deviation
        self.range_, self.logarithm_ = scale.range, scale.logarithm

    def fit_stored(
        self,
        stored: StoredRows | StoredShards,
        preprocessor: Preprocessor,
        target: tuple[float, float, float, float],
        *,
        callback: Callback | None = None,
        checkpoint: Checkpoint = None,
        started: float | None = None,
    ) -> Self:
        """Learn from encoded rows in a file, see `EnsembleModel.fit_stream`.

        Parameters
        ----------
        stored : StoredRows or StoredShards
            The rows, their targets standardised.
        preprocessor : Preprocessor
            How they were encoded.
        target : tuple of float
            Mean and deviation of the target, its least and largest value.
        callback, checkpoint
            As for `fit`; the callback is called after each buffer.
        started : float, optional
            When, of `time.monotonic`, the time limit began; by default now.

        Returns
        -------
        TabularRegressor
            The estimator itself.
        """
        self._set_deadline(checkpoint, started)
        mean, deviation, least, most = target
        self._scale = TargetScale(mean, deviation, (least, most))
        apart = self._fit_stored(stored, preprocessor, 1, callback, checkpoint)
        self._calibrate(apart)
        self._warn_if_late()
        if has_heavy_tail(target_of(apart).astype(np.float64)):
            self.warnings_.append(
                "the target has a heavy tail; of rows that are read in blocks, it is "
                "learned as it is: consider a column with its logarithm as the target"
            )
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the number of each row.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows, with the columns of the training in any order.

        Returns
        -------
        ndarray of shape (rows,), float64
            The predictions, in the target's unit.

        Raises
        ------
        DataError
            If a column is missing or holds another kind of value than at training.
        """
        check_is_fitted(self)
        return self._predict_rows(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² of the predictions.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.
        y : array-like of shape (rows,) or str
            The number of each row, or the name of the column of X that holds it.
        sample_weight : array-like of shape (rows,), optional
            How much each row counts.

        Returns
        -------
        float
        """
        rows, known = self._rows_to_score(X, y)
        return float(super().score(rows, known, sample_weight))

    def _mix(self, data: Examples) -> NDArray[np.float64]:
        """Return the predictions of encoded rows."""
        parts = [outputs[:, :, 0].mean(axis=0) for outputs in self._outputs(data)]
        if self.linear_ is not None:
            parts.append(
                self.linear_.outputs(data, self.preprocessor_.level_starts)[:, 0]
            )
        return self._scale.in_unit(mixed(parts, self.shares_))

    def predict_interval(
        self, X: Any, coverage: float = 0.9
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return an interval for each row that holds the true number, mostly.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.
        coverage : float, default 0.9
            The share of new rows, in (0, 1), whose number is to be in the interval.

        Returns
        -------
        low, high : ndarray of shape (rows,), float64
            The ends of the intervals.

        Raises
        ------
        HyperparameterError
            If the coverage is outside its range.
        DataError
            As `predict`, and if every member saw every row.

        Notes
        -----
        Predictions ± a quantile of the errors that the mixture of bags made on rows of
        the training, each bag by the members that had not seen the row; every row
        counts once, whatever its weight. Those are fewer members than a prediction for
        a new row has, which makes the intervals rather wider than they need be. Where
        the logarithm is learned, so are the errors: an interval then reaches farther up
        than down, or farther away from the centre.

        An interval is as wide as its row deserves: errors are divided by a spread that
        is learned from those of other parts of the rows, by columns and prediction, if
        that is better than one width for all. It holds no number that the training
        shows to be none of the target's: prices and counts are never negative. For a
        row with numbers beyond the range at training (see `drift`), it is wider: by
        twice as much as the target would change if it went on as steeply, at most by
        its whole range.
        """
        if not 0 < coverage < 1:
            message = f"coverage must be between 0 and 1, got {coverage!r}"
            raise HyperparameterError(message)
        check_is_fitted(self)
        if not len(self.residuals_):
            message = "intervals need rows that members have not seen; train again"
            raise DataError(message)
        table = self._table(X)
        answers, found, scale = self.predict(table), self.intervals_, self._scale
        data = self._encoded(table)
        middle, scaled, start = scale.bent(answers), scale.learned(answers), 0
        half = np.full(len(middle), half_width(self.residuals_, coverage))
        for block in blocks_of(data):
            rows = slice(start, start + len(block.Y))
            half[rows] *= found.relative(block, scaled[rows])
            start = rows.stop
        further = found.further(beyond_training(self.preprocessor_, table))
        lowest, highest = scale.bent_range()
        most = (highest - lowest) / (self.deviation_ or 1.0)
        further = np.minimum(further, most) * self.deviation_
        low, high = found.ends(middle, half, further, scale.bent_zero())
        return scale.unbent(low), scale.unbent(high)

    def _target_facts(
        self,
        labels: Sequence[Any] | None,  # noqa: ARG002 - as of a classifier
    ) -> tuple[Sequence[Any] | None, TargetScale | None]:
        """Return how the target is scaled."""
        return None, self._scale

    def _calibrate(self, data: Examples) -> None:
        """Fit shares and intervals on predictions for rows that were not seen."""
        n_bags = len(self.bags_)
        self.shares_, self.linear_ = (*[1.0 / n_bags] * n_bags, 0.0), None
        self.residuals_, self.validation_loss_ = np.empty(0), math.nan
        self.intervals_ = Intervals(None, None, np.empty(0))
        y, w = target_of(data).astype(np.float64), data.w.astype(np.float64)
        parts = [mean_by_row(*pair, len(y))[:, 0] for pair in self._held_out]
        squares = all(bag.recipe.is_least_squares for bag in self.bags_)
        linear = self._fit_linear(data, 0) if squares else None
        if linear is not None:
            parts.append(linear.unseen)
        known = np.isfinite(parts).all(axis=0)
        if not known.any():
            return
        rows = np.flatnonzero(known)
        found, y, w = np.stack(parts)[:, known], y[known], w[known]
        if squares:
            shares = fit_shares(found, y, w)
            if linear is not None and shares[-1] > _NOTHING:
                self.linear_, self.shares_ = linear.model, shares
                self.range_ = opened(self.range_, linear.extrapolates)
            else:
                self.shares_ = (*shares[:n_bags], 0.0)
        scale = self._scale
        middle, y = scale.in_unit(mixed(found, self.shares_)), scale.in_unit(y)
        off = np.abs(middle - y)
        self._fit_intervals(
            data, rows, middle, np.abs(scale.bent(middle) - scale.bent(y))
        )
        most = max(float(off.max()), np.finfo(float).tiny)  # squares may overflow
        mean = float(np.average((off / most) ** 2, weights=w))
        self.validation_loss_ = math.sqrt(mean) * most

    def _seconds_after(self, data: Examples) -> float:
        """Return how long intervals take, by a few columns."""
        n_numbers = self.preprocessor_.n_numbers
        few = min(n_numbers, _PROBED_NUMBERS)
        started = time.monotonic()
        fit_slopes(data, few)
        return (time.monotonic() - started) * n_numbers / max(few, 1)

    def _fit_intervals(
        self,
        data: Examples,
        rows: NDArray[np.int64],
        middle: NDArray[np.float64],
        off: NDArray[np.float64],
    ) -> None:
        """Fit intervals on rows, predictions for them and how far off these are."""
        scale = self._scale
        with single_blas_thread():
            spread, of_rows = self._fit_spread(data, rows, scale.learned(middle), off)
        self.residuals_ = np.sort(off / of_rows)
        all_y = np.sort(scale.bent(scale.in_unit(target_of(data).astype(np.float64))))
        self.intervals_ = Intervals(
            spread,
            possible_range(all_y, scale.bent_range(), scale.bent_zero()),
            fit_slopes(data, self.preprocessor_.n_numbers),
        )

    def _fit_spread(
        self,
        data: Examples,
        rows: NDArray[np.int64],
        middle: NDArray[np.float64],
        off: NDArray[np.float64],
    ) -> tuple[Spread | None, NDArray[np.float64]]:
        """Fit how wide intervals are, by parts of the rows that were not seen."""
        folds = [
            each.unseen for each in self._ensemble.bags[0][: self._plan.specs[0].folds]
        ]
        n_numbers = self.preprocessor_.n_numbers
        inputs = new_inputs(self.preprocessor_.level_starts, n_numbers, middle)
        part = parts_of(folds, len(data.Y), rows)
        return fit_spread(inputs, take(data, rows), middle, off, part)

    def to_saved(self) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what a model file holds: the kind of model, a header and arrays."""
        saving.check_fitted(self)
        found = self.intervals_
        facts = saving.NumberFacts(
            self.mean_,
            self.deviation_,
            self.range_,
            self.shares_,
            found.possible,
            self.logarithm_,
        )
        header, arrays = saving.to_saved(self, facts)
        arrays |= {"residuals": self.residuals_} | found.to_arrays()
        return "tabular regressor", header, arrays

    @classmethod
    def from_saved(
        cls, header: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> Self:
        """Return the regressor of a file, trusting neither header nor arrays.

        Raises
        ------
        FileFormatError
            If they are not a regressor's, or do not belong together.
        """
        model, task = saving.from_saved(cls(), header, arrays)
        facts = saving.converted(task, saving.NumberFacts)
        model.mean_, model.deviation_ = facts.mean, facts.deviation
        model.range_, model.logarithm_ = facts.range, facts.logarithm
        model.shares_ = facts.shares
        model.residuals_ = arrays.get("residuals", np.empty(0))
        saving.finish_saved(model, arrays, 1)
        if not model.n_members_ or model.residuals_.ndim != 1:
            raise FileFormatError("the regressor has no members")
        pre = model.preprocessor_
        model.intervals_ = Intervals.from_arrays(arrays, facts.possible, pre)
        return model


def _numbers(y: Any) -> NDArray[np.float64]:
    """Return a target of finite numbers."""
    try:
        y = column_or_1d(y, warn=True)
        numbers = np.asarray(y, np.float64)
    except (TypeError, ValueError) as error:
        if "Complex" in str(error) or "1d" in str(error):
            raise
        raise DataError(f"the target must hold numbers: {error}") from error
    assert_all_finite(numbers, input_name="y")
    return numbers
