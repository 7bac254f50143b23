"""The arguments and options of the commands: each described, read and checked once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from typer import Argument, BadParameter, Option


class Layers(list[int]):
    """Neurons of each hidden layer."""


class Names(list[str]):
    """A name for each hidden layer."""


class Setting(NamedTuple):
    """One ``name=value`` of ``--set``."""

    name: str
    value: Any


def seconds(text: str | float) -> float:
    """Return a time in seconds; a default is one already.

    Examples
    --------
    >>> seconds("90"), seconds("1.5m"), seconds("2h")
    (90.0, 90.0, 7200.0)
    """
    if isinstance(text, float):
        return text
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)", text.strip())
    if match is None or not 0 < float(match[1]) < 1e9:
        raise BadParameter(f"must be a time such as 90s, 10m or 1h, got {text!r}")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def layers(text: str) -> Layers:
    """Return the neurons of each hidden layer, of a text such as ``64,32`` or ``none``.

    Examples
    --------
    >>> layers("64,32"), layers("none")
    ([64, 32], [])
    """
    if text.strip().lower() == "none":
        return Layers()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise BadParameter(
            "must be neurons of each hidden layer, such as 64,32, or none; "
            f"got {text!r}"
        )
    return Layers(int(part) for part in parts)


def names(text: str) -> str | Names:
    """Return the name in a text such as ``relu``, or those of ``relu,tanh``."""
    found = Names(name.strip() for name in text.split(","))
    return found if len(found) > 1 else found[0]


def share(value: str | float) -> float:
    """Return a share of rows, from 0 to below 1."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise BadParameter(
            f"must be a share from 0 to below 1, such as 0.25, got {value}"
        )
    return number


def row_number(value: str | int) -> int:
    """Return the number of a row, counted from 1.

    Examples
    --------
    >>> row_number("3")
    3
    """
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < 1:
        raise BadParameter(f"must be a row counted from 1, got {value!r}")
    return int(text)


def character(text: str) -> str:
    r"""Return what stands between cells, a tab also where it is written ``\t``."""
    return "\t" if text in ("\\t", "tab") else text


def setting(text: str) -> Setting:
    """Return a setting that is written as ``name=value``.

    The value is a number, true, false, a list such as ``[0.1,0.2]``, or a word.

    Examples
    --------
    >>> setting("l2=0.001").value, setting("schedule=step").value
    (0.001, 'step')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise BadParameter(f"must be name=value, such as l2=0.001; got {text!r}")
    try:
        return Setting(name.strip(), json.loads(value))
    except ValueError:
        return Setting(name.strip(), value.strip())


_TABULAR, _OUTPUT = "Tabular model", "Output"
_NETWORK, _LEARNING = "Layers of a network", "Learning of a network"

NOTES = {
    "epochs": "by default fewer, the more rows",
    "iterations": "of a plain network alone",
    "batch_size": "by default more, the more rows",
    "learning_rate": "of a plain network by default 0.003, falling to 0",
    "optimizer": "by default adam",
    "dropout": "",
    "patience": "of a plain network alone",
}
"""Settings that have an option of their own, and what is to add to their help."""

TableFile = Annotated[
    Path,
    Argument(
        metavar="FILE",
        help="A table: text, Excel, Parquet, Arrow or JSON; - for standard input.",
        show_default=False,
    ),
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
    float,
    Option(
        parser=share,
        metavar="SHARE",
        help="Share of the rows kept to test with, from 0 to below 1.",
    ),
]
TaskName = Annotated[
    Literal["classification", "regression"] | None,
    Option(help="What to predict; by default it follows from the target's values."),
]
Seed = Annotated[
    int, Option(help="Where all that is random comes from: the same seed repeats.")
]
Delimiter = Annotated[
    str | None,
    Option(
        parser=character,
        metavar="CHARACTER",
        help="Between the cells of a CSV file; by default it is found.",
    ),
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
    Literal["tabular", "mlp"],
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
    float | None,
    Option(
        parser=seconds,
        metavar="TIME",
        help="Such as 90s, 10m or 1h, from reading the table on: the training is "
        "shortened to end in it.",
        rich_help_panel=_TABULAR,
    ),
]
HiddenLayers = Annotated[
    Layers | None,
    Option(
        parser=layers,
        metavar="NEURONS",
        help="Neurons of each hidden layer, such as 64,32; of a plain network by "
        "default 100, or none.",
        rich_help_panel=_NETWORK,
    ),
]
Activation = Annotated[
    Names | None,
    Option(
        parser=names,
        metavar="NAMES",
        help="Of the hidden layers; of a plain network by default relu, or one for "
        "each: relu,tanh.",
        rich_help_panel=_NETWORK,
    ),
]

Epochs = Annotated[int | None, Option()]
Iterations = Annotated[int | None, Option(rich_help_panel=_LEARNING)]
BatchSize = Annotated[int | None, Option(rich_help_panel=_LEARNING)]
LearningRate = Annotated[float | None, Option(rich_help_panel=_LEARNING)]
Optimizer = Annotated[str | None, Option(rich_help_panel=_LEARNING)]
Dropout = Annotated[float | None, Option(rich_help_panel=_LEARNING)]
ValidationShare = Annotated[
    float | None,
    Option(
        parser=share,
        metavar="SHARE",
        help="Share of a plain network's rows that is only watched; by default 0.",
        rich_help_panel=_LEARNING,
    ),
]
Patience = Annotated[int | None, Option(rich_help_panel=_LEARNING)]
Further = Annotated[
    list[Setting] | None,
    Option(
        "--set",
        parser=setting,
        metavar="NAME=VALUE",
        help="Any other setting: l2=0.01, clip_norm=1; of a tabular model members=4. "
        "walnet settings lists them.",
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
        help="A table with the columns of the training, - for standard input.",
        show_default=False,
    ),
]
PredictionsOut = Annotated[
    Path | None,
    Option(
        "--output",
        "-o",
        help="Where the predictions go: .csv, .tsv, .xlsx, .parquet, .feather or "
        ".jsonl; else they are printed.",
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
