"""The search for hyper-parameters that suit one table better than the preset's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from walnet.cluster import jobs
from walnet.engine.driver import BY_CTRL_C
from walnet.errors import (
    DataError,
    DivergedError,
    HyperparameterError,
    check_whole_number,
)
from walnet.models.ensemble_model import EnsembleModel
from walnet.tables import Table, as_table, drop_unlabelled
from walnet.tables.target import ClassTarget, Target, Task, fit_target
from walnet.tabular.ensemble.training import EnsembleTraining
from walnet.tabular.recipes.options import PARAMETERS, estimator_parameters
from walnet.tabular.recipes.presets import bag_specs
from walnet.tuning.search_space import Space
from walnet.tuning.studies import (
    SignsOfLife,
    give_back,
    import_optuna,
    open_study,
    queue_again,
    silent_optuna,
)
from walnet.tuning.trial import OutOfTime, TrialJob, Tried, loss_of, run_apart
from walnet.waiting import waiting_for
from walnet.words import quoted

_COMMON = ("preset", "members", "epochs")
_APART = ("group", "time")
_REFUSED = {
    "recipe": "is what the search chooses",
    "time_limit": "is what the search chooses",
    "checkpoint": "is of one training; the study remembers the trials of a search",
}
_MORE_TRIALS = 3  # where the time is up and none has come through
_RANDOM_TRIALS = 8  # before the sampler learns from what was tried


@dataclass(frozen=True)
class Attempt:
    """One trial of a study.

    Attributes
    ----------
    number : int
        Its number in the study.
    state : str
        "complete", "pruned" (worse than the best one after some members), "running",
        "waiting" or "fail".
    loss : float
        Log-loss, or root mean squared error, for rows that members had not seen; NaN
        for a trial that did not complete.
    recipe : dict
        The hyper-parameters of the preset's first bag; the other bags are as they are:
        the recipe of `Tuning.model`'s estimator has all of them.
    seconds : float
        How long it took.
    """

    number: int
    state: str
    loss: float
    recipe: dict[str, Any]
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether it has come through, and has a loss."""
        return not math.isnan(self.loss)


@dataclass(frozen=True)
class Tuning:
    """What a search has found.

    Attributes
    ----------
    model : EnsembleModel
        The best model.
    best : Attempt
        The trial it is of.
    attempts : list of Attempt
        All trials of the study, from the best one; then those without a loss.
    queued_again : list of int
        Trials of workers that had died.
    stopped : str
        Why the search ended.
    default : Attempt or None
        The trial of the preset as it is, if it has come through.
    default_model : EnsembleModel or None
        Its model, to compare with; None as well if the search was interrupted before it
        was learned again.
    """

    model: EnsembleModel
    best: Attempt
    attempts: list[Attempt]
    queued_again: list[int]
    stopped: str
    default: Attempt | None = None
    default_model: EnsembleModel | None = None


@dataclass
class Search:
    """A search under way: what a callback sees, and how it ends it.

    Attributes
    ----------
    target : str
        The column.
    deadline : float or None
        When it is to be over, of `time.monotonic`.
    most : int or None
        How many trials this process runs.
    done : int
        How many it has run.
    best : float
        The least loss of the study so far; NaN before there is one.
    training : EnsembleTraining or None
        The trial under way.
    stopped : str
        Why the search is ended; empty while it is not.
    """

    target: str
    deadline: float | None
    most: int | None
    done: int = 0
    best: float = math.nan
    training: EnsembleTraining | None = None
    stopped: str = ""
    queued_again: list[int] = field(default_factory=list)
    models: dict[int, EnsembleModel] = field(default_factory=dict)

    def stop(self, reason: str) -> None:
        """End the search and keep the best model.

        Parameters
        ----------
        reason : str
            Why.
        """
        self.stopped = self.stopped or reason

    @property
    def finished(self) -> bool:
        """Whether the search is over."""
        return self._is_done() or bool(self.stopped)

    def _is_done(self) -> bool:
        return self.most is not None and self.done >= self.most

    def check_time(self, needed: float = 0.0) -> None:
        """End the search where there is no more time than is needed."""
        if self._is_done():
            self.stop(f"{self.done} trials done")
        if self.deadline is not None and time.monotonic() + needed > self.deadline:
            self.stop("the time is up")


