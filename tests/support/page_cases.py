"""What the page's modules are asked in tests, and the same for walnet."""

from __future__ import annotations

import base64
import copy

import walnet
from walnet.engine.kernels.activations import ACTIVATIONS

# What the page leaves out on purpose.
NOT_FOR_HIDDEN_LAYERS = {"softmax", "exponential"}
HIDDEN = [name for name in ACTIVATIONS if name not in NOT_FOR_HIDDEN_LAYERS]

# What is sent to the page's experiment, and what it answers.

HELLO = {"type": "hello", "state": None}


def layers(*sizes, activation="tanh", dropout=0.0):
    return [{"neurons": n, "activation": activation, "dropout": dropout} for n in sizes]


def at(state, iteration, **changes):
    """A message that asks for a state, at an iteration of its run."""
    made = copy.deepcopy(state)
    for name, fields in changes.items():
        made[name] |= fields
    made["run"] = {"iteration": iteration, "events": [], "start": None}
    return {"type": "set_state", "state": made}


def table(content, name="table.csv", form="file"):
    """A table that is given to the page."""
    if isinstance(content, str):
        content = content.encode()
    text = base64.b64encode(content).decode()
    return {"type": "table", "name": name, "base64": text, "form": form}


def answers(found, kind):
    """The messages of a kind that a conversation had, in their order."""
    return [each for each in found["answers"] if each["type"] == kind]


def frames(found):
    """What the numbers of a conversation's run were, in their order."""
    return [each for each in answers(found, "buffer") if each["kind"] == "frame"]


# What the page's engine is given, and walnet as well.

SETTINGS = {
    "learningRate": 0.05,
    "optimizer": "gradient_descent",
    "l1": 0,
    "l2": 0,
    "weightDecay": None,
    "dropout": [],
    "seed": 0,
}


def network_of(case):
    """Return a case's network, as its seed draws it."""
    network = case["network"]
    return walnet.Network(
        network["sizes"],
        activation=network["activations"],
        output=network["output"],
        initializer=network["initializer"],
        seed=network["seed"],
    )


def settings_of(case):
    """Return a case's settings."""
    settings = case["settings"]
    return walnet.Settings(
        cost=settings["cost"],
        learning_rate=settings["learningRate"],
        batch_size=settings["batchSize"] or None,
        optimizer=settings["optimizer"],
        l1=settings["l1"],
        l2=settings["l2"],
        weight_decay=settings["weightDecay"],
        dropout=tuple(settings["dropout"]) or 0.0,
        seed=settings["seed"],
    )
