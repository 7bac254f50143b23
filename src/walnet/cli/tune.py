"""``walnet tune``: look for what suits a table, and keep the best model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import options
from walnet.cli import table_options as t
from walnet.cli.code import Recipe
from walnet.cli.terminal import Screen

_SEARCH = "Search"

Time = Annotated[
    str,
    Option(
        metavar="TIME",
        help="How long to look, such as 90s, 10m or 2h.",
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
    time: Time = "10m",
    trials: Trials = None,
    storage: Storage = None,
    study: Study = None,
    test_share: a.TestShare = 0.25,
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
    model_out: a.ModelOut = None,
    report: a.ReportOut = None,
    no_report: a.NoReport = False,
    as_json: a.Json = False,
    quiet: a.Quiet = False,
) -> int:
    """Look for hyper-parameters that suit a table, and save the best model.

    Trials are judged by rows that their networks have not seen; the test rows are no
    part of the search. What was tried is remembered: the same command goes on where
    the last one ended, and several at once share the work.
    """
    model_out = model_out or Path(options.stem(file) + ".walnet")
    given = {"preset": preset, "epochs": epochs}
    recipe = Recipe(
        file=str(file),
        target=target,
        model_file=str(model_out),
        delimiter=options.character(delimiter),
        reading=t.reading(
            kind=kind,
            drop=drop,
            missing=missing,
            decimal=decimal,
            encoding=encoding,
            sheet=sheet,
        ),
        test_share=options.share("--test-share", test_share),
        seed=seed,
        task=options.task(task),
        options=options.merged(given, [], "tabular"),
    )
    seconds = options.seconds("--time", time)
    page = None if no_report else options.report_page(report, model_out)
    options.check_outputs([model_out, page], [file])

    from walnet.cli.tuning import Order, run

    where = storage or str(model_out.parent / f"{model_out.stem}.study")
    order = Order(recipe, seconds, trials, where, study or "", page)
    return run(order, Screen(quiet=quiet or as_json), as_json=as_json)
