"""Each lesson is done as a person does it, and cannot be done by accident."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pupils import KEYBOARD, MOUSE, TOUCH, Pupil

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LESSONS = Path(__file__).parents[2] / "lessons" / "en"
CHAPTERS = [path.stem.partition("-")[2] for path in sorted(LESSONS.glob("*-*.md"))]
CHALLENGES = [
    path.stem.partition("-")[2]
    for path in sorted((LESSONS / "challenges").glob("*-*.md"))
]
SIX_NUTS = np.array(
    [
        [0.59, 1.15, 1],
        [-0.8, -1.01, 0],
        [0.41, -0.2, 0],
        [-1.12, -0.42, 1],
        [1.01, 0.25, 0],
        [0.35, 0.46, 1],
    ]
)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def six_nuts(w_1, w_2, b):
    """Inputs, labels and predictions of the six nuts by one neuron."""
    X, y = SIX_NUTS[:, :2], SIX_NUTS[:, 2]
    return X, y, sigmoid(X @ [w_1, w_2] + b)


def weights(pupil, **values):
    """Set sliders by the beginning of their names."""
    names = {"w1": "w1 (size)", "w2": "w2 (weight)", "b": "b (bias)"}
    for name, value in values.items():
        pupil.fill(names[name], value)


def do_why(pupil):
    for row in (21, 35, 5, 14, 20):
        pupil.pick(row)


def do_neuron(pupil):
    weights(pupil, w1=-3, w2=4, b=0)


def do_activation(pupil):
    pupil.choose("Activation of hidden layer 1", "tanh")
    pupil.choose("Neuron", "output neuron")
    pupil.fill("b (bias)", -9)


def do_layers(pupil):
    pupil.button("One neuron less in hidden layer 1")
    pupil.button("Layer")
    pupil.button("One neuron less in hidden layer 2")
    pupil.answer("19")
    assert pupil.steps == 1
    pupil.answer("20")
    pupil.answer("3")


def do_data(pupil):
    pupil.pick(7)
    pupil.pick(13)
    pupil.answer("40")


def do_first_predictions(pupil):
    while pupil.right < 30:
        pupil.button("New random weights")
    pupil.see_steps(1)
    pupil.answer(f"{100 * pupil.right / 40:.1f}".replace(".", ","))


def do_cost(pupil):
    _, y, y_pred = six_nuts(0.5, 0.4, 0.3)
    costs = (y - y_pred) ** 2
    pupil.answer(f"{(costs.sum() - costs[2]) / 6:.3f}")
    weights(pupil, w1=-6, w2=8, b=0)


def do_what_may_change(pupil):
    weights(pupil, w1=-3, w2=4, b=0)
    pupil.choose("Neuron", "output neuron")
    pupil.fill("w1 (layer 1, neuron 1)", 4)
    pupil.fill("w2 (layer 1, neuron 2)", 0)
    pupil.fill("b (bias)", 0)


def do_back_propagation(pupil):
    X, y, y_pred = six_nuts(1.2, -0.4, 0.3)
    slope = 2 * (y_pred - y) * y_pred * (1 - y_pred) * X[:, 1]
    pupil.answer(f"{slope[1]:.2f}")
    weights(pupil, w1=-2, w2=3)


def do_gradient_descent(pupil):
    pupil.fill("Learning rate", 0.05)
    pupil.speed(100)
    pupil.start()
    pupil.see_steps(1)
    pupil.fill("Learning rate", 100)
    pupil.see_steps(2)
    pupil.button("Pause")
    pupil.button("Reset")
    pupil.fill("Learning rate", 5)
    pupil.start()
    pupil.see_it_done()
    pupil.button("Pause")


def do_whole_loop(pupil):
    pupil.speed(100)
    pupil.play_until(lambda: pupil.steps == 1)
    for place in range(1, 40):
        pupil.rewind(0.01 * place)
        if pupil.done:
            return


def do_better(pupil):
    for _ in range(3):
        pupil.button("One neuron more in hidden layer 1")
    pupil.fill("Learning rate", 1)
    pupil.speed(1000)
    pupil.play_until(lambda: pupil.done)


def do_honest_accuracy(pupil):
    pupil.speed(1000)
    pupil.play_until(lambda: pupil.steps == 1)
    pupil.fill("Examples", 1000)
    pupil.speed(100)
    pupil.play_until(lambda: pupil.iteration > 5000)  # of which 50 are an epoch


def do_xor_with_two(pupil):
    pupil.choose("Activation of hidden layer 1", "SiLU")
    pupil.choose("Update rule", "Adam")
    pupil.fill("Learning rate", 0.03)
    pupil.speed(1000)
    for _ in range(12):
        pupil.button("New random weights")
        pupil.start()
        pupil.visit.wait_until(lambda: pupil.done or pupil.iteration > 3000)
        pupil.button("Pause")
        if pupil.done:
            return


def do_circle_with_three(pupil):
    pupil.button("One neuron more in hidden layer 1")
    pupil.button("One neuron more in hidden layer 1")
    pupil.speed(1000)
    pupil.play_until(lambda: pupil.done)


def do_the_spiral(pupil):
    for _ in range(12):
        pupil.button("One neuron more in hidden layer 1")
    pupil.button("Layer")
    pupil.choose("Update rule", "Adam")
    pupil.fill("Learning rate", 0.01)
    pupil.play_until(lambda: pupil.done)


def do_make_it_explode(pupil):
    pupil.fill("Learning rate", 10)
    pupil.start()
    pupil.see_steps(1)
    pupil.rewind(0.0)


def do_a_dead_neuron(pupil):
    pupil.fill("Learning rate", 10)
    pupil.play_until(lambda: pupil.done)


def do_in_twenty_epochs(pupil):
    pupil.choose("Update rule", "Adam")
    for _ in range(4):
        pupil.button("One neuron more in hidden layer 1")
    pupil.fill("Learning rate", 0.05)
    pupil.speed(10)
    pupil.play_until(lambda: pupil.done or pupil.iteration > 1000)


@pytest.fixture
def pupil(browser, server, way, lesson):
    pupil = Pupil(browser, server, way, lesson)
    yield pupil
    pupil.close()


@pytest.mark.parametrize("way", [MOUSE, TOUCH, KEYBOARD])
@pytest.mark.parametrize("lesson", CHAPTERS)
def test_a_chapter_is_done(pupil, lesson):
    assert pupil.steps == 0
    globals()["do_" + lesson.replace("-", "_")](pupil)
    pupil.see_it_done()


@pytest.mark.parametrize("way", [MOUSE])
@pytest.mark.parametrize("lesson", CHALLENGES)
def test_a_challenge_is_done(pupil, lesson):
    assert pupil.steps == 0
    globals()["do_" + lesson.replace("-", "_")](pupil)
    pupil.see_it_done()


def typed(pupil, knobs):
    for box in knobs.get_by_role("spinbutton").all():
        label = box.get_attribute("aria-label")
        for value in (0.01, -10, -1, 1, 10):
            yield f"{label} = {value}", partial(pupil.fill, label, value)


def chosen(pupil, knobs):
    for select in knobs.get_by_role("combobox").all():
        for option in select.locator("option").all_inner_texts():
            yield option, partial(pupil.select, select, option)


def pressed(pupil, knobs):
    for button in knobs.get_by_role("button").all():
        name = button.get_attribute("aria-label") or button.inner_text().strip()
        if name != "Play":
            yield name, partial(pupil.button, name)


def picked(pupil):
    for row in pupil.page.locator(".rows tbody button").all():
        name = row.get_attribute("aria-label")
        yield name, partial(pupil.button, name)


def answered(pupil):
    if pupil.page.get_by_label("Your answer").count():
        for number in ("0", "1"):
            yield number, partial(pupil.answer, number)


def edits(pupil):
    """Every single thing that can be done with the knobs of a lesson."""
    knobs = pupil.page.locator(".knobs, .bar")
    for kind in (typed, chosen, pressed):
        yield from kind(pupil, knobs)
    yield from picked(pupil)
    yield from answered(pupil)


@pytest.mark.parametrize("way", [MOUSE])
@pytest.mark.parametrize("lesson", CHAPTERS)
def test_a_chapter_is_not_done_by_one_touch(pupil):
    assert pupil.steps == 0
    assert not pupil.done
    for name, edit in list(edits(pupil)):
        edit()
        assert not pupil.done, name
        pupil.again()
        assert pupil.steps == 0, f"after {name}"


@pytest.mark.parametrize("way", [MOUSE])
@pytest.mark.parametrize(
    "lesson", ["gradient-descent", "whole-loop", "better", "honest-accuracy"]
)
def test_a_chapter_is_not_done_by_pressing_play_alone(pupil):
    pupil.speed(1000)
    pupil.start()
    pupil.visit.wait_until(lambda: pupil.iteration > 3000)
    pupil.speed(0)  # what changes now changes slowly
    pupil.visit.wait_until(lambda: pupil.iteration > 20_000)
    assert not pupil.done
