"""The page as a person uses it: played, rewound, undone, drawn on, compared."""

from __future__ import annotations

import re

import pytest
from axe import violations
from page_cases import layers
from visiting import Visit, carried, state, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


OPEN_ALL = "() => document.querySelectorAll('details').forEach(e => (e.open = true))"
SCREENS = {
    "Play": ".map canvas",
    "One step": ".lines math",
    "Compare": "figure.second dd:text-matches('^0$')",
    "Take away": "pre:has-text('import')",
}
EXPLODES = {
    "data": {"source": "bumpy"},
    "network": {"layers": layers(4, 2, activation="relu")},
    "training": {"learning_rate": 30},
}
LARGE = {
    "data": {"source": "spirals", "size": 5000},
    "network": {"layers": layers(32, 32, 32, 32, activation="relu")},
    "training": {"learning_rate": 0.01},
}
PLAY_ON = """async pictures => {
    for (let i = 0; i < pictures; i++) await new Promise(requestAnimationFrame);
}"""


def rewind_to(visit: Visit, share: float) -> None:
    """Drag the curve to a share of its width."""
    box = visit.page.get_by_label("Rewind").bounding_box()
    y = box["y"] + box["height"] / 2
    visit.page.mouse.move(box["x"] + box["width"] * 0.8, y)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 1 + box["width"] * share, y, steps=8)
    visit.page.mouse.up()
    visit.settled()


def test_a_person_presses_play_and_the_network_learns(visit):
    caption = visit.page.locator(".caption")
    caption.filter(has_text="Press Play").wait_for()
    first = visit.number("train-cost")
    visit.hurry()
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    assert visit.number("train-cost") < first / 3
    caption.filter(has_text="The cost went from").wait_for()


def test_every_data_set_can_be_chosen_and_trained(visit):
    names = [
        "Moons",
        "Xor",
        "Spirals",
        "Clouds",
        "Blobs",
        "Plane",
        "Bumpy",
        "Sine",
        "Circles",
    ]
    for name in names:
        visit.button(name).click()
        visit.wait_iteration("0")
        visit.epoch()
        visit.page.get_by_test_id("epoch").get_by_text("1", exact=True).wait_for()


def test_reset_is_the_same_start_and_a_new_seed_another(visit):
    first = visit.number("train-cost")
    visit.epoch()
    visit.wait_iteration("25")
    visit.button("Reset").click()
    visit.wait_iteration("0")
    assert visit.number("train-cost") == first
    visit.button("New seed").click()
    visit.settled()
    other = visit.number("train-cost")
    assert other != first
    visit.button("Undo").click()
    visit.settled()
    assert visit.number("train-cost") == first
    visit.button("Redo").click()
    visit.settled()
    assert visit.number("train-cost") == other


def test_layers_and_neurons_are_added_and_removed(visit):
    summary = visit.page.locator(".network .summary")
    visit.button("Layer").click()
    visit.settled()
    assert summary.inner_text() == "2 – 4 – 2 – 2 – 1, 31 parameters"
    visit.button("Add a neuron to layer 3").click()
    visit.settled()
    assert summary.inner_text() == "2 – 4 – 2 – 3 – 1, 35 parameters"
    for _ in range(3):
        visit.page.get_by_role("button", name=re.compile("^Remove .*layer 3$")).click()
        visit.settled()
    assert summary.inner_text() == "2 – 4 – 2 – 1, 25 parameters"


