"""What the commands say on the terminal: sentences, tables, progress and errors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from walnet.waiting import known_wait, waiting_for
from walnet.words import readable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from walnet.tuning.search import Search

_WIDEST = 60  # characters of a table's cell
_REFRESH = 0.1  # seconds between two looks at a training


def fail(sentence: str) -> int:
    """Print a sentence about what went wrong and return the exit code 2."""
    console = _console(stderr=True)
    console.print("[bold red]Error:[/]", end=" ")
    console.print(printable(sentence), markup=False)
    return 2


def printable(text: object) -> str:
    """Return lines of text without characters that a terminal would obey."""
    return readable(text, None, keep="\n")


class Screen:
    """Where one command prints what people read.

    Parameters
    ----------
    quiet : bool
        Whether to print nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = _console(stderr=False)
        self.errors = _console(stderr=True)
        self.console.quiet = self.errors.quiet = quiet
        self._noted: set[str] = set()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is printed."""
        return self.console.quiet

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line on the standard output."""
        self.console.print(printable(text), style=style or None, markup=False)

    def note(self, text: str) -> None:
        """Print what is worth knowing on the standard error output, once."""
        if text in self._noted:
            return
        self._noted.add(text)
        self.errors.print("[yellow]Note:[/]", end=" ")
        self.errors.print(printable(text), markup=False)

    def know(self, texts: Iterable[str]) -> None:
        """Take notes for printed that a table shows."""
        self._noted.update(texts)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        texts: int = 1,
        most: int = 1000,
        widest: int = _WIDEST,
        total: int = 0,
    ) -> None:
        """Print the first rows of a table: columns of text, then columns of numbers.

        Where there are more rows than are given, `total` says how many.
        """
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for index, name in enumerate(columns):
            justify = "right" if index >= texts else "left"
            table.add_column(Text(readable(name, _WIDEST)), justify=justify)  # type: ignore[arg-type]
        for row in rows[:most]:
            table.add_row(*(Text(readable(cell, widest)) for cell in row))
        self.console.print(table)
        left_out = max(len(rows), total) - min(len(rows), most)
        if left_out:
            self.say(f" … and {left_out:,} more")

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say what is under way; where there is no terminal, if it takes long."""
        if self.errors.is_terminal and not self.errors.quiet:
            with known_wait(), self.errors.status(text):
                yield
            return
        with waiting_for(text, lambda each: self.errors.print(each, markup=False)):
            yield

    @contextmanager
    def progress(
        self, look: Callable[[Any], tuple[float, str, str]]
    ) -> Iterator[TrainingProgress]:
        """Show a bar while a training runs; where there is no terminal, say so once.

        Parameters
        ----------
        look : callable
            From a training to the share that is done, that share in words, and the
            scores.
        """
        with self._without_terminal("Training …"), _progress(self.errors) as bar:
            yield TrainingProgress(bar, look)

    @contextmanager
    def search_progress(self, seconds: float | None) -> Iterator[SearchProgress]:
        """Show a bar while a search runs; where there is no terminal, say so once."""
        with self._without_terminal("Searching …"), _progress(self.errors) as bar:
            yield SearchProgress(bar, seconds)

    def _without_terminal(self, text: str) -> Any:
        """Say what is under way, where there is no terminal to show a bar."""
        return known_wait() if self.errors.is_terminal else self.busy(text)


class TrainingProgress:
    """A bar that follows a training: its callback."""

    def __init__(
        self, bar: Progress, look: Callable[[Any], tuple[float, str, str]]
    ) -> None:
        self._bar, self._look = bar, look
        self._task = bar.add_task("Training", total=1.0, epochs="", scores="")
        self._shown = 0.0

    def __call__(self, training: Any) -> None:
        """Show where the training is, if the last time was a while ago."""
        now = time.monotonic()
        if now - self._shown < _REFRESH and not training.finished:
            return
        self._shown = now
        share, done, scores = self._look(training)
        self._bar.update(self._task, completed=share, epochs=done, scores=scores)


class SearchProgress:
    """A bar that follows a search: its callback."""

    def __init__(self, bar: Progress, seconds: float | None) -> None:
        self._bar, self._seconds = bar, seconds
        self._task = bar.add_task("Searching", total=seconds, epochs="", scores="")
        self._began = time.monotonic()

    def __call__(self, search: Search) -> None:
        """Show how long it has run and what it has found."""
        spent = time.monotonic() - self._began
        under_way = search.training
        part = "" if under_way is None else f" + {100 * under_way.share:.0f} %"
        self._bar.update(
            self._task,
            completed=spent if self._seconds is None else min(spent, self._seconds),
            epochs=f"{search.done} trials{part}",
            scores="" if search.best != search.best else f"best {search.best:.4g}",
        )


def _progress(console: Console) -> Progress:
    """Return a bar with epochs, cost, accuracy and the time left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[epochs]}"),
        TextColumn("{task.fields[scores]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=console,
        transient=True,
        disable=console.quiet or not console.is_terminal,
    )


def _console(*, stderr: bool) -> Console:
    """Return a console that prints text as it is, in colour on a terminal only."""
    from rich.console import Console

    options: dict[str, Any] = {"highlight": False, "soft_wrap": True, "emoji": False}
    return Console(file=sys.stderr if stderr else sys.stdout, **options)
