"""The page's tools, each worked as a person would: tabs, map, drawing, what is taken away."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from visiting import Visit, state, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FILES = [
    ("ONNX", "network.onnx"),
    ("Model file", "network.walnet"),
    ("History as CSV", "history.csv"),
    ("Curve as CSV", "curve.csv"),
]
PICTURES = [
    ("Network, SVG", "network.svg"),
    ("Network, PNG", "network.png"),
    ("Map, SVG", "map.svg"),
    ("Map, PNG", "map.png"),
    ("Cost curve, SVG", "cost.svg"),
    ("Cost curve, PNG", "cost.png"),
]


def tab(visit: Visit, name: str) -> None:
    visit.page.locator(".output").get_by_text(name, exact=True).first.click()


def aloud(visit: Visit, words: str) -> str:
    """Wait until a screen reader is told this of the map; return all of it."""
    spoken = visit.page.locator("p[aria-live]").filter(has_text=words)
    spoken.wait_for(state="attached")
    return spoken.inner_text()


def taken(visit: Visit, button: str) -> tuple[str, Path]:
    """Press a button; return the name and the place of the file that comes."""
    with visit.page.expect_download() as download:
        visit.button(button).click()
    return download.value.suggested_filename, Path(download.value.path())


def test_the_confusion_matrix_counts_the_test_examples(visit):
    tab(visit, "Confusion")
    visit.hurry()
    for _ in range(2):
        visit.settled()
        cells = visit.page.locator("td.number:not(.muted)").all_inner_texts()
        counts = [int(cell) for cell in cells]
        assert sum(counts) == 250
        right = counts[0] + counts[3]
        assert visit.number("test-accuracy") == pytest.approx(right / 2.5, abs=0.05)
        visit.play_until(lambda: visit.number("test-accuracy") > 95)


def test_labels_and_histograms_follow_the_training(visit):
    tab(visit, "Labels")
    first, second = ("figure:nth-of-type(1) canvas", "figure:nth-of-type(2) canvas")
    original, predicted = visit.picture(first), visit.picture(second)
    visit.hurry()
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    visit.picture(second, unlike=predicted)
    assert visit.picture(first) == original
    tab(visit, "Weights")
    weights = visit.picture(".output canvas")
    visit.button("Reset").click()
    visit.picture(".output canvas", unlike=weights)


def test_the_surface_of_two_weights_is_drawn_and_the_stride_on_it(visit):
    tab(visit, "Descent")
    visit.page.get_by_text("Two weights", exact=True).click()
    two = visit.picture(".output canvas")
    visit.page.get_by_label("Up", exact=True).select_option(index=5)
    other = visit.picture(".output canvas", unlike=two)
    type_number(visit, "Learning rate", "30")
    visit.picture(".output canvas", unlike=other)


def test_a_place_of_the_map_flows_through_the_network(visit):
    visit.page.locator(".map canvas").hover(position={"x": 40, "y": 200})
    probe = visit.page.locator(".probe", has_text="% sure at")
    probe.wait_for()
    said = probe.inner_text()
    _, share, x1, x2 = re.search(
        r"(\w+), ([\d.]+) % sure at \((\S+), (\S+)\)", said
    ).groups()
    values = visit.page.locator(".network span.value").all_inner_texts()
    assert len(values) == 2 + 4 + 2 + 1
    assert values[:2] == [x1, x2]
    sure = float(values[-1])
    assert 100 * max(sure, 1 - sure) == pytest.approx(float(share), rel=5e-3)


def test_the_map_answers_while_it_trains(visit):
    visit.button("Play").last.click()
    visit.page.locator(".map canvas").hover(position={"x": 40, "y": 200})
    visit.page.locator(".probe", has_text="% sure at").wait_for()
    visit.pause()


def test_the_map_is_worked_by_keyboard(visit):
    keys, area = visit.page.keyboard, visit.page.get_by_role("application")
    area.focus()
    keys.press("ArrowUp")
    visit.page.locator(".cross").wait_for()
    middle = aloud(visit, "% sure at (")
    keys.press("Shift+ArrowLeft")
    visit.wait_until(lambda: aloud(visit, "% sure at (") != middle)
    keys.press("n")
    first = aloud(visit, "is chosen")
    keys.press("n")
    visit.wait_until(lambda: aloud(visit, "is chosen") != first)
    card = visit.page.get_by_role("region", name="The example that was chosen")
    card.wait_for()
    row = re.search(r"Example (\d+),", aloud(visit, "is chosen"))[1]
    card.get_by_text(f"Example {row}", exact=True).wait_for()
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
    visit.epoch()
    visit.wait_iteration("25")
    linear = visit.picture(".timeline canvas")
    visit.page.get_by_label("Log scale").check()
    visit.picture(".timeline canvas", unlike=linear)
    assert state(visit)["view"]["log_cost"] is True


def test_a_neuron_that_does_not_learn_is_marked(visit):
    visit.page.locator("#neuron-1-1").press("Enter")
    box = visit.page.get_by_role("spinbutton", name="b bias")
    box.fill("-200")
    box.press("Enter")
    visit.button("Layer 1, neuron 2, tanh, saturated").wait_for()
    visit.page.locator(".flag", has_text="saturated").wait_for()


def test_the_learning_rate_is_changed_while_it_runs(visit):
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


def test_a_table_is_dropped_anywhere_on_the_page(visit):
    visit.show("Take away")
    dropped = visit.page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            const content = Uint8Array.from(atob(bytes), each => each.charCodeAt(0));
            dropped.items.add(new File([content], "penguins.csv"));
            return dropped;
        }""",
        base64.b64encode(PENGUINS.read_bytes()).decode(),
    )
    visit.page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    visit.page.get_by_text("Drop the table to learn from it").wait_for()
    visit.page.dispatch_event("main", "drop", {"dataTransfer": dropped})
    visit.show("Play")
    visit.page.get_by_label("Target").select_option("species")
    visit.page.locator(".file strong", has_text="penguins.csv").wait_for()
    visit.settled()
    visit.hurry()
    visit.play_until(lambda: visit.number("test-accuracy") > 90)
    visit.page.get_by_text("Components", exact=True).click()
    visit.page.get_by_text("component 1").first.wait_for()


def test_the_script_that_is_saved_repeats_the_run(visit):
    visit.epoch()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.show("Take away")
    name, path = taken(visit, "Save run.py")
    assert name == "run.py"
    done = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the same bits as in the playground: True" in done.stdout
    printed = float(re.search(r"cost (\S+)", done.stdout)[1])
    assert float(f"{printed:.4g}") == float(cost)


# Two pages: a browser asks before the eleventh file of one.
@pytest.mark.parametrize("kinds", [FILES, PICTURES], ids=["files", "pictures"])
def test_what_is_taken_away_comes(kinds, visit):
    visit.epoch()
    visit.wait_iteration("25")
    visit.show("Take away")
    for button, expected in kinds:
        name, path = taken(visit, button)
        assert name == expected
        content = path.read_bytes()
        if name.endswith(".svg"):
            drawn = ET.fromstring(content)  # noqa: S314 (our own)
            assert {"path", "rect"} <= {part.tag.rpartition("}")[2] for part in drawn}
        else:
            assert len(content) > 50