def test_the_curve_is_dragged_back_in_time_and_another_way_is_taken(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    for _ in range(3):
        visit.epoch()
    visit.wait_iteration("100")
    rewind_to(visit, 0)
    visit.wait_iteration("0")
    visit.epoch()
    visit.wait_iteration("25")
    assert visit.number("train-cost") == cost
    furthest = visit.page.get_by_label("Rewind")
    assert furthest.get_attribute("max") == "100"
    type_number(visit, "Learning rate", "0.5")
    assert furthest.get_attribute("max") == "25"
    visit.epoch()
    visit.wait_iteration("50")
    assert [each["iteration"] for each in state(visit)["run"]["events"]] == [25]


def test_an_explosion_is_explained_and_rewound_to_where_it_still_learned(visit):
    visit.page.goto(visit.page.url.partition("#")[0] + carried(EXPLODES))
    visit.settled()
    first = visit.number("train-cost")
    visit.button("Play").last.click()
    alert = visit.page.get_by_role("alert")
    alert.wait_for()
    assert re.search(r"at iteration \d+, first in layer \d", alert.inner_text())
    visit.button("Rewind and lower the learning rate").click()
    visit.settled()
    rate = visit.page.get_by_role("spinbutton", name="Learning rate")
    assert rate.input_value() == "3"
    assert alert.count() == 0
    assert visit.number("train-cost") <= first


def test_two_runs_with_one_knob_different(visit):
    visit.show("Compare")
    visit.page.get_by_label("Second run").select_option("3")
    visit.button("Play both").click()
    for side in ("first", "second"):
        epoch = visit.page.locator(f"figure.{side} dd").first
        epoch.get_by_text(re.compile(r"^[\d,]{2,}$")).wait_for()
    visit.button("Pause both").click()
    visit.settled()
    visit.button("Keep the present run").click()
    row = visit.page.get_by_role("table").locator("tbody tr")
    assert "circles, 2–4–2–1 tanh, rate 0.1" in row.inner_text()
    _, epochs, cost, *_ = row.locator("td").all_inner_texts()
    visit.button("Restore Run 1").click()
    visit.show("Play")
    visit.page.get_by_test_id("epoch").get_by_text(epochs, exact=True).wait_for()
    visit.settled()
    # The table shows three digits and the page four: both are rounded.
    assert visit.number("train-cost") == pytest.approx(float(cost), rel=6e-3)
    # The pace of the comparison was for the comparison alone.
    speed = visit.page.get_by_role("combobox", name="Speed")
    assert speed.input_value() == "10"


def test_runs_are_kept_sorted_named_and_restored(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.button("Keep").click()
    visit.button("New seed").click()
    visit.wait_iteration("0")
    visit.hurry()
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
    visit.settled()
    visit.show("Compare")
    visit.button("Restore one epoch").click()
    visit.show("Play")
    visit.wait_iteration("25")
    assert visit.page.get_by_test_id("train-cost").inner_text() == cost


def test_the_comparison_may_be_left_at_once(visit):
    visit.page.evaluate(
        """async () => {
            const named = name => [...document.querySelectorAll("nav button")]
                .find(each => each.textContent === name);
            named("Compare").click();
            await new Promise(requestAnimationFrame);
            named("Play").click();
        }"""
    )
    visit.wait_iteration("0")
    assert visit.wrong == []


def test_points_are_drawn_and_taken_away(visit):
    visit.button("Draw").click()
    canvas = visit.page.locator(".map canvas")
    visit.page.get_by_text("120 so far").wait_for()
    visit.button("Clear").click()
    visit.page.get_by_text("0 so far").wait_for()
    for x, y in [(60, 60), (200, 90), (120, 220)]:
        canvas.click(position={"x": x, "y": y})
        visit.settled()
    visit.page.get_by_text("3 so far").wait_for()
    visit.epoch()
    visit.wait_iteration("1")
    canvas.click(position={"x": 120, "y": 220})
    visit.page.get_by_text("2 so far").wait_for()


def test_the_page_is_worked_by_keyboard(visit):
    page = visit.page
    page.keyboard.press("ArrowRight")
    visit.wait_iteration("1")
    page.keyboard.press("Shift+ArrowRight")
    visit.wait_number("iteration", lambda iteration: iteration > 1)
    page.get_by_label("Rewind").press("Home")
    visit.wait_iteration("0")
    page.locator("#neuron-1-0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Layer 1, neuron 2, tanh").wait_for()
    page.locator("h1").click()
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => document.activeElement.getAttribute('aria-label')"
            " ?? document.activeElement.textContent.trim()"
        )
        seen.add(focused)
    assert {"Play", "Iteration", "Epoch", "Reset", "New seed", "Circles"} <= seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, server, scheme):
    visit = Visit(browser, server, color_scheme=scheme)
    visit.epoch()
    visit.wait_iteration("25")
    visit.button("Keep").click()
    visit.page.locator("#neuron-1-0").press("Enter")
    found = []
    for screen, complete in SCREENS.items():
        visit.show(screen)
        visit.page.locator(complete).first.wait_for()
        visit.page.evaluate(OPEN_ALL)
        visit.settled()
        found += [f"{screen}: {each}" for each in violations(visit.page)]
    visit.show("Play")
    for tab in ("Table", "Labels", "Confusion", "Weights", "Descent"):
        visit.page.locator(".output").get_by_text(tab, exact=True).click()
        visit.settled()
        found += [f"{tab}: {each}" for each in violations(visit.page)]
    visit.context.close()
    assert found == []


def test_targets_are_large_enough(visit):
    small = []
    for button in visit.page.get_by_role("button").all():
        box = button.bounding_box()
        if box and min(box["width"], box["height"]) < 24:
            small.append(button.inner_text() or button.get_attribute("aria-label"))
    assert small == []


def test_nothing_moves_by_itself_where_that_is_not_wanted(browser, server):
    visit = Visit(browser, server, reduced_motion="reduce")
    moving = "() => document.getAnimations().length"
    still = "each => getComputedStyle(each).transitionDuration"
    assert visit.number("iteration") == 0
    assert visit.page.evaluate(moving) == 0
    epoch = visit.page.get_by_title("One epoch")
    assert epoch.evaluate(still) == "0s"
    epoch.hover()
    assert visit.page.evaluate(moving) == 0
    visit.context.close()


def test_playing_at_full_speed_does_not_fill_the_memory(visit):
    session = visit.context.new_cdp_session(visit.page)

    def used() -> int:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    visit.page.goto(visit.page.url.partition("#")[0] + carried(LARGE))
    visit.settled()
    visit.hurry()
    visit.button("Play").last.click()
    visit.page.evaluate(PLAY_ON, 30)
    before = used()
    visit.page.evaluate(PLAY_ON, 120)
    assert visit.button("Pause").last.is_visible()
    assert used() < before + 3e6
