"""An iteration as a piece of a page: MathML, parts that fold, and no script."""

from __future__ import annotations

from html import escape

from walnet.tracing.lines import Group, Item, Line, Stage
from walnet.tracing.notation import MathML

STYLE = """
.walnet-trace { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; }
.walnet-trace h2 { font-size: 1.2em; margin: 0 0 .3em; }
.walnet-trace h3 { font-size: 1.1em; margin: 1.2em 0 .3em; }
.walnet-trace p { margin: .2em 0; max-width: 48rem; overflow: auto hidden; }
.walnet-trace details { margin: .4em 0; padding: .2em .8em;
  border-left: 3px solid color-mix(in srgb, currentColor 30%, transparent); }
.walnet-trace summary { cursor: pointer; padding: .3em 0; font-weight: 600; }
.walnet-trace h4 { font-size: 1em; margin: .8em 0 .2em; }
.walnet-trace ul { list-style: none; margin: 0; padding: 0; }
.walnet-trace li { display: flex; flex-wrap: wrap; align-items: center;
  gap: .4em 2.5em; padding: .25em 0; overflow: auto hidden; }
.walnet-trace li > :first-child { flex: 0 0 auto; min-width: min(24rem, 100%); }
.walnet-trace math { font-size: 1.05em; math-style: normal; }
.walnet-trace .more, .walnet-trace .note { opacity: .75; }
"""


def write_html(title: str, facts: list[str], stages: list[Stage], decimals: int) -> str:
    """Return the whole iteration; every text in it is escaped."""
    pieces = [f'<section class="walnet-trace"><style>{STYLE}</style>']
    pieces.append(f"<h2>{escape(title)}</h2>")
    pieces += [f"<p>{escape(fact)}</p>" for fact in facts]
    for number, stage in enumerate(stages, 1):
        pieces.append(f"<h3>{number}. {escape(stage.title)}</h3>")
        pieces += [f"<p>{escape(note)}</p>" for note in stage.notes]
        pieces += [_group(group, decimals) for group in stage.groups]
        pieces += [f"<p>{escape(stage.ending)}</p>"] if stage.ending else []
    return "\n".join([*pieces, "</section>"])


def _group(group: Group, decimals: int) -> str:
    """Return a layer, to fold away."""
    names = MathML(names=True, decimals=decimals)
    pieces = [f"<details open><summary>{escape(group.title)}</summary>"]
    if group.formulas:
        gap = '<mspace width="2em"></mspace>'
        shown = gap.join(
            f"{left.write(names)[0]}<mo>=</mo>{formula.write(names)[0]}"
            for left, formula in group.formulas
        )
        pieces.append(f"<p>{math(shown)}</p>")
    pieces += [_item(item, decimals) for item in group.items]
    if group.more:
        pieces.append(f'<p class="more">{escape(group.more)}</p>')
    return "\n".join([*pieces, "</details>"])


def _item(item: Item, decimals: int) -> str:
    """Return a neuron."""
    heading = f"<h4>{escape(item.title)}</h4>" if item.title else ""
    rows = "\n".join(f"<li>{write_row(line, decimals)}</li>" for line in item.lines)
    more = f'<p class="more">{escape(item.more)}</p>' if item.more else ""
    return f"{heading}<ul>{rows}</ul>{more}"


def write_row(line: Line, decimals: int) -> str:
    """Return one quantity: its formula, and beside it its numbers."""
    left, symbols, numbers = line.pieces(MathML, decimals)
    relations = ["←" if line.becomes else "="] + ["="] * len(symbols)
    row = left
    for relation, symbol in zip(relations, symbols, strict=False):
        row += f"<mo>{relation}</mo>{symbol}"
    worked = "".join(f"<mo>{relation}</mo>{text}" for relation, text in numbers)
    note = f'<span class="note">{escape(line.note)}</span>' if line.note else ""
    return f"<div>{math(row)}</div><div>{math(worked)}</div>{note}"


def math(content: str) -> str:
    """Return a formula as an element of its own."""
    return f'<math display="inline"><mrow>{content}</mrow></math>'
