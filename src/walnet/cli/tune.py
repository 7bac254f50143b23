"""``walnet tune``: look for what suits a table, and keep the best model."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import machines as m
from walnet.cli import table_options as t
from walnet.cli.files import is_full, outputs
from walnet.cli.terminal import Screen
from walnet.models.script import TrainRequest
from walnet.words import count, listed, number, without_password

if TYPE_CHECKING:
    from walnet.cli.interruption import Interruption
    from walnet.cli.run import Run
    from walnet.tables import Table
    from walnet.tuning.search import Attempt, Search, Tuning

_SHOWN = 10  # trials
_FIGURES = {
    "learning_rate": "rate",
    "dropout": "drop",
    "weight_decay": "decay",
    "smoothing": "smooth",
}
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
    model_out, page = outputs(arguments)
    given = {"preset": preset, "epochs": epochs}
    request = TrainRequest(
        **t.of_table(arguments),
        model_file=str(model_out),
        options={name: value for name, value in given.items() if value is not None},
    )
    where = storage or str(model_out.parent / f"{model_out.stem}.study")
    search = TuneRequest(
        request, time_limit, trials, where, study or "", page, is_full(report), dask
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
    page : Path or None
        The report.
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
    page: Path | None
    is_full: bool
    dask: str | None = None


def _tune(request: TuneRequest, screen: Screen, *, as_json: bool) -> int:
    """Search, write the files and print the result; return the exit code."""
    import walnet
    from walnet.cli import run
    from walnet.cli.interruption import Interruption
    from walnet.cli.reading import read_split
    from walnet.cli.report import write_report_of

    split = read_split(request.train, screen)
    with Interruption() as interruption:
        found = _search(request, split.train_table, screen, interruption)
        model, options = found.model, dict(request.train.options)
        options["recipe"] = model.estimator.recipe
        chosen, seconds = replace(request.train, options=options), found.best.seconds
        with screen.busy("Measuring how good it is …"):
            made = run.evaluated(chosen, split, model, seconds, interruption)
    walnet.save(model, request.train.model_file)
    if request.page is not None:
        with screen.busy("Drawing the report …"):
            write_report_of(made, request.page, full=request.is_full)
    if as_json:
        print(json.dumps(_facts(made, found, request), allow_nan=False))
    _say(made, found, request, screen)
    return interruption.exit_code


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


def _say(made: Run, found: Tuning, request: TuneRequest, screen: Screen) -> None:
    """Say what was tried and what came of it."""
    from walnet.cli import run
    from walnet.inspection.evaluation import MEASURES

    run.say_result(made, screen)
    if found.queued_again:
        numbers = listed([str(each) for each in found.queued_again])
        screen.note(f"trials of a process that had died were queued again: {numbers}")
    states = [attempt.state for attempt in found.attempts]
    screen.say(
        f"{count(len(states), 'trial')}, {states.count('pruned')} of them stopped "
        f"early; {found.stopped}"
    )
    known = [each for each in found.attempts if not math.isnan(each.loss)]
    name = MEASURES["log_loss" if made.model.labels else "rmse"].title
    screen.say(f"The best, by their {name} for rows that the networks had not seen:")
    columns = ["trial", "layers", *_FIGURES.values(), "numbers", "s", name]
    screen.table(columns, [_row(each) for each in known], texts=2, most=_SHOWN)
    storage = without_password(request.storage)
    screen.say(f"Study:  {storage}  (the same command goes on with it)")
    run.say_files(made, request.page, screen)


def _row(attempt: Attempt) -> list[str]:
    """Return a line of the leaderboard."""
    recipe = attempt.recipe
    hidden = recipe["hidden_layers"]
    return [
        str(attempt.number),
        f"{len(hidden)} × {hidden[0]} {recipe['activation']}",
        *(f"{recipe[name]:.2g}" if name in recipe else "–" for name in _FIGURES),
        recipe["numbers"],
        f"{attempt.seconds:.1f}",
        number(attempt.loss),
    ]


def _facts(made: Run, found: Tuning, request: TuneRequest) -> dict[str, Any]:
    """Return all that is printed for people, for JSON."""
    from walnet.cli import run

    leaderboard = [
        {
            "trial": each.number,
            "state": each.state,
            "loss": None if math.isnan(each.loss) else each.loss,
            "seconds": None if math.isnan(each.seconds) else each.seconds,
            "recipe": each.recipe,
        }
        for each in found.attempts
    ]
    return run.facts(made, request.page) | {
        "storage": without_password(request.storage),
        "best_trial": found.best.number,
        "queued_again": found.queued_again,
        "stopped": found.stopped,
        "leaderboard": leaderboard,
    }
