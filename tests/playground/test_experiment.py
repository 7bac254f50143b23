"""The page's experiment, run by Node, beside walnet's own numbers."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path

import pytest
from replay import Replay
from webassembly import need_node, need_wasm

HELLO = {"type": "hello", "state": None}


def to(iteration, events=(), start=None):
    """The run of a state that is at an iteration."""
    return {"iteration": iteration, "events": list(events), "start": start}


def at(state, iteration, **changes):
    """A message that asks for a state, at an iteration of its run."""
    made = copy.deepcopy(state)
    for name, fields in changes.items():
        made[name] |= fields
    return {"type": "set_state", "state": made | {"run": to(iteration)}}


def layers(*sizes, activation="tanh", dropout=0.0):
    return [{"neurons": n, "activation": activation, "dropout": dropout} for n in sizes]


def go(state, iteration):
    """The same run, gone on to an iteration."""
    return {
        "type": "set_state",
        "state": state | {"run": state["run"] | {"iteration": iteration}},
    }


CHANGES = {
    "rate": [{"kind": "learning_rate", "value": 0.3}],
    "weight": [{"kind": "parameter", "index": 3, "value": 0.5}],
    "penalty": [{"kind": "training", "training": {"l2": 0.01, "l1": 0.001}}],
    "batch": [{"kind": "training", "training": {"batch_size": 32}}],
    "rule": [{"kind": "training", "training": {"optimizer": "adam"}}],
    "cost": [{"kind": "training", "training": {"cost": "mse"}}],
    "neuron more": [{"kind": "network", "layers": layers(5, 2)}],
    "neuron less": [{"kind": "network", "layers": layers(3, 2)}],
    "layer more": [{"kind": "network", "layers": layers(4, 2, 3)}],
    "layer less": [{"kind": "network", "layers": layers(4)}],
    "activation": [{"kind": "network", "layers": layers(4, 2, activation="relu")}],
    "dropout": [{"kind": "network", "layers": layers(4, 2, dropout=0.2)}],
    "one row": [{"kind": "row", "row": 7}, {"kind": "row", "row": 7}],
    "many": [
        {"kind": "training", "training": {"optimizer": "adam"}},
        {"kind": "learning_rate", "value": 0.01},
        {"kind": "network", "layers": layers(6, 3)},
        {"kind": "row", "row": 2},
        {"kind": "parameter", "index": 1, "value": 0.25},
        {"kind": "training", "training": {"batch_size": 0, "l2": 0.1}},
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_python_repeats_what_was_changed_while_it_ran(converse, default, name):
    sent = [{"type": "change", **change} for change in CHANGES[name]]
    begun = [HELLO, at(default, 87), {}, *sent]
    [there] = converse(begun)
    [found] = converse([*begun, go(there["state"], 200), {}])
    assert found["state"]["run"]["iteration"] == 200
    assert found["digest"] == Replay(found["state"]).run()


@pytest.mark.parametrize("name", ["rule", "layer more", "many"])
def test_a_run_is_the_same_gone_back_in_from_a_link_and_undone(converse, default, name):
    sent = [{"type": "change", **change} for change in CHANGES[name]]
    [before] = converse([HELLO, at(default, 87), {}])
    begun = [HELLO, at(default, 87), {}, *sent]
    [there] = converse(begun)
    begun += [go(there["state"], 160), {}]
    [after] = converse(begun)
    seek = {"type": "seek"}
    back, linked, undone, redone, other = converse(
        [*begun, seek | {"iteration": 20}, {}, seek | {"iteration": 160}, {}],
        [{"type": "hello", "state": after["state"]}, {}],
        [*begun, {"type": "set_state", "state": before["state"]}, {}],
        [
            *begun,
            {"type": "set_state", "state": before["state"]},
            {"type": "set_state", "state": after["state"]},
            {},
        ],
        [*begun, seek | {"iteration": 87}, {}],
    )
    assert back["digest"] == after["digest"]
    assert linked["digest"] == after["digest"]
    assert redone["digest"] == after["digest"]
    assert undone["digest"] == before["digest"]
    assert undone["state"] == before["state"]
    assert other["state"]["network"] == there["state"]["network"]
