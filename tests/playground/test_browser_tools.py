"""The page's tools, each worked as a person would, in a real headless Chromium."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from visiting import Visit, state, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def picture(visit: Visit, selector: str) -> str:
    """The pixels of a canvas."""
    visit.page.wait_for_timeout(400)
    return visit.page.locator(selector).first.evaluate("each => each.toDataURL()")


def tab(visit: Visit, name: str) -> None:
    visit.page.get_by_text(name, exact=True).click()


def aloud(visit: Visit) -> str:
    """What a screen reader is told of the map."""
    visit.page.wait_for_timeout(250)
    return visit.page.locator("p[aria-live]").inner_text()


def test_the_confusion_matrix_counts_the_test_examples(visit):
    tab(visit, "Confusion")
    for _ in range(2):
        cells = visit.page.locator("td.number:not(.muted)").all_inner_texts()
        counts = [int(cell) for cell in cells]
        assert sum(counts) == 250
        right = counts[0] + counts[3]
        assert visit.number("test-accuracy") == pytest.approx(right / 2.5, abs=0.05)
        visit.play_until(lambda: visit.number("test-accuracy") > 95)
        visit.page.wait_for_timeout(300)


def test_labels_histograms_and_the_surface_follow_the_training(visit):
    tab(visit, "Original vs. predicted")
    first, second = ("figure:nth-of-type(1) canvas", "figure:nth-of-type(2) canvas")
    before = picture(visit, first), picture(visit, second)
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    assert picture(visit, first) == before[0]
    assert picture(visit, second) != before[1]

    tab(visit, "Weights")
    weights = picture(visit, ".output canvas")
    tab(visit, "Gradients")
    gradients = picture(visit, ".output canvas")
    assert gradients != weights
    visit.button("Epoch").click()
    assert picture(visit, ".output canvas") != gradients

    tab(visit, "Cost surface")
    where_it_went = picture(visit, ".output canvas")
    tab(visit, "Two parameters")
    two = picture(visit, ".output canvas")
    assert two != where_it_went
    visit.page.get_by_label("Up", exact=True).select_option(index=5)
    other = picture(visit, ".output canvas")
    assert other != two
    # The arrow of the next step is as long as the learning rate is large; at the end
    # of a training it would be too short to be seen.
    visit.button("Reset").click()
    at_start = picture(visit, ".output canvas")
    type_number(visit, "Learning rate", "30")
    assert picture(visit, ".output canvas") != at_start


def test_a_place_of_the_map_flows_through_the_network(visit):
    visit.page.locator(".map canvas").hover(position={"x": 40, "y": 200})
    visit.page.wait_for_timeout(300)
    said = visit.page.locator(".probe").inner_text()
    assert re.fullmatch(r"Class [01], [\d.]+ % sure at \(\S+, \S+\)", said)
    values = visit.page.locator(".network .value").all_inner_texts()
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
    middle = aloud(visit)
    assert "% sure at (" in middle
    keys.press("Shift+ArrowLeft")
    assert aloud(visit) != middle
    assert visit.page.locator(".network .value").count() == 9
    keys.press("n")
    assert "Example 0 picked" in aloud(visit)
    keys.press("n")
    assert "Example 1 picked, class" in aloud(visit)
    keys.press("Enter")
    assert "Example 1 picked" in aloud(visit)
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
    assert "Point taken away" in aloud(visit)
    visit.page.get_by_text("2 so far").wait_for()
    points = state(visit)["data"]["points"]
    assert [point[2] for point in points] == [0, 1]
    assert points[0][:2] == [0, 0]
    assert points[1][0] == 0
    assert points[1][1] > 0.5


def test_the_cost_axis_is_linear_or_logarithmic(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    linear = picture(visit, ".timeline canvas")
    visit.page.get_by_label("Log scale").check()
    assert picture(visit, ".timeline canvas") != linear
    assert state(visit)["view"]["log_cost"] is True


@pytest.mark.parametrize(
    ("activation", "mark"), [("relu", "dead"), ("tanh", "saturated")]
)
def test_a_neuron_that_does_not_learn_is_marked(visit, activation, mark):
    visit.page.get_by_label("Activation of layer 1").select_option(activation)
    visit.page.wait_for_timeout(400)
    name = f"Layer 1, neuron 2, {activation}"
    visit.button(name).dispatch_event("click")
    before = picture(visit, ".picture canvas")
    box = visit.page.get_by_label("b bias")
    box.fill("-200")
    box.press("Enter")
    visit.button(f"{name}, {mark}").wait_for()
    visit.page.locator(".flag", has_text=mark).wait_for()
    assert picture(visit, ".picture canvas") != before


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
    box = visit.page.locator("#weight-0")
    box.wait_for()
    visit.page.wait_for_timeout(100)
    assert box.evaluate("each => each === document.activeElement")
    assert float(box.input_value()) == pytest.approx(shown, rel=1e-3)


def test_the_learning_rate_is_changed_while_it_runs(visit):
    visit.page.get_by_label("Speed").select_option("25")
    visit.button("Play").last.click()
    visit.page.wait_for_timeout(500)
    type_number(visit, "Learning rate", "0.5")
    visit.page.wait_for_timeout(300)
    at = visit.number("iteration")
    visit.page.wait_for_timeout(500)
    assert visit.number("iteration") > at
    visit.button("Pause").click()
    [event] = state(visit)["run"]["events"]
    assert event["kind"] == "learning_rate"
    assert event["value"] == 0.5
    assert 0 < event["iteration"] <= at


def test_runs_are_kept_sorted_named_compared_and_restored(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.button("Keep").click()
    visit.button("New seed").click()
    visit.wait_iteration("0")
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    visit.button("Keep").click()
    alone = picture(visit, ".timeline canvas")
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
    assert picture(visit, ".timeline canvas") != alone
    visit.page.get_by_text("kept: one epoch").wait_for()
    visit.page.reload()
    visit.page.get_by_test_id("iteration").wait_for()
    visit.show("Compare")
    visit.button("Restore one epoch").click()
    visit.wait_iteration("25")
    assert visit.page.get_by_test_id("train-cost").inner_text() == cost


def test_a_parquet_file_is_dropped_anywhere_on_the_page(visit, tmp_path):
    path = tmp_path / "penguins.parquet"
    pq.write_table(pyarrow.csv.read_csv(PENGUINS), path)
    visit.show("Take away")
    dropped = visit.page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            const content = Uint8Array.from(atob(bytes), each => each.charCodeAt(0));
            dropped.items.add(new File([content], "penguins.parquet"));
            return dropped;
        }""",
        base64.b64encode(path.read_bytes()).decode(),
    )
    visit.page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    visit.page.get_by_text("Drop the table to learn from it").wait_for()
    visit.page.dispatch_event("main", "drop", {"dataTransfer": dropped})
    visit.page.get_by_label("Target").select_option("species")
    visit.page.get_by_text("penguins.parquet").wait_for()
    visit.page.wait_for_timeout(800)
    visit.play_until(lambda: visit.number("test-accuracy") > 90)