def _space(fitted: Target, n_rows: int, options: dict[str, Any]) -> Space:
    """Return the space around the preset; settings leave the options and hold fast."""
    is_class = isinstance(fitted, ClassTarget)
    n_classes = len(fitted.labels) if isinstance(fitted, ClassTarget) else 0
    specs = bag_specs(options.get("preset", "balanced"), n_rows, n_classes)
    settings = [name for name in options if name not in (*PARAMETERS, *_APART)]
    fixed = {name: options.pop(name) for name in settings}
    estimator_parameters(fixed)  # are they settings?
    recipe = specs[0].recipe.changed(fixed)
    return Space(recipe, len(specs), is_class=is_class, fixed=fixed)


@waiting_for("searching for a recipe")
def tune(
    table: Any,
    target: str,
    *,
    seconds: float | None = 600.0,
    trials: int | None = None,
    storage: Any,
    study: str = "",
    task: Task | None = None,
    seed: int = 0,
    callback: Callable[[Search], object] | None = None,
    **options: Any,
) -> Tuning:
    """Search for the recipe that suits a table, and return the best model.

    The first trial is the preset as it is. Each further one is measured by the
    predictions of its networks for rows that they have not seen, and is stopped as soon
    as it is worse than the best one on several parts of the rows. Any number of
    processes may work on one study, and another process continues one that was killed:
    a trial that it left is run again.

    Parameters
    ----------
    table : Table, path, data frame, dict or ndarray
        The rows to learn from.
    target : str
        The column to be predicted.
    seconds : float, optional
        How long to look. The first trial of a study is shortened to fit.
    trials : int, optional
        How many trials this process runs at most.
    storage : str, path-like or Optuna's storage
        A file that remembers what was tried, or the URL of a database such as
        ``postgresql://…``; or a storage of Optuna's that is open already.
    study : str, optional
        The study's name in the storage; by default the target's.
    task : {"classification", "regression"}, optional
        By default it follows from the target's values.
    seed : int, default 0
        The source of all that is random, but for what the time ends.
    callback : callable, optional
        Called with the `Search` after each epoch and each trial.
    **options
        Parameters of the estimator but for `recipe`, `time_limit` and `random_state`;
        settings of its networks that the search does not choose, such as batch_size;
        `group` and `time`, see `EnsembleModel.fit`.

    Returns
    -------
    Tuning

    Raises
    ------
    DataError
        If the table cannot be learned from, or the study is one of other rows.
    HyperparameterError
        If an option is outside its range.
    """
    _check(seconds, trials, seed, options)
    known, notes = drop_unlabelled(as_table(table), target)
    fitted = fit_target(known[target], task)
    space = _space(fitted, len(known), options)
    deadline = None if seconds is None else time.monotonic() + seconds
    search = Search(target, deadline, trials)
    with silent_optuna():
        name = study or f"walnet: {target}"
        common = {key: options.get(key) for key in _COMMON} | {"seed": seed}
        common |= {key: options[key] for key in _APART if key in options} | space.fixed
        opened = open_study(storage, name, known, space.default, common)
        _check_trials(opened, name)
        runner = _Runner(opened, space, known, task, search, callback, seed, options)
        runner.run()
        best = best_of(opened)
        if best is None:
            raise DataError(f"no trial has come through: {search.stopped}; allow more")
        model, default = runner.model_of(best), runner.default()
        as_it_is = None
        if default is not None and runner.may_learn(default):
            as_it_is = runner.model_of(default)
        model.estimator.note_first(notes)
        attempts = leaderboard(opened)
    found = Tuning(model, best, attempts, search.queued_again, search.stopped)
    return replace(found, default=default, default_model=as_it_is)


def _check(
    seconds: float | None, trials: int | None, seed: int, options: dict[str, Any]
) -> None:
    """Raise an error for numbers outside their ranges."""
    if seconds is None and trials is None:
        raise HyperparameterError("a search needs a time or a number of trials")
    for name, value in (("seconds", seconds), ("trials", trials)):
        if value is not None and not value > 0:
            raise HyperparameterError(f"{name} must be above 0, got {value!r}")
    for name, reason in _REFUSED.items():
        if name in options:
            raise HyperparameterError(f"{name} {reason}")
    check_whole_number("seed", seed)


