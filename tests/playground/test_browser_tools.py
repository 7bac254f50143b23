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
    tab(visit, "Original vs. predicted")
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

    tab(visit, "Cost surface")
    where_it_went = visit.picture(output)
    tab(visit, "Two parameters")
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
    visit.page.get_by_label("Activation of layer 1").select_option(activation)
    visit.settled()
    name = f"Layer 1, neuron 2, {activation}"
    visit.button(name).dispatch_event("click")
    before = visit.picture(".picture canvas")
    box = visit.page.get_by_label("b bias")
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
    box = visit.page.locator("#weight-0")
    box.wait_for()
    visit.wait_until(lambda: box.evaluate("each => each === document.activeElement"))
    assert float(box.input_value()) == pytest.approx(shown, rel=1e-3)


def test_the_learning_rate_is_changed_while_it_runs(visit):
    visit.page.get_by_label("Speed").select_option("25")
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
    visit.settled()
    visit.play_until(lambda: visit.number("test-accuracy") > 90)


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


def test_a_lost_connection_is_taken_up_again_while_training(visit):
    sockets = []

    def pass_on(socket):
        socket.connect_to_server()
        sockets.append(socket)

    visit.context.route_web_socket("**/ws", pass_on)
    visit.page.reload()
    visit.button("Play").last.click()
    visit.wait_number("iteration", lambda iteration: iteration > 0)
    sockets[0].close()
    visit.wait_until(lambda: len(sockets) > 1)
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
    visit.wait_iteration("0")
    assert visit.wrong == []


def test_two_pages_on_one_server_do_not_meddle(visit, browser, server):
    other = Visit(browser, server)
    try:
        other.button("Spirals").click()
        other.wait_iteration("0")
        for each in (visit, other):
            each.button("Play").last.click()
        for each in (visit, other):
            each.wait_number("epoch", lambda epoch: epoch > 5)
            each.pause()
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


def done(visit: Visit) -> bool:
    return visit.page.locator(".todo").get_by_text("Done.").count() > 0


def test_the_challenge_of_xor_with_two_neurons(visit):
    take_up(visit, "Xor with two")
    visit.page.get_by_label("Activation of layer 1").select_option("silu")
    type_number(visit, "Seed", "7")
    adam(visit, "0.03")
    visit.button("Add a neuron to layer 1").click()
    visit.settled()
    visit.play_until(lambda: visit.number("test-accuracy") > 90)
    assert not done(visit)  # with three neurons it is none
    visit.button("Remove a neuron of layer 1").click()
    visit.settled()
    visit.play_until(lambda: done(visit))
    visit.page.reload()
    visit.show("Learn")
    visit.page.get_by_role("button", name="done Xor with two").wait_for()


def test_the_challenge_of_the_spiral(visit):
    take_up(visit, "The spiral")
    for _ in range(6):
        visit.button("Add a neuron to layer 1").click()
        visit.button("Add a neuron to layer 2").click()
    adam(visit, "0.01")
    visit.button("Epoch").click()
    assert not done(visit)
    visit.play_until(lambda: done(visit))


def test_the_challenge_to_overfit_and_cure(visit):
    take_up(visit, "Overfit, and cure")
    adam(visit, "0.01")
    visit.play_until(lambda: visit.number("epoch") > 1000)
    assert not done(visit)
    type_number(visit, "L2 penalty", "0.03")
    visit.play_until(lambda: done(visit))
