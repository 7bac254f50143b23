"""An iteration as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from walnet.tracing.lines import Group, Item, Line, Stage
from walnet.tracing.notation import TOGETHER, Text

WIDTH = 80


def write_text(title: str, facts: list[str], stages: list[Stage], decimals: int) -> str:
    """Return the whole iteration, stage by stage."""
    rows = list(_wrap(title, "", ""))
    pieces = [*rows, "=" * max(map(len, rows))]
    for fact in facts:
        pieces += _wrap(fact, "", "    ")
    for number, stage in enumerate(stages, 1):
        heading = f"{number}. {stage.title}"
        pieces += ["", heading, "-" * len(heading)]
        for note in stage.notes:
            pieces += _wrap(note, "", "")
        for group in stage.groups:
            pieces += _group(group, decimals)
        if stage.ending:
            pieces += ["", *_wrap(stage.ending, "", "")]
    return "\n".join(pieces)


def _group(group: Group, decimals: int) -> Iterator[str]:
    """Yield the lines of a layer."""
    yield ""
    yield from _wrap(group.title, "", "  ") if group.title else ()
    if group.formulas:
        names = Text(names=True, decimals=decimals)
        shown = [
            f"{left.write(names)[0]} = {formula.write(names)[0]}"
            for left, formula in group.formulas
        ]
        yield from _in_rows(shown)
    for item in group.items:
        yield from _item(item, decimals)
    if group.more:
        yield f"  {group.more}"


def _item(item: Item, decimals: int) -> Iterator[str]:
    """Yield the lines of a neuron."""
    if item.title:
        yield from _wrap(item.title, "  ", "    ")
    for line in item.lines:
        yield from write_line(line, decimals)
    if item.more:
        yield f"    {item.more}"


def write_line(line: Line, decimals: int, indent: str = "    ") -> list[str]:
    """Return one quantity: on one line where it fits, else its parts below another."""
    left, symbols, numbers = line.pieces(Text, decimals)
    relations = ["="] * len(symbols) + [relation for relation, _ in numbers]
    if line.becomes:
        relations[0] = "←"
    texts = symbols + [text for _, text in numbers]
    note = f"   ({line.note})" if line.note else ""
    parts = [f"{r} {text}" for r, text in zip(relations, texts, strict=True)]
    whole = f"{indent}{left} {' '.join(parts)}{note}"
    if len(whole) <= WIDTH:
        return [whole.replace(TOGETHER, " ")]
    lead = f"{indent}{left} "
    below = " " * len(lead)
    # The formula on the first row and its numbers on the second, where they fit.
    rows: list[str] = []
    for group in (parts[: len(symbols)], parts[len(symbols) :]):
        joined = " ".join(group)
        fits = len(below) + len(joined) <= WIDTH
        for part in [joined] if fits and group else group:
            rows += _wrap(part, below if rows else lead, f"{below}  ")
    if note and len(rows[-1]) + len(note) > WIDTH:
        rows.append(f"{below}  ({line.note})")
    else:
        rows[-1] += note
    return [row.replace(TOGETHER, " ") for row in rows]


def _in_rows(formulas: list[str]) -> Iterator[str]:
    """Yield formulas side by side, as many in a line as fit."""
    row = f"  {formulas[0]}"
    for formula in formulas[1:]:
        if len(row) + 4 + len(formula) > WIDTH:
            yield row
            row = f"  {formula}"
        else:
            row += f"    {formula}"
    yield row


def _wrap(text: str, first: str, others: str) -> list[str]:
    """Break a line between words."""
    rows, row = [], first
    empty = True
    for word in text.split(" "):
        if not empty and len(row) + 1 + len(word) > WIDTH:
            rows.append(row)
            row, empty = others, True
        row += word if empty else f" {word}"
        empty = False
    return [each.rstrip(" ").replace(TOGETHER, " ") for each in (*rows, row)]
