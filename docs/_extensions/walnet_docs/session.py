"""The cells of a page, run in this process: one warm Python for all pages.

A kernel for each page would take a second to start and import everything anew. Here a
page has names, a folder and settings of Matplotlib of its own, and all else is shared.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import matplotlib as mpl
import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import flush_figures
from nbformat import NotebookNode

ROOT = Path(__file__).parents[3]
# What a page finds in its folder, at the same place as in the repository.
TABLES = ("examples", "lessons/data")
# Pictures are drawn twice as fine as they are shown, for fine screens.
STYLE: dict[Any, object] = {
    "backend": "module://matplotlib_inline.backend_inline",
    "figure.figsize": (6.4, 3.6),
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "savefig.bbox": "tight",
}
COLUMNS = "88"


class CellError(Exception):
    """A cell raised what its page does not expect.

    Parameters
    ----------
    message : str
        The error and the line of the cell.
    outputs : list of NotebookNode
        What the cell had shown by then.
    """

    def __init__(self, message: str, outputs: list[NotebookNode]) -> None:
        super().__init__(message)
        self.outputs = outputs


class _Stream(io.TextIOBase):
    """A stream whose text becomes an output, in its place among the others."""

    def __init__(self, name: str, outputs: list[NotebookNode]) -> None:
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        """Append text to the last output, or begin another one."""
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") == self._name:
            last["text"] += text
        elif text:
            new = nbformat.v4.new_output("stream", name=self._name, text=text)
            self._outputs.append(new)
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True


class _Publisher(DisplayPublisher):
    """Keeps what is displayed as outputs."""

    outputs: list[NotebookNode]

    def publish(self, data: dict[str, Any], metadata: Any = None, **_: Any) -> None:
        new = nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})
        self.outputs.append(new)


class _Hook(DisplayHook):
    """Keeps the value of a cell's last line as an output."""

    def __call__(self, result: Any = None) -> None:
        if result is None:
            return
        data, metadata = self.shell.display_formatter.format(result)
        if data:
            new = nbformat.v4.new_output(
                "execute_result", data=data, metadata=metadata, execution_count=None
            )
            self.shell.display_pub.outputs.append(new)


class _Shell(InteractiveShell):
    """IPython without a terminal, a history or a configuration."""

    displayhook_class = _Hook
    display_pub_class = _Publisher

    def showtraceback(self, *_: Any, **__: Any) -> None:
        """Print nothing: what went wrong is told by `Session.run`."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Open no windows."""


def _shell() -> InteractiveShell:
    """Return the shell of this process, made when it is first asked for."""
    if not _Shell.initialized():
        # IPython writes into its folder: one that goes with the process.
        os.environ.setdefault("IPYTHONDIR", tempfile.mkdtemp(prefix="walnet-docs-"))
        shell = _Shell.instance()
        shell.history_manager.enabled = False
        shell.colors = "nocolor"
        shell.enable_matplotlib("inline")
        shell.events.unregister("post_execute", flush_figures)
    return _Shell.instance()