def test_nothing_moves_by_itself_where_that_is_not_wanted(browser, site):
    visit = Visit(browser, site, reduced_motion="reduce")
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


def test_a_lost_connection_is_taken_up_again_while_training(visit):
    sockets = []

    def pass_on(socket):
        socket.connect_to_server()
        sockets.append(socket)

    visit.context.route_web_socket("**/ws", pass_on)
    visit.page.reload()
    visit.button("Play").last.click()
    visit.page.wait_for_timeout(500)
    sockets[0].close()
    while len(sockets) < 2:
        visit.page.wait_for_timeout(50)
    visit.button("Pause").wait_for()
    before = visit.number("iteration")
    visit.page.wait_for_function(
        "before => Number(document.querySelector('[data-testid=iteration]')"
        ".textContent.replaceAll(',', '')) > before",
        arg=before,
    )
    visit.button("Pause").click()


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
    visit.page.wait_for_timeout(500)
    assert visit.wrong == []


def test_two_pages_on_one_server_do_not_meddle(visit, browser, site):
    other = Visit(browser, site)
    try:
        other.button("Spirals").click()
        other.wait_iteration("0")
        for each in (visit, other):
            each.button("Play").last.click()
        for each in (visit, other):
            each.page.wait_for_timeout(700)
            each.button("Pause").click()
            each.page.wait_for_timeout(300)
        assert min(visit.number("epoch"), other.number("epoch")) > 5
        stands = visit.number("iteration")
        other.button("Reset").click()
        other.wait_iteration("0")
        assert visit.number("iteration") == stands
        assert state(visit).get("data", {}).get("source", "circles") == "circles"
        assert state(other)["data"]["source"] == "spirals"
    finally:
        other.context.close()


def take_up(visit: Visit, challenge: str) -> None:
    visit.show("Learn")
    visit.page.get_by_role("button", name=challenge).click()
    visit.wait_iteration("0")
    for summary in visit.page.locator("summary").all():
        summary.click()


def adam(visit: Visit, rate: str) -> None:
    visit.page.get_by_label("Update", exact=True).select_option("adam")
    type_number(visit, "Learning rate", rate)
    visit.page.wait_for_timeout(300)


def done(visit: Visit) -> bool:
    return visit.page.locator(".todo").get_by_text("Done.").count() > 0


def test_the_challenge_of_xor_with_two_neurons(visit):
    take_up(visit, "Xor with two")
    visit.page.get_by_label("Activation of layer 1").select_option("silu")
    type_number(visit, "Seed", "7")
    adam(visit, "0.03")
    visit.button("Add a neuron to layer 1").click()
    visit.page.wait_for_timeout(300)
    best = [0.0]
    visit.play_until(
        lambda: best.append(visit.number("test-accuracy")) or max(best) > 90
    )
    assert not done(visit)  # with three neurons it is none
    visit.button("Remove a neuron of layer 1").click()
    visit.page.wait_for_timeout(300)
    visit.play_until(lambda: done(visit))
    visit.page.reload()
    visit.show("Learn")
    visit.page.get_by_role("button", name="done Xor with two").wait_for()


def test_the_challenge_of_the_spiral(visit):
    take_up(visit, "The spiral")
    for _ in range(6):
        visit.button("Add a neuron to layer 1").click()
        visit.button("Add a neuron to layer 2").click()
    adam(visit, "0.03")
    visit.button("Epoch").click()
    assert not done(visit)
    visit.play_until(lambda: done(visit))


def test_the_challenge_to_overfit_and_cure(visit):
    take_up(visit, "Overfit, and cure")
    adam(visit, "0.01")
    visit.play_until(lambda: visit.number("epoch") > 1000)
    assert not done(visit)
    type_number(visit, "L2 penalty", "0.03")
    visit.page.wait_for_timeout(300)
    visit.play_until(lambda: done(visit))
