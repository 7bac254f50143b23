"""How MyST-NB runs a page: its cells in order, in this process, while it is read."""

from __future__ import annotations

import re
import time
from html import escape
from typing import Any, ClassVar

import myst_nb.sphinx_
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.execute import NotebookClientBase
from myst_nb.core.variables import VariableOutput, render_variable_outputs
from nbformat import NotebookNode
from sphinx.util.docutils import SphinxDirective

from walnet_docs.session import CellError, Session

PYTHON = {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"}


class Client(NotebookClientBase):
    """Runs cells as the page's text reaches them, so that roles find their values."""

    def start_client(self) -> None:
        """Open a run for the page."""
        self.notebook.metadata["language_info"] = PYTHON
        self._session = Session()
        self._session.__enter__()
        self._started = time.perf_counter()
        self._next = 0

    def close_client(self, *error: object) -> None:
        """Close the run."""
        self._session.__exit__(*error)
        seconds = f"{time.perf_counter() - self._started:.2f} s in its cells"
        self.logger.info(seconds)

    def code_cell_outputs(self, cell_index: int) -> tuple[None, list[NotebookNode]]:
        """Run all cells up to this one, and return the outputs of this one."""
        self.reach(cell_index + 1)
        return None, self.notebook.cells[cell_index].get("outputs", [])

    def finalise_client(self) -> None:
        """Run what is left: cells that are not shown may stand at the end."""
        self.reach(len(self.notebook.cells))

    def reach(self, index: int) -> None:
        """Run all cells in front of one."""
        for at in range(self._next, index):
            self._next = at + 1
            cell = self.notebook.cells[at]
            if cell.cell_type == "code":
                raises = "raises-exception" in cell.metadata.get("tags", [])
                line = self.cell_line(at)
                cell.outputs = self.run(cell.source, raises=raises, line=line)

    def run(self, source: str, *, raises: bool, line: int) -> list[NotebookNode]:
        """Run a cell that stands at a line; an error of it is a warning of the page."""
        try:
            return self._session.run(source, raises=raises)
        except CellError as error:
            return self._warned(error, line)

    def command(self, words: str, *, fails: bool, line: int) -> list[NotebookNode]:
        """Run a command of walnet that stands at a line."""
        try:
            return self._session.command(words, fails=fails)
        except CellError as error:
            return self._warned(error, line)

    def _warned(self, error: CellError, line: int) -> list[NotebookNode]:
        message = f"a cell failed:\n{error}"
        self.logger.warning(message, subtype="exec", line=line)
        return error.outputs

    def eval_variable(self, name: str) -> list[NotebookNode]:
        """Return the value of an expression."""
        return self._session.value(name)


class Renderer(myst_nb.sphinx_.SphinxNbRenderer):
    """Reads a text when the cells in front of it have run, also those not shown."""

    def render_nb_cell_markdown(self, token: Any) -> None:
        """Read a text between cells."""
        self.nb_client.reach(token.meta["index"])
        super().render_nb_cell_markdown(token)


class InnerCell(SphinxDirective):
    """A cell inside another block, such as a solution that is unfolded.

    MyST-NB knows cells on a page's own level only.
    """

    has_content = True
    optional_arguments = 1
    option_spec: ClassVar = {
        "tags": directives.unchanged,
        "mystnb": directives.unchanged,
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the code and what it shows."""
        tags = self.options.get("tags", "")
        outputs = self.run_cell("\n".join(self.content), raises="raises-ex" in tags)
        shown: list[nodes.Node] = []
        if "remove-input" not in tags and "remove-cell" not in tags:
            shown += self.code("\n".join(self.content), "ipython3")
        if "remove-output" not in tags and "remove-cell" not in tags:
            shown += self.shown(outputs)
        return shown

    def run_cell(self, source: str, *, raises: bool) -> list[NotebookNode]:
        """Run code in its place among the page's cells."""
        return self.client.run(source, raises=raises, line=self.lineno)

    @property
    def client(self) -> Client:
        """What runs this page."""
        document = self.state.document
        if "nb_renderer" not in document:
            message = "this page runs no cells: its head must say file_format: mystnb"
            raise self.error(message)
        client: Client = document["nb_renderer"].renderer.nb_client
        return client

    def code(self, source: str, language: str) -> list[nodes.Node]:
        """Return a block of code."""
        block = nodes.literal_block(source, source, language=language)
        self.set_source_info(block)
        return [nodes.container("", block, classes=["cell", "cell_input"])]

    def shown(self, outputs: list[NotebookNode]) -> list[nodes.Node]:
        """Return what is shown of outputs."""
        found: list[nodes.Node] = []
        for each in outputs:
            if each.output_type in {"stream", "error"}:
                text = each.get("text") or "\n".join(each.get("traceback", []))
                found += [nodes.literal_block(text, text, language="none")]
            else:
                found += self._rich(each)
        return [nodes.container("", *found, classes=["cell_output"])] if found else []

    def _rich(self, output: NotebookNode) -> list[nodes.Node]:
        document = self.state.document
        renderer: Any = document["nb_renderer"]
        value = VariableOutput(output.data, output.metadata, renderer, "eval")
        source = document["source"]
        # Of an option with levels, MyST hands over the words in one line.
        alt = re.search(r"alt:\s*\"?([^\"}]+)", self.options.get("mystnb", ""))
        config = {"image": {"alt": alt[1].strip()}} if alt else {}
        return list(
            render_variable_outputs(
                [value], document, self.lineno, source, render=config
            )
        )


class Command(InnerCell):
    """A command of walnet with what it prints: ``{walnet} train penguins.csv``.

    It runs in the page's folder, so that cells find what it writes. With ``:fails:`` it
    must end with one sentence.
    """

    required_arguments = 1
    optional_arguments = 0
    final_argument_whitespace = True
    has_content = False
    option_spec: ClassVar = {"fails": directives.flag, "quiet": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the command as it is typed, and its output."""
        words = " ".join(self.arguments[0].split())
        outputs = self.client.command(
            words, fails="fails" in self.options, line=self.lineno
        )
        text = "".join(each.get("text", "") for each in outputs)
        text = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
        typed = f"$ walnet {words}"
        if "quiet" not in self.options and text:
            typed += f"\n{text}"
        return self.code(typed, "console")


def visit_folded(writer: Any, node: Any) -> None:
    """Write what is to be unfolded; MyST-NB's own has another name than its words."""
    classes = " ".join(node["classes"])
    shown, hidden = (escape(node[f"prompt_{name}"]) for name in ("show", "hide"))
    writer.body.append(
        f'<details class="admonition hide {classes}">\n<summary>\n'
        f'<p class="collapsed admonition-title">{shown}</p>\n'
        f'<p class="expanded admonition-title">{hidden}</p>\n</summary>\n'
    )


def depart_folded(writer: Any, _: Any) -> None:
    """Close it."""
    writer.body.append("</details>\n")


def create_client(
    notebook: NotebookNode, _source: str, config: Any, logger: Any, _: Any = None
) -> NotebookClientBase:
    """Return what runs a page, in place of MyST-NB's own choice."""
    return Client(notebook, None, config, logger)


def install(app: Any) -> None:
    """Let MyST-NB run pages here."""
    app.setup_extension("myst_nb")
    folded = myst_nb.sphinx_.HideCodeCellNode
    app.add_node(folded, override=True, html=(visit_folded, depart_folded))
    myst_nb.sphinx_.create_client = create_client
    myst_nb.sphinx_.SphinxNbRenderer = Renderer
