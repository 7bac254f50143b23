"""``walnet tune``: look for what suits a table, and keep the best model."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import machines as m
from walnet.cli import table_options as t
from walnet.cli.files import Outputs, is_full
from walnet.cli.fit_options import merge_options
from walnet.cli.terminal import Screen
from walnet.models.script import TrainRequest
from walnet.words import count, listed, number, without_password

if TYPE_CHECKING:
    from walnet.cli.interruption import Interruption
    from walnet.cli.run import Run
    from walnet.inspection.evaluation import Evaluation
    from walnet.models.ensemble_model import EnsembleModel
    from walnet.models.split import Split
    from walnet.tables import Table
    from walnet.tuning.search import Attempt, Search, Tuning

_SHOWN = 10  # trials
_FIGURES = {
    "learning_rate": ("rate", "{:.3f}"),
    "dropout": ("drop", "{:.2f}"),
    "weight_decay": ("decay", "{:.4f}"),
    "smoothing": ("smooth", "{:.2f}"),
}
"""What is shown of a recipe: its column, and how it is written, so that lines fit."""
_SEARCH = "Search"

TimeLimit = Annotated[
    float,
    Option(
        "--time-limit",
        parser=a.seconds,
        metavar="TIME",
        show_default=False,
        help="How long to look, such as 90s or 2h; by default 10m.",
        rich_help_panel=_SEARCH,
    ),
]
Trials = Annotated[
    int | None,
    Option(help="How many trials at most.", min=1, rich_help_panel=_SEARCH),
]
Storage = Annotated[
    str | None,
    Option(
        metavar="FILE|URL",
        help="What remembers the trials: a file, by default the model's name with "
        ".study, or a database such as postgresql://HOST/NAME for many machines (needs "
        "pip install 'walnet\\[postgresql]').",
        rich_help_panel=_SEARCH,
    ),
]
Study = Annotated[
    str | None,
    Option(
        help="The study's name in it; by default the target's.", rich_help_panel=_SEARCH
    ),
]


def tune(
    file: a.TableFile,
    target: a.Target,
    time_limit: TimeLimit = 600.0,
    trials: Trials = None,
    storage: Storage = None,
    study: Study = None,
    test_share: a.TestShare = 0.25,
    test: t.TestFile = None,
    group: t.Group = None,
    time: t.InTime = None,
    task: a.TaskName = None,
    seed: a.Seed = 0,
    delimiter: a.Delimiter = None,
    drop: t.Drop = None,
    kind: t.KindOf = None,
    missing: t.Missing = None,
    decimal: t.Decimal = None,
    encoding: t.Encoding = None,
    sheet: t.Sheet = None,
    preset: a.Preset = None,
    epochs: a.Epochs = None,
    further: a.Further = None,
    dask: m.Dask = None,
    model_out: a.ModelOut = None,
    report: t.ReportOut = None,
    no_report: a.NoReport = False,
    as_json: a.Json = False,
    quiet: a.Quiet = False,
) -> int:
    """Look for hyper-parameters that suit a table, and save the best model.

    Each trial is measured on rows that its networks have not seen; the test rows are no
    part of the search. All trials are stored: the same command continues where the last
    one ended, and several at once share the work.
    """
    arguments = locals()
    files = Outputs.of(arguments)
    given = {"preset": preset, "epochs": epochs}
    request = TrainRequest(
        **t.of_table(arguments),
        model_file=str(files.model),
        options=merge_options(given, further or [], "tabular"),
    )
    where = storage or str(files.model.with_suffix(".study"))
    search = TuneRequest(
        request, time_limit, trials, where, study or "", files, is_full(report), dask
    )
    return _tune(search, Screen(quiet=quiet or as_json), as_json=as_json)


@dataclass(frozen=True)
class TuneRequest:
    """What ``walnet tune`` was asked for.

    Attributes
    ----------
    train : TrainRequest
        As for a training.
    seconds : float
        How long to look.
    trials : int or None
        How many trials at most.
    storage, study : str
        Where the study is, and its name.
    files : Outputs
        What is written.
    is_full : bool
        Whether the report may take longer than the search.
    dask : str or None
        The address of a cluster that runs the trials.
    """

    train: TrainRequest
    seconds: float
    trials: int | None
    storage: str
    study: str
    files: Outputs
    is_full: bool
    dask: str | None = None


def _tune(request: TuneRequest, screen: Screen, *, as_json: bool) -> int:
    """Search, write the files and print the result; return the exit code."""
    import walnet
    from walnet.cli import run
    from walnet.cli.interruption import Interruption
    from walnet.cli.reading import read_split
    from walnet.cli.report import write_report_of
    from walnet.tabular.recipes.options import PARAMETERS

    split, page = read_split(request.train, screen), request.files.page
    request.files.announce(screen)
    with Interruption() as interruption:
        found = _search(request, split.train_table, screen, interruption)
        model, options = found.model, request.train.options
        # The recipe holds the settings of the networks.
        options = {name: options[name] for name in options if name in PARAMETERS}
        options["recipe"] = model.estimator.recipe
        chosen, seconds = replace(request.train, options=options), found.best.seconds
        with screen.busy("Measuring how good it is …"):
            made = run.evaluated(chosen, split, model, seconds, interruption)
            default = _on_test(found.default_model, split)
    walnet.save(model, request.train.model_file)
    if page is not None:
        with screen.busy("Drawing the report …"):
            write_report_of(made, page, full=request.is_full)
    if as_json:
        facts = _facts(made, found, request)
        facts["default_test"] = None if default is None else default.to_dict()
        print(json.dumps(facts, allow_nan=False))
    _say(made, found, request, screen, default)
    return interruption.exit_code


def _on_test(model: EnsembleModel | None, split: Split) -> Evaluation | None:
    """Return how good a model is on the test rows, if there are both."""
    if model is None or not len(split.test):
        return None
    return model.evaluate(split.test_table)


def _search(
    request: TuneRequest, rows: Table, screen: Screen, interruption: Interruption
) -> Tuning:
    """Search, with a progress bar, until the time is up or a signal comes."""
    from walnet.tuning import tune

    with m.workers(request.dask), screen.search_progress(request.seconds) as progress:

        def callback(search: Search) -> None:
            interruption(search)
            progress(search)

        return tune(
            rows,
            request.train.target,
            seconds=request.seconds,
            trials=request.trials,
            storage=request.storage,
            study=request.study,
            task=request.train.task,
            seed=request.train.seed,
            callback=callback,
            **request.train.apart,
            **request.train.options,
        )


def _say(
    made: Run,
    found: Tuning,
    request: TuneRequest,
    screen: Screen,
    default: Evaluation | None,
) -> None:
    """Say what was tried and what came of it."""
    from walnet.cli import run
    from walnet.inspection.evaluation import MEASURES

    run.say_result(made, screen)
    if found.queued_again:
        numbers = listed([str(each) for each in found.queued_again])
        screen.note(f"trials of a process that had died were queued again: {numbers}")
    screen.say(f"{_states(found)}; {found.stopped}")
    known = [each for each in found.attempts if not math.isnan(each.loss)]
    name = MEASURES["log_loss" if made.model.labels else "rmse"].title
    screen.say(f"The best, by their {name} for rows that the networks had not seen:")
    screen.table(*_leaderboard(known, found.default, name), texts=2, most=_SHOWN)
    if found.default is not None:
        screen.say("* the preset as it is")
    if found.best == found.default:
        screen.say("No trial is better than the preset as it is.")
    elif default is not None and made.on_test is not None:
        _compare(default, made.on_test, found, screen)
    storage = without_password(request.storage)
    screen.say(f"Study:  {storage}  (the same command goes on with it)")
    run.say_files(made, request.files.page, screen)


def _states(found: Tuning) -> str:
    """Return how many trials there were, and what became of them."""
    states = [attempt.state for attempt in found.attempts]
    text = f"{count(len(states), 'trial')}, {states.count('pruned')} of them stopped "
    text += f"early, {states.count('fail')} given up"
    under_way = states.count("running") + states.count("waiting")
    return f"{text}, {under_way} not done yet" if under_way else text


def _leaderboard(
    attempts: list[Attempt], default: Attempt | None, measure: str
) -> tuple[list[str], list[list[str]]]:
    """Return the table of trials: its columns, and a line for each."""
    figures = [name for name in _FIGURES if name in attempts[0].recipe]
    columns = [*(_FIGURES[name][0] for name in figures), "sees", "s", measure]
    rows = []
    for each in attempts:
        recipe, hidden = each.recipe, each.recipe["hidden_layers"]
        is_default = default is not None and each.number == default.number
        rows.append(
            [
                f"{each.number}{' *' if is_default else ''}",
                f"{len(hidden)}×{hidden[0]} {recipe['activation']}",
                *(_FIGURES[n][1].format(recipe[n]) for n in figures),
                recipe["numbers"],
                f"{each.seconds:.1f}" if each.seconds < 100 else f"{each.seconds:.0f}",
                number(each.loss),
            ]
        )
    return ["trial", "layers", *columns], rows


def _compare(
    default: Evaluation, best: Evaluation, found: Tuning, screen: Screen
) -> None:
    """Show the default beside the best, on the same test rows."""
    from walnet.inspection.evaluation import MEASURES

    assert found.default is not None  # noqa: S101 - it has been measured
    columns = ["on the test rows"]
    columns += [f"default, trial {found.default.number}"]
    columns += [f"best, trial {found.best.number}"]
    rows = [
        [MEASURES[name].title, default.written(name), best.written(name)]
        for name in best.measures
    ]
    screen.table(columns, rows)


def _facts(made: Run, found: Tuning, request: TuneRequest) -> dict[str, Any]:
    """Return all that is printed for people, for JSON."""
    from walnet.cli import run

    leaderboard = [
        {
            "trial": each.number,
            "state": each.state,
            "default": each == found.default,
            "loss": None if math.isnan(each.loss) else each.loss,
            "seconds": None if math.isnan(each.seconds) else each.seconds,
            "recipe": each.recipe,
        }
        for each in found.attempts
    ]
    return run.facts(made, request.files.page) | {
        "storage": without_password(request.storage),
        "best_trial": found.best.number,
        "queued_again": found.queued_again,
        "stopped": found.stopped,
        "leaderboard": leaderboard,
    }
