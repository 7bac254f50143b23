"""What the two estimators have in common: an ensemble is trained, and predicts."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from walnet.engine.arrays import check_answers
from walnet.engine.blas import single_blas_thread
from walnet.engine.driver import BY_CTRL_C
from walnet.engine.kernels.types import Examples
from walnet.errors import DataError, warn_caller
from walnet.estimators.callbacks import CallbackSupportMixin
from walnet.estimators.parameters import own_callbacks
from walnet.estimators.progress import Progress
from walnet.inspection.encoded import EncodedRows
from walnet.tables import Table
from walnet.tables.options import ReadOptions
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.row_store import StoredRows
from walnet.tabular.columns.shards import StoredShards
from walnet.tabular.ensemble.bag import Bag, blocks_of, outputs_of_bags
from walnet.tabular.ensemble.distributed import train_shards
from walnet.tabular.ensemble.job import Reads
from walnet.tabular.ensemble.linear import LinearModel, Measured, fit_linear
from walnet.tabular.ensemble.out_of_core import train_stored
from walnet.tabular.ensemble.plan import EnsemblePlan
from walnet.tabular.ensemble.result import Ensemble, whole_bags
from walnet.tabular.ensemble.screened import screened, screened_store
from walnet.tabular.ensemble.time_limit import fit_to_time
from walnet.tabular.ensemble.training import train_ensemble
from walnet.tabular.inputs_to_learn import InputsToLearn, inputs_to_learn
from walnet.tabular.parameters import (
    NOT_GIVEN,
    at_least_one,
    check_no_time_limit,
    current,
    jobs_of,
    seconds_of,
    seed_of,
    warn_of_former_names,
)
from walnet.tabular.recipes.presets import (
    BagSpec,
    bag_specs,
    with_members,
    with_recipes,
)
from walnet.tabular.recipes.recipe import Widths
from walnet.tabular.rows import new_rows
from walnet.tabular.table_input import RowsToLearn, TableInput
from walnet.tabular.watching import Callback, EnsembleWatch
from walnet.waiting import known_wait, waiting_for
from walnet.words import count

if TYPE_CHECKING:
    from walnet.tabular.ensemble.target_scale import TargetScale
    from walnet.tracing.explanation import Explanation

_FEW_EPOCHS, _NEARLY_DONE = 10, 0.95
_LIMIT = "the time limit"
_LATE, _LATE_SECONDS = 0.05, 0.1  # of a time limit, that nobody minds
_ONLY_HERE = ("_ensemble", "_plan", "_reads", "_deadline", "course_")
Checkpoint = str | PathLike[str] | None


class BaseTabular(CallbackSupportMixin, TableInput, ABC):
    """An ensemble of networks for tables; see `TabularClassifier`."""

    _classes: bool
    preprocessor_: Preprocessor
    n_members_: int
    bags_: list[Bag]
    shares_: tuple[float, ...]
    linear_: LinearModel | None
    warnings_: list[str]
    stopped_: str
    _deadline: float | None
    _reads: Reads | None = None
    stop_reason_: str
    n_iter_: int
    validation_loss_: float
    _parameter_constraints: ClassVar[dict[str, Any]] = {}  # checked where they are used

    def __init__(
        self,
        *,
        preset: str = "balanced",
        time_limit: float | None = None,
        members: int | None = None,
        max_iter: int | None = None,
        recipe: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        random_state: Any = 0,
        n_jobs: int | None = -1,
        callbacks: Callback | Sequence[Callback] | None = None,
        verbose: bool | int = False,
        epochs: Any = NOT_GIVEN,
        threads: Any = NOT_GIVEN,
    ) -> None:
        self.preset = preset
        self.time_limit = time_limit
        self.members = members
        self.max_iter = max_iter
        self.recipe = recipe
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.callbacks = callbacks
        self.verbose = verbose
        self.epochs = epochs
        self.threads = threads

    @property
    def loss_(self) -> float:
        """The former name of `validation_loss_`."""
        warn_caller(
            "loss_ will be removed, for it is no training loss as of other estimators; "
            "it is now validation_loss_",
            FutureWarning,
        )
        return self.validation_loss_

    @contextmanager
    def _watched(
        self, callback: Callback | None, *data: Any
    ) -> Iterator[EnsembleWatch]:
        """Yield what is called while the block trains, and show it where asked."""
        warn_of_former_names(self, callback)
        callbacks = own_callbacks(self.callbacks)
        callbacks += [] if callback is None else [callback]
        what = f"{type(self).__name__} learns (verbose=True shows how far)"
        with (
            known_wait() if self.verbose else waiting_for(what),
            Progress(self.verbose, 1) as progress,
        ):
            watch = EnsembleWatch(self, callbacks, progress, data)
            yield watch
        watch.end()

    def __sklearn_tags__(self) -> Any:
        """Say that missing values and text are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        return tags

    def drift(self, X: Any) -> list[str]:
        """Return in which way rows differ from those of the training.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.

        Returns
        -------
        list of str
            Sentences about levels that training did not see, values that are missing
            where none were, numbers far outside the range, and columns of which all
            rows, or many more than chance brings, are beyond it.
        """
        check_is_fitted(self)
        table = self._table(X)
        return self.preprocessor_.drift(table) if self.n_members_ else []

    def explain(
        self,
        X: Any,
        row: int = 0,
        *,
        y: Any = None,
        member: int | None = None,
        iteration: bool = False,
        target: str | None = None,
        labels: Sequence[Any] | None = None,
        **options: Any,
    ) -> Explanation:
        """Return the arithmetic of one row's prediction.

        One of the networks is written out in full, with the bits of its prediction;
        how all of them make the answer follows after it.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows.
        row : int, default 0
            The index of the row, counted from 0; what is printed counts rows from 1,
            as the command line does.
        y : array-like of shape (rows,), optional
            The class or the number of each row, as far as that is known.
        member : int, optional
            Which network, counted from 1; by default the one whose answer is nearest
            to the mean of all.
        iteration : bool, default False
            Whether one iteration of training of that network on the row follows, if y
            is given: cost, back-propagation and update, by a constant learning rate.
        target : str, optional
            What the target is called.
        labels : sequence, optional
            What the classes are called, instead of what they are.
        **options
            Settings of that iteration, such as ``learning_rate=0.1``.

        Returns
        -------
        Explanation

        Raises
        ------
        DataError
            If the row does not fit, or there is no network to look into.
        HyperparameterError
            If there is no such row or network.
        """
        # What writes formulas is loaded when one is asked for.
        from walnet.tabular.explanation import Facts, explain_row
        from walnet.tracing.explanation import check_row

        check_is_fitted(self)
        if not self.n_members_:
            raise DataError("there is no network: the target had one class at training")
        table = self._table(X)
        at = check_row(row, len(table))
        facts = Facts(
            self.preprocessor_,
            self.bags_,
            self.shares_,
            self.linear_,
            *self._target_facts(labels),
            target,
        )
        one = table.take(np.array([at]))
        how = options if iteration else None
        original = None if y is None else _cell(y[at])
        return explain_row(facts, one, at, original, member, how)

    @abstractmethod
    def _target_facts(
        self, labels: Sequence[Any] | None
    ) -> tuple[Sequence[Any] | None, TargetScale | None]:
        """Return the classes, or how a number is scaled."""

    def _table(self, X: Any) -> Table:
        """Return new rows as a table, each column of the kind it was at training."""
        known = self.preprocessor_.read_options if self.n_members_ else ReadOptions()
        return self._read_new_rows(X, known)

    def _encode_inputs(
        self, given: RowsToLearn, weights: NDArray[np.float64]
    ) -> InputsToLearn:
        """Fit the encoders to a table; return its rows that are learned from."""
        self.preprocessor_, inputs = inputs_to_learn(given, weights)
        return inputs

    def _fit(
        self,
        inputs: InputsToLearn,
        y: NDArray[Any],
        n_outputs: int,
        watch: EnsembleWatch,
        checkpoint: Checkpoint,
    ) -> Examples:
        """Train the ensemble on encoded targets; return the rows it learned from."""
        data, together, _ = inputs.with_target(y)
        specs = self._bag_specs(len(data.Y), n_outputs)
        plan = EnsemblePlan(specs, seed_of(self.random_state), self._jobs())
        self.preprocessor_, data, together, self._reads = screened(
            self.preprocessor_, data, plan, together, n_outputs
        )
        widths = self.widths(n_outputs)
        if self._deadline is not None:
            after = self._seconds_after(data)
            left = self._deadline - after - time.monotonic()
            plan = fit_to_time(widths, data, plan, left)
        watch.begin(len(plan.members))
        trained = train_ensemble(
            widths,
            data,
            plan,
            together,
            reads=self._reads,
            callback=watch,
            checkpoint=checkpoint,
        )
        self._store(widths, plan, trained)
        self.note_first(inputs.notes)
        self.stop_reason_ = _reason(trained, in_full=plan.specs == specs)
        self._warn_if_short(specs, plan, trained)
        return data

    def _fit_stored(
        self,
        stored: StoredRows | StoredShards,
        preprocessor: Preprocessor,
        n_outputs: int,
        callback: Callback | None,
        checkpoint: Checkpoint,
    ) -> Examples:
        """Train on rows in a file; return those that were kept apart."""
        self.preprocessor_, self._reads = preprocessor, None
        self.n_features_in_ = len(preprocessor.names)
        self.feature_names_in_ = np.array(preprocessor.names, object)
        if isinstance(stored, StoredRows):
            self.preprocessor_ = screened_store(preprocessor, stored, n_outputs)
        widths = self.widths(n_outputs)
        specs = self._bag_specs(stored.n_rows, n_outputs)
        # All of them read the same rows the same number of times.
        specs = tuple(replace(each, folds=0, epochs=specs[0].epochs) for each in specs)
        plan = EnsemblePlan(specs, seed_of(self.random_state), self._jobs())
        if self._deadline is not None and isinstance(stored, StoredRows):
            first = next(stored.buffers(plan.seed, 0, 1))
            left = self._deadline - time.monotonic()
            plan = fit_to_time(widths, first, plan, left, stored.n_rows)
        train: Any = train_shards if isinstance(stored, StoredShards) else train_stored
        trained = train(widths, stored, plan, callback=callback, checkpoint=checkpoint)
        self._store(widths, plan, trained)
        self.stop_reason_ = _reason(trained, in_full=plan.specs == specs)
        self._warn_if_short(specs, plan, trained)
        return stored.apart

    def _set_deadline(
        self, checkpoint: Checkpoint, started: float | None = None
    ) -> None:
        """Set when to have finished; `started` is the time, now if it is None."""
        self._deadline = None
        check_no_time_limit(checkpoint, self.time_limit)
        if self.time_limit is not None:
            started = time.monotonic() if started is None else started
            self._deadline = started + seconds_of(self.time_limit)

    def _store(self, widths: Widths, plan: EnsemblePlan, trained: Ensemble) -> None:
        """Store what was learned."""
        planned = len(plan.members)
        plan, trained = whole_bags(plan, trained)
        self.bags_ = [
            Bag(spec.recipe.learned, widths, np.stack([m.parameters for m in bag]))
            for spec, bag in zip(plan.specs, trained.bags, strict=True)
        ]
        self.n_members_ = sum(len(bag.parameters) for bag in self.bags_)
        self._ensemble, self._plan = trained, plan
        self.course_ = trained.course
        self.n_iter_ = max(
            round(spec.epochs * each.done)
            for spec, bag in zip(plan.specs, trained.bags, strict=True)
            for each in bag
        )
        self.warnings_ = list(self.preprocessor_.warnings)
        self.stopped_ = trained.stopped
        if trained.stopped:
            kept = f"{self.n_members_} of {count(planned, 'network')}"
            self.warnings_.append(
                f"{trained.stopped}: {kept} had begun and are kept, cooled down early"
            )

    def note_first(self, notes: list[str]) -> None:
        """Put what is to be known of the table before what was noticed in it.

        Parameters
        ----------
        notes : list of str
            Sentences, which are saved with the model.
        """
        self.warnings_[:0] = notes
        self.preprocessor_.warnings[:0] = notes

    def _warn_if_short(
        self, specs: tuple[BagSpec, ...], plan: EnsemblePlan, trained: Ensemble
    ) -> None:
        """Warn of a time limit that left little of what was to be learned."""
        epochs = max(each.epochs for each in plan.specs)
        short = epochs < min(_FEW_EPOCHS, *(each.epochs for each in specs))
        if trained.stopped or not (trained.done < _NEARLY_DONE or short):
            return
        message = (
            f"{_LIMIT} of {self.time_limit:g} s is short: a member learned "
            f"from its rows at most {count(epochs, 'time')}; allow more time"
        )
        self.warnings_.append(message)
        warn_caller(message, ConvergenceWarning)

    def _seconds_after(self, data: Examples) -> float:
        """Return the time to be kept for what follows the learning, but predictions."""
        del data
        return 0.0

    def _warn_if_late(self) -> None:
        """Say by how much the time limit was passed."""
        if self._deadline is None or not self.n_members_:
            return
        late = time.monotonic() - self._deadline
        if late <= max(_LATE * seconds_of(self.time_limit), _LATE_SECONDS):
            return
        message = (
            f"{_LIMIT} of {self.time_limit:g} s was passed by {late:.1f} s: to "
            "read, encode and measure the table cannot be cut short; allow more time, "
            "or give fewer rows or columns"
        )
        is_known = any(note.startswith(_LIMIT) for note in self.warnings_)
        self.warnings_.append(message)
        if not is_known:  # nobody needs to be warned of one limit twice
            warn_caller(message, ConvergenceWarning)

    def _bag_specs(self, n_rows: int, n_outputs: int) -> tuple[BagSpec, ...]:
        """Return the preset's bags, with what was set instead."""
        specs = bag_specs(self.preset, n_rows, n_outputs if self._classes else 0)
        specs = with_recipes(specs, self.recipe)
        if self.members is not None:
            specs = with_members(specs, at_least_one("members", self.members))
        max_iter = current(self, "max_iter")
        if max_iter is not None:
            epochs = at_least_one("max_iter", max_iter)
            specs = tuple(replace(each, epochs=epochs) for each in specs)
        return tuple(replace(each, folds=min(each.folds, n_rows)) for each in specs)

    def widths(self, n_outputs: int) -> Widths:
        """Return the widths of both ends of the members."""
        pre = self.preprocessor_
        return Widths(pre.n_numbers, pre.n_plain, pre.level_counts, n_outputs)

    def describe(self) -> dict[str, Any]:
        """Return what the ensemble is made of, for people to read.

        Returns
        -------
        dict
            Names and values; those of the training are missing after loading.
        """
        check_is_fitted(self)
        if not self.n_members_:
            return {"networks": 0}
        facts: dict[str, Any] = {
            "networks": self.n_members_,
            **{f"bag {n}": bag.describe() for n, bag in enumerate(self.bags_, 1)},
            "slopes of the activations": "one learned for each neuron",
            "parameters": f"{self.n_parameters:,} in all",
            "precision": str(self.bags_[0].parameters.dtype),
        }
        if hasattr(self, "_plan"):
            specs = self._plan.specs
            folds = dict.fromkeys(str(each.folds) for each in specs if each.folds > 1)
            seen = "all rows"
            if folds:
                seen += f" but one part in {', or '.join(folds)}"
            epochs = " and ".join(dict.fromkeys(str(each.epochs) for each in specs))
            facts |= {"epochs of each": epochs, "each learns from": seen}
            facts["batch size"] = self.bags_[0].recipe.settings.batch_size
        return facts

    @property
    def n_parameters(self) -> int:
        """How many parameters all members have together."""
        return sum(bag.parameters.size for bag in self.bags_)

    def _encoded(self, X: Any) -> Examples:
        """Return new rows as the members take them."""
        inputs, codes = self.preprocessor_.transform(self._table(X))
        nothing = np.zeros(len(inputs), np.float32)
        return new_rows(inputs, codes, nothing, nothing)

    @property
    def _held_out(self) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """For each bag, rows that members have not seen, and their outputs for them."""
        return [
            (
                np.concatenate([each.unseen for each in bag]),
                np.concatenate([each.outputs for each in bag]),
            )
            for bag in self._ensemble.bags
            if bag
        ]

    def _fit_linear(self, data: Examples, n_classes: int) -> Measured | None:
        """Fit the linear partner, measured by the parts that members have not seen."""
        folds = self._plan.specs[0].folds
        hidden = self._ensemble.hidden(folds, len(data.Y))
        starts, reads = self.preprocessor_.level_starts, None
        if self._reads is not None:
            reads = np.stack([self._reads[folds, part] for part in range(len(hidden))])
        deadline = self._deadline and self._deadline - self._seconds_after(data)
        with single_blas_thread():
            return fit_linear(data, starts, hidden, n_classes, deadline, reads)

    def _outputs(self, data: Examples) -> list[NDArray[np.float64]]:
        """Return the outputs of all members, (members, rows, outputs) for each bag."""
        return outputs_of_bags(self.bags_, data, self._jobs())

    def _jobs(self) -> int:
        """Return how many members learn, or predict, at the same time."""
        return jobs_of(current(self, "n_jobs"))

    def encode(self, X: Any) -> EncodedRows:
        """Return new rows as the members take them.

        Parameters
        ----------
        X : data frame, array-like, dict or path
            The rows, with the columns of the training in any order.

        Returns
        -------
        EncodedRows
            For `predict_encoded`.
        """
        pre = self.preprocessor_
        return EncodedRows(pre.transform(self._table(X)), pre.places())

    def predict_encoded(self, rows: EncodedRows) -> NDArray[np.float64]:
        """Return probabilities, or numbers in the target's unit, of encoded rows."""
        nothing = np.zeros(len(rows), np.float32)
        X, codes = rows.arrays
        blocks = blocks_of(new_rows(X, codes, nothing, nothing))
        return np.concatenate([self._mix(block) for block in blocks])

    @waiting_for("predicting")
    def _predict_rows(self, X: Any) -> NDArray[np.float64]:
        """Return the predictions of rows, computed some at a time."""
        blocks = blocks_of(self._encoded(X))
        answers = np.concatenate([self._mix(block) for block in blocks])
        check_answers(answers.reshape(len(answers), -1))
        return answers

    @abstractmethod
    def _mix(self, data: Examples) -> NDArray[np.float64]:
        """Return the predictions of encoded rows."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what only training needs."""
        state: dict[str, Any] = super().__getstate__()
        return {k: v for k, v in state.items() if k not in _ONLY_HERE}


def _reason(trained: Ensemble, *, in_full: bool) -> str:
    """Return why a training ended, in a word."""
    if trained.stopped:
        return "interrupted" if trained.stopped == BY_CTRL_C else "callback"
    return "max_iter" if in_full and trained.done >= 1 else "time_limit"


def _cell(value: Any) -> Any:
    """Return a class or a number without NumPy's type."""
    return value.item() if isinstance(value, np.generic) else value
