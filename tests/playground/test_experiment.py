"""The page's experiment, run by Node, beside walnet's own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from page_cases import HELLO, answers, at, frames, layers
from replay import Replay

import walnet
from walnet.tracing import Trace


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


def network_of(found, state):
    """walnet's network with the parameters that a conversation ended with."""
    replay = Replay(state)
    replay.network.parameters[:] = found["parameters"]
    return replay


def test_scores_are_those_of_python(converse, default):
    for source, noise in [("circles", 0.1), ("blobs", 0.5), ("bumpy", 0.1)]:
        state = at(default, 300, data={"source": source, "noise": noise})
        [found] = converse([HELLO, state, {}])
        replay = network_of(found, found["state"])
        header = frames(found)[-1]["header"]
        cost = replay.training.settings.cost
        assert header["iteration"] == 300
        seen = replay.network.cost(replay.X, replay.y, cost)
        assert header["train_cost"] == pytest.approx(seen, rel=1e-6)
        predicted = replay.network.feed_forward(replay.X)
        if source == "bumpy":
            rest = replay.y - predicted[:, 0]
            assert header["train_rmse"] == pytest.approx((rest**2).mean() ** 0.5)
            r2 = 1 - (rest**2).sum() / ((replay.y - replay.y.mean()) ** 2).sum()
            assert header["train_r2"] == pytest.approx(r2)
            assert header["train_accuracy"] is None
            continue
        k = max(2, predicted.shape[1])
        labels = predicted.argmax(1) if k > 2 else (predicted[:, 0] >= 0.5).astype(int)
        counts = np.zeros((k, k))
        np.add.at(counts, (replay.y, labels), 1)
        confusion = frames(found)[-1]["arrays"]["train_confusion"]
        assert np.reshape(confusion, (k, k)).tolist() == counts.tolist()
        assert header["train_accuracy"] == pytest.approx((labels == replay.y).mean())


def test_the_table_of_rows_is_sorted_and_an_example_blames_its_weights(
    converse, default
):
    ask = {"type": "rows", "set": "train"}
    [found] = converse(
        [
            HELLO,
            at(default, 100),
            {},
            ask | {"count": 250},
            ask | {"sort": "cost", "descending": True, "count": 3},
            ask | {"sort": 1, "first": 248},
            {"type": "example", "set": "train", "row": 17},
        ]
    )
    replay = network_of(found, found["state"])
    whole, worst, last = answers(found, "rows")
    predicted = replay.network.feed_forward(replay.X)[:, 0]
    assert [row["label"] for row in whole["rows"]] == replay.y.tolist()
    assert [row["outputs"][0] for row in whole["rows"]] == pytest.approx(predicted)
    assert np.mean([row["cost"] for row in whole["rows"]]) == pytest.approx(
        replay.network.cost(replay.X, replay.y, "binary_cross_entropy"), rel=1e-5
    )
    costs = sorted((row["cost"] for row in whole["rows"]), reverse=True)
    assert [row["cost"] for row in worst["rows"]] == costs[:3]
    order = np.argsort(replay.X[:, 1])[-2:]
    assert [row["row"] for row in last["rows"]] == order.tolist()

    [example] = answers(found, "example")
    row = slice(17, 18)
    gradient = replay.network.back_propagate(
        replay.X[row], replay.y[row], cost="binary_cross_entropy"
    )
    assert example["gradient"] == pytest.approx(gradient.flat, rel=1e-5, abs=1e-8)
    for layer, (Z, A) in zip(
        example["layers"], replay.network.layer_outputs(replay.X[row]), strict=True
    ):
        assert layer["Z"] == pytest.approx(Z[0])
        assert layer["A"] == pytest.approx(A[0])


def test_the_way_down_one_weight_is_the_cost_there_and_its_slope(converse, default):
    [found] = converse(
        [HELLO, at(default, 100), {}, {"type": "descent", "index": 4}, {}]
    )
    replay = network_of(found, found["state"])
    network, data = replay.network, (replay.X, replay.y)
    [descent] = answers(found, "descent")
    gradient = network.back_propagate(*data, cost="binary_cross_entropy").flat
    assert descent["slope"] == pytest.approx(gradient[4], rel=1e-5)
    step = descent["value"] - descent["next"]
    assert step == pytest.approx(0.1 * gradient[4], rel=1e-5)
    for value, cost in list(zip(descent["values"], descent["costs"], strict=True))[
        ::20
    ]:
        network.parameters[4] = value
        assert cost == pytest.approx(network.cost(*data, "binary_cross_entropy"))
    assert min(descent["values"]) < descent["next"] < max(descent["values"])


@pytest.mark.parametrize("changes", [{}, {"l2": 0.1}, {"batch_size": 0}])
def test_a_nudge_agrees_with_back_propagation(converse, default, changes):
    [found] = converse(
        [
            HELLO,
            at(default, 40, training=changes),
            {},
            {"type": "nudge", "layer": 1, "neuron": 3, "input": 2},
            {"type": "nudge", "layer": 3, "neuron": 1},
            {},
        ]
    )
    for nudge in answers(found, "nudge"):
        assert nudge["agrees"]
        assert abs(nudge["numeric"]) > 1e-7
    trace = walnet_trace(found)
    seen = trace.nudge(1, 3, 2)
    assert answers(found, "nudge")[0]["analytic"] == pytest.approx(seen.analytic)
    assert answers(found, "nudge")[0]["cost_up"] == pytest.approx(seen.cost_up)


