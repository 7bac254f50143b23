"""The command `walnet`: which commands there are, and how they end."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import sys
from collections.abc import Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.models import CommandFunctionType

from walnet.cli import (
    demo,
    explain,
    export,
    play,
    predict,
    settings,
    train,
    tune,
    worksheet,
)
from walnet.cli.distributed import OPTION, is_first
from walnet.cli.settings import CommandOfSettings
from walnet.cli.terminal import fail
from walnet.errors import DivergedError, WalnetError

INTERRUPTED = 128 + signal.SIGINT
_EXPECTED = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}
"""What an option takes, by what typer calls the mistake."""
_ClickException: type[Any] = typer.BadParameter.__mro__[2]  # typer gives it no name

app = typer.Typer(
    help="Feed-forward neural networks in a nutshell: a table in, a model out.",
    epilog="walnet COMMAND --help lists the options of a command.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _add(name: str, function: CommandFunctionType) -> None:
    """Give the application a command, its help wrapped anew by the terminal's width."""
    paragraphs = cleandoc(function.__doc__ or "").split("\n\n")
    text = "\n\n".join(part.replace("\n", " ") for part in paragraphs)
    app.command(name, cls=CommandOfSettings, help=text)(function)


_add("demo", demo.demo)
_add("train", train.train)
_add("tune", tune.tune)
_add("settings", settings.settings)
_add("predict", predict.predict)
_add("export", export.export)
_add("explain", explain.explain)
_add("play", play.play)
_add("worksheet", worksheet.worksheet)


def _show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        from importlib.metadata import version

        from walnet.engine.kernels.machine.code import in_words

        print(f"walnet {version('walnet')}, {in_words()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _before(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Show the help where no command is given."""
    del version  # its callback has seen to it
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign is no reason to lose a model.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str
        What stands behind ``walnet``.

    Returns
    -------
    int
        0, or 2 after one sentence about what cannot be used, or 130 after Ctrl-C.

    Examples
    --------
    >>> run(["predict", "no-such-file.walnet", "rows.csv"])
    2
    """
    try:
        code = app(list(arguments), prog_name="walnet", standalone_mode=False)
        sys.stdout.flush()
    except (WalnetError, MemoryError, _ClickException) as error:
        # Of processes that work together, all come here and one speaks: it is the one
        # that fails, too, for a launcher ends all when it sees the first to do so.
        is_heard = OPTION not in arguments or is_first()
        return fail(_sentence(error)) if is_heard else 0
    except (KeyboardInterrupt, typer.Abort) as error:
        if isinstance(error.__cause__, EOFError):  # typer takes it for Ctrl-D
            raise error.__cause__ from None
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _sentence(error: Any) -> str:
    """Return what went wrong and what to do, in one sentence."""
    if isinstance(error, DivergedError):
        return (
            f"{str(error).partition(';')[0]}, and nothing was written; try a smaller "
            "learning rate"
        )
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; leave out rows, columns or neurons"
    if isinstance(error, WalnetError):
        return str(error)
    path = error.ctx.command_path if getattr(error, "ctx", None) else "walnet"
    _name_wrong_value(error)
    sentence = error.format_message().rstrip(".").replace("Value error, ", "", 1)
    return f"{sentence}{_hint(sentence)} (see {path} --help)"


def _hint(sentence: str) -> str:
    """Return what was meant, where that can be guessed."""
    if match := re.fullmatch(r"No such command '(.*)'", sentence, re.DOTALL):
        if Path(match[1]).exists():
            return f"; a table is learned by: walnet train {shlex.quote(match[1])}"
        return "; walnet lists the commands"
    if "unexpected extra argument" in sentence:
        return "; what is not a file has an option, such as --target COLUMN"
    return ""


def _name_wrong_value(error: Any) -> None:
    """Let the error of an option that is no number, or out of range, say what came."""
    causes: list[Any] = getattr(error.__cause__, "errors", list)()
    if causes and causes[0]["type"] in _EXPECTED:
        expected = _EXPECTED[causes[0]["type"]].format(**causes[0].get("ctx", {}))
        error.message = f"must be {expected}, got {str(causes[0]['input'])!r}"


def _terminate(number: int, _frame: object) -> NoReturn:
    """End as the signal asks, letting files that are half-written be removed."""
    sys.exit(128 + number)
