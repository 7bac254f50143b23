"""The page as a person uses it, in a real headless Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from axe import violations
from playing import need_page
from visiting import Visit, choose_activation, type_number

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "examples" / "penguins.csv"
OPEN_ALL = "() => document.querySelectorAll('details').forEach(e => (e.open = true))"
# Each screen, and what is there once it is complete.
SCREENS = {
    "Play": ".map canvas",
    "One step": ".lines math",
    "Compare": "figure.second dd:text-matches('^0$')",
    "Learn": ".pictures",
    "Take away": "pre",
}


@pytest.fixture
def visit(visit):
    """A person who looks at the cockpit."""
    visit.show("Play")
    visit.settled()
    return visit


def test_a_person_presses_play_and_the_network_learns(visit):
    visit.page.locator(".caption", has_text="Press Play").wait_for()
    first = visit.number("train-cost")
    visit.play_until(lambda: visit.number("test-accuracy") > 95)
    assert visit.number("train-cost") < first / 3
    visit.page.locator(".caption", has_text="The cost went from").wait_for()


def test_every_data_set_can_be_chosen_and_trained(visit):
    for name in [
        "Moons",
        "Xor",
        "Spirals",
        "Clouds",
        "Blobs",
        "Plane",
        "Bumpy",
        "Sine",
    ]:
        visit.button(name).click()
        visit.wait_iteration("0")
        visit.button("Epoch").click()
        visit.page.get_by_test_id("epoch").get_by_text("1", exact=True).wait_for()


def test_reset_is_the_same_start_and_a_new_seed_another(visit):
    first = visit.number("train-cost")
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    visit.button("Reset").click()
    visit.wait_iteration("0")
    assert visit.number("train-cost") == first
    visit.button("New seed").click()
    visit.settled()
    assert visit.number("train-cost") != first
    visit.button("Undo").click()
    visit.settled()
    assert visit.number("train-cost") == first
    visit.button("Redo").click()
    visit.settled()
    assert visit.number("train-cost") != first


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


def test_a_weight_is_edited_and_the_cost_answers(visit):
    before = visit.number("train-cost")
    visit.button("Layer 1, neuron 2, tanh").dispatch_event("click")
    box = visit.page.get_by_role("spinbutton", name="w1 × x1")
    box.fill("40")
    box.press("Enter")
    visit.settled()
    assert visit.number("train-cost") != before
    assert visit.page.get_by_test_id("iteration").inner_text() == "0"


def test_dragging_the_curve_goes_back_in_time(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.number("train-cost")
    visit.play_until(lambda: visit.number("epoch") > 100)
    scrubber = visit.page.get_by_label("Rewind")
    box = scrubber.bounding_box()
    y = box["y"] + box["height"] / 2
    visit.page.mouse.move(box["x"] + box["width"] * 0.8, y)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 5, y, steps=8)
    visit.page.mouse.up()
    visit.wait_iteration("0")
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    assert visit.number("train-cost") == cost


def test_an_explosion_is_explained_and_can_be_rewound(visit):
    visit.button("Bumpy").click()
    visit.wait_iteration("0")
    choose_activation(visit, 1, "tanh", "ReLU")
    type_number(visit, "Learning rate", "30")
    visit.button("Play").last.click()
    alert = visit.page.get_by_role("alert")
    alert.wait_for()
    assert re.search(r"at iteration \d+, first in layer \d", alert.inner_text())
    visit.button("Rewind and lower the learning rate").click()
    visit.settled()
    assert (
        visit.page.get_by_role("spinbutton", name="Learning rate").input_value() == "3"
    )
    assert alert.count() == 0


def test_a_derivative_is_checked_by_nudging(visit):
    visit.show("One step")
    visit.button("Back-propagation").click()
    visit.button("Check by nudging").click()
    visit.page.get_by_text("they agree").wait_for()


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
    assert int(epochs.replace(",", "")) >= 10
    visit.button("Restore Run 1").click()
    visit.page.get_by_test_id("epoch").get_by_text(epochs, exact=True).wait_for()
    # The table shows three digits and the page four: both are rounded.
    assert visit.number("train-cost") == pytest.approx(float(cost), rel=6e-3)
    # The pace of the comparison was for the comparison alone.
    assert visit.page.get_by_role("combobox", name="Speed").input_value() == "10"


def test_the_python_on_the_page_repeats_the_run(visit, tmp_path):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.show("Take away")
    code = visit.page.locator("pre")
    code.get_by_text("training.advance(25)").wait_for()
    script = tmp_path / "run.py"
    script.write_text(code.inner_text())
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "the same bits as in the playground: True" in done.stdout
    printed = float(re.search(r"cost (\S+)", done.stdout)[1])
    assert float(f"{printed:.4g}") == float(cost)


# Two pages: a browser asks before the eleventh file of one.
FILES = [
    *([("ONNX", "network.onnx")] if find_spec("onnx") else []),
    ("Save run.py", "run.py"),
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


@pytest.mark.parametrize("kinds", [FILES, PICTURES], ids=["files", "pictures"])
def test_what_is_taken_away(kinds, visit):
    visit.button("Epoch").click()
    visit.show("Take away")
    for button, name in kinds:
        with visit.page.expect_download() as download:
            visit.button(button).click()
        assert download.value.suggested_filename == name
        content = Path(download.value.path()).read_bytes()
        if name.endswith(".svg"):
            drawn = ET.fromstring(content)  # noqa: S314 (our own)
            assert {"path", "rect"} <= {part.tag.rpartition("}")[2] for part in drawn}
        else:
            assert len(content) > 50


def test_a_link_opens_the_same_state(visit, browser, server):
    visit.button("Moons").click()
    visit.wait_iteration("0")
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.show("Take away")
    link = visit.page.get_by_label("Link", exact=True).input_value()
    other = visit.context.new_page()
    other.goto(link)
    other.get_by_role("navigation", name="Views").get_by_role(
        "button", name="Play", exact=True
    ).click()
    other.get_by_test_id("iteration").get_by_text("25", exact=True).wait_for()
    assert other.get_by_test_id("train-cost").inner_text() == cost


def test_an_own_table_is_dropped_on_the_page(visit):
    visit.page.get_by_label("Choose a CSV or Parquet file").set_input_files(PENGUINS)
    visit.page.get_by_text("penguins.csv").wait_for()
    visit.page.get_by_label("Target").select_option("species")
    visit.settled()
    visit.play_until(lambda: visit.number("test-accuracy") > 90)
    visit.page.get_by_text("Components", exact=True).click()
    visit.page.get_by_text("component 1").wait_for()


def test_text_from_a_table_is_never_markup(visit, tmp_path):
    evil = tmp_path / "evil.csv"
    name = "<img src=x onerror=alert(1)>"
    rows = "\n".join(f"{i},{i % 7},<b>{i % 2}</b>" for i in range(40))
    evil.write_text(f"{name},b,<script>alert(2)</script>\n{rows}\n")
    visit.page.on("dialog", lambda _: visit.wrong.append("a dialog opened"))
    visit.page.get_by_label("Choose a CSV or Parquet file").set_input_files(evil)
    visit.page.get_by_text("evil.csv", exact=True).wait_for()
    visit.settled()
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator("main script").count() == 0
    visit.show("One step")
    visit.page.locator(".lines math").first.wait_for()
    assert visit.page.locator("img").count() == 0


def test_a_bad_table_is_refused_in_one_sentence(visit, tmp_path):
    bad = tmp_path / "ragged.csv"
    bad.write_text("a,b\n1,2\n3\n")
    visit.page.get_by_label("Choose a CSV or Parquet file").set_input_files(bad)
    alert = visit.page.get_by_role("alert")
    alert.wait_for()
    assert "ragged.csv" in alert.inner_text()
    assert "line 3" in alert.inner_text()
    visit.wrong.clear()  # the browser notes the refused request


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
    visit.button("Epoch").click()
    visit.wait_iteration("1")
    canvas.click(position={"x": 120, "y": 220})
    visit.page.get_by_text("2 so far").wait_for()


def test_a_reload_keeps_the_run(visit):
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    cost = visit.page.get_by_test_id("train-cost").inner_text()
    visit.page.reload()
    visit.wait_iteration("25")
    assert visit.page.get_by_test_id("train-cost").inner_text() == cost


def test_the_whole_page_is_worked_by_keyboard(visit):
    page = visit.page
    page.keyboard.press("ArrowRight")
    visit.wait_iteration("1")
    page.keyboard.press("Shift+ArrowRight")
    visit.wait_iteration("25")
    page.get_by_label("Rewind").press("Home")
    visit.wait_iteration("0")
    page.locator("#neuron-1-0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Layer 1, neuron 2, tanh").wait_for()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => document.activeElement.getAttribute('aria-label')"
            " ?? document.activeElement.textContent.trim()"
        )
        seen.add(focused)
    assert {"Play", "Iteration", "Epoch", "Reset", "New seed", "Circles"} <= seen


def open_screen(visit: Visit, screen: str) -> None:
    visit.show(screen)
    visit.page.locator(SCREENS[screen]).first.wait_for()
    visit.settled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, server, scheme):
    visit = Visit(browser, server, color_scheme=scheme)
    visit.button("Epoch").click()
    visit.wait_iteration("25")
    found = []
    for screen in SCREENS:
        open_screen(visit, screen)
        visit.page.evaluate(OPEN_ALL)
        found += [f"{screen}: {each}" for each in violations(visit.page)]
    visit.context.close()
    assert found == []


def test_nothing_is_cut_off_at_any_width(visit):
    cut_off = []
    visit.button("Keep").click()  # with a table to compare
    for width in [320, 360, 768, 1280, 1920]:
        visit.page.set_viewport_size({"width": width, "height": 800})
        for screen in SCREENS:
            open_screen(visit, screen)
            wide = visit.page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                cut_off.append((width, screen, wide))
    assert cut_off == []


def test_targets_are_large_enough(visit):
    small = []
    for button in visit.page.get_by_role("button").all():
        box = button.bounding_box()
        if box and min(box["width"], box["height"]) < 24:
            small.append(button.inner_text() or button.get_attribute("aria-label"))
    assert small == []


def test_the_built_page_is_small():
    import gzip

    need_page()
    static = ROOT / "src" / "walnet" / "playground" / "static"
    files = [
        path for path in static.rglob("*") if path.suffix in {".js", ".css", ".html"}
    ]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= 150_000
