"""``walnet train``: a table in, a model and a report out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from walnet.cli import arguments as a
from walnet.cli import options
from walnet.cli.code import Recipe
from walnet.cli.terminal import Screen


def train(
    file: a.TableFile,
    target: a.Target,
    test_share: a.TestShare = 0.25,
    task: a.TaskName = None,
    seed: a.Seed = 0,
    delimiter: a.Delimiter = None,
    model: a.ModelName = "tabular",
    preset: a.Preset = None,
    time_limit: a.TimeLimit = None,
    stream: a.Streamed = False,
    hidden: a.Hidden = None,
    activation: a.Activation = None,
    epochs: a.Epochs = None,
    iterations: a.Iterations = None,
    batch_size: a.BatchSize = None,
    learning_rate: a.LearningRate = None,
    optimizer: a.Optimizer = None,
    dropout: a.Dropout = None,
    validation_share: a.ValidationShare = None,
    patience: a.Patience = None,
    further: a.Further = None,
    checkpoint: a.Checkpoint = None,
    model_out: a.ModelOut = None,
    report: a.ReportOut = None,
    no_report: a.NoReport = False,
    as_json: a.Json = False,
    quiet: a.Quiet = False,
) -> int:
    """Learn a column of a table from its other columns.

    Some rows are kept to test with. Written are the model, and a report with pictures,
    settings and the Python code that repeats the run. Ctrl-C keeps what was learned.
    FILE may be a folder of Parquet or CSV files, together larger than memory.
    """
    kind = options.model(model)
    given: dict[str, Any] = {"preset": preset, "hidden_layers": options.layers(hidden)}
    given |= {"time_limit": options.seconds("--time-limit", time_limit)}
    given |= {"activation": options.activations(activation), "checkpoint": checkpoint}
    given |= {"epochs": epochs, "iterations": iterations, "dropout": dropout}
    given |= {"learning_rate": learning_rate, "optimizer": optimizer}
    given |= {"batch_size": batch_size, "patience": patience}
    given |= {"validation_share": validation_share}
    model_out = model_out or Path(options.stem(file) + ".walnet")
    recipe = Recipe(
        file=str(file),
        target=target,
        model_file=str(model_out),
        delimiter=options.character(delimiter),
        test_share=options.share("--test-share", test_share),
        seed=seed,
        task=options.task(task),
        model=kind,
        stream=stream or file.is_dir(),
        options=options.merged(given, further or [], kind),
    )
    page = None if no_report else options.report_page(report, model_out)
    return _run(recipe, page, Screen(quiet=quiet or as_json), as_json=as_json)


def _run(recipe: Recipe, page: Path | None, screen: Screen, *, as_json: bool) -> int:
    """Learn, write and tell; return the exit code."""
    options.check_outputs([Path(recipe.model_file), page], [Path(recipe.file)])
    import walnet
    from walnet.cli import summary
    from walnet.cli.learning import learn
    from walnet.cli.streaming import learn_stream

    run = (learn_stream if recipe.stream else learn)(recipe, screen)
    walnet.save(run.model, recipe.model_file)
    if page is not None:
        with screen.busy("Drawing the report …"):
            from walnet.cli.reporting import write_report_of

            write_report_of(run, page)
    if as_json:
        summary.print_json(run, page)
    summary.say_files(run, page)
    return run.interruption.exit_code
