"""``walnet explain``: the arithmetic of one prediction and of one iteration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import table_options as t
from walnet.cli.terminal import Screen
from walnet.errors import DataError
from walnet.words import count, quoted

if TYPE_CHECKING:
    from walnet.models.explanation import Explanation

_MOST_INPUTS = 40  # lines of the table of inputs


def explain(
    model: a.ModelFile,
    file: a.RowsFile,
    row: Annotated[
        int, Option(help="Which row of the file, the first one being 1.", min=1)
    ] = 1,
    neurons: Annotated[
        int, Option(help="How many neurons of a layer are written out.", min=1)
    ] = 1,
    terms: Annotated[
        int, Option(help="How many terms of a sum are written out.", min=1)
    ] = 3,
    decimals: Annotated[
        int,
        Option(help="Decimals of the numbers; 17 shows every digit.", min=1, max=17),
    ] = 4,
    delimiter: a.Delimiter = None,
    decimal: t.Decimal = None,
    encoding: t.Encoding = None,
    sheet: t.Sheet = None,
    as_json: a.PredictionsJson = False,
) -> None:
    """Write out the arithmetic of one row's prediction.

    Where the file knows the row's target, one iteration of training on this row is
    written out as well: cost, back-propagation and update.
    """
    screen = Screen()
    reading = t.reading(decimal=decimal, encoding=encoding, sheet=sheet)
    reading["delimiter"] = delimiter
    explanation = _explain(model, file, reading, row, screen)
    if as_json:
        print(json.dumps(explanation.to_dict(), allow_nan=False))
        return
    screen.say(explanation.verdict(), style="bold")
    inputs, formulas = explanation.encoding()
    columns = ["column", "value", "input", "number"]
    screen.table(columns, inputs, texts=3, most=_MOST_INPUTS)
    for formula in formulas:
        screen.say(formula)
    screen.say()
    options = ("--neurons", "--terms")
    screen.say(
        explanation.arithmetic(decimals, neurons=neurons, terms=terms, options=options)
    )
    if not explanation.knows_target:
        screen.say()
        screen.note(
            f"the file knows no {quoted(explanation.schema.target.name)} of this row; "
            "with it, cost, back-propagation and update would follow"
        )


def _explain(
    model_file: Path, file: Path, reading: Mapping[str, Any], row: int, screen: Screen
) -> Explanation:
    """Return the arithmetic of a row of a file, the first one being 1."""
    from walnet.cli.run import load_kernels, load_model
    from walnet.tables import read_table

    model = load_model(model_file)
    table = read_table(file, model.schema.read_options, min_columns=1, **reading)
    if row > len(table):
        message = f"there is no row {row}: {str(file)!r} has"
        raise DataError(f"{message} {count(len(table), 'row')}")
    load_kernels(type(model), screen)
    return model.explain(table, row - 1)