def walnet_trace(found):
    replay = Replay(found["state"])
    replay.run()
    return Trace.of(replay.training, 0)


def test_derived_inputs_are_those_of_python(converse, default):
    derived = ["square 1", "product 1 2", "sine 2"]
    state = at(default, 0, data={"derived": derived})
    [found] = converse(
        [HELLO, state, {}, {"type": "example", "set": "train", "row": 5}, {}]
    )
    data = walnet.datasets.circles(500, 0.1, 0)
    wanted = walnet.datasets.with_derived(data.X, derived)[5].astype(np.float32)
    [example] = answers(found, "example")
    assert np.array_equal(np.float32(example["inputs"]), wanted)
    assert answers(found, "data")[-1]["inputs"] == [
        "x1",
        "x2",
        "x1²",
        "x1·x2",
        "sin x2",
    ]


def test_learning_is_slow_enough_to_be_seen_at_any_speed(converse):
    for speed in (10, 1000, 0):
        [found] = converse(
            [
                HELLO,
                {"pictures": 1},
                {"type": "play", "speed": speed},
                {"pictures": 240},
            ]
        )
        shares = [frame["header"]["train_accuracy"] for frame in frames(found)]
        seen = np.maximum.accumulate(shares)
        # One update may change much, the first ones move the whole boundary: no more.
        assert np.diff(seen).max() < 0.1
        assert (seen < 0.95).sum() >= 12
        assert seen[-1] > (0.9 if speed else 0.99)


def test_a_run_pauses_where_nothing_improves_and_goes_on_when_it_is_asked(converse):
    still = {"kind": "learning_rate", "value": 0.0}
    begun = [HELLO, {"type": "play", "speed": 0}, {"type": "change", **still}]
    on = [{"type": "play", "speed": 0}, {"pictures": 300}]
    [found] = converse([*begun, {}, *on])
    *_, paused, gone_on = answers(found, "run")
    assert paused["stopped"]["key"] == "plateau"
    assert not paused["playing"]
    assert gone_on["playing"]


HOSTILE = [
    None,
    7,
    [],
    {"type": "explode"},
    {"type": "seek", "iteration": -1},
    {"type": "seek", "iteration": 0.5},
    {"type": "play", "speed": "fast"},
    {"type": "change", "kind": "parameter", "index": 2, "value": None},
    {"type": "change", "kind": "network", "layers": layers(33)},
    {"type": "change", "kind": "network", "layers": layers(*[1] * 9)},
    {"type": "change", "kind": "training", "training": {"optimizer": "magic"}},
    {"type": "probe", "x": 1e99, "y": 0},
    {"type": "rows", "set": "validation"},
    {"type": "look", "view": {}},
]


def test_what_is_no_message_is_answered_in_one_sentence(converse):
    for found in converse(*([HELLO, {"send": message}] for message in HOSTILE)):
        [problem] = answers(found, "problem")
        assert problem["kind"] == "message"
        assert problem["message"].endswith(".")
        assert len(problem["message"]) < 300


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("data", {"size": 10**9}),
        ("data", {"points": [[0, 0, 60_000]] * 1001}),
        ("data", {"derived": ["square 1"] * 1000}),
        ("network", {"layers": layers(*[32] * 100)}),
        ("training", {"batch_size": -1}),
        ("run", {"events": [{"iteration": 0, "kind": "row", "row": 0}] * 501}),
        ("view", {"slice": [float("1e300")]}),
    ],
)
def test_a_link_that_asks_for_too_much_is_refused(converse, default, part, fields):
    state = default | {part: default[part] | fields}
    [found] = converse([{"type": "hello", "state": state}])
    [problem] = answers(found, "problem")
    assert problem["message"].startswith(f"message.state.{part}.")
    assert not answers(found, "welcome")


@pytest.mark.parametrize(
    ("part", "fields", "said"),
    [
        ("data", {"source": "drawn", "points": [[0, 0, 1]]}, "at least two points"),
        ("data", {"source": "drawn", "points": [[0, 0, 1e6]] * 2}, "up to 8 classes"),
        ("data", {"derived": ["square 3"]}, "cannot be made of these 2 features"),
        ("data", {"source": "file"}, "Drop the table on the page again"),
        (
            "run",
            {
                "events": [
                    {"iteration": 0, "kind": "parameter", "index": 99, "value": 0}
                ]
            },
            "no parameter 99",
        ),
        ("run", {"events": [{"iteration": 0, "kind": "row", "row": 999}]}, "only 250"),
    ],
)
def test_a_state_that_cannot_be_trained_says_why_and_another_one_can(
    converse, default, part, fields, said
):
    state = default | {part: default[part] | fields}
    [found] = converse(
        [
            {"type": "hello", "state": state},
            {},
            {"type": "set_state", "state": default},
            {},
        ]
    )
    assert said in answers(found, "problem")[0]["message"]
    assert len(answers(found, "problem")) == 1
    assert frames(found)[-1]["header"]["iteration"] == 0


def test_what_starts_anew_is_said(converse, default):
    for part, fields, anew in [
        ("data", {"noise": 0.2}, "data"),
        ("data", {"derived": ["square 1"]}, "data"),
        ("network", {"seed": 4}, "seed"),
        ("network", {"initializer": "he"}, "initializer"),
    ]:
        [found] = converse(
            [HELLO, at(default, 30), {}, at(default, 0, **{part: fields})]
        )
        assert [run["anew"] for run in answers(found, "run")] == ["", "", "", anew]
