"""The arguments and options of the commands, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

_TABULAR, _OUTPUT = "Tabular model", "Output"
_NETWORK, _LEARNING = "Layers of a network", "Learning of a network"

TableFile = Annotated[
    Path,
    Argument(metavar="FILE", help="A CSV or Parquet file.", show_default=False),
]
ModelFile = Annotated[
    Path,
    Argument(
        metavar="MODEL", help="A file that walnet train wrote.", show_default=False
    ),
]
Target = Annotated[
    str, Option("--target", "-t", help="The column to learn.", show_default=False)
]
TestShare = Annotated[
    float, Option(help="Share of the rows kept to test with, from 0 to below 1.")
]
TaskName = Annotated[
    str | None,
    Option(help="classification or regression; by default the target's values tell."),
]
Seed = Annotated[
    int, Option(help="Where all that is random comes from: the same seed repeats.")
]
Delimiter = Annotated[
    str | None,
    Option(help="Between the cells of a CSV file; by default it is found."),
]

ModelOut = Annotated[
    Path | None,
    Option(
        "--model-out",
        "-o",
        help="The model's file; by default FILE's name with .walnet, in this folder.",
        rich_help_panel=_OUTPUT,
    ),
]
ReportOut = Annotated[
    Path | None,
    Option(
        "--report",
        help="The report's file; by default the model's name with .html.",
        rich_help_panel=_OUTPUT,
    ),
]
NoReport = Annotated[
    bool, Option("--no-report", help="Write no report.", rich_help_panel=_OUTPUT)
]
Json = Annotated[
    bool,
    Option("--json", help="Print one JSON object instead.", rich_help_panel=_OUTPUT),
]
Quiet = Annotated[
    bool,
    Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=_OUTPUT),
]

ModelName = Annotated[
    str,
    Option(
        "--model",
        help="tabular: many networks, strong without settings; or mlp: a plain one.",
    ),
]
Preset = Annotated[
    str | None,
    Option(
        help="fast, balanced or best: how much work is put in; by default balanced.",
        rich_help_panel=_TABULAR,
    ),
]
Streamed = Annotated[
    bool,
    Option(
        "--stream",
        help="Read FILE block by block, for tables larger than memory; a folder always "
        "is.",
        rich_help_panel=_TABULAR,
    ),
]
TimeLimit = Annotated[
    str | None,
    Option(
        metavar="TIME",
        help="Such as 90s, 10m or 1h: the training is shortened to end in it.",
        rich_help_panel=_TABULAR,
    ),
]
Hidden = Annotated[
    str | None,
    Option(
        help="Neurons of each hidden layer, such as 64,32; of a plain network by "
        "default 100, or none.",
        rich_help_panel=_NETWORK,
    ),
]
Activation = Annotated[
    str | None,
    Option(
        help="Of the hidden layers; of a plain network by default relu, or one for "
        "each: relu,tanh.",
        rich_help_panel=_NETWORK,
    ),
]

Epochs = Annotated[
    int | None,
    Option(
        help="Passes over the training rows; by default fewer, the more rows.",
    ),
]
Iterations = Annotated[
    int | None,
    Option(
        help="Updates of a plain network's parameters, instead of epochs.",
        rich_help_panel=_LEARNING,
    ),
]
BatchSize = Annotated[
    int | None,
    Option(
        help="Rows for one update; by default more, the more rows.",
        rich_help_panel=_LEARNING,
    ),
]
LearningRate = Annotated[
    float | None,
    Option(
        help="Size of a step; of a plain network by default 0.003, falling to 0.",
        rich_help_panel=_LEARNING,
    ),
]
Optimizer = Annotated[
    str | None,
    Option(
        help="gradient_descent, momentum, nesterov, rmsprop, adam or adamw; "
        "by default adam.",
        rich_help_panel=_LEARNING,
    ),
]
Dropout = Annotated[
    float | None,
    Option(
        help="Share of each hidden layer's activations dropped while training.",
        rich_help_panel=_LEARNING,
    ),
]
ValidationShare = Annotated[
    float | None,
    Option(
        help="Share of a plain network's rows that is only watched; by default 0.",
        rich_help_panel=_LEARNING,
    ),
]
Patience = Annotated[
    int | None,
    Option(
        help="Stop after so many epochs without a better cost of the watched rows.",
        rich_help_panel=_LEARNING,
    ),
]
Further = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other setting: l2=0.01, clip_norm=1; of a tabular model members=4.",
    ),
]
Checkpoint = Annotated[
    str | None,
    Option(
        metavar="PATH",
        help="Where training goes on from after a crash or Ctrl-C: a folder, of a "
        "plain network a file.",
        rich_help_panel=_OUTPUT,
        show_default=False,
    ),
]

RowsFile = Annotated[
    Path,
    Argument(
        metavar="FILE",
        help="A CSV or Parquet file with the columns of the training.",
        show_default=False,
    ),
]
PredictionsOut = Annotated[
    Path | None,
    Option(
        "--output",
        "-o",
        help="Where the predictions go: .csv, .tsv or .parquet; else they are printed.",
    ),
]
Keep = Annotated[
    list[str] | None,
    Option(help="A column of FILE to repeat beside the predictions; may come often."),
]
Raw = Annotated[
    bool,
    Option(
        "--raw",
        help="Write text as it is, even where a spreadsheet would run it as a formula.",
    ),
]
PredictionsJson = Annotated[
    bool, Option("--json", help="Print one JSON object instead.")
]
PredictionsQuiet = Annotated[
    bool, Option("--quiet", "-q", help="Print nothing but errors and predictions.")
]
