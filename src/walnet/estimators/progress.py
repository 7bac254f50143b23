"""Progress of a fit where `verbose` asks for it: a bar on a terminal, else lines."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self


class Progress:
    """Shows loss and score of each epoch where `verbose` asks for it.

    Parameters
    ----------
    verbose : bool or int
        Whether anything is shown.
    epochs : int
        The most epochs there can be.
    """

    def __init__(self, verbose: bool | int, epochs: int) -> None:
        self.verbose, self.epochs = bool(verbose), epochs
        self.bar: Any = None

    def __enter__(self) -> Self:
        """Begin a bar, if there is a terminal to draw it on."""
        if self.verbose and sys.stdout.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            # On the console that all share, a bar of somebody else would hide this one.
            self.bar = Bar(console=Console(), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("", total=self.epochs)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def epoch(self, number: int, loss: float, score: float | None) -> None:
        """Show an epoch's loss and score."""
        if not self.verbose:
            return
        text = f"Iteration {number}, loss = {loss:.8f}"
        if self.bar is not None:
            more = "" if score is None else f", validation score {score:.4f}"
            self.bar.update(self.task, advance=1, description=text + more)
            return
        self.say(text)
        if score is not None:
            self.say(f"Validation score: {score:f}")

    def say(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        if not self.verbose:
            return
        if self.bar is not None:
            # As it is: a number is not coloured, and no line broken, in a sentence.
            self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text)  # noqa: T201  (what verbose asks for)
