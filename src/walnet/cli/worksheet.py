"""``walnet worksheet``: one step of learning to print, for a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from walnet.cli.files import check_outputs, say_replaced
from walnet.cli.terminal import Screen


def worksheet(
    pupils: Annotated[
        int, Option(help="How many sheets; each has other numbers.", min=1, max=200)
    ] = 30,
    seed: Annotated[int, Option(help="Another seed gives other numbers.", min=0)] = 0,
    language: Annotated[str, Option(help="Of the words: en or de.")] = "en",
    output: Annotated[
        Path, Option("--output", "-o", help="The file to write, HTML for A4 paper.")
    ] = Path("worksheet.html"),
) -> None:
    """Write sheets on which pupils work one step of learning out by hand.

    A blank sheet for each pupil comes first, then the solved ones for the teacher.
    """
    from walnet.saving.atomic import write_atomically
    from walnet.tracing.worksheet import worksheets

    screen = Screen()
    check_outputs([output], [])
    say_replaced(screen, [output])
    write_atomically(output, worksheets(pupils, seed, language).encode())
    screen.say(f"{output}: {pupils} blank sheets, then {pupils} solved ones")