@dataclass
class _Runner:
    """Runs trials of a study until there is no more time."""

    study: Any
    space: Space
    table: Table
    task: Task | None
    search: Search
    callback: Callable[[Search], object] | None
    seed: int
    options: dict[str, Any]
    needed: float = 0.0  # seconds to learn models again that another process has

    @property
    def is_class(self) -> bool:
        """Whether the target is classes."""
        return self.space.is_class

    def run(self) -> None:
        """Run trials."""
        search, more = self.search, _MORE_TRIALS
        while more:
            search.queued_again += queue_again(self.study)
            self._note_best()
            search.check_time(self.needed)
            self._call_back()
            if search.stopped:
                if not math.isnan(search.best):
                    return
                more -= 1  # nothing has come through yet: something short may
            if jobs.sends_work():
                self._try_apart()
            else:
                self._try(self._ask())
                search.done += 1

    def _ask(self) -> Any:
        """Return a new trial."""
        # A sampler of its own for each trial: what it draws depends on the seed, on
        # the trial's number and on what was tried, not on which process tries it.
        # It is asked only when the trial's first parameter is.
        trial = self.study.ask()
        self.study.sampler = import_optuna().samplers.TPESampler(
            n_startup_trials=_RANDOM_TRIALS,
            multivariate=True,
            constant_liar=True,
            seed=self.seed + trial.number,
        )
        return trial

    def _try_apart(self) -> None:
        """Run as many trials as there are workers, each on one of them."""
        from joblib import effective_n_jobs

        search, n = self.search, effective_n_jobs(-1)
        if search.most is not None:
            n = min(n, search.most - search.done)
        asked = [self._ask_apart() for _ in range(n)]
        seconds = None
        if search.deadline is not None:
            seconds = max(search.deadline - time.monotonic() - self.needed, 0.0)
        is_first = math.isnan(search.best)
        calls = {
            trial.number: (self._job(recipe), seconds, is_first)
            for trial, recipe in asked
        }
        left = {trial.number: trial for trial, _ in asked}
        try:
            with ExitStack() as alive:
                for trial, _ in asked:
                    alive.enter_context(SignsOfLife(trial))
                for number, tried in jobs.answers(run_apart, calls, n, "trial"):
                    self._tell_tried(left.pop(number), tried)
                    self._call_back()
        finally:
            for trial in left.values():
                give_back(self.study, trial)

    def _ask_apart(self) -> tuple[Any, dict[str, Any]]:
        """Return a new trial and its recipe."""
        trial = self._ask()
        return trial, self.space.suggest(trial)

    def _tell_tried(self, trial: Any, tried: Tried) -> None:
        """Tell the study what came of a trial that a worker has run."""
        self.search.done += 1
        for number, loss in sorted(tried.losses.items()):
            trial.report(loss, number)
        self._tell(trial, tried.model, tried.seconds)

    def _try(self, trial: Any) -> None:
        """Run a trial and report the result to the study."""
        self.search.training, model, pruned = None, None, False
        started = time.monotonic()
        try:
            with SignsOfLife(trial):
                job = self._job(self.space.suggest(trial))
                model = job.learn(_Watch(trial, self))
                self._end_by_ctrl_c(model)
        except import_optuna().TrialPruned:
            pruned = True
        except (DivergedError, OutOfTime):
            model = None
        self._tell(trial, model, time.monotonic() - started, pruned=pruned)

    def _tell(
        self,
        trial: Any,
        model: EnsembleModel | None,
        seconds: float,
        *,
        pruned: bool = False,
    ) -> None:
        """Tell the study what came of a trial, and keep its model if it is the best."""
        states = import_optuna().trial.TrialState
        loss = math.nan if model is None else model.estimator.validation_loss_
        state = states.PRUNED if pruned else states.FAIL
        if math.isfinite(loss):
            state = states.COMPLETE
        trial.set_user_attr("seconds", round(seconds, 3))
        try:
            self.study.tell(trial, loss if state == states.COMPLETE else None, state)
        except (ValueError, RuntimeError):
            return  # considered dead while it was suspended: another process runs it
        if model is not None and state == states.COMPLETE:
            self._keep(trial.number, model)

    def _keep(self, number: int, model: EnsembleModel) -> None:
        """Keep the model of a trial, if it is one of those that will be asked for."""
        asked = {each.number for each in (best_of(self.study), self.default()) if each}
        models = {**self.search.models, number: model}
        self.search.models = {n: each for n, each in models.items() if n in asked}

    def default(self) -> Attempt | None:
        """Return the first trial of the preset as it is that has come through."""
        recipe = self.space.changes(self.space.default)
        found = [
            each
            for each in leaderboard(self.study)
            if each.is_complete and each.recipe == recipe
        ]
        return min(found, key=lambda each: each.number, default=None)

    def may_learn(self, attempt: Attempt) -> bool:
        """Tell whether a trial's model is at hand, or there is time to learn it."""
        is_mine = attempt.number in self.search.models
        return is_mine or self.search.stopped != BY_CTRL_C

    def _end_by_ctrl_c(self, model: EnsembleModel) -> None:
        """End the search whose trial was stopped by Ctrl-C; the first one is kept."""
        if model.estimator.stopped_ == BY_CTRL_C:
            self.search.stop(BY_CTRL_C)
            if not math.isnan(self.search.best):
                raise OutOfTime

    def _job(self, recipe: dict[str, Any]) -> TrialJob:
        """Return a trial of a recipe."""
        return TrialJob(
            self.table,
            self.search.target,
            self.task,
            self.seed,
            self.space.of_bags(recipe),
            self.options,
            self.is_class,
        )

    def model_of(self, attempt: Attempt) -> EnsembleModel:
        """Return a trial's model: at hand, or learned again, bit for bit."""
        models = self.search.models
        if attempt.number not in models:
            models[attempt.number] = self._job(attempt.recipe).learn()
        return models[attempt.number]

    def _note_best(self) -> None:
        """Note the least loss, and how long it takes to learn again what is asked for.

        That is the best model, and the default one to compare it with.
        """
        best = best_of(self.study)
        if best is None:
            return
        seconds = {each.number: each.seconds for each in (best, self.default()) if each}
        self.needed = sum(
            each for number, each in seconds.items() if number not in self.search.models
        )
        self.search.best = best.loss

    def _call_back(self) -> None:
        """Call the callback."""
        if self.callback is not None:
            self.callback(self.search)

    def watch(self, training: EnsembleTraining) -> None:
        """Note where a trial is; end it where the search is to end."""
        search = self.search
        search.training = training
        search.check_time(self.needed)
        self._call_back()
        if search.stopped and math.isnan(search.best):
            training.stop(search.stopped)  # the first trial: half of it is all there is
        elif search.stopped:
            raise OutOfTime


