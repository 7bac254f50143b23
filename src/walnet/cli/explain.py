"""``walnet explain``: the arithmetic of one prediction and of one iteration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import options
from walnet.cli import table_options as t
from walnet.cli.terminal import Screen

if TYPE_CHECKING:
    from walnet.tracing import Explanation


def explain(
    model: a.ModelFile,
    file: a.RowsFile,
    row: Annotated[
        int, Option(help="Which row of the file, the first one being 1.", min=1)
    ] = 1,
    member: Annotated[
        int | None,
        Option(
            help="Which network of an ensemble; by default the one nearest to the "
            "mean of all.",
            min=1,
        ),
    ] = None,
    iteration: Annotated[
        bool | None,
        Option(
            "--iteration/--no-iteration",
            help="Whether one iteration of training on the row follows, if the file "
            "knows its target; by default it does of one network.",
            show_default=False,
        ),
    ] = None,
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
    """Write out the arithmetic of one row's prediction, of any model.

    Of an ensemble one of its networks is written out, and how all of them make the
    answer. One iteration of training on the row may follow: cost, back-propagation and
    update.
    """
    screen = Screen()
    wanted = {"member": member, "iteration": iteration}
    which = {name: value for name, value in wanted.items() if value is not None}
    reading = t.reading(decimal=decimal, encoding=encoding, sheet=sheet)
    reading["delimiter"] = options.character(delimiter)
    explanation = _explanation(model, file, reading, row, which)
    if as_json:
        print(explanation.to_json())
        return
    screen.say(explanation.text(decimals, neurons=neurons, terms=terms))
    screen.note(
        "of wide layers the most active neurons and the largest terms are written out; "
        "--neurons and --terms show more"
    )
    if explanation.answer.original is None and iteration is not False:
        screen.note(
            f"the file knows no {explanation.answer.target!r} of this row; with it, "
            "cost, back-propagation and update would follow"
        )


def _explanation(
    model_file: Path,
    file: Path,
    reading: dict[str, Any],
    row: int,
    which: dict[str, Any],
) -> Explanation:
    """Return the explanation of a row of a file, the first one being 1."""
    import walnet
    from walnet.cli.models import load_model_of_rows
    from walnet.errors import DataError
    from walnet.models.network_model import TableModel
    from walnet.tables import read_table
    from walnet.tables.wording import count

    model = load_model_of_rows(model_file)
    table = read_table(file, model.schema.read_options, min_columns=1, **reading)
    if row > len(table):
        message = f"there is no row {row}: {str(file)!r} has"
        raise DataError(f"{message} {count(len(table), 'row')}")
    if isinstance(model, TableModel) and "member" in which:
        raise DataError(f"--member is of ensembles; {str(model_file)!r} is one network")
    found: Explanation = walnet.trace(model, table, row=row - 1, **which)
    return found
