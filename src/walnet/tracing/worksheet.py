"""One step of learning as a sheet of paper: blank for a pupil, solved for the teacher.

Each pupil has numbers of their own, so that nobody can copy; they are short, so that a
pocket calculator and half an hour are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from walnet.engine.network import Network
from walnet.engine.settings import Settings
from walnet.engine.training import Training
from walnet.errors import HyperparameterError
from walnet.tracing.html import math
from walnet.tracing.lines import Line
from walnet.tracing.notation import MathML
from walnet.tracing.trace import Trace

MOST_PUPILS = 200
DECIMALS = 3
LEARNING_RATE = 0.5
# What is worked out: of which stage, which layer and which neuron.
STAGES = ("feed_forward", "cost", "back_propagation", "update")
NEURONS = ((1, 1), (1, 2), (2, 1))

TEXTS = {
    "en": {
        "title": "One step of learning",
        "pupil": "Sheet",
        "name": "Name",
        "solution": "solved",
        "given": "Given",
        "task": (
            "A network of two inputs, two hidden neurons and one output, all with "
            "a = 1/(1 + e⁻ᶻ), has seen one example. Work out its prediction, how "
            "wrong it is, how every weight has to move, and the weights after one "
            "step of gradient descent. Round to three decimals."
        ),
        "feed_forward": "Feed-forward: from the inputs to the prediction",
        "cost": "Cost: how wrong it is",
        "back_propagation": "Back-propagation: how the cost changes with each weight",
        "update": "Update: one step downhill",
        "inputs": "inputs",
        "target": "target",
        "rate": "learning rate",
    },
    "de": {
        "title": "Ein Lernschritt",
        "pupil": "Blatt",
        "name": "Name",
        "solution": "gelöst",
        "given": "Gegeben",
        "task": (
            "Ein Netz mit zwei Eingaben, zwei verborgenen Neuronen und einer Ausgabe, "
            "alle mit a = 1/(1 + e⁻ᶻ), sieht ein Beispiel. Berechne seine Vorhersage, "
            "wie falsch sie ist, wie sich jedes Gewicht bewegen muss, und die Gewichte "
            "nach einem Schritt des Gradientenabstiegs. Runde auf drei Stellen."
        ),
        "feed_forward": "Vorwärts: von den Eingaben zur Vorhersage",
        "cost": "Kosten: wie falsch sie ist",
        "back_propagation": "Rückwärts: wie sich die Kosten mit jedem Gewicht ändern",
        "update": "Anpassen: ein Schritt bergab",
        "inputs": "Eingaben",
        "target": "Zielwert",
        "rate": "Lernrate",
    },
}
"""The words on a sheet, by language."""


@dataclass(frozen=True)
class Row:
    """One quantity on a sheet, as MathML: its formula, then its numbers."""

    formula: str
    worked: str


@dataclass(frozen=True)
class Sheet:
    """One pupil's numbers, and all that is worked out of them.

    Attributes
    ----------
    number : int
        From 1.
    weights : list of list of str
        Of each neuron, as MathML: what it is given.
    inputs, target : str
        The example, as MathML.
    stages : list of (str, list of Row)
        The four stages, by their names.
    """

    number: int
    weights: list[list[str]]
    inputs: list[str]
    target: str
    stages: list[tuple[str, list[Row]]]


def worksheets(pupils: int = 30, seed: int = 0, language: str = "en") -> str:
    """Return a page to print: a blank sheet for each pupil, then the solved ones.

    Parameters
    ----------
    pupils : int
        How many sheets, 1 to 200; each has other numbers.
    seed : int
        Where the numbers come from, at least 0: the same seed gives the same sheets.
    language : {"en", "de"}
        Of the words.

    Returns
    -------
    str
        HTML, for A4 paper.

    Raises
    ------
    HyperparameterError
        If a value is outside its range.

    Examples
    --------
    >>> worksheets(2).count('class="sheet"')
    4
    """
    if not isinstance(pupils, int) or not 1 <= pupils <= MOST_PUPILS:
        raise HyperparameterError(
            f"pupils must be a whole number from 1 to {MOST_PUPILS}, got {pupils!r}"
        )
    if language not in TEXTS:
        known = ", ".join(TEXTS)
        raise HyperparameterError(f"language must be one of {known}, got {language!r}")
    from jinja2 import Template

    source = files("walnet.tracing") / "templates" / "worksheet.html.j2"
    template = Template(source.read_text(encoding="utf-8"), autoescape=True)
    sheets = [_sheet(number, seed) for number in range(1, pupils + 1)]
    words = TEXTS[language]
    return str(
        template.render(sheets=sheets, t=words, language=language, rate=LEARNING_RATE)
    )


def _sheet(number: int, seed: int) -> Sheet:
    """Return one pupil's sheet."""
    trace = _trace(np.random.default_rng([seed, number]))
    lines = {neuron: trace.lines(*neuron, terms=8) for neuron in NEURONS}
    stages = []
    for stage in STAGES:
        neurons = _order(stage)
        rows = [_row(line) for each in neurons for line in lines[each][stage]]
        stages.append((stage, rows))
    shown = trace.iteration.shown
    below = [_symbol("x", value, k) for k, value in enumerate(shown.X[0], 1)]
    return Sheet(number, _weights(trace), below, _symbol("y", shown.Y[0, 0]), stages)


def _trace(random: np.random.Generator) -> Trace:
    """Return one iteration of a network with short numbers."""
    sigmoid = "sigmoid"
    # In float64 the short numbers are printed as they are given.
    network = Network([2, 2, 1], activation=sigmoid, output=sigmoid, dtype="float64")
    sizes = random.integers(1, 10, network.n_parameters)
    signs = random.choice([-1, 1], network.n_parameters)
    network.parameters[:] = sizes * signs / 10
    X = random.choice([0.5, 1.0, 1.5, 2.0], (1, 2))
    y = random.choice([0.0, 1.0], (1, 1))
    settings = Settings(learning_rate=LEARNING_RATE)
    return Trace.of(Training(network, X, y, settings), 0)


def _order(stage: str) -> tuple[tuple[int, int], ...]:
    """Return the neurons in the order in which a stage comes to them."""
    if stage == "cost":
        return NEURONS[-1:]
    return NEURONS[::-1] if stage == "back_propagation" else NEURONS


def _row(line: Line) -> Row:
    """Return a quantity: its name and formula, and its numbers."""
    left, symbols, numbers = line.pieces(MathML, DECIMALS)
    sign = "←" if line.becomes else "="
    formula = left + "".join(f"<mo>{sign}</mo>{symbol}" for symbol in symbols[-1:])
    worked = "".join(f"<mo>{relation}</mo>{text}" for relation, text in numbers)
    return Row(math(formula), math(worked))


def _weights(trace: Trace) -> list[list[str]]:
    """Return the weights and the bias of each neuron."""
    network = trace.iteration.network
    found = []
    for layer, (W, b) in enumerate(
        zip(network.weights, network.biases, strict=True), 1
    ):
        for j, row in enumerate(W, 1):
            names = [_symbol("w", w, j, k, layer=layer) for k, w in enumerate(row, 1)]
            found.append([*names, _symbol("b", b[j - 1], j, layer=layer)])
    return found


def _symbol(base: str, value: Any, *below: int, layer: int | None = None) -> str:
    """Return "w₁₂ = 0.3" as MathML."""
    names = MathML(names=True, decimals=DECIMALS)
    text = names.name(base, below, layer)
    return math(f"{text}<mo>=</mo>{names.digits(value)}")