class _Watch:
    """Tells the study what each member is worth; the callback of a trial."""

    def __init__(self, trial: Any, runner: _Runner) -> None:
        self._trial, self._runner = trial, runner
        self._reported: set[int] = set()

    def __call__(self, training: EnsembleTraining) -> None:
        """Report members that have come through, and prune."""
        self._runner.watch(training)
        if training.stopped:
            return
        for number, unseen in enumerate(training.unseen):
            if unseen is None or number in self._reported or not len(unseen.y):
                continue
            self._reported.add(number)
            loss = loss_of(unseen, is_class=self._runner.is_class)
            self._trial.report(loss, number)
            if self._trial.should_prune():
                raise import_optuna().TrialPruned


def _attempt(trial: Any) -> Attempt:
    """Return a trial of a study as we show it."""
    complete = trial.state.name == "COMPLETE"
    return Attempt(
        trial.number,
        trial.state.name.lower(),
        float(trial.value) if complete else math.nan,
        Space.changes(trial.params),
        float(trial.user_attrs.get("seconds", math.nan)),
    )


def best_of(study: Any) -> Attempt | None:
    """Return the best trial that has come through, if any."""
    first = leaderboard(study)[:1]
    return first[0] if first and not math.isnan(first[0].loss) else None


def _check_trials(study: Any, name: str) -> None:
    """Refuse a study whose trials are not of this search."""
    try:
        attempts = [each for each in leaderboard(study) if each.is_complete]
        names = {"hidden_layers", "numbers"}
        known = all(names <= each.recipe.keys() for each in attempts)
    except (KeyError, TypeError, ValueError, RuntimeError):
        known = False
    if not known:
        message = f"the study {quoted(name)} holds trials of another kind of search"
        raise DataError(f"{message}; choose another study or storage")


def leaderboard(study: Any) -> list[Attempt]:
    """Return all trials, the best first, then those that did not come through."""
    attempts = [_attempt(trial) for trial in study.get_trials(deepcopy=False)]
    return sorted(attempts, key=lambda a: (math.isnan(a.loss), a.loss, a.number))
