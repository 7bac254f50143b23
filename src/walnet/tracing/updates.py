"""Update rules as formulas to read and to work out.

One row of `UPDATES` is one rule; tests hold each to the kernel that computes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat

from walnet.tracing.expressions import Call, Expression, Name, Power, constant, square

ONE = constant(1)
Step = tuple[Name, Expression]  # what it is called (and is), and the formula for it


@dataclass(frozen=True)
class Moment:
    """One parameter before and after an iteration.

    Attributes
    ----------
    name : Name
        The parameter, with its value before.
    gradient : Name
        The derivative that was used.
    after : float
        Its value after.
    first, second : (float, float) or None
        The optimizer's memory of it, before and after.
    """

    name: Name
    gradient: Name
    after: SupportsFloat
    first: tuple[SupportsFloat, SupportsFloat] | None
    second: tuple[SupportsFloat, SupportsFloat] | None


@dataclass(frozen=True)
class Rule:
    """The settings of an update.

    Attributes
    ----------
    optimizer : str
        Its name.
    numbers : dict of str to Name
        η (of the parameter) and η₀ (of all), μ, β₁, β₂, ε, and λ, the weight decay.
    iteration : int
        Counted from 1, for Adam's corrections.
    epsilon_hat : bool
        Whether Adam adds ε to the uncorrected root.
    """

    optimizer: str
    numbers: dict[str, Name]
    iteration: int
    epsilon_hat: bool

    def __getitem__(self, name: str) -> Name:
        return self.numbers[name]


def rule_of(record: Any, optimizer: str, iteration: int) -> Rule:
    """Return the update's settings out of the record that the kernels read.

    Rates, ε and the decay depend on the parameter: whoever asks adds them.
    """
    numbers = {
        "μ": Name("μ", float(record["momentum"])),
        "β₁": Name("β", float(record["beta_1"]), (1,)),
        "β₂": Name("β", float(record["beta_2"]), (2,)),
    }
    return Rule(optimizer, numbers, iteration, bool(record["epsilon_hat"]))


def steps(rule: Rule, moment: Moment) -> list[Step]:
    """Return the lines of one parameter's update, the last one its new value."""
    lines: list[Step] = []
    start: Name = moment.name
    if float(rule["λ"].number) > 0:
        shrink = start * (ONE - rule["η₀"] * rule["λ"])
        start = Name(f"{start.base}′", shrink.value(), start.below, start.layer)
        lines.append((start, shrink))
    update = UPDATES[rule.optimizer]
    memory, step = update.step(rule, moment)
    after = Name(moment.name.base, moment.after, moment.name.below, moment.name.layer)
    return [*lines, *memory, (after, start + step if update.adds else start - step)]


def _descend(rule: Rule, moment: Moment) -> tuple[list[Step], Expression]:
    return [], rule["η"] * moment.gradient


def _memory(name: str, moment: Moment, which: str) -> tuple[Name, Name]:
    """Return one memory before and after the iteration."""
    pair = moment.first if which == "first" else moment.second
    if pair is None:
        raise ValueError(f"this optimizer keeps no {name}")
    below, layer = moment.name.below, moment.name.layer
    return Name(name, pair[0], below, layer), Name(name, pair[1], below, layer)


def _momentum(rule: Rule, moment: Moment) -> tuple[list[Step], Expression]:
    old, new = _memory("v", moment, "first")
    return [(new, rule["μ"] * old - rule["η"] * moment.gradient)], new


def _nesterov(rule: Rule, moment: Moment) -> tuple[list[Step], Expression]:
    lines, new = _momentum(rule, moment)
    return lines, rule["μ"] * new - rule["η"] * moment.gradient


def _mean_square(
    name: str, rule: Rule, moment: Moment, which: str
) -> tuple[Step, Name]:
    old, new = _memory(name, moment, which)
    share = ONE - rule["β₂"]
    return (new, rule["β₂"] * old + share * square(moment.gradient)), new


def _rmsprop(rule: Rule, moment: Moment) -> tuple[list[Step], Expression]:
    line, r = _mean_square("r", rule, moment, "first")
    return [line], rule["η"] * moment.gradient / (Call("√", r) + rule["ε"])


def _adam(rule: Rule, moment: Moment) -> tuple[list[Step], Expression]:
    old, m = _memory("m", moment, "first")
    line_v, v = _mean_square("v", rule, moment, "second")
    line_m = (m, rule["β₁"] * old + (ONE - rule["β₁"]) * moment.gradient)
    t = rule.iteration
    rest_m = _rest("β₁", rule, t)
    rest_v = _rest("β₂", rule, t)
    if rule.epsilon_hat:
        rate = rule["η"] * Call("√", rest_v) / rest_m
        corrected = Name("η̂", rate.value())
        step = corrected * m / (Call("√", v) + rule["ε"])
        return [line_m, line_v, (corrected, rate)], step
    below, layer = moment.name.below, moment.name.layer
    m_hat = Name("m̂", (m / rest_m).value(), below, layer)
    v_hat = Name("v̂", (v / rest_v).value(), below, layer)
    step = rule["η"] * m_hat / (Call("√", v_hat) + rule["ε"])
    return [line_m, line_v, (m_hat, m / rest_m), (v_hat, v / rest_v)], step


def _rest(beta: str, rule: Rule, t: int) -> Expression:
    """Return ``1 - β^t``, the share of a running mean that has been filled."""
    return ONE - Power(rule[beta], constant(t))


@dataclass(frozen=True)
class Update:
    """One update rule.

    Attributes
    ----------
    step : callable
        From the settings and a parameter to the lines of its memory, and its step.
    memory : tuple of str
        What the optimizer's memory is called.
    adds : bool
        Whether the step is a velocity, which is added; others are subtracted.
    note : str
        What to say about it.
    """

    step: Callable[[Rule, Moment], tuple[list[Step], Expression]]
    memory: tuple[str, ...] = ()
    adds: bool = False
    note: str = ""


_ADAM = "m and v are Adam's running means of the gradient and of its square."

UPDATES: dict[str, Update] = {
    "gradient_descent": Update(_descend),
    "momentum": Update(_momentum, ("v",), adds=True),
    "nesterov": Update(_nesterov, ("v",), adds=True),
    "rmsprop": Update(_rmsprop, ("r",)),
    "adam": Update(_adam, ("m", "v"), note=_ADAM),
    "adamw": Update(_adam, ("m", "v"), note=_ADAM),
}
