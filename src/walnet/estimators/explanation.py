"""One row's way through an estimator, written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from walnet.engine.network import Network
from walnet.estimators.scaling import Scaling, network_inputs
from walnet.tracing.explanation import (
    Answer,
    Explanation,
    pass_of_row,
    sentence_of_class,
    sentence_of_number,
)
from walnet.tracing.expressions import Name, constant
from walnet.tracing.lines import Group, Item, Limits, Line, Stage, more_of
from walnet.tracing.numbers import pretty
from walnet.tracing.passes import Pass
from walnet.tracing.steps import (
    DECODING,
    ENCODING,
    back_in_unit,
    most_probable,
    standardised,
)
from walnet.tracing.summary import Names

STANDARDISED = (
    "Inputs are standardised by the rows of the training: x = (v − μ)/σ with the mean "
    "μ and the deviation σ of each column."
)
_INPUTS_A_NEURON = 10  # inputs shown for each neuron that is
Decode = Callable[[np.ndarray], Any]


def explain_row(
    network: Network,
    X: np.ndarray,
    row: int,
    scaling: Scaling | None,
    names: Sequence[str] | None,
    classes: Sequence[Any] | None,
    decode: Decode,
) -> Explanation:
    """Return the explanation of one row.

    Parameters
    ----------
    network : Network
        What predicts.
    X : ndarray of shape (1, features)
        The row, checked.
    row : int
        Its index in the data that it comes from.
    scaling : Scaling or None
        How it is standardised, if it is.
    names : sequence of str or None
        What the features are called.
    classes : sequence or None
        The classes, of a classifier.
    decode : callable
        From the network's outputs, (1, n_outputs), to predictions, as the estimator
        does it.
    """
    passed = pass_of_row(network, network_inputs(X, scaling, network.dtype), names)
    outputs = passed.layers[-1].A
    prediction = decode(outputs)[0]
    labels = None if classes is None else [str(each) for each in classes]
    way = _Way(passed, X[0], scaling, labels)
    plain = np.asarray(prediction).tolist()
    return Explanation(
        Answer(row, plain, way.sentence(plain)),
        passed,
        Names(None if names is None else list(names), labels, 0.5),
        [],
        way.encoding,
        way.decoding,
    )


class _Way:
    """What comes before and after the network."""

    def __init__(
        self,
        passed: Pass,
        row: np.ndarray,
        scaling: Scaling | None,
        labels: list[str] | None,
    ) -> None:
        self.passed, self.row = passed, row
        self.scaling, self.labels = scaling, labels
        self.outputs: np.ndarray = passed.layers[-1].A[0]

    def _name(self, k: int) -> str:
        names = self.passed.features
        return f"column {k + 1}" if names is None else names[k]

    def encoding(self, limits: Limits) -> list[Stage]:
        """Return how inputs are standardised, if they are."""
        if self.scaling is None:
            return []
        mean, scale = self.scaling.input_mean, self.scaling.input_scale
        X = self.passed.shown.X[0]
        most = _INPUTS_A_NEURON * limits.neurons
        items = [
            Item(
                f"{self._name(k)} = {pretty(value, 6)}",
                [standardised(k + 1, float(value), mean[k], scale[k], X[k])],
            )
            for k, value in enumerate(self.row[:most])
        ]
        more = more_of(len(self.row), len(items), "input")
        return [Stage(ENCODING, [STANDARDISED], [Group("", [], items, more)])]

    def _output(self, k: int) -> Name:
        return Name("a", self.outputs[k], (k + 1,), self.passed.network.n_layers)

    def decoding(self, limits: Limits) -> list[Stage]:
        """Return how outputs become an answer."""
        if self.labels is not None:
            return [Stage(DECODING, [], [self._classes(limits)])]
        scaling = self.scaling
        if scaling is None or scaling.target_mean is None:
            return []
        assert scaling.target_scale is not None  # noqa: S101 - they go together
        pairs = zip(scaling.target_mean, scaling.target_scale, strict=True)
        items = [
            Item("", [back_in_unit("answer", self._output(k), mean, scale, unit)])
            for k, (mean, scale) in enumerate(pairs)
            for unit in [scaling.of_outputs(self.outputs[None])[0, k]]
        ]
        return [Stage(DECODING, [], [Group("In the target's own unit", [], items)])]

    def _classes(self, limits: Limits) -> Group:
        """Return the probability of each class."""
        labels = self.labels or []
        lines: dict[int, tuple[Any, Any]]
        if len(self.outputs) != 1 or len(labels) != 2:
            ks = most_probable(self.outputs, max(limits.neurons, 3))
            lines = {k: (self.outputs[k], self._output(k)) for k in ks}
            more = more_of(len(self.outputs), len(ks), "class", "classes")
        else:
            second = self._output(0)
            first = np.subtract(1, self.outputs[0], dtype=self.outputs.dtype)
            lines = {0: (first, constant(1) - second), 1: (self.outputs[0], second)}
            more = ""
        items = [
            Item(labels[k], [Line(Name("p", number, (k + 1,)), formula)])
            for k, (number, formula) in lines.items()
        ]
        return Group("Probabilities of the classes", [], items, more)

    def sentence(self, prediction: Any) -> str:
        """Return the prediction in a sentence."""
        if isinstance(prediction, list):
            shown = ", ".join(str(each) for each in prediction[:6])
            return f"the targets are predicted to be {shown}"
        if self.labels is None:
            return sentence_of_number(None, prediction, None)
        share = float(self.outputs.max())
        if len(self.outputs) == 1:
            share = max(share, 1 - share)
        return sentence_of_class(None, prediction, share, None)
