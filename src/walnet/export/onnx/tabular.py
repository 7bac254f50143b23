"""Ensembles for tables as ONNX: a table's columns in, all members side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walnet.errors import DataError
from walnet.export.onnx.layers import add_layers
from walnet.export.onnx.table import DateParts, add_input
from walnet.tables.encoders import BooleanEncoder, CategoryEncoder, DateEncoder
from walnet.tabular.columns.preprocessing import FARTHEST
from walnet.tabular.ensemble.member import new_network

if TYPE_CHECKING:
    from typing import TypeAlias

    from walnet.export.onnx.graph import Graph
    from walnet.tabular import TabularClassifier, TabularRegressor
    from walnet.tabular.columns.features import Feature
    from walnet.tabular.columns.preprocessing import Preprocessor, Scale
    from walnet.tabular.ensemble.bag import Bag
    from walnet.tabular.ensemble.target_scale import Logarithm

    Model: TypeAlias = TabularClassifier | TabularRegressor

_MOST = 1e9  # in interquartile ranges from the median, as in `Scale`
_UNKNOWN, _NONE = -1, -2  # places of texts that are no level


class _Inputs(NamedTuple):
    """Names of the encoded rows; empty where there are none."""

    values: str  # (rows, numbers and plain inputs), float32
    codes: str  # (rows, categories): rows of the table of all levels


def add_classifier(graph: Graph, model: TabularClassifier) -> str:
    """Add a fitted classifier, its columns as inputs; return its probabilities.

    They are float64, (rows, classes).

    Raises
    ------
    DataError
        If it was fitted with a single class: then it has no columns.
    """
    if not model.n_members_:
        raise DataError("the model knows a single class: there is nothing to export")
    rows = _inputs(graph, model.preprocessor_)
    parts = []
    for bag in model.bags_:
        sharp = _times(graph, _outputs(graph, bag, rows), bag.sharpness)
        parts.append(_mean(graph, graph.add("Softmax", sharp, axis=2), bag))
    if model.linear_ is not None:
        parts.append(graph.add("Softmax", _linear(graph, model, rows), axis=1))
    return _mixed(graph, parts, model)


def add_regressor(graph: Graph, model: TabularRegressor) -> str:
    """Add a fitted regressor, its columns as inputs; return its predictions.

    They are float64, (rows,), in the target's unit.
    """
    rows = _inputs(graph, model.preprocessor_)
    parts = [_mean(graph, _outputs(graph, bag, rows), bag) for bag in model.bags_]
    if model.linear_ is not None:
        parts.append(_linear(graph, model, rows))
    scaled = _mixed(graph, parts, model)
    number = _times(graph, scaled, model.deviation_)
    number = graph.add("Add", number, graph.constant(model.mean_, np.float64))
    if model.logarithm_ is not None:
        number = _unbent(graph, model.logarithm_, number)
    least, most = (graph.constant(end, np.float64) for end in model.range_)
    number = graph.add("Min", graph.add("Max", number, least), most)
    return graph.add("Reshape", number, graph.constant([-1], np.int64))


def _unbent(graph: Graph, logarithm: Logarithm, t: str) -> str:
    """Return the numbers that have such logarithms: onnxruntime has no exact Sinh."""
    powers = graph.add("Exp", t), graph.add("Exp", graph.add("Neg", t))
    sinh = _times(graph, graph.add("Sub", *powers), 0.5)
    centre = graph.constant(logarithm.centre, np.float64)
    return graph.add("Add", _times(graph, sinh, logarithm.scale), centre)


def _inputs(graph: Graph, preprocessor: Preprocessor) -> _Inputs:
    """Add the columns as inputs, and what encodes them."""
    numbers: list[str] = []
    plain: list[str] = []
    codes: list[str] = []
    start = 0
    for feature in preprocessor.features:
        if feature.n_levels:
            assert isinstance(feature.encoder, CategoryEncoder)  # noqa: S101 - typing
            codes.append(
                _places(graph, feature.encoder, start + 1, none=start, unknown=start)
            )
            start += feature.n_levels
            continue
        more_numbers, more_plain = _column(graph, feature)
        numbers += more_numbers
        plain += more_plain
    return _Inputs(
        _scaled(graph, preprocessor.scales, numbers + plain),
        graph.add("Concat", *codes, axis=1) if codes else "",
    )


def _column(graph: Graph, feature: Feature) -> tuple[list[str], list[str]]:
    """Add a column; return its numbers and its plain inputs, (rows, 1), float64."""
    encoder = feature.encoder
    if isinstance(encoder, CategoryEncoder):
        return [], _one_hot(graph, encoder)
    column = add_input(graph, encoder)
    missing = graph.add("IsNaN", column)
    numbers: list[str] = []
    plain: list[str] = []
    if isinstance(encoder, BooleanEncoder):
        half = graph.constant(0.5, np.float64)
        centred = graph.add("Sub", graph.add("Where", missing, half, column), half)
        plain.append(_times(graph, centred, 2.0))
    elif isinstance(encoder, DateEncoder):
        filled = graph.add("Where", missing, graph.constant(0.0, np.float64), column)
        parts = DateParts(graph, filled)
        for name, part in encoder.in_order():
            median = graph.constant(part.median, np.float64)
            numbers.append(graph.add("Where", missing, median, parts.part(name)))
    else:
        median = graph.constant(encoder.median, np.float64)
        numbers.append(graph.add("Where", missing, median, column))
    if encoder.has_missing:
        plain.append(graph.cast(missing, "float64"))
    return numbers, plain


def _places(
    graph: Graph, encoder: CategoryEncoder, first: int, none: int, unknown: int
) -> str:
    """Add a column of texts; return the places of its levels, (rows, 1).

    `first` is the place of the first level, `none` that of empty texts, `unknown` that
    of texts never seen, unless the rarer levels share a place: then it is that one.
    """
    places = dict.fromkeys([""], none)
    places |= {level: first + n for n, level in enumerate(encoder.levels)}
    return graph.add(
        "LabelEncoder",
        add_input(graph, encoder),
        domain="ai.onnx.ml",
        keys_strings=list(places),
        values_int64s=list(places.values()),
        default_int64=first + len(encoder.levels) if encoder.has_other else unknown,
    )


def _one_hot(graph: Graph, encoder: CategoryEncoder) -> list[str]:
    """Add a category of few levels; return an input each, or one of ±1 for two."""
    n_levels = len(encoder.levels) + encoder.has_other
    places = _places(graph, encoder, 0, none=_NONE, unknown=_UNKNOWN)
    columns = []
    if n_levels == 2:
        signs = _times(graph, graph.cast(places, "float64"), 2.0)
        signs = graph.add("Sub", signs, graph.constant(1.0, np.float64))
        zero = graph.constant(0, np.int64)
        absent = graph.add("Less", places, zero)
        nothing = graph.constant(0.0, np.float64)
        columns.append(graph.add("Where", absent, nothing, signs))
    else:
        own = graph.add("Equal", places, graph.constant(np.arange(n_levels)[None]))
        columns.append(graph.cast(own, "float64"))
    if encoder.has_missing:
        missing = graph.add("Equal", places, graph.constant(_NONE, np.int64))
        columns.append(graph.cast(missing, "float64"))
    return columns


def _scaled(graph: Graph, scales: list[Scale], columns: list[str]) -> str:
    """Return columns side by side, scaled and smoothly clipped, float32."""
    if not columns:
        return ""
    centres = np.array([scale.centre for scale in scales])
    spreads = np.array([scale.spread for scale in scales])
    varies = spreads > 0

    def number(value: object) -> str:
        return graph.constant(value, np.float64)

    halves = _times(graph, graph.add("Concat", *columns, axis=1), 0.5)
    z = graph.add("Sub", halves, number(centres[None] / 2))
    z = graph.add("Div", z, number(np.where(varies, spreads, 1.0)[None]))
    z = graph.add("Max", graph.add("Min", z, number(_MOST)), number(-_MOST))
    third = graph.add("Div", z, number(3.0))
    squares = graph.add("Add", graph.add("Mul", third, third), number(1.0))
    z = graph.add("Div", z, graph.add("Sqrt", squares))
    return graph.cast(graph.add("Mul", z, number(varies[None])), "float32")


def _outputs(graph: Graph, bag: Bag, rows: _Inputs) -> str:
    """Add a bag's members; return their outputs, (members, rows, outputs), float64.

    They are what comes before a softmax.
    """
    network = new_network(bag.widths, bag.recipe)
    out = add_layers(
        graph, network, bag.parameters, rows.values, rows.codes, weighted=True
    )
    return graph.cast(out, "float64")


def _linear(graph: Graph, model: Model, rows: _Inputs) -> str:
    """Add the linear partner; return its outputs, (rows, outputs), float64."""
    assert model.linear_ is not None  # noqa: S101 - as its callers know
    weights = np.asarray(model.linear_.weights, np.float64)
    n = len(model.preprocessor_.scales)
    out = graph.constant(weights[-1:])
    if rows.values:
        X = graph.cast(rows.values, "float64")
        X = _unclipped(graph, X) if model.linear_.unclips else X
        out = graph.add("Add", graph.add("MatMul", X, graph.constant(weights[:n])), out)
    if rows.codes and len(weights) > n + 1:  # it has an input for each level
        own = graph.add("Gather", graph.constant(weights[n:-1]), rows.codes, axis=0)
        out = graph.add("Add", out, _sum(graph, own, 1))
    return out


def _unclipped(graph: Graph, x: str) -> str:
    """Return what `walnet.tabular.columns.preprocessing.unclipped` does."""

    def number(value: float) -> str:
        return graph.constant(value, np.float64)

    x = graph.add("Max", graph.add("Min", x, number(FARTHEST)), number(-FARTHEST))
    third = graph.add("Div", x, number(3.0))
    rest = graph.add("Sub", number(1.0), graph.add("Mul", third, third))
    return graph.add("Div", x, graph.add("Sqrt", rest))


def _sum(graph: Graph, values: str, axis: int) -> str:
    """Return the sum along an axis, which is gone."""
    axes = graph.constant([axis], np.int64)
    return graph.add("ReduceSum", values, axes, keepdims=0)


def _mean(graph: Graph, values: str, bag: Bag) -> str:
    """Return the mean of a bag's members."""
    return _times(graph, _sum(graph, values, 0), 1.0 / len(bag.parameters))


def _mixed(graph: Graph, parts: list[str], model: Model) -> str:
    """Return the sum of what bags and linear partner say, each times its share."""
    shared = [
        _times(graph, part, share)
        for part, share in zip(parts, model.shares_, strict=False)
    ]
    return graph.add("Sum", *shared)


def _times(graph: Graph, value: str, factor: float) -> str:
    """Return float64 numbers times a factor."""
    return graph.add("Mul", value, graph.constant(factor, np.float64))
