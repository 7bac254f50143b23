"""``walnet explain``: the arithmetic of one prediction and of one iteration."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import options
from walnet.cli import table_options as t
from walnet.cli.terminal import Screen


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
    from walnet.cli.explaining import Explanation

    reading = t.reading(decimal=decimal, encoding=encoding, sheet=sheet)
    reading["delimiter"] = options.character(delimiter)
    explanation = Explanation(model, file, reading, row)
    if as_json:
        explanation.print_json()
    else:
        explanation.say(Screen(), decimals, neurons=neurons, terms=terms)
