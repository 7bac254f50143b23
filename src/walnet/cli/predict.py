"""``walnet predict``: answers of a model for the rows of a file."""

from __future__ import annotations

from walnet.cli import arguments as a
from walnet.cli import options
from walnet.cli import table_options as t
from walnet.cli.terminal import Screen


def predict(
    model: a.ModelFile,
    file: a.RowsFile,
    output: a.PredictionsOut = None,
    keep: a.Keep = None,
    raw: a.Raw = False,
    delimiter: a.Delimiter = None,
    decimal: t.Decimal = None,
    encoding: t.Encoding = None,
    sheet: t.Sheet = None,
    as_json: a.PredictionsJson = False,
    quiet: a.PredictionsQuiet = False,
) -> None:
    """Answer for new rows, in their order.

    The answer stands in a column with the target's name; beside it, for classes, the
    probability of each, for numbers the ends of an interval that holds 90 %.
    """
    options.check_outputs([output], [model, file])
    reading = t.reading(decimal=decimal, encoding=encoding, sheet=sheet)
    reading["delimiter"] = options.character(delimiter)

    from walnet.cli.predicting import answer, print_columns, print_json
    from walnet.tables.writing import check_output_name, write_table

    if output is not None:
        check_output_name(output)

    screen = Screen(quiet=quiet or as_json)
    answers = answer(model, file, reading, keep or [])
    for note in answers.notes:
        screen.note(note)
    if output is not None:
        write_table(output, answers.columns, raw=raw)
        screen.say(answers.sentence(output))
    if as_json:
        print_json(answers, output)
    elif output is None:
        print_columns(answers.columns, raw=raw)
