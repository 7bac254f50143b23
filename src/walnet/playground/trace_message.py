"""One iteration written out for one neuron, in the form in which the page shows it."""

from __future__ import annotations

import typing

from walnet.engine.training import Training
from walnet.playground import messages as m
from walnet.playground.data import PlaygroundData
from walnet.tracing import Trace
from walnet.tracing.lines import Line
from walnet.tracing.notation import MathML

STAGES = typing.get_args(m.StageName)
TERMS = 8


def write_out(
    training: Training, data: PlaygroundData, message: m.Trace
) -> m.TraceInfo:
    """Return the next iteration's lines for one neuron and one training example."""
    example = min(message.example, len(data.X_train) - 1)
    trace = _trace(training, data, example)
    sizes = training.network.layer_sizes
    layer = min(max(message.layer, 1), len(sizes) - 1)
    neuron = min(max(message.neuron, 1), sizes[layer])
    lines = trace.lines(layer, neuron, terms=TERMS)
    iteration = trace.iteration
    return m.TraceInfo(
        iteration=training.iteration,
        example=example,
        layer=layer,
        neuron=neuron,
        facts=trace.summary(message.decimals),
        taking_part=iteration.in_batch,
        inputs=iteration.shown.X[0].tolist(),
        activations=[each.A[0].tolist() for each in iteration.layers],
        errors=[each.dZ[0].tolist() for each in iteration.layers],
        stages=[
            m.WrittenStage(
                name, [_written(line, message.decimals) for line in lines[name]]
            )
            for name in STAGES
        ],
    )


def nudge(training: Training, data: PlaygroundData, message: m.Nudge) -> m.NudgeInfo:
    """Return one derivative beside its finite difference."""
    example = min(message.example, len(data.X_train) - 1)
    trace = _trace(training, data, example)
    place = message.input or None
    found = trace.nudge(message.layer, message.neuron, place)
    return m.NudgeInfo(
        layer=message.layer,
        neuron=message.neuron,
        input=message.input,
        name=found.name,
        h=found.h,
        cost_up=found.cost_up,
        cost_down=found.cost_down,
        numeric=found.numeric,
        analytic=found.analytic,
        agrees=found.agrees,
    )


def _trace(training: Training, data: PlaygroundData, example: int) -> Trace:
    """Return the trace; classes are named where every output has its own name."""
    classes = data.classes or None
    return Trace.of(training, example, features=data.inputs, classes=classes)


def _written(line: Line, decimals: int) -> m.WrittenLine:
    """Return a line as MathML, and which neuron or link it speaks of."""
    left, symbols, numbers = line.pieces(MathML, decimals)
    name = line.name
    return m.WrittenLine(
        left=left,
        becomes=line.becomes,
        symbols=symbols,
        numbers=numbers,
        note=line.note,
        base=name.base,
        below=list(name.below),
        layer=name.layer or 0,
    )
