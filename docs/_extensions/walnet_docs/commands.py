"""The reference of the command line and of settings, made of the code itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes

from walnet.cli.app import app
from walnet.cli.arguments import NOTES
from walnet.cli.settings import help_of
from walnet.engine.kernels.activations import ACTIVATIONS
from walnet.engine.kernels.optimizers import OPTIMIZERS
from walnet.engine.settings import TABLE, Settings
from walnet.tracing.costs import COSTS
from walnet_docs.directives import OnPage

GENERAL = "General"


class Commands(OnPage):
    """Every command with every option."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each command."""
        return self.parsed("\n".join(all_commands()))


class SettingsTable(OnPage):
    """Every setting of a training."""

    def run(self) -> list[nodes.Node]:
        """Return what each one does, with its range and its default."""
        return self.parsed("\n".join(all_settings()))


class Names(OnPage):
    """The activations, costs or optimizers that there are."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table of them."""
        table = {
            "activations": activations,
            "costs": costs,
            "optimizers": optimizers,
        }[self.arguments[0]]
        return self.parsed("\n".join(table()))


def all_commands() -> Iterator[str]:
    """Yield the lines of the reference of the command line."""
    group: Any = typer.main.get_command(app)
    outer = typer.Context(group, info_name="walnet")
    for name, command in group.commands.items():
        yield from _command(typer.Context(command, info_name=name, parent=outer))


def _command(context: Any) -> Iterator[str]:
    command = context.command
    yield f"(walnet-{context.info_name})="
    yield f"## walnet {context.info_name}\n"
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield f"```console\n$ {usage}\n```\n"
    yield _escaped(command.help) + "\n"
    for title, records in _panels(context).items():
        if title != GENERAL:
            yield f"**{_escaped(title)}**\n"
        for words, text in records:
            yield f"`{words}`\n: {_escaped(text)}\n"


def _panels(context: Any) -> dict[str, list[tuple[str, str]]]:
    """Return the arguments and options of a command by the panel they stand in."""
    found: dict[str, list[tuple[str, str]]] = {GENERAL: []}
    for each in context.command.get_params(context):
        if each.name in NOTES:
            each.help = help_of(each.name)
        record = each.get_help_record(context)
        if record:
            panel = getattr(each, "rich_help_panel", None) or GENERAL
            found.setdefault(panel, []).append(record)
    return found


def _escaped(text: str) -> str:
    """Return a text of the terminal as Markdown."""
    text = text.replace("\\[", "[")
    for sign in "\\`*_[]<>":
        text = text.replace(sign, f"\\{sign}")
    return text


def all_settings() -> Iterator[str]:
    """Yield the lines of the reference of settings."""
    for name, each in TABLE.items():
        default = each.usual or getattr(Settings, name)
        known = "" if default is None else f" By default {default}."
        yield f"`{name}`\n: {_escaped(each.sentence + '.' + known)}\n"


def activations() -> Iterator[str]:
    """Yield a table of the activations."""
    yield from _header("name", "g(z)", "g'(z)", "values", "initial weights")
    for name, each in ACTIVATIONS.items():
        formula = each.formula or "of the whole layer"
        values = f"{each.low:g} to {each.high:g}"
        yield _row(name, formula, each.slope, values, each.initializer)


def costs() -> Iterator[str]:
    """Yield a table of the costs."""
    yield from _header("name", "what it is")
    for name, each in COSTS.items():
        yield f"| `{name}` | {_escaped(each.note).replace('|', chr(92) + '|')} |"


def optimizers() -> Iterator[str]:
    """Yield a table of the update rules."""
    yield from _header("name", "numbers kept for each parameter", "weight decay")
    for name, each in OPTIMIZERS.items():
        yield f"| `{name}` | {each.memory} | {each.weight_decay:g} |"


def _header(*titles: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|---" * len(titles) + "|"


def _row(*cells: str) -> str:
    """Return a row of code."""
    return "| " + " | ".join(f"`{cell}`" if cell else "" for cell in cells) + " |"
