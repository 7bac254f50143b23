"""``walnet export``: a model for programs that know nothing of walnet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from walnet.cli import arguments as a
from walnet.cli.files import check_outputs, say_replaced
from walnet.cli.terminal import Screen

OnnxOut = Annotated[
    Path, Option("--onnx", help="The ONNX file to write.", show_default=False)
]
Opset = Annotated[int, Option(help="Version of ONNX's operators, 13 to 25.")]


def export(model: a.ModelFile, onnx: OnnxOut, opset: Opset = 18) -> None:
    """Write a model as ONNX, which runs anywhere, its preprocessing included.

    A model of a table takes one input for each column: float64 for numbers and
    booleans, NaN where missing; text for categories, empty where missing; for dates
    float64 microseconds since 1970. What each takes, the file says, too.
    """
    check_outputs([onnx], [model])
    screen = Screen(quiet=False)
    say_replaced(screen, [onnx])

    import walnet

    exported = walnet.to_onnx(walnet.load(model), onnx, opset=opset)
    inputs = [[each.name, each.doc_string] for each in exported.graph.input]
    outputs = ", ".join(each.name for each in exported.graph.output)
    if any(words for _, words in inputs):
        screen.table(["input", "takes"], inputs, texts=2, widest=200)
    names = ", ".join(name for name, _ in inputs)
    screen.say(f"Wrote {onnx}: takes {names}; gives {outputs}.")
