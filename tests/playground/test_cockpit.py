"""The cockpit: neurons that open, one step as a film, descent, table and cards."""

from __future__ import annotations

import re

import pytest
from axe import violations
from visiting import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OPEN_ALL = "() => document.querySelectorAll('details').forEach(e => (e.open = true))"
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture
def cockpit(visit):
    visit.show("Play")
    visit.settled()
    return visit


@pytest.fixture
def phone(browser, server):
    visit = Visit(browser, server, **PHONE)
    visit.show("Play")
    visit.settled()
    yield visit
    visit.context.close()
    assert visit.wrong == []


def middle(visit: Visit, selector: str) -> tuple[float, float]:
    """Where an element is on the screen."""
    place = visit.page.locator(selector)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def said_of_first_line(visit: Visit) -> str:
    """What the network says when its first line is pointed at."""
    left, right = middle(visit, "#neuron-0-0"), middle(visit, "#neuron-1-0")
    visit.page.mouse.move((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return visit.page.locator(".network .tip").inner_text().strip()


def machine(visit: Visit, name: str):
    return visit.page.get_by_role("group", name=name)


def places(visit: Visit) -> list:
    """Where the parts of the cockpit stand."""
    parts = (".map canvas", ".timeline canvas", "#neuron-3-0", ".network", ".left")
    return [visit.page.locator(each).bounding_box() for each in parts]


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", ""))


# A neuron is a machine.


def test_a_neuron_opens_by_a_tap_and_a_second_tap_leaves_it_open(phone):
    for _ in range(2):
        phone.page.touchscreen.tap(*middle(phone, "#neuron-1-1"))
        machine(phone, "Layer 1, neuron 2, tanh").wait_for()


def test_a_line_is_given_a_slider_by_a_tap(phone):
    x, y = middle(phone, "#neuron-0-0")
    half = phone.page.locator("#neuron-0-0").bounding_box()["width"] / 2
    phone.page.touchscreen.tap(x + half + 4, y)
    phone.page.get_by_role("group", name=re.compile("^Weight from x1 to")).wait_for()


def test_a_line_that_is_pointed_at_says_its_weight(cockpit):
    assert re.fullmatch(r"w = -?\d+\.\d+ click to edit", said_of_first_line(cockpit))
    cockpit.show("One step")
    cockpit.settled()
    assert re.fullmatch(r"w = -?\d+\.\d+", said_of_first_line(cockpit))


def test_an_opened_neuron_moves_nothing(cockpit):
    before = places(cockpit)
    cockpit.page.mouse.click(*middle(cockpit, "#neuron-1-1"))
    machine(cockpit, "Layer 1, neuron 2, tanh").wait_for()
    assert places(cockpit) == before


def test_a_neuron_adds_up_to_what_it_gives_out(cockpit):
    cockpit.page.mouse.click(*middle(cockpit, "#neuron-1-1"))
    opened = machine(cockpit, "Layer 1, neuron 2, tanh")
    opened.locator(".written").first.wait_for()
    terms = [number(each) for each in opened.locator(".written").all_inner_texts()]
    total = number(opened.locator(".total b").inner_text())
    assert sum(terms) == pytest.approx(total, abs=2e-3)
    out = number(opened.locator(".large").inner_text())
    shown = cockpit.page.locator(".picture span.value").all_inner_texts()
    assert f"{out:.3g}" in [f"{number(each):.3g}" for each in shown]


def test_a_weight_is_slid_and_the_cost_answers(cockpit):
    before = cockpit.number("train-cost")
    cockpit.page.mouse.click(*middle(cockpit, "#neuron-3-0"))
    opened = machine(cockpit, "Output 1, sigmoid")
    slider = opened.get_by_role("slider", name="w1 × a1 of layer 2")
    slider.press("End")
    cockpit.wait_until(lambda: cockpit.number("train-cost") != before)
    assert cockpit.page.get_by_test_id("iteration").inner_text() == "0"


def test_escape_closes_a_neuron_that_was_opened_by_key(cockpit):
    cockpit.page.locator("#neuron-1-0").press("Enter")
    opened = machine(cockpit, "Layer 1, neuron 1, tanh")
    opened.wait_for()
    cockpit.page.locator("#weight-0").press("Escape")
    opened.wait_for(state="detached")
    focused = cockpit.page.evaluate("() => document.activeElement.id")
    assert focused == "neuron-1-0"


def test_activations_are_chosen_by_their_curves(cockpit):
    cockpit.button("Activation of layer 1: tanh").click()
    rows = cockpit.page.get_by_role("radio")
    cockpit.page.locator("[popover] label svg").first.wait_for()
    assert cockpit.page.locator("[popover] label svg").count() == 11
    rows.nth(1).check()
    cockpit.page.keyboard.press("Enter")
    cockpit.settled()
    cockpit.button("Activation of layer 1: ReLU").wait_for()
    cockpit.page.get_by_role(
        "button", name=re.compile("Layer 1, neuron 1, relu")
    ).wait_for()


# One step is a film.


def open_step(visit: Visit):
    visit.show("One step")
    visit.page.locator(".lines math").first.wait_for()
    visit.settled()


def followed(visit: Visit) -> str:
    return visit.page.locator("fieldset label.on .number").inner_text()


def test_the_example_that_is_followed_is_one_of_the_batch(cockpit):
    open_step(cockpit)
    rows = cockpit.page.locator("fieldset:has(label.on .number) label .number")
    assert rows.count() == 10
    assert followed(cockpit) in rows.all_inner_texts()
    other = rows.nth(4).inner_text()
    cockpit.page.locator("fieldset:has(label.on .number) input").nth(4).check()
    cockpit.wait_until(lambda: followed(cockpit) == other)


def test_the_cost_is_the_mean_of_its_terms(cockpit):
    open_step(cockpit)
    cockpit.button("Cost").click()
    line = cockpit.page.locator(".sum")
    line.wait_for()
    found = re.search(r"\((.*)\) / (\d+) = (.*)", line.inner_text())
    terms = [float(each) for each in found[1].split(" + ")]
    assert len(terms) == int(found[2]) == 10
    assert sum(terms) / 10 == pytest.approx(float(found[3]), rel=1e-3)


def test_the_film_goes_through_an_iteration_and_does_it(cockpit):
    open_step(cockpit)
    for place in range(1, 9):
        cockpit.page.get_by_text(f"scene {place} of 8").wait_for()
        name = "Do this iteration" if place == 8 else "Next"
        cockpit.button(name).click()
        cockpit.settled()
    cockpit.page.get_by_text("iteration 2", exact=True).wait_for()


def test_the_film_plays_by_itself_and_moves_the_picture(cockpit):
    open_step(cockpit)
    still = cockpit.picture(".network canvas")
    cockpit.button("Play the film").click()
    cockpit.page.get_by_text("scene 2 of 8").wait_for()
    assert cockpit.picture(".network canvas", unlike=still)
    cockpit.button("Pause the film").click()


def test_the_film_shows_steps_where_motion_is_not_wanted(browser, server):
    visit = Visit(browser, server, reduced_motion="reduce")
    visit.show("Play")
    open_step(visit)
    before = visit.picture(".network canvas")
    visit.button("Play the film").click()
    picture = "() => document.querySelector('.network canvas').toDataURL()"
    frames = set()
    while visit.page.get_by_text("scene 1 of 8").count():
        frames.add(visit.page.evaluate(picture))
    visit.button("Pause the film").click()
    visit.context.close()
    # The picture of the first scene, and perhaps that of the second.
    assert before in frames
    assert len(frames) <= 2


# The map, the table and the card are one.


def test_a_mistake_is_found_in_the_table_and_opens_its_card(cockpit):
    page = cockpit.page
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("button", name="error").click()
    errors = page.locator(".output tbody tr td:last-child")
    errors.first.wait_for()
    cockpit.wait_until(
        lambda: (
            page.locator("th[aria-sort=descending]").count() == 1
            and is_sorted([float(each) for each in errors.all_inner_texts()])
        )
    )
    row = page.locator(".output tbody tr button").first.inner_text()
    page.locator(".output tbody tr button").first.click()
    card = page.get_by_role("region", name="The example that was chosen")
    card.get_by_text(f"Example {row}", exact=True).wait_for()
    assert "but predicted" in card.inner_text()
    cost = float(re.search(r"Its cost:\s*([\d.]+)\.", card.inner_text())[1])
    card.get_by_role("button", name="Train on this one").click()
    cockpit.wait_until(lambda: f"Its cost: {cost}" not in card.inner_text())
    after = float(re.search(r"Its cost:\s*([\d.]+)\.", card.inner_text())[1])
    assert after < cost


def is_sorted(values: list[float]) -> bool:
    return bool(values) and values == sorted(values, reverse=True)


def test_an_example_that_is_tapped_on_the_map_stays_in_the_network(phone):
    canvas = phone.page.locator(".map canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    card = phone.page.get_by_role("region", name="The example that was chosen")
    for share in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
        phone.page.touchscreen.tap(
            box["x"] + share * box["width"], box["y"] + 0.31 * box["height"]
        )
        phone.settled()
        if card.count():
            break
    card.wait_for()
    phone.page.locator(".picture span.value").first.wait_for()


# Descent.


def stride(visit: Visit):
    """Learning rate, slope and stride as the page says them."""
    said = visit.page.locator(".said").inner_text()
    return re.search(r"= ([\d.e+-]+) × ([\d.e+-]+) = ([\d.e+-]+)\.", said)


def test_the_stride_grows_with_the_learning_rate(cockpit):
    page = cockpit.page
    page.get_by_text("Descent", exact=True).click()
    cockpit.wait_until(lambda: stride(cockpit) is not None)
    rate, slope, length = map(float, stride(cockpit).groups())
    assert length == pytest.approx(rate * slope, rel=1e-2)
    box = page.get_by_role("spinbutton", name="Learning rate")
    box.fill("1")
    box.press("Enter")
    cockpit.wait_until(lambda: float(stride(cockpit)[1]) == 1)
    assert float(stride(cockpit)[3]) == pytest.approx(slope, rel=2e-2)


def test_axe_finds_nothing_in_any_of_its_views(cockpit):
    page = cockpit.page
    page.evaluate(OPEN_ALL)
    page.locator("#neuron-1-1").dispatch_event("click")
    page.get_by_text("Table", exact=True).click()
    page.locator(".output tbody tr button").first.click()
    page.get_by_role("region", name="The example that was chosen").wait_for()
    found = violations(page)
    for tab in ("Labels", "Confusion", "Weights", "Descent"):
        page.get_by_text(tab, exact=True).click()
        cockpit.settled()
        found += [f"{tab}: {each}" for each in violations(page)]
    open_step(cockpit)
    for stage in ("Cost", "Back-propagation", "Update"):
        page.get_by_role("button", name=stage).click()
        cockpit.settled()
        found += [f"{stage}: {each}" for each in violations(page)]
    assert found == []


# Layout.


@pytest.mark.parametrize("size", [(1024, 768), (1440, 900)])
def test_map_network_and_curve_share_the_first_screen(browser, server, size):
    visit = Visit(browser, server, viewport={"width": size[0], "height": size[1]})
    visit.show("Play")
    visit.settled()
    for part in (
        ".map canvas",
        ".network",
        ".curve",
        ".play-knobs, [aria-label=Training]",
    ):
        box = visit.page.locator(part).first.bounding_box()
        assert box["y"] >= 0
        if part != ".play-knobs, [aria-label=Training]":
            assert box["y"] + box["height"] <= size[1], part
    visit.context.close()


def test_on_a_phone_play_rate_and_speed_stay_at_the_thumb(phone):
    bar = phone.page.get_by_role("group", name="Play, learning rate and speed")
    for scroll in (0, 700, 1400):
        phone.page.evaluate(f"() => window.scrollTo(0, {scroll})")
        box = bar.bounding_box()
        assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    assert bar.get_by_role("button", name="Play").is_visible()
    assert bar.get_by_role("slider").is_visible()
    assert bar.get_by_role("combobox").is_visible()
    assert not phone.page.get_by_text("Keys on the map").is_visible()


@pytest.mark.parametrize("name", ["Moons", "Spirals", "Blobs", "Sine"])
def test_a_fitting_start_learns_its_data(cockpit, name):
    cockpit.button(name).click()
    cockpit.settled()
    cockpit.button("Take the fitting start").click()
    cockpit.settled()
    cockpit.page.get_by_role("combobox", name="Speed").select_option("0")
    if name == "Sine":
        cockpit.play_until(lambda: cockpit.number("test-r2") > 0.9)
    else:
        cockpit.play_until(lambda: cockpit.number("test-accuracy") > 90)
