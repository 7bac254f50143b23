"""Formulas as MathML, which browsers draw by themselves: no script, no network."""

from __future__ import annotations

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.writers.html5 import HTML5Translator

from walnet_docs.lessons import tex


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    writer.body.append(convert(tex(node.astext())))
    raise nodes.SkipNode


def visit_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    number = f'<span class="eqno">({node["number"]})</span>' if node["number"] else ""
    identifier = f' id="{node["ids"][0]}"' if node["ids"] else ""
    formula = convert(tex(node.astext()), display="block")
    # A wide one is scrolled by itself, with the keyboard too.
    writer.body.append(
        f'<div class="formula" tabindex="0" role="group" '
        f'aria-label="Formula"{identifier}>'
        f"{number}{formula}</div>"
    )
    raise nodes.SkipNode
