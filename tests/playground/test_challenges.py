"""Every goal that the page sets can be reached with the controls that it offers."""

from __future__ import annotations

import pytest
from playing import Page
from walnet.playground.pictures import DEAD

pytestmark = pytest.mark.timeout(300)

NOISY = {"source": "moons", "size": 100, "noise": 0.35, "seed": 2}


def layers(*neurons: int, activation: str = "tanh", dropout: float = 0.0):
    one = {"activation": activation, "dropout": dropout}
    return [{"neurons": count} | one for count in neurons]


def begin(page: Page, data=None, network=None, training=None) -> None:
    """Choose data, network and training as in the panels, from the defaults."""
    asked = {"data": data or {}, "network": network or {}, "training": training or {}}
    page.send(type="set_state", state=asked)
    page.hear("run")


def train_until(page: Page, reached, epochs: int = 3000) -> dict[str, float]:
    """Train until the numbers on the page reach a goal."""
    page.send(type="play")
    header, _ = page.frame(lambda h: reached(h) or h["epoch"] > epochs)
    page.send(type="pause")
    assert reached(header), header
    return header


def gap(header) -> float:
    return header["train_accuracy"] - header["test_accuracy"]


def cured(header) -> bool:
    well = header["test_accuracy"] > 0.8
    return header["epoch"] >= 100 and gap(header) < 0.05 and well


def test_xor_is_learned_with_two_hidden_neurons(page):
    network = {"layers": layers(2, activation="silu"), "seed": 7}
    training = {"optimizer": "adam", "learning_rate": 0.03, "seed": 7}
    begin(page, {"source": "xor"}, network, training)
    train_until(page, lambda h: h["test_accuracy"] > 0.9)


def test_a_circle_is_enclosed_with_three_hidden_neurons(page):
    begin(page, network={"layers": layers(3)})
    train_until(page, lambda h: h["test_accuracy"] > 0.97)


def test_the_spiral_is_learned_above_97_per_cent(page):
    data = {"source": "spirals", "noise": 0.05}
    training = {"optimizer": "adam", "learning_rate": 0.01}
    begin(page, data, {"layers": layers(16, 16)}, training)
    train_until(page, lambda h: h["test_accuracy"] > 0.97)


@pytest.mark.parametrize(
    ("data", "network", "training"),
    [
        ({}, {"layers": layers(16, 16)}, {"l2": 0.03}),
        ({}, {"layers": layers(16, 16)}, {"l1": 0.01}),
        ({}, {"layers": layers(16, 16, dropout=0.5)}, {}),
        ({}, {"layers": layers(2)}, {}),
        ({"size": 2000}, {"layers": layers(16, 16)}, {}),
    ],
    ids=["l2", "l1", "dropout", "smaller", "more-examples"],
)
def test_a_network_overfits_and_is_cured(page, data, network, training):
    adam = {"optimizer": "adam", "learning_rate": 0.01}
    begin(page, NOISY, {"layers": layers(16, 16)}, adam)
    train_until(page, lambda h: gap(h) >= 0.1)
    begin(page, NOISY | data, network, training)
    train_until(page, cured)


def test_a_rate_that_is_too_large_explodes_and_is_rewound(page):
    network = {"layers": layers(8, activation="relu")}
    begin(page, {"source": "bumpy"}, network, {"learning_rate": 3.0})
    page.send(type="play")
    problem = page.hear("problem")
    assert problem["kind"] == "diverged"
    page.send(type="seek", iteration=0)
    header, _ = page.frame(lambda h: h["iteration"] == 0)
    assert header["furthest"] > 0


def test_a_relu_neuron_dies(page):
    network = {"layers": layers(6, activation="relu")}
    begin(page, network=network, training={"learning_rate": 10.0})
    page.send(type="play")
    for _ in range(100):
        _, arrays = page.frame()
        if DEAD in arrays["neurons"]:
            return
    raise AssertionError("no neuron died")


def test_circles_are_learned_within_twenty_epochs(page):
    network = {"layers": layers(8, activation="relu")}
    begin(page, None, network, {"optimizer": "adam", "learning_rate": 0.1})
    for _ in range(20):
        page.send(type="step", unit="epoch")
        header, _ = page.frame(lambda h, at=page.iteration: h["iteration"] > at)
        page.iteration = header["iteration"]
        if header["train_cost"] < 0.05:
            return
    raise AssertionError("the cost stayed above 0.05")


def test_a_raised_rate_is_rewound_and_lowered(page):
    begin(page, training={"learning_rate": 0.03})
    train_until(page, lambda h: h["epoch"] >= 20)
    page.send(type="change", kind="learning_rate", value=10.0)
    train_until(page, lambda h: h["learning_rate"] == 10.0 and h["epoch"] > 60)
    page.send(type="seek", iteration=25)
    page.frame(lambda h: h["iteration"] == 25)
    page.send(type="change", kind="learning_rate", value=0.1)
    rate = pytest.approx(0.1)
    train_until(
        page, lambda h: h["learning_rate"] == rate and h["train_cost"] < 0.1, 9000
    )
