"""Every lesson and challenge is done as a person does it, and the page sees it done."""

from __future__ import annotations

import re

import pytest

import walnet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


class Learner:
    """Somebody who has the lessons open."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        visit.show("Learn")

    def begin(self, number: int, title: str) -> None:
        self.visit.button(f"{number} {title}" if number else f"★ {title}").click()
        self.visit.wait_iteration("0")
        assert not self.is_done()

    def is_done(self) -> bool:
        return self.page.locator(".todo.done").count() > 0

    def see_it_done(self) -> None:
        self.page.locator(".todo.done").wait_for(timeout=10_000)

    def play_until_done(self) -> None:
        self.visit.play_until(self.is_done)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(option)
        self.visit.settled()

    def fill(self, label: str, value: float) -> None:
        box = self.page.get_by_role("spinbutton", name=label, exact=True)
        box.fill(str(value))
        box.press("Enter")
        self.visit.settled()

    def open_neuron(self, name: str) -> None:
        self.visit.button(name).dispatch_event("click")

    def add_neurons(self, layer: int, count: int) -> None:
        for _ in range(count):
            self.visit.button(f"Add a neuron to layer {layer}").click()
        self.visit.settled()

    def rewind(self, share: float) -> None:
        scrubber = self.page.get_by_label("Rewind")
        box = scrubber.bounding_box()
        scrubber.click(position={"x": box["width"] * share, "y": box["height"] / 2})
        self.visit.settled()


@pytest.fixture
def learner(visit):
    return Learner(visit)


def test_a_neuron_is_set_by_hand(learner):
    learner.begin(1, "A neuron")
    X, y = walnet.datasets.gaussians(n=500, noise=0.5, seed=0)
    apart = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)
    middle = (X[y == 1].mean(axis=0) + X[y == 0].mean(axis=0)) / 2
    learner.open_neuron("Output 1, sigmoid")
    learner.fill("w1 × x1", round(float(apart[0]), 3))
    learner.fill("w2 × x2", round(float(apart[1]), 3))
    learner.fill("b bias", round(float(-apart @ middle), 3))
    learner.see_it_done()


def test_an_activation_bends(learner):
    learner.begin(2, "Activation")
    learner.choose("Activation of layer 1", "tanh")
    learner.play_until_done()


def test_neurons_are_added_until_they_enclose_a_circle(learner):
    learner.begin(3, "Layers")
    learner.add_neurons(1, 3)
    learner.play_until_done()


def test_a_start_is_random(learner):
    learner.begin(4, "Random start")
    for _ in range(3):
        learner.visit.button("New seed").click()
        learner.visit.settled()
    learner.visit.button("Iteration").click()
    learner.see_it_done()


def test_one_weight_makes_the_cost_smaller(learner):
    learner.begin(6, "What may change")
    learner.open_neuron("Layer 1, neuron 1, tanh")
    for value in (1, -1, 2, -2, 4, -4):
        learner.fill("w1 × x1", value)
        if learner.is_done():
            return
    raise AssertionError("no weight made the cost smaller")


def test_back_propagation_is_checked(learner):
    learner.begin(7, "Back-propagation")
    learner.visit.button("Open One step").click()
    learner.page.locator("summary", has_text="Back-propagation").click()
    learner.visit.button("Check by nudging").click()
    learner.page.get_by_text("they agree").wait_for()
    learner.visit.show("Learn")
    learner.see_it_done()


def test_a_rate_is_raised_rewound_and_lowered(learner):
    learner.begin(8, "Gradient descent")
    learner.visit.button("Play").last.click()
    raised = learner.visit.wait_number("iteration", lambda there: there > 100)
    learner.fill("Learning rate", 10)
    learner.visit.wait_number("iteration", lambda there: there > 2 * raised)
    learner.visit.pause()
    learner.rewind(0.5 * raised / learner.visit.number("iteration"))
    assert learner.visit.number("iteration") < raised
    learner.fill("Learning rate", 0.1)
    learner.play_until_done()


def test_the_whole_loop_is_gone_back_over(learner):
    learner.begin(9, "The whole loop")
    learner.visit.play_until(lambda: learner.visit.number("test-accuracy") > 95)
    learner.page.get_by_label("Rewind").press("Home")
    learner.see_it_done()


def test_an_explosion_is_found_and_rewound(learner):
    learner.begin(0, "Make it explode")
    learner.fill("Learning rate", 10)
    learner.visit.button("Play").last.click()
    said = learner.page.get_by_role("alert").inner_text()
    assert re.search(r"^The cost became .* at iteration \d+", said)
    learner.visit.button("Rewind and lower the learning rate").click()
    learner.see_it_done()


def test_a_neuron_dies(learner):
    learner.begin(0, "A dead neuron")
    learner.fill("Learning rate", 10)
    learner.play_until_done()


def test_three_neurons_enclose_a_circle(learner):
    learner.begin(0, "Circle with three")
    learner.play_until_done()


def test_circles_are_learned_in_twenty_epochs(learner):
    learner.begin(0, "In twenty epochs")
    learner.page.get_by_text("More about training").click()
    learner.choose("Update", "adam")
    learner.add_neurons(1, 4)
    for _ in range(20):
        learner.visit.button("Epoch").click()
        learner.visit.settled()
        if learner.is_done():
            return
    raise AssertionError("the page did not see a cost below 0.05")
