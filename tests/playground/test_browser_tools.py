"""The page's tools, each worked as a person would, in a real headless Chromium."""

from __future__ import annotations

import re

import pytest
from visiting import Visit, choose_activation, state, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def visit(visit):
    """A person who looks at the cockpit."""
    visit.show("Play")
    visit.settled()
    return visit


def tab(visit: Visit, name: str) -> None:
    visit.page.get_by_text(name, exact=True).click()


def aloud(visit: Visit, words: str) -> str:
    """Wait until a screen reader is told this of the map; return all of it."""
    spoken = visit.page.locator("p[aria-live]").filter(has_text=words)
    spoken.wait_for(state="attached")
    return spoken.inner_text()


def test_the_confusion_matrix_counts_the_test_examples(visit):
    tab(visit, "Confusion")
    for _ in range(2):
        cells = visit.page.locator("td.number:not(.muted)").all_inner_texts()
        counts = [int(cell) for cell in cells]
        assert sum(counts) == 250
        right = counts[0] + counts[3]
        assert visit.number("test-accuracy") == pytest.approx(right / 2.5, abs=0.05)
        visit.play_until(lambda: visit.number("test-accuracy") > 95)


def test_labels_histograms_and_the_surface_follow_the_training(visit):
    tab(visit, "Labels")
    first, second = ("figure:nth-of-type(1) canvas", "figure:nth-of-type(2) canvas")
    original, predicted = visit.picture(first), visit.picture(second)
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    visit.picture(second, unlike=predicted)
    assert visit.picture(first) == original

    # Each picture is waited for until it differs from the one before.
    output = ".output canvas"
    tab(visit, "Weights")
    weights = visit.picture(output)
    tab(visit, "Gradients")
    gradients = visit.picture(output, unlike=weights)
    visit.button("Epoch").click()
    visit.picture(output, unlike=gradients)

    tab(visit, "Descent")
    tab(visit, "The run")
    where_it_went = visit.picture(output)
    tab(visit, "Two weights")
    two = visit.picture(output, unlike=where_it_went)
    visit.page.get_by_label("Up", exact=True).select_option(index=5)
    other = visit.picture(output, unlike=two)
    # The arrow of the next step is as long as the learning rate is large; at the end
    # of a training it would be too short to be seen.
    visit.button("Reset").click()
    at_start = visit.picture(output, unlike=other)
    type_number(visit, "Learning rate", "30")
    visit.picture(output, unlike=at_start)


def test_a_place_of_the_map_flows_through_the_network(visit):
    visit.page.locator(".map canvas").hover(position={"x": 40, "y": 200})
    probe = visit.page.locator(".probe", has_text="% sure at")
    probe.wait_for()
    said = probe.inner_text()
    assert re.fullmatch(r"(orange|purple), [\d.]+ % sure at \(\S+, \S+\)", said)
    values = visit.page.locator(".picture span.value").all_inner_texts()
    assert len(values) == 2 + 4 + 2 + 1
    x1, x2 = re.search(r"\((\S+), (\S+)\)", said).groups()
    assert values[:2] == [x1, x2]
    sure = float(values[-1])
    assert f"{100 * max(sure, 1 - sure):.3g} % sure" in said


def test_the_map_is_worked_by_keyboard(visit):
    keys, area = visit.page.keyboard, visit.page.get_by_role("application")
    described = area.get_attribute("aria-describedby")
    assert (
        "arrows move a cross" in visit.page.locator(f"[id='{described}']").inner_text()
    )
    visit.button("Layer").focus()
    for _ in range(60):
        keys.press("Tab")
        if area.evaluate("each => each === document.activeElement"):
            break
    assert visit.page.locator(".cross").count() == 1
    middle = aloud(visit, "% sure at (")
    keys.press("Shift+ArrowLeft")
    visit.wait_until(lambda: aloud(visit, "% sure at (") != middle)
    assert visit.page.locator(".network .value").count() == 9
    keys.press("n")
    aloud(visit, "Example 0 picked")
    keys.press("n")
    aloud(visit, "Example 1 picked, class")
    keys.press("Enter")
    aloud(visit, "Example 1 picked")
    visit.show("One step")
    assert visit.page.get_by_label("Example").first.input_value() == "1"
    visit.show("Play")
    # The page's own keys mean the map's while it has the focus.
    assert visit.number("iteration") == 0


def test_points_are_drawn_by_keyboard(visit):
    visit.button("Draw").click()
    visit.button("Clear").click()
    visit.page.get_by_text("0 so far").wait_for()
    visit.page.get_by_role("application").focus()
    for key in ["Enter", "1", *["Shift+ArrowUp"] * 2, "Enter", "ArrowLeft"]:
        visit.page.keyboard.press(key)
    visit.page.get_by_text("2 so far").wait_for()
    visit.page.keyboard.press("Shift+ArrowRight")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("3 so far").wait_for()
    visit.page.keyboard.press("Delete")
    aloud(visit, "Point taken away")
    visit.page.get_by_text("2 so far").wait_for()
    points = state(visit)["data"]["points"]
    assert [point[2] for point in points] == [0, 1]
    assert points[0][:2] == [0, 0]
    assert points[1][0] == 0
    assert points[1][1] > 0.5


