"""The living page and the lessons on a page of the documentation."""

from __future__ import annotations

import re
from html import escape
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from walnet_docs.lessons import LESSONS, Task, packed, read_lesson

# The whole page in one file: it also opens from a folder, without a server.
PAGE = "_static/playground/walnet.html"


def frame(up: str, address: str, title: str, height: str) -> nodes.raw:
    """Return the living page as a frame.

    Parameters
    ----------
    up : str
        The way to the top of the site.
    address : str
        What stands behind ``#`` in the page's link; empty for its beginning.
    title : str
        What is in the frame, for those who hear the page.
    height : str
        Its height, as CSS writes it.
    """
    source = f"{up}{PAGE}#{address}&embed" if address else f"{up}{PAGE}#s=e30&embed"
    html = (
        f'<iframe class="living" src="{escape(source)}" title="{escape(title)}" '
        f'loading="lazy" style="height: {escape(height)}"></iframe>'
    )
    return nodes.raw("", html, format="html")


def link(up: str, address: str, words: str) -> nodes.raw:
    """Return a link that opens the living page alone."""
    source = escape(f"{up}{PAGE}" + (f"#{address}" if address else ""))
    html = (
        f'<p class="alone"><a href="{source}" target="_blank">{escape(words)}</a></p>'
    )
    return nodes.raw("", html, format="html")


class OnPage(SphinxDirective):
    """A block that knows its page."""

    @property
    def up(self) -> str:
        """The way from this page to the top of the site."""
        name: str = self.env.docname
        return "../" * name.count("/")

    def parsed(self, text: str) -> list[nodes.Node]:
        """Return text as MyST understands it."""
        inside = nodes.container()
        lines = StringList(text.splitlines(), self.env.docname)
        self.state.nested_parse(lines, 0, inside, match_titles=True)
        return list(inside.children)


class Playground(OnPage):
    """The living page in a frame: ``{playground} s=…`` with what stands behind ``#``.

    Options: ``:height:`` (CSS, 34rem without it) and ``:title:``, what it shows.
    """

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {
        "height": directives.unchanged,
        "title": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the frame and a link to it."""
        address = "".join(self.arguments).strip().lstrip("#")
        title = self.options.get("title", "The playground")
        height = self.options.get("height", "34rem")
        shown = frame(self.up, address, title, height)
        words = "Open it in a tab of its own"
        return [nodes.container("", shown, link(self.up, address, words))]


class Words(OnPage):
    """A glossary: the words that lessons explain and those in the block, in order.

    Both are written as in lessons/en/glossary.md: a word, and below it, after a colon,
    what it means.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the glossary."""
        path = LESSONS / "glossary.md"
        self.env.note_dependency(str(path))
        entries = _entries(path.read_text("utf-8")) | _entries("\n".join(self.content))
        lines = [f"{word}\n  {entries[word]}\n" for word in sorted(entries)]
        return self.parsed("::::{glossary}\n" + "\n".join(lines) + "::::")


def _entries(text: str) -> dict[str, str]:
    """Return what words mean."""
    found: dict[str, str] = {}
    word = ""
    for line in text.splitlines():
        if line.startswith(": "):
            found[word] = line[2:].strip()
        elif line.startswith(" "):
            found[word] += f" {line.strip()}"
        elif line and not line.startswith("#"):
            word = line.strip()
    return found


def _without_sections(text: str) -> str:
    """Return a lesson's text with its headings as lines: sections would leave it."""
    heading = r":::{rubric} \1\n:heading-level: 2\n:::"
    return re.sub(r"^## (.+)$", heading, text, flags=re.MULTILINE)


class LessonText(OnPage):
    """A chapter of the course: its text, the living page beside it, and its task."""

    required_arguments = 1
    option_spec: ClassVar = {"height": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return text, frame and task."""
        path = LESSONS / f"{self.arguments[0]}.md"
        if not path.is_file():
            raise self.error(f"there is no lesson {path.name} in lessons/en")
        self.env.note_dependency(str(path))
        lesson = read_lesson(path)
        body = self.parsed(_without_sections(lesson.body))
        text = nodes.container("", *body, classes=["lesson-text"])
        title = f"{lesson.head['title']}: the living page"
        height = self.options.get("height", "")
        living = frame(self.up, f"lesson=~{packed(lesson.living)}", title, height)
        words = "Open this chapter in the playground"
        alone = link(self.up, f"lesson={lesson.name}", words)
        beside = nodes.container("", living, alone, classes=["lesson-living"])
        parts = [text, beside]
        if lesson.task:
            parts.append(self.task(lesson.task))
        return [nodes.container("", *parts, classes=["lesson"])]

    def task(self, task: Task) -> nodes.Node:
        """Return the task with its hint and its solution to unfold."""
        text = task.text.strip()
        gap = "\n\n" if text.startswith(("- ", "* ")) else " "  # a list begins a block
        lines = [f"**Your turn.**{gap}{text}", ""]
        for title, words in (("A hint", task.hint), ("Solution", task.solution)):
            if words:
                lines += [f":::{{dropdown}} {title}", words, ":::", ""]
        inside = self.parsed("\n".join(lines))
        return nodes.container("", *inside, classes=["lesson-task"])