class Session:
    """The run of one page.

    While it is open, the working folder is a fresh one with the tables of ``examples``
    and ``lessons/data`` in folders of these names; what a page writes goes with it.

    Examples
    --------
    >>> with Session() as session:
    ...     outputs = session.run("1 + 1")
    >>> outputs[0]["data"]["text/plain"]
    '2'
    """

    def __init__(self) -> None:
        self._shell = _shell()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Enter a fresh folder with no names but Python's own."""
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        for each in TABLES:
            shutil.copytree(ROOT / each, Path(folder) / each)
        self._stack.enter_context(contextlib.chdir(folder))
        self._stack.enter_context(mpl.rc_context())
        self._stack.callback(plt.close, "all")
        self._stack.enter_context(_environment(COLUMNS=COLUMNS, NO_COLOR="1"))
        self._stack.callback(
            sys.modules.__setitem__, "__main__", sys.modules["__main__"]
        )
        mpl.rcParams.update(STYLE)
        self._shell.reset(new_session=True)
        sys.modules["__main__"] = self._shell.user_module
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the folder, and everything as it was."""
        self._stack.close()

    def run(self, source: str, *, raises: bool = False) -> list[NotebookNode]:
        """Run a cell and return its outputs.

        Parameters
        ----------
        source : str
            Its code.
        raises : bool, default=False
            Whether an error is expected: it is the last output then.

        Raises
        ------
        CellError
            If the cell raises an error that is not expected, or none where one is.
        """
        outputs: list[NotebookNode] = []
        with self._captured(outputs):
            result = self._shell.run_cell(source, silent=False, store_history=False)
            flush_figures()
        if source.rstrip().endswith(";"):  # as in a notebook: the value is not shown
            outputs[:] = [each for each in outputs if not _is_value(each)]
        error = result.error_before_exec or result.error_in_exec
        if error is None and raises:
            raise CellError("an error was expected and none was raised", outputs)
        if error is None:
            return outputs
        if not raises:
            raise CellError(self._where(error), outputs)
        name, text = type(error).__name__, str(error)
        outputs = [each for each in outputs if each.get("name") != "stderr"]
        shown = nbformat.v4.new_output(
            "error", ename=name, evalue=text, traceback=[f"{name}: {text}"]
        )
        return [*outputs, shown]

    def command(self, words: str, *, fails: bool = False) -> list[NotebookNode]:
        """Run a command of walnet and return what it prints.

        Parameters
        ----------
        words : str
            What stands behind ``walnet``.
        fails : bool, default=False
            Whether it must end with a sentence on what is wrong.

        Raises
        ------
        CellError
            If it does not end as expected.
        """
        from walnet.cli.app import run

        outputs: list[NotebookNode] = []
        with self._captured(outputs):
            code = run(shlex.split(words))
        if code != (2 if fails else 0):
            text = "".join(each["text"] for each in outputs)
            message = f"walnet {words}: ended with exit code {code}: {text}"
            raise CellError(message, outputs)
        return outputs

    def run_any(self, source: str, tags: list[str]) -> list[NotebookNode]:
        """Run a cell as a notebook has it: code, or a command after ``!``."""
        if source.startswith("!walnet "):
            return self.command(source.removeprefix("!walnet "), fails="fails" in tags)
        return self.run(source, raises="raises-exception" in tags)

    def text(self, expression: str) -> str:
        """Return the value of an expression in a line of text."""
        value = self._value(expression)
        return value if isinstance(value, str) else repr(value)

    def _value(self, expression: str) -> Any:
        return eval(expression, self._shell.user_ns)  # noqa: S307 - a page's own code

    def value(self, expression: str) -> list[NotebookNode]:
        """Return the value of an expression as outputs."""
        value = self._value(expression)
        data, metadata = self._shell.display_formatter.format(value)
        new = nbformat.v4.new_output(
            "execute_result", data=data, metadata=metadata, execution_count=None
        )
        return [new]

    @contextlib.contextmanager
    def _captured(self, outputs: list[NotebookNode]) -> Iterator[None]:
        """Let everything that is printed and shown become outputs."""
        self._shell.display_pub.outputs = outputs
        with (
            contextlib.redirect_stdout(_Stream("stdout", outputs)),
            contextlib.redirect_stderr(_Stream("stderr", outputs)),
        ):
            yield

    def _where(self, error: BaseException) -> str:
        """Return an error with the traceback that a notebook shows."""
        lines = self._shell.InteractiveTB.structured_traceback(
            type(error), error, error.__traceback__
        )
        return "\n".join(lines)


def _is_value(output: NotebookNode) -> bool:
    return bool(output.output_type == "execute_result")


@contextlib.contextmanager
def _environment(**names: str) -> Iterator[None]:
    """Set variables of the environment, and set them back."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
