"""One row's way through an ensemble: its encoding, one of the networks, the mixture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from walnet.engine.settings import Settings
from walnet.tables import Table
from walnet.tables.encoders import BooleanEncoder, CategoryEncoder
from walnet.tabular.columns.features import Feature
from walnet.tabular.columns.preprocessing import Preprocessor
from walnet.tabular.columns.written import encoding_stage
from walnet.tabular.ensemble.bag import Bag
from walnet.tabular.ensemble.linear import LinearModel
from walnet.tabular.ensemble.mixture import Chosen, Mixture, MixtureWriter
from walnet.tabular.ensemble.target_scale import Logarithm, TargetScale
from walnet.tabular.rows import new_rows
from walnet.tracing.explanation import (
    Answer,
    Explanation,
    iteration_on_row,
    sentence_of_class,
    sentence_of_number,
)
from walnet.tracing.expressions import Name, constant, exp, negative
from walnet.tracing.iteration import Iteration
from walnet.tracing.lines import Group, Item, Line
from walnet.tracing.passes import Pass, forward_pass
from walnet.tracing.steps import back_in_unit
from walnet.tracing.summary import Names

MIXED = (
    "Each network answers for itself; the mean of their answers, and of a linear "
    "model's where it has a share, is the model's."
)
SHARES = (
    "The shares are those that were best for rows the networks had not learned from."
)


@dataclass(frozen=True)
class Facts:
    """What an ensemble has learned, as far as a prediction needs it.

    Attributes
    ----------
    preprocessor : Preprocessor
        How a row becomes inputs.
    bags : list of Bag
        The networks.
    shares : tuple of float
        The share of each bag, and that of the linear model.
    linear : LinearModel or None
        The linear model.
    classes : sequence or None
        The classes, if there are any, as they are to be called.
    scaled : TargetScale or None
        Of a number: how it is learned, and where it ends.
    target : str or None
        What is predicted, if that has a name.
    """

    preprocessor: Preprocessor
    bags: list[Bag]
    shares: tuple[float, ...]
    linear: LinearModel | None
    classes: Sequence[Any] | None
    scaled: TargetScale | None
    target: str | None


def explain_row(
    facts: Facts,
    table: Table,
    row: int,
    original: Any,
    member: int | None,
    options: dict[str, Any] | None,
) -> Explanation:
    """Return the explanation of one row.

    Parameters
    ----------
    facts : Facts
        The ensemble.
    table : Table
        The row alone.
    row : int
        Its index in the table that it comes from.
    original : class, number or None
        What is known of it.
    member : int or None
        Which network is written out, counted from 1.
    options : dict or None
        Settings of an iteration, where the original is known; None for no iteration.
    """
    return _Explainer(facts, table, member).explanation(row, original, options)


class _Explainer:
    """Puts one row's explanation together."""

    def __init__(self, facts: Facts, table: Table, member: int | None) -> None:
        self.facts, self.table = facts, table
        self.X, codes = facts.preprocessor.transform(table)
        nothing = np.zeros(1, np.float32)
        self.mixture = Mixture.of_row(
            facts.bags,
            new_rows(self.X, codes, nothing, nothing),
            facts.preprocessor.level_starts,
            facts.linear,
            facts.shares,
            classes=facts.classes is not None,
        )
        self.chosen: Chosen = self.mixture.choose(member)
        network = facts.bags[self.chosen.bag].network(self.chosen.number)
        exact = np.ascontiguousarray(self.X, np.float64)
        self.passed: Pass = forward_pass(network, exact, codes, self._features())
        self.labels = [str(each) for each in facts.classes or ()]

    def explanation(
        self, row: int, original: Any, options: dict[str, Any] | None
    ) -> Explanation:
        """Return the whole of it."""
        facts, writer = self.facts, self._writer()
        return Explanation(
            self._answer(row, original),
            self.passed,
            Names(self._features(), self.labels or None, 0.5),
            [self.chosen.sentence(facts.bags)],
            lambda limits: [
                encoding_stage(facts.preprocessor, self.table, self.X[0], limits)
            ],
            lambda limits: [writer.stage(limits, self._ending(writer), self._notes())],
            None
            if original is None or options is None
            else self._iteration(original, options),
            self.mixture.values(self.chosen),
        )

    def _writer(self) -> MixtureWriter:
        return MixtureWriter(self.mixture, self.chosen, self.passed, self.labels)

    def _features(self) -> list[str]:
        """Return what the inputs are called: by their columns."""
        return input_names(self.facts.preprocessor)

    # The answer.

    def _notes(self) -> list[str]:
        """Return how answers become one, and where their shares come from."""
        several = len(self.mixture.parts) > 1
        return [MIXED, SHARES] if several else [MIXED]

    def _answer(self, row: int, original: Any) -> Answer:
        facts, result = self.facts, self.mixture.result
        if facts.classes is not None:
            best = int(result.argmax())
            prediction = facts.classes[best]
            share = float(result[best])
            sentence = sentence_of_class(facts.target, prediction, share, original)
        else:
            prediction = self._number()
            sentence = sentence_of_number(facts.target, prediction, original)
        plain = prediction.item() if hasattr(prediction, "item") else prediction
        return Answer(row, plain, sentence, original, facts.target)

    def _number(self) -> float:
        """Return the answer in the target's unit, as the model gives it."""
        scaled = self.facts.scaled
        assert scaled is not None  # noqa: S101 - what has no classes is a number
        return float(scaled.in_unit(self.mixture.result)[0])

    def _ending(self, writer: MixtureWriter) -> list[Group]:
        """Return the way back to the target's own terms."""
        scaled = self.facts.scaled
        if scaled is None:
            return []
        bent = scaled.mean + scaled.deviation * float(self.mixture.result[0])
        name, note, logarithm = self.facts.target or "answer", "", scaled.logarithm
        answer = bent if logarithm is None else float(logarithm.undo(np.array(bent)))
        line = back_in_unit(
            name if logarithm is None else "t",
            writer.mixed_name(0),
            scaled.mean,
            scaled.deviation,
            bent,
        )
        lines = [line]
        if logarithm is not None:
            line = _without_logarithm(name, line.name, logarithm, answer)
            lines.append(line)
        if answer != self._number():
            note = (
                f"outside of what training rows reach: {self._number():g} is answered"
            )
            lines[-1] = Line(line.name, line.formula, note=note)
        title = "In the target's own unit"
        if logarithm is not None:
            title += f": the networks learned t = {logarithm}"
        return [Group(title, [], [Item("", lines)])]

    # One iteration of the network.

    def _iteration(self, original: Any, options: dict[str, Any]) -> Iteration:
        facts, recipe = self.facts, self.facts.bags[self.chosen.bag].recipe
        y = original
        if facts.classes is not None:
            y = list(facts.classes).index(original)
        elif facts.scaled is not None:
            y = float(facts.scaled.learned(np.array(original, np.float64)))
        start = {"schedule": "constant", "fade": "constant"} | options
        settings: Settings = recipe.settings.replace(**start)
        network = self.passed.network
        X = self.passed.shown.columns(network.layout)
        return iteration_on_row(
            network, X, [y], settings, self._features(), recipe.own_cost
        )


