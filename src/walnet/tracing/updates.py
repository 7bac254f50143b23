"""Update rules as formulas to read and to work out.

One row of `UPDATES` is one rule; tests hold each to the kernel that computes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsFloat

from walnet.tracing.expressions import Expression, Name, constant
from walnet.tracing.formulas import expression

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
    name = moment.name
    start: Name = name
    if float(rule["λ"].number) > 0:
        shrink = start * (ONE - rule["η₀"] * rule["λ"])
        start = Name(f"{start.base}′", shrink.value(), start.below, start.layer)
        lines.append((start, shrink))
    update = UPDATES[rule.optimizer]
    if rule.epsilon_hat and update.by_rate is not None:
        update = update.by_rate
    names = _names(rule, moment, start)
    old = dict(zip(update.memory, (moment.first, moment.second), strict=False))
    for which, pair in old.items():
        if pair is None:
            raise ValueError(f"this optimizer keeps no {which}")
        names[which] = Name(which, pair[0], name.below, name.layer)
    for which, formula in update.lines:
        found = expression(formula, names)
        pair = old.get(which)
        number = found.value() if pair is None else pair[1]
        shared = which == "eta_hat"  # by all parameters
        place = ((), None) if shared else (name.below, name.layer)
        made = Name(HATS.get(which, which), number, *place)
        names[which] = made
        lines.append((made, found))
    after = Name(name.base, moment.after, name.below, name.layer)
    return [*lines, (after, expression(update.step, names))]


def _names(rule: Rule, moment: Moment, start: Name) -> dict[str, Expression]:
    """Return what the names in formulas are."""
    return {
        "w": start,
        "g": moment.gradient,
        "t": constant(rule.iteration),
        "eta": rule["η"],
        "mu": rule["μ"],
        "beta_1": rule["β₁"],
        "beta_2": rule["β₂"],
        "epsilon": rule["ε"],
    }


# How names that are worked out on the way are printed.
HATS = {"m_hat": "m̂", "v_hat": "v̂", "eta_hat": "η̂"}


@dataclass(frozen=True)
class Update:
    """One update rule.

    Attributes
    ----------
    step : str
        The new value of a parameter w, from its gradient g, the settings eta, mu,
        beta_1, beta_2 and epsilon, the number t of the update, and the lines; see
        `walnet.engine.formulas`.
    lines : tuple of (str, str)
        What is worked out before, in order: a name and its formula. On its right side
        a memory is the one before the update.
    memory : tuple of str
        What the optimizer's memory is called.
    note : str
        What to say about it.
    by_rate : Update or None
        The same, with Adam's corrections in the learning rate (``epsilon_hat``).
    """

    step: str
    lines: tuple[tuple[str, str], ...] = ()
    memory: tuple[str, ...] = ()
    note: str = ""
    by_rate: Update | None = None


_VELOCITY = ("v", "mu * v - eta * g")
_MEANS = (
    ("m", "beta_1 * m + (1 - beta_1) * g"),
    ("v", "beta_2 * v + (1 - beta_2) * g**2"),
)
_ADAM = Update(
    "w - eta * m_hat / (sqrt(v_hat) + epsilon)",
    (*_MEANS, ("m_hat", "m / (1 - beta_1**t)"), ("v_hat", "v / (1 - beta_2**t)")),
    ("m", "v"),
    "m and v are Adam's running means of the gradient and of its square.",
    Update(
        "w - eta_hat * m / (sqrt(v) + epsilon)",
        (*_MEANS, ("eta_hat", "eta * sqrt(1 - beta_2**t) / (1 - beta_1**t)")),
        ("m", "v"),
    ),
)

UPDATES: dict[str, Update] = {
    "gradient_descent": Update("w - eta * g"),
    "momentum": Update("w + v", (_VELOCITY,), ("v",)),
    "nesterov": Update("w + (mu * v - eta * g)", (_VELOCITY,), ("v",)),
    "rmsprop": Update(
        "w - eta * g / (sqrt(r) + epsilon)",
        (("r", "beta_2 * r + (1 - beta_2) * g**2"),),
        ("r",),
    ),
    "adam": _ADAM,
    "adamw": _ADAM,
}
