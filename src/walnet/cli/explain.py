"""``walnet explain``: the arithmetic of one prediction and of one iteration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from walnet.cli import arguments as a
from walnet.cli import table_options as t
from walnet.cli.terminal import Screen
from walnet.words import quoted

if TYPE_CHECKING:
    from walnet.tracing import Explanation


RowNumber = Annotated[
    int,
    Option(
        parser=a.row_number,
        metavar="NUMBER",
        help="Which row of the file, counted from 1 below the names of the columns; in "
        "Python row= counts from 0.",
    ),
]
Member = Annotated[
    int | None,
    Option(
        help="Which network of an ensemble; by default the one nearest to the "
        "mean of all.",
        min=1,
    ),
]
WithIteration = Annotated[
    bool | None,
    Option(
        "--iteration/--no-iteration",
        help="Whether one iteration of training on the row follows, if the file "
        "knows its target; by default it does of one network.",
        show_default=False,
    ),
]
Neurons = Annotated[
    int, Option(help="How many neurons of a layer are written out.", min=1)
]
Terms = Annotated[int, Option(help="How many terms of a sum are written out.", min=1)]
Decimals = Annotated[
    int,
    Option(help="Decimals of the numbers; 17 shows every digit.", min=1, max=17),
]


def explain(
    model: a.ModelFile,
    file: a.RowsFile,
    row: RowNumber = 1,
    member: Member = None,
    iteration: WithIteration = None,
    neurons: Neurons = 1,
    terms: Terms = 3,
    decimals: Decimals = 4,
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
    reading = t.reading(
        delimiter=delimiter, decimal=decimal, encoding=encoding, sheet=sheet
    )
    wanted = {"member": member, "iteration": iteration}
    which = {name: value for name, value in wanted.items() if value is not None}
    explanation = _explain(model, file, reading, row, which)
    if as_json:
        print(explanation.to_json())
        return
    screen = Screen()
    screen.say(explanation.text(decimals, neurons=neurons, terms=terms))
    _note_what_is_left_out(screen, explanation, asked=iteration is not False)


def _note_what_is_left_out(
    screen: Screen, explanation: Explanation, *, asked: bool
) -> None:
    """Say which options show more, and what a known target would add."""
    screen.note(
        "of wide layers the most active neurons and the largest terms are written out; "
        "--neurons and --terms show more"
    )
    answer = explanation.answer
    if asked and answer.target and answer.original is None:
        screen.note(
            f"the file knows no {quoted(answer.target)} of this row; with it, cost, "
            "back-propagation and update could follow"
        )


def _explain(
    model_file: Path,
    file: Path,
    reading: Mapping[str, Any],
    row: int,
    which: Mapping[str, Any],
) -> Explanation:
    """Return the explanation of a row of a file, counted from 1."""
    import walnet
    from walnet.models.any_model import explain_in_table, read_options_of
    from walnet.tables import read_table

    model = walnet.load(model_file)
    table = read_table(file, read_options_of(model), min_columns=1, **reading)
    return explain_in_table(model, table, row - 1, **which)