def test_the_cost_axis_is_linear_or_logarithmic(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    linear = visit.picture(".timeline canvas")
    visit.page.get_by_label("Log scale").check()
    visit.picture(".timeline canvas", unlike=linear)
    assert state(visit)["view"]["log_cost"] is True


@pytest.mark.parametrize(
    ("activation", "mark"), [("relu", "dead"), ("tanh", "saturated")]
)
def test_a_neuron_that_does_not_learn_is_marked(visit, activation, mark):
    if activation == "relu":
        choose_activation(visit, 1, "tanh", "ReLU")
    name = f"Layer 1, neuron 2, {activation}"
    visit.button(name).dispatch_event("click")
    before = visit.picture(".picture canvas")
    box = visit.page.get_by_role("spinbutton", name="b bias")
    box.fill("-200")
    box.press("Enter")
    visit.button(f"{name}, {mark}").wait_for()
    visit.page.locator(".flag", has_text=mark).wait_for()
    visit.picture(".picture canvas", unlike=before)


def test_a_link_shows_its_weight_and_is_edited_by_a_click(visit):
    ends = ("#neuron-0-0", "#neuron-1-0")
    left, right = (visit.page.locator(each).bounding_box() for each in ends)
    x = (left["x"] + left["width"] + right["x"]) / 2
    y = (left["y"] + left["height"] / 2 + right["y"] + right["height"] / 2) / 2
    visit.page.mouse.move(x, y)
    tip = visit.page.locator(".tip")
    tip.wait_for()
    shown = float(re.search(r"w = (\S+)", tip.inner_text())[1])
    visit.page.mouse.click(x, y)
    box = visit.page.get_by_role("group", name="Weight from").locator("[type=number]")
    box.wait_for()
    assert float(box.input_value()) == pytest.approx(shown, rel=5e-3)


def test_the_learning_rate_is_changed_while_it_runs(visit):
    visit.page.get_by_role("combobox", name="Speed").select_option("1")
    visit.button("Play").last.click()
    before = visit.wait_number("iteration", lambda iteration: iteration > 0)
    type_number(visit, "Learning rate", "0.5")
    at = visit.number("iteration")
    visit.wait_number("iteration", lambda iteration: iteration > at)
    visit.pause()
    last = visit.number("iteration")
    [event] = state(visit)["run"]["events"]
    assert event["kind"] == "learning_rate"
    assert event["value"] == 0.5
    assert before <= event["iteration"] < last


def test_runs_are_kept_sorted_named_compared_and_restored(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.button("Keep").click()
    visit.button("New seed").click()
    visit.wait_iteration("0")
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    visit.button("Keep").click()
    alone = visit.picture(".timeline canvas")
    visit.show("Compare")
    table = visit.page.get_by_role("table")
    names = table.locator("tbody td:first-child input")
    assert [each.input_value() for each in names.all()] == ["Run 2", "Run 1"]
    visit.page.get_by_role("button", name="Epochs").click()
    assert [each.input_value() for each in names.all()] == ["Run 1", "Run 2"]
    names.first.fill("one epoch")
    names.first.press("Enter")
    visit.page.get_by_label("Show the curve of one epoch").check()
    visit.show("Play")
    visit.picture(".timeline canvas", unlike=alone)
    visit.page.get_by_text("kept: one epoch").wait_for()
    visit.page.reload()
    visit.page.get_by_test_id("iteration").wait_for()
    visit.show("Compare")
    visit.button("Restore one epoch").click()
    visit.wait_iteration("25")
    assert visit.page.get_by_test_id("train-cost").inner_text() == cost


def test_nothing_moves_by_itself_where_that_is_not_wanted(browser, server):
    visit = Visit(browser, server, reduced_motion="reduce")
    moving = "() => document.getAnimations().length"
    still = "each => getComputedStyle(each).transitionDuration"
    try:
        assert visit.number("iteration") == 0
        assert visit.page.evaluate(moving) == 0
        assert visit.button("Epoch").evaluate(still) == "0s"
        visit.button("Epoch").hover()
        assert visit.page.evaluate(moving) == 0
    finally:
        visit.context.close()


def test_the_comparison_may_be_left_at_once(visit):
    visit.page.evaluate(
        """async () => {
            const named = name => [...document.querySelectorAll("nav button")]
                .find(each => each.textContent === name);
            named("Compare").click();
            await new Promise(later => setTimeout(later, 1));
            named("Play").click();
        }"""
    )
    visit.wait_iteration("0")
    assert visit.wrong == []