def _without_logarithm(name: str, t: Name, logarithm: Logarithm, answer: float) -> Line:
    """Return ``c + s·(eᵗ − e⁻ᵗ)/2``: what undoes the logarithm, which is sinh."""
    c, s = Name("c", logarithm.centre), Name("s", logarithm.scale)
    sinh = (exp(t) - exp(negative(t))) / constant(2)
    return Line(Name(name, answer), c + s * sinh)


def input_names(preprocessor: Preprocessor) -> list[str]:
    """Return what the inputs are called, in the order in which networks read them."""
    features = preprocessor.features
    numbers = [
        name
        for each in features
        for name in each.encoder.feature_names[: each.n_numbers]
    ]
    plain = [name for each in features for name in _plain_names(each)]
    return [*numbers, *plain, *(each.name for each in features if each.n_levels)]


def _plain_names(feature: Feature) -> list[str]:
    """Return what the ones and zeros of a column are called."""
    encoder, names = feature.encoder, []
    if feature.n_levels:
        return []
    if isinstance(encoder, BooleanEncoder):
        names = [encoder.name]
    elif isinstance(encoder, CategoryEncoder):
        names = encoder.feature_names[: len(encoder.levels) + encoder.has_other]
        names = names[1:] if len(names) == 2 else names  # one input, of ±1
    return [*names, *[f"{encoder.name} (missing)"] * encoder.has_missing]
