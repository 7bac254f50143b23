"""``walnet settings``: the table of settings; and its lines in the help of commands.

The table comes with the engine, which takes a second to load: it is read when it is
shown, and not before.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from walnet.cli.arguments import NOTES

_ABOUT = """\
What a training can be told: by --set NAME=VALUE of walnet train (or an option of its
own), by walnet.Settings in Python. The defaults are those of walnet.train in Python,
which is plain gradient descent unless told otherwise. walnet train chooses for its
models instead: with --model mlp {mlp};
for the ensemble the recipe of its preset. The report says which."""

_ROWS = 1000  # of a table; what is named here is the same for any


def settings() -> int:
    """List every setting of a training: what it does, its range and its default."""
    from walnet.engine.settings import TABLE, Settings
    from walnet.models.network_settings import default_settings

    chosen = default_settings(_ROWS, Settings.cost, {})
    mlp = f"{chosen.optimizer}, learning_rate {chosen.learning_rate:g} and others"
    print(_ABOUT.format(mlp=mlp))
    for name, each in TABLE.items():
        default = each.usual or getattr(Settings, name)
        print(f"\n{name}\n    {each.sentence}.")
        if default is not None:
            print(f"    By default {default}.")
    return 0


class CommandOfSettings(TyperCommand):
    """A command some of whose options are settings."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the table's line for each option that is a setting."""
        for option in self.params:
            if option.name in NOTES:
                option.help = help_of(option.name)  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)


def help_of(name: str) -> str:
    """Return the help of a setting's option, in a sentence."""
    from walnet.engine.settings import TABLE

    return "; ".join(filter(None, (TABLE[name].sentence, NOTES[name]))) + "."
